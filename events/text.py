"""How long the texts of a case are; what must not stand in them is `grids.text`'s to say."""

from grids.text import (
    TEXT_LENGTH,
    long_text,
    plain_text,
    says_nothing,
    validate_no_control_characters,
    validate_no_direction_marks,
)

TITLE_LENGTH = 120
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
