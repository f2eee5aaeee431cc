"""Phone numbers as people type them. No ORM."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}\d{7,8}|\d{7,8}")


def phone_problem(phone: str) -> str:
    """What is wrong with a phone number as people type it; nothing is wrong with none."""
    if not phone or PHONE.fullmatch(plain_phone(phone)):
        return ""
    return _("This is no phone number of eleven digits. Correct it, or leave it empty.")


def validate_phone(phone: str) -> None:
    """As people type it, or nothing."""
    if problem := phone_problem(phone):
        raise ValidationError(problem)


def plain_phone(phone: str) -> str:
    """The digits as people type them: full-width ones, spaces, hyphens and +86 are taken away."""
    text = unicodedata.normalize("NFKC", phone)
    return re.sub(r"[\s().-]", "", text).removeprefix("+86")
