"""What becomes of key households when the tree is reorganised; positions are shifted by then."""

from collections.abc import Iterable
from datetime import datetime

from grids.models import Grid, GridChange
from volunteers.households.workflow import HouseholdAction
from volunteers.models import Household, HouseholdStep

Moved = Iterable[tuple[tuple[int, int], tuple[int, int]]]


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """A household goes on where its unit or building went up in; of a divided one, where its code leads.

    Without a successor it stays where it was, for the desk to end or enter anew; what is erased counts at the
    successor of its community. The history names no place: it stays when the household is erased.
    """
    ended = change.grid
    if not ended.retired_at or not successors:
        return
    households = list(Household.objects.filter(grid=ended).select_for_update(of=("self",)).order_by("pk"))
    Household.objects.filter(grid=ended).update(grid=successors[0], position=successors[0].lft)
    HouseholdStep.objects.bulk_create(
        HouseholdStep(household=household, action=HouseholdAction.REHOME, to_state=household.state, at=at)
        for household in households
    )
