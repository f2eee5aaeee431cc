"""What becomes of activities when the tree is reorganised; positions are shifted by then."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from grids.models import Grid, GridChange
from volunteers.activities.workflow import ActivityAction
from volunteers.models import Activity, ActivityStep


def rehome(
    *,
    change: GridChange,
    successors: list[Grid],
    moved: Iterable[tuple[tuple[int, int], tuple[int, int]]],
    at: datetime,
) -> None:
    """The activities of a grid that went out of use, those of old among them, go on with what took its place."""
    ended = change.grid
    if not (ended.retired_at and successors):
        return
    successor = successors[0]
    activities = list(Activity.objects.select_for_update().filter(grid=ended).order_by("pk"))
    text = _("%(grid)s went up in %(successor)s.") % {"grid": ended.name, "successor": successor.name}
    Activity.objects.filter(pk__in=[one.pk for one in activities]).update(grid=successor, position=successor.lft)
    ActivityStep.objects.bulk_create(
        ActivityStep(activity=one, action=ActivityAction.REHOME, to_state=one.state, text=text, at=at)
        for one in activities
    )
