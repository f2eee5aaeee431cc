"""Slowing down who guesses passwords on the login page, by address and name.

Counted in each process for itself, as the API's token is; several web processes allow a multiple of it.
"""

import hashlib
import unicodedata

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

SECONDS = 5 * 60
FAILURES_OF_A_NAME = 10  # from one address; a person who has forgotten needs fewer
FAILURES_OF_AN_ADDRESS = 100  # whole offices share one


def must_wait(request: HttpRequest, username: str) -> bool:
    """Whether this address has failed too often with this name, or with all names together."""
    name, address = _keys(request, username)
    found = cache.get_many([name, address])
    return found.get(name, 0) >= FAILURES_OF_A_NAME or found.get(address, 0) >= FAILURES_OF_AN_ADDRESS


def note_failure(request: HttpRequest, username: str) -> None:
    for key in _keys(request, username):
        cache.add(key, 0, SECONDS)
        cache.incr(key)


def forget_failures(request: HttpRequest, username: str) -> None:
    """After a login: what somebody mistyped before does not count against them, what the address did still does."""
    cache.delete(_keys(request, username)[0])


def _keys(request: HttpRequest, username: str) -> tuple[str, str]:
    address = BaseThrottle().get_ident(request)
    name = unicodedata.normalize("NFKC", username).casefold().strip()
    return tuple(f"login-{hashlib.sha256(text.encode()).hexdigest()}" for text in (f"{address} {name}", address))
