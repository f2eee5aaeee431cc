"""The way of cases through the four loops: where they were filed, how high they climbed, and what became of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext as _

from events.figures.measures import CLOSED, LEFT, OPEN_NOW, RECEIVED, Measure
from events.workflow import LOOPS, OPEN, Loop, Status

BY = ("start_loop", "top_loop", "status", "loop")  # what the cases are counted by; the last one may be left out
ENDS = (CLOSED, OPEN_NOW, LEFT)


def no_link(_measure: Measure, **_further: str) -> str:
    return ""


def flows(
    found: Iterable[tuple[tuple[str, ...], int]], link: Callable[..., str] = no_link
) -> Iterator[tuple[str, str, int, str]]:
    """What `charts.sankey` draws of so many cases of each kind, kinds as in `BY`; `link` lists the cases of a part.

    In this order the loops stand below each other in every picture alike, the lowest first.
    """
    climbs, ends = Counter(), Counter()
    for (start, top, status, *loop), number in found:
        climbs[LOOPS.index(top), LOOPS.index(start)] += number
        closed_in = [LOOPS.index(each) for each in loop if status == Status.CLOSED]
        ends[LOOPS.index(top), _end(status), *closed_in] += number
    for (top, start), number in sorted(climbs.items()):
        further = {"start_loop": LOOPS[start], "top_loop": LOOPS[top]}
        yield filed(LOOPS[start]), reached(LOOPS[top]), number, link(RECEIVED, **further)
    for (top, end, *closed_in), number in sorted(ends.items()):
        loop = {"loop": LOOPS[closed_in[0]]} if closed_in else {}
        yield reached(LOOPS[top]), _ended(ENDS[end], **loop), number, link(ENDS[end], top_loop=LOOPS[top], **loop)


def filed(loop: Loop) -> str:
    return _("filed: %(loop)s") % {"loop": loop.label}


def reached(loop: Loop) -> str:
    return _("highest: %(loop)s") % {"loop": loop.label}


def _ended(end: Measure, loop: Loop | None = None) -> str:
    return _("closed: %(loop)s") % {"loop": loop.label} if loop else str(end.title)


def _end(status: str) -> int:
    """Its place in `ENDS`."""
    if status == Status.CLOSED:
        return ENDS.index(CLOSED)
    return ENDS.index(OPEN_NOW if status in OPEN else LEFT)
