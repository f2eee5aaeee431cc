"""What becomes of mediations when the tree is reorganised; positions are shifted by then."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from grids.models import Grid, GridChange
from volunteers.mediation.workflow import MediationAction
from volunteers.models import Mediation, MediationStep

Moved = Iterable[tuple[tuple[int, int], tuple[int, int]]]


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """A mediation goes on where its grid went up in; of a divided one, where its code leads."""
    ended = change.grid
    if not ended.retired_at or not successors:
        return
    mediations = list(Mediation.objects.filter(grid=ended).select_for_update(of=("self",)).order_by("pk"))
    Mediation.objects.filter(grid=ended).update(grid=successors[0], position=successors[0].lft)
    text = _("%(grid)s became %(successors)s.")
    said = {"grid": ended.name, "successors": "、".join(grid.name for grid in successors)}
    MediationStep.objects.bulk_create(
        MediationStep(mediation=one, action=MediationAction.REHOME, to_state=one.state, text=text % said, at=at)
        for one in mediations
    )
