"""What becomes of patrols when the tree is reorganised; positions are shifted by then."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from grids.models import Grid, GridChange
from volunteers.models import Patrol, PatrolFinding, PatrolPlace, PatrolStep
from volunteers.patrols.workflow import PatrolAction

Moved = Iterable[tuple[tuple[int, int], tuple[int, int]]]


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """Patrols, their buildings and findings go on where what went out of use went up in, or where its code leads."""
    ended = change.grid
    if not ended.retired_at or not successors:
        return
    successor = successors[0]
    patrols = list(Patrol.objects.filter(grid=ended).select_for_update(of=("self",)).order_by("pk"))
    for model in (Patrol, PatrolFinding):
        model.objects.filter(grid=ended).update(grid=successor, position=successor.lft)
    _hand_places_on(ended, successors)
    text = _("%(grid)s became %(successors)s.")
    said = {"grid": ended.name, "successors": "、".join(grid.name for grid in successors)}
    PatrolStep.objects.bulk_create(
        PatrolStep(patrol=patrol, action=PatrolAction.REHOME, to_state=patrol.state, text=text % said, at=at)
        for patrol in patrols
    )


def _hand_places_on(ended: Grid, successors: list[Grid]) -> None:
    """What a building went up in, or was divided into, is looked at in its place, once for each patrol."""
    patrols = set(PatrolPlace.objects.filter(grid=ended).values_list("patrol", flat=True))
    PatrolPlace.objects.filter(grid=ended).delete()
    for successor in successors:
        has = set(PatrolPlace.objects.filter(grid=successor).values_list("patrol", flat=True))
        PatrolPlace.objects.bulk_create(
            PatrolPlace(patrol_id=patrol, grid=successor, position=successor.lft) for patrol in sorted(patrols - has)
        )
