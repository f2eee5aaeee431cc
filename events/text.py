"""What text of cases may be: the same as everywhere; and how long the names of places are."""

from grids.text import (
    DIRECTION_MARKS,
    TEXT_LENGTH,
    TITLE_LENGTH,
    long_text,
    plain_text,
    says_nothing,
    validate_no_control_characters,
    validate_no_direction_marks,
)

__all__ = [
    "DIRECTION_MARKS",
    "PLACE_LENGTH",
    "TEXT_LENGTH",
    "TITLE_LENGTH",
    "long_text",
    "plain_text",
    "says_nothing",
    "validate_no_control_characters",
    "validate_no_direction_marks",
]

PLACE_LENGTH = 200  # community, building and unit, each of at most 64 characters
