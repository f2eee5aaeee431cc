"""How long the text of a case is. What must not stand in it is said by `grids.text`; migrations name it here."""

from grids.text import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    long_text,
    plain_text,
    says_nothing,
    validate_no_control_characters,
    validate_no_direction_marks,
)

PLACE_LENGTH = 200  # community, building and unit, each of at most 64 characters

__all__ = [
    "PLACE_LENGTH",
    "TEXT_LENGTH",
    "TITLE_LENGTH",
    "long_text",
    "plain_text",
    "says_nothing",
    "validate_no_control_characters",
    "validate_no_direction_marks",
]
