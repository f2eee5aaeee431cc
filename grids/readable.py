"""Codes that people write down, type and read aloud: letters and digits that nobody mistakes for another."""

import re
import secrets
import unicodedata

from django.utils.crypto import salted_hmac

# Without what looks alike on paper: 0 O, 1 I L, 2 Z, 5 S, 8 B, V beside U.
ALPHABET = "34679ACDEFGHJKMNPQRTUWXY"


def new_code(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(length))


def code_of(salt: str, key: str, length: int) -> str:
    """The same key gives the same code, so that a page that is sent twice shows the one that counts."""
    number = int.from_bytes(salted_hmac(salt, key, algorithm="sha256").digest())
    code = ""
    for _place in range(length):
        number, index = divmod(number, len(ALPHABET))
        code += ALPHABET[index]
    return code


def plain_code(text: str) -> str:
    """A code as it was made, however it was typed: in small or full-width letters, with spaces or hyphens."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


def grouped(code: str, size: int = 4) -> str:
    """The code in groups, as it is shown: ABCD-EFGH."""
    return "-".join(code[start : start + size] for start in range(0, len(code), size))
