"""Cases after a reorganisation of the grids: none is left with a holder that is no longer above it or in use."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events.models import Event
from events.routing import Staffing
from events.services.storing import store
from events.transitions import Draft, Limits, rehome
from events.workflow import Action
from grids.models import Grid


@transaction.atomic
def rehome_events(*, grid: Grid, at: datetime | None = None) -> int:
    """Give the open cases in a grid that was moved or retired a holder and checker again; returns how many changed.

    Runs in the transaction of the reorganisation.
    """
    at = at or timezone.now()
    lost = _lost("holder", grid) | (Q(checker__isnull=False) & _lost("checker", grid))
    events = Event.objects.open().inside(grid).filter(lost).select_for_update(of=("self",)).with_people()
    events = list(events)
    if not events:
        return 0
    staffing, limits = Staffing.above({event.grid.code for event in events}), Limits()
    drafts = [Draft(event, Action.REHOME, at, staffing, limits) for event in events]
    for draft in drafts:
        rehome(draft)
    store(drafts)
    return len(drafts)


def _lost(field: str, grid: Grid) -> Q:
    """The grid in this field is retired, or lies neither above nor inside `grid`."""
    above = Q(**{f"{field}__lft__lte": grid.lft, f"{field}__rght__gte": grid.rght})
    inside = Q(**{f"{field}__lft__range": (grid.lft, grid.rght)})
    return Q(**{f"{field}__retired_at__isnull": False}) | ~(above | inside)
