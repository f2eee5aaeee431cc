"""Cases after a reorganisation of the grids: none is left with a place out of use or a holder that is not above it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from events.drafts import Draft, Limits
from events.models import Event, Step
from events.routing import Staffing
from events.services.storing import store
from events.services.tallying import enter_moves
from events.transitions import rehome, take_place
from events.workflow import Action
from grids.access import within
from grids.models import Grid, GridChange

BATCH = 2000
WHY = ("kind", "old_name", "old_code", "new_name", "new_code")


@transaction.atomic
def rehome_events(
    *,
    change: GridChange,
    successors: list[Grid],
    moved: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    joined: dict[int, int],
    at: datetime,
) -> int:
    """Give the open cases of a reorganisation a place in use, a holder and a checker again; how many got a step.

    Cases on a grid that went out of use go to who continues it. Runs in the transaction of the reorganisation.
    """
    enter_moves(moved)
    ended = change.grid if change.grid.retired_at else None
    places = [new for _old, new in moved] + ([(ended.lft, ended.rght)] if ended else [])
    touched = _lost("holder") | (Q(checker__isnull=False) & _lost("checker"))
    if ended and successors:
        touched |= Q(grid=ended)
    wanted = within(places) & touched
    if joined:  # an organisation serves the whole subtree of a holder: its cases may have arisen anywhere in it
        wanted |= Q(organisation__in=joined)
    found = Event.objects.open().filter(wanted).order_by("pk")
    # Locked first and read then: PostgreSQL joins a row that has just changed to its old holder and handler.
    pks = list(found.select_for_update(of=("self",)).values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        _rehome_batch(pks[start : start + BATCH], change, successors, joined, at)
    change.counts[Step._meta.label_lower] = change.counts.get(Step._meta.label_lower, 0) + len(pks)
    return len(pks)


def _lost(field: str) -> Q:
    """The grid in this field is retired, or not above the place of the case."""
    above = Q(**{f"{field}__lft__lte": F("position"), f"{field}__rght__gte": F("position")})
    return Q(**{f"{field}__retired_at__isnull": False}) | ~above


def _rehome_batch(
    pks: list[int], change: GridChange, successors: list[Grid], joined: dict[int, int], at: datetime
) -> None:
    events = list(Event.objects.filter(pk__in=pks).with_people())
    codes = {event.grid.code for event in events} | {grid.code for grid in successors[:1]}
    staffing, limits = Staffing.above(codes), Limits()
    why = {name: getattr(change, name) for name in WHY}
    drafts = []
    for event in events:
        draft = Draft(event, Action.REHOME, at, staffing, limits, reason=change.reason, details={"change": why})
        if successors and event.grid_id == change.grid_id:
            take_place(draft, successors[0])
        event.organisation_id = joined.get(event.organisation_id, event.organisation_id)
        rehome(draft)
        drafts.append(draft)
    store(drafts)
