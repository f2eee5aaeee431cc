"""What becomes of key households when the tree is reorganised."""

from datetime import datetime

from grids.models import Grid, GridChange
from volunteers.households.workflow import HouseholdAction
from volunteers.models import Household
from volunteers.rehoming import Moved, carry_on


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """A household goes on where its unit or building went up in; of a divided one, where its code leads.

    Without a successor it stays where it was, for the desk to end or enter anew; what is erased counts at the
    successor of its community. The history names no place: it stays when the household is erased.
    """
    carry_on(Household, change, successors, HouseholdAction.REHOME, at, text="")
