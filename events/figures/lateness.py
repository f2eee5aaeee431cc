"""What is overdue now, worst first, each case with the reasons that an official can do something about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from events.figures.measures import OVERDUE, Day
from events.figures.scope import Scope
from events.models import Event
from events.wording import awaited, place_of, show_times
from events.workflow import DESK_ROLES, Status
from grids.models import Post, load_ancestors

MOST = 10


@dataclass(frozen=True)
class Late:
    """A case with its `time_left` and `place`, whom it waits for, and why it may be stuck."""

    event: Event
    awaited: str
    reasons: list[str]


def worst(scope: Scope, at: datetime) -> list[Late]:
    """The cases that have been due longest."""
    events = Event.objects.filter(scope.condition(Day.FILED), OVERDUE.at(at)).order_by("due_at", "pk")
    events = list(events.select_related("category", "grid", "holder", "checker", "handler", "organisation")[:MOST])
    load_ancestors(grid for event in events for grid in (event.grid, event.holder, event.checker) if grid)
    show_times(events, at)
    for event in events:
        event.place = place_of(event)
    waiting = {(event.checker if event.status == Status.RESOLVED else event.holder).pk for event in events}
    posts = Post.objects.working().filter(grid__in=waiting)
    roles = {(grid, role in DESK_ROLES) for grid, role in posts.values_list("grid", "role")}
    return [
        Late(event, awaited(event, event.handler or event.organisation), list(_reasons(event, roles)))
        for event in events
    ]


def _reasons(event: Event, roles: set[tuple[int, bool]]) -> Iterator[str]:
    if event.status == Status.RESOLVED:
        if not roles & {(event.checker_id, True), (event.checker_id, False)}:
            yield _("nobody is posted at %(grid)s to check it") % {"grid": event.checker.name}
    elif (event.holder_id, True) not in roles:
        yield _("desk vacant: %(grid)s") % {"grid": event.holder.name}
    if event.request:
        yield _("waits for a decision: %(request)s") % {"request": event.get_request_display()}
    if event.loop != event.start_loop:
        yield _("climbed: %(loop)s") % {"loop": event.get_loop_display()}
    if event.is_supervised:
        yield _("supervised")
    if event.reworks:
        yield _("failed its check")
