"""Signatures of the daily digests: made with the first of AUDIT_KEYS, verified with the public half of any.

A key that is not in use any more is given by its public half alone, `pub:` and the Base64 that `public_key` told of it:
nobody signs with that.
"""

import hashlib
from base64 import b64decode, b64encode, urlsafe_b64decode
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

KEY_NAME_LENGTH = 16
PUBLIC = "pub:"


class UnknownKey(LookupError):
    """None of AUDIT_KEYS made this signature."""


def sign(text: str) -> tuple[str, str]:
    """The name of the key in use and its signature of the text."""
    key = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(settings.AUDIT_KEYS[0]))
    return _name(key.public_key()), b64encode(key.sign(text.encode())).decode()


def is_signed(text: str, key: str, signature: str) -> bool:
    """Whether the key of this name signed this text. Raises UnknownKey."""
    known = _ring(tuple(settings.AUDIT_KEYS))
    if key not in known:
        raise UnknownKey(key)
    try:
        known[key].verify(b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def known_keys() -> list[str]:
    """The names of the keys, newest first."""
    return list(_ring(tuple(settings.AUDIT_KEYS)))


def public_key() -> str:
    """The public half of the key in use, in Base64: with it anybody can verify, and nobody sign."""
    return b64encode(next(iter(_ring(tuple(settings.AUDIT_KEYS)).values())).public_bytes_raw()).decode()


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> dict[str, Ed25519PublicKey]:
    """The public halves by the names of the keys."""
    halves = [_public(key) for key in keys]
    return {_name(half): half for half in halves}


def _public(key: str) -> Ed25519PublicKey:
    if key.startswith(PUBLIC):
        return Ed25519PublicKey.from_public_bytes(b64decode(key.removeprefix(PUBLIC)))
    return Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(key)).public_key()


def _name(key: Ed25519PublicKey) -> str:
    """The beginning of the hash of the public half."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:KEY_NAME_LENGTH]
