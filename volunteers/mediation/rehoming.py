"""What becomes of mediations when the tree is reorganised."""

from datetime import datetime

from grids.models import Grid, GridChange
from volunteers.mediation.workflow import MediationAction
from volunteers.models import Mediation
from volunteers.rehoming import Moved, carry_on


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """A mediation goes on where its grid went up in; of a divided one, where its code leads."""
    carry_on(Mediation, change, successors, MediationAction.REHOME, at)
