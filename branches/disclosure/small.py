"""Counts as everybody may read them: a number from 1 to 4 could point to somebody, so it is hidden for good. No ORM.

What is shown does not depend on what is hidden: whatever small number a hidden one were, every publication would read
the same. So nothing hidden can be worked out, neither within a publication nor from a street's sums less those of its
communities. For that the street is counted in parts: a sum over a small part is only bounded, by the parts that are
not small. Numbers are kept in signs that every language reads: "12", "<5", ">=8", or "-" for what is not told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from branches.disclosure.tellers import Tally

SMALL = 5
FEW, UNTOLD = f"<{SMALL}", "-"


class Line(NamedTuple):
    """A category as it is shown, the numbers in signs; that of the hidden ones together has no name."""

    category: str
    received: str
    closed: str
    open: str


def is_small(count: int) -> bool:
    return 0 < count < SMALL


def remainder(whole: Iterable[Tally], parts: Iterable[Iterable[Tally]]) -> list[Tally]:
    """What the parts leave of the whole, by category: a part that nobody publishes and anybody may work out."""
    left = {tally.category: tally for tally in whole}
    for tally in (tally for part in parts for tally in part):
        one = left.get(tally.category, Tally(tally.category, 0, 0))
        left[tally.category] = Tally(one.category, one.received - tally.received, one.closed - tally.closed)
    return [tally for tally in left.values() if tally.received > 0]


def shown_lines(*parts: Iterable[Tally]) -> list[Line]:
    """The categories over all parts: the largest first by what is told of them, the hidden ones together at the end."""
    cells = _by_category(parts)
    told = {category: _told(tallies) for category, tallies in cells.items()}
    names = sorted((name for name in cells if told[name]), key=lambda name: (-told[name], name))
    lines = [_line(name, cells[name]) for name in names]
    hidden = [tally for name in cells if not told[name] for tally in cells[name]]
    return [*lines, Line("", _few(hidden), UNTOLD, UNTOLD)] if hidden else lines


def shown_total(*parts: Iterable[Tally]) -> str:
    """How many came in; only bounded where a number is hidden, or the difference would tell it."""
    tallies = [tally for part in parts for tally in part if tally.received]
    told, hidden = _told(tallies), [tally for tally in tallies if is_small(tally.received)]
    if not hidden:
        return str(told)
    return _at_least(told + 1) if told else _few(hidden)


def tells_of_few(before: Mapping, after: Mapping) -> bool:
    """Whether figures that are published anew differ from earlier ones by so few that the difference points to them."""
    told = [dict(_numbers(figures)) for figures in (before, after)]
    return any(is_small(abs(told[0][name] - told[1][name])) for name in told[0].keys() & told[1].keys())


def _by_category(parts: Iterable[Iterable[Tally]]) -> dict[str, list[Tally]]:
    cells = defaultdict(list)
    for tally in (tally for part in parts for tally in part if tally.received):
        cells[tally.category].append(tally)
    return cells


def _told(tallies: Iterable[Tally]) -> int:
    return sum(tally.received for tally in tallies if not is_small(tally.received))


def _few(hidden: list[Tally]) -> str:
    """Of one hidden number, that it is small; of several nothing, as their sum could be at its end."""
    return FEW if len(hidden) == 1 else UNTOLD


def _line(category: str, cells: list[Tally]) -> Line:
    if any(is_small(cell.received) for cell in cells):
        return Line(category, _at_least(_told(cells) + 1), UNTOLD, UNTOLD)
    received, closed = _told(cells), sum(cell.closed for cell in cells)
    if not any(is_small(number) for cell in cells for number in (cell.closed, cell.received - cell.closed)):
        return Line(category, str(received), str(closed), str(received - closed))
    if len(cells) > 1 or received < 2 * SMALL:  # a bound would be a number, or a difference to those of the parts
        return Line(category, str(received), UNTOLD, UNTOLD)
    most = _at_least(received - SMALL + 1)
    return Line(category, str(received), *((FEW, most) if is_small(closed) else (most, FEW)))


def _at_least(count: int) -> str:
    return f">={count}"


def _numbers(figures: Mapping) -> Iterable[tuple[tuple[str, int], int]]:
    """The numbers of kept figures that are told exactly, by category and column; the total has no category."""
    rows = [["", figures["total"]], *([category, *signs] for category, *signs in figures["lines"] if category)]
    for category, *signs in rows:
        for column, sign in enumerate(signs):
            if sign.isdecimal():
                yield (category, column), int(sign)
