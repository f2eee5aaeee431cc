"""What becomes of patrols when the tree is reorganised."""

from datetime import datetime

from grids.models import Grid, GridChange
from volunteers.models import Patrol, PatrolFinding, PatrolPlace
from volunteers.patrols.workflow import PatrolAction
from volunteers.rehoming import Moved, carry_on


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """Patrols, their buildings and findings go on where what went out of use went up in, or where its code leads."""
    ended = change.grid
    if not ended.retired_at or not successors:
        return
    carry_on(Patrol, change, successors, PatrolAction.REHOME, at)
    PatrolFinding.objects.filter(grid=ended).update(grid=successors[0], position=successors[0].lft)
    _hand_places_on(ended, successors)


def _hand_places_on(ended: Grid, successors: list[Grid]) -> None:
    """What a building went up in, or was divided into, is looked at in its place, once for each patrol."""
    patrols = set(PatrolPlace.objects.filter(grid=ended).values_list("patrol", flat=True))
    PatrolPlace.objects.filter(grid=ended).delete()
    for successor in successors:
        has = set(PatrolPlace.objects.filter(grid=successor).values_list("patrol", flat=True))
        PatrolPlace.objects.bulk_create(
            PatrolPlace(patrol_id=patrol, grid=successor, position=successor.lft) for patrol in sorted(patrols - has)
        )
