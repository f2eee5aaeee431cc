"""Signatures of the daily digests: made with the first of AUDIT_KEYS, verified with the public half of any."""

import hashlib
from base64 import b64decode, b64encode, urlsafe_b64decode
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

KEY_NAME_LENGTH = 16


class UnknownKey(LookupError):
    """None of AUDIT_KEYS made this signature."""


def sign(text: str) -> tuple[str, str]:
    """The name of the key in use and its signature of the text."""
    name, key = next(iter(_ring(tuple(settings.AUDIT_KEYS)).items()))
    return name, b64encode(key.sign(text.encode())).decode()


def is_signed(text: str, key: str, signature: str) -> bool:
    """Whether the key of this name signed this text. Raises UnknownKey."""
    known = _ring(tuple(settings.AUDIT_KEYS))
    if key not in known:
        raise UnknownKey(key)
    try:
        known[key].public_key().verify(b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key() -> str:
    """The public half of the key in use, in Base64: with it anybody can verify, and nobody sign."""
    return b64encode(_raw(next(iter(_ring(tuple(settings.AUDIT_KEYS)).values())).public_key())).decode()


@lru_cache(maxsize=4)
def _ring(seeds: tuple[str, ...]) -> dict[str, Ed25519PrivateKey]:
    """The keys by name: the beginning of the hash of the public half."""
    keys = [Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(seed)) for seed in seeds]
    return {hashlib.sha256(_raw(key.public_key())).hexdigest()[:KEY_NAME_LENGTH]: key for key in keys}


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes_raw()
