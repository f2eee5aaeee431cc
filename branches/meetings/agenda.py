"""The agenda that gathers itself: whoever knows what should be spoken about registers here and is asked."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from branches.cases import EVENT
from branches.models import Branch, Meeting, Resolution
from grids.access import Ranges, merged
from grids.models import Grid, User

RESOLUTION = "resolution"
MOST_RESOLUTIONS = 30
MOST_POINTS = 50


class Point(NamedTuple):
    """Something to speak about: a pointer as of `branches.references`, or words alone."""

    name: str
    kind: str = ""
    key: str = ""
    why: str = ""
    is_pressing: bool = True  # what a form ticks by itself; the rest is there to be chosen

    @property
    def value(self) -> str:
        """As forms name it."""
        return f"{self.kind}:{self.key}" if self.kind else f":{self.name}"

    @property
    def told(self) -> str:
        """As the history holds it, which is read by people who may not see every case."""
        return self.key if self.kind == EVENT else self.name


class Asked(NamedTuple):
    """For whom and where points are sought."""

    user: User
    convener: Branch | Grid
    area: Ranges
    at: datetime


Proposer = Callable[[Asked], list[Point]]
_proposers: list[Proposer] = []


def register(proposer: Proposer) -> None:
    """Have it asked, in the order of registering; it proposes only what the convener may see, and no clue report."""
    if proposer not in _proposers:
        _proposers.append(proposer)


def area_of(convener: Branch | Grid) -> Ranges:
    """What a branch covers, or the whole grid."""
    if isinstance(convener, Grid):
        return [(convener.lft, convener.rght)]
    covers = convener.cover.filter(until=None).values_list("grid__lft", "grid__rght")
    return merged(covers) or [(convener.grid.lft, convener.grid.rght)]


def proposals(user: User, convener: Branch | Grid, at: datetime) -> list[Point]:
    """What the convener may put on the agenda: each thing once, the pressing ones first, then as proposers came."""
    asked = Asked(user, convener, area_of(convener), at)
    points = {point.value: point for propose in _proposers for point in propose(asked)}
    return sorted(points.values(), key=lambda point: not point.is_pressing)


def unfinished_resolutions(asked: Asked) -> list[Point]:
    """Those of earlier meetings of the same branch or grid, the oldest first."""
    earlier = Meeting.objects.of(asked.convener).held()
    left = Resolution.objects.unfinished().filter(meeting__in=earlier).select_related("meeting")
    said = _("resolved on %(date)s, to be done by %(due)s")
    return [
        Point(
            resolution.text,
            RESOLUTION,
            str(resolution.pk),
            said % {"date": f"{timezone.localtime(resolution.meeting.starts_at):%Y-%m-%d}", "due": resolution.due_on},
        )
        for resolution in left.order_by("due_on", "pk")[:MOST_RESOLUTIONS]
    ]
