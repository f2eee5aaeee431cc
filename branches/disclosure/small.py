"""Counts as everybody may read them: a number from 1 to 4 could point to somebody, so it is hidden for good. No ORM.

Small categories are one line together. Where a part of a sum is small its other part is only bounded, and so is a
total where the small lines together are few: what is hidden is never the difference of two numbers that are shown.
What is shown is kept in signs that every language reads: "12", "<5", ">=8", or "-" for what is not told.
"""

from collections.abc import Iterable
from typing import NamedTuple

from branches.disclosure.tellers import Tally

SMALL = 5
FEW, UNTOLD = f"<{SMALL}", "-"


class Line(NamedTuple):
    """A category as it is shown, the numbers in signs; that of the small ones together has no name."""

    category: str
    received: str
    closed: str
    open: str


def is_small(count: int) -> bool:
    return 0 < count < SMALL


def shown_lines(tallies: Iterable[Tally]) -> list[Line]:
    """Most received first, the small ones together at the end."""
    tallies = sorted((one for one in tallies if one.received), key=lambda one: (-one.received, one.category))
    small = [one for one in tallies if is_small(one.received)]
    lines = [_line(one) for one in tallies if not is_small(one.received)]
    if small:
        lines.append(_line(Tally("", sum(one.received for one in small), sum(one.closed for one in small))))
    return lines


def shown_total(tallies: Iterable[Tally]) -> str:
    """How many came in; bounded where the small ones together are few, or the difference would tell."""
    counts = [one.received for one in tallies]
    few = sum(filter(is_small, counts))
    large = sum(counts) - few
    if not is_small(few):
        return str(large + few)
    return _at_least(large + 1) if large else FEW


def _line(tally: Tally) -> Line:
    received, closed = tally.received, tally.closed
    if is_small(received):
        return Line(tally.category, FEW, UNTOLD, UNTOLD)
    left = received - closed
    if not is_small(closed) and not is_small(left):
        return Line(tally.category, str(received), str(closed), str(left))
    if received < 2 * SMALL:  # both parts may be small, and a bound would be a number
        return Line(tally.category, str(received), UNTOLD, UNTOLD)
    most = _at_least(received - SMALL + 1)
    return Line(tally.category, str(received), *((FEW, most) if is_small(closed) else (most, FEW)))


def _at_least(count: int) -> str:
    return f">={count}"
