"""What all pages without a login have in common."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from rest_framework.throttling import BaseThrottle

from grids.services import source_of

TOO_MANY = 429


def public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For everybody, kept by no browser or proxy, found by no search engine."""

    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return login_not_required(never_cache(answer))


def source(request: HttpRequest) -> str:
    """Where a request comes from, as a keyed hash; which address counts behind a proxy is NUM_PROXIES' to say."""
    return source_of(BaseThrottle().get_ident(request) or "")
