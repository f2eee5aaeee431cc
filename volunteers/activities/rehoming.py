"""What becomes of activities when the tree is reorganised."""

from datetime import datetime

from grids.models import Grid, GridChange
from volunteers.activities.workflow import ActivityAction
from volunteers.models import Activity
from volunteers.rehoming import Moved, carry_on


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """An activity goes on with what took its grid's place."""
    carry_on(Activity, change, successors, ActivityAction.REHOME, at)
