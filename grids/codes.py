"""The arithmetic of codes: which level, where in the tree, what lies above. No ORM; `grids/tree.py` hands it all on."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

DIGITS = (4, 6, 9, 12, 16, 18)  # of a city's code, a district's … a unit's
WIDTHS = tuple(12 * 10 ** (18 - digits) for digits in DIGITS)  # room of one code in the interval space, by level
LARGEST = 2**63 - 1  # a signed 64-bit column; reached by codes from 7686 on, where no mainland division lies
COMMUNITY = 3


def level_of(code: str) -> int:
    """The level, 0 (city) to 5 (unit), that the code's length says; ValueError for what is no code."""
    if not (code.isascii() and code.isdigit()):
        raise ValueError(_("A code consists of digits only, which “%(code)s” does not.") % {"code": code})
    if len(code) not in DIGITS:
        raise ValueError(
            _("A code has 4, 6, 9, 12, 16 or 18 digits; “%(code)s” has %(count)d.") % {"code": code, "count": len(code)}
        )
    level = DIGITS.index(len(code))
    if code[0] == "0" or (int(code) + 1) * WIDTHS[level] > LARGEST:
        raise ValueError(_("The code “%(code)s” lies outside 1000 to 7685, the range of cities.") % {"code": code})
    return level


def interval(code: str) -> tuple[int, int]:
    """`(lft, rght)` of the code: strictly inside its parent's, apart from every other code's."""
    level = level_of(code)
    start = int(code) * WIDTHS[level]
    return start + level, start + WIDTHS[level] - 1 - level


def code_at(lft: int) -> str:
    """The code of the grid whose interval begins there; `interval` the other way round."""
    return str(lft // WIDTHS[lft % 12])


def ancestor_codes(code: str) -> list[str]:
    """The codes above this one, nearest first."""
    return [code[:digits] for digits in reversed(DIGITS[: level_of(code)])]


def parent_code(code: str) -> str | None:
    """The code directly above, None for a city."""
    level = level_of(code)
    return code[: DIGITS[level - 1]] if level else None


def community_code(code: str) -> str | None:
    """The code of the community that the grid is in or is, None above communities."""
    return code[: DIGITS[COMMUNITY]] if level_of(code) >= COMMUNITY else None


def tree_id_of(code: str) -> int:
    """The number of the code's city."""
    return int(code[: DIGITS[0]])


def free_numbers(taken: set[int], digits: int) -> Iterator[int]:
    """Those after the last one taken, then the gaps."""
    last = max(taken, default=0)
    yield from range(last + 1, 10**digits)
    yield from (number for number in range(1, last) if number not in taken)
