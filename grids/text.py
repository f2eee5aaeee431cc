"""What text may be entered anywhere: what must not stand in it, and how long it is."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

TITLE_LENGTH = 120
TEXT_LENGTH = 2000

# They change the order in which other text is read, and so what a report seems to say.
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def validate_no_direction_marks(text: str) -> None:
    if DIRECTION_MARKS & set(text):
        raise ValidationError(
            _("Invisible text-direction marks are not allowed. Type the text again."), "direction_mark"
        )


def validate_no_control_characters(text: str) -> None:
    """Line breaks and tabs are text; NUL has a message of its own."""
    if any(unicodedata.category(character) == "Cc" for character in text if character not in "\0\n\r\t"):
        raise ValidationError(_("Invisible control characters are not allowed here."), "control_character")


def says_nothing(text: str) -> bool:
    """Nothing in it can be seen: it is empty, or all spaces and characters without width."""
    return not any(character.isprintable() and not character.isspace() for character in text)


plain_text = [
    ProhibitNullCharactersValidator(_("The text holds a NUL character. Type it again.")),
    validate_no_direction_marks,
    validate_no_control_characters,
]
# The database holds any length of text and a TextField checks its own in forms alone.
long_text = [*plain_text, MaxLengthValidator(TEXT_LENGTH)]
