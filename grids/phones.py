"""Phone numbers as people type them. No ORM."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}\d{7,8}|\d{7,8}")


def validate_phone(phone: str) -> None:
    """As people type it, or nothing."""
    if phone and not PHONE.fullmatch(plain_phone(phone)):
        raise ValidationError(_("This is no phone number of eleven digits. Correct it, or leave it empty."))


def plain_phone(phone: str) -> str:
    """The digits as people type them: full-width ones, spaces, hyphens and +86 are taken away."""
    text = unicodedata.normalize("NFKC", phone)
    return re.sub(r"[\s().-]", "", text).removeprefix("+86")
