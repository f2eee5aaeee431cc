"""What becomes of branches when the tree is reorganised; their positions have been shifted by then."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from branches.models import Branch, BranchGrid
from branches.services.branches import give_up, post_leaders, seat_code, take_seat
from grids.access import within
from grids.models import Grid, GridChange

NAME_LENGTH = Branch._meta.get_field("name").max_length


def carry_branches(
    *,
    change: GridChange,
    successors: list[Grid],
    moved: Iterable[tuple[tuple[int, int], tuple[int, int]]],
    at: datetime,
) -> None:
    """Let branches follow a reorganisation, inside its transaction: what they cover, their seat and their posts.

    What went out of use is covered by its branch at its successors, where these have no branch of their own. A branch
    that is left without a grid stays until a person dissolves it or gives it another.
    """
    ended = change.grid if change.grid.retired_at else None
    places = [new for _old, new in moved] + ([(ended.lft, ended.rght)] if ended else [])
    touched = Branch.objects.active().filter(within(places) | within(places, "cover__position"))
    branches = list(Branch.objects.select_for_update().filter(pk__in=touched.values("pk")).order_by("pk"))
    if ended:
        _hand_on(change, ended, successors, timezone.localdate(at))
    for branch in branches:
        _settle_seat(branch, ended, successors)
    if ended:
        # The reorganisation was allowed; what it does to the posts needs no further right.
        post_leaders(actor=None, grids=[ended, *successors], at=at)


def _hand_on(change: GridChange, ended: Grid, successors: list[Grid], on: date) -> None:
    row = BranchGrid.objects.filter(grid=ended, until=None).select_related("branch").first()
    if row is None:
        return
    # A branch of one building is not made that of the whole community by the building's going.
    fitting = [grid for grid in successors if grid.level == ended.level]
    others = BranchGrid.objects.filter(grid__in=fitting, until=None).select_related("branch")
    taken = {other.grid_id: other.branch for other in others}
    give_up([row], on=on, reason=_why(ended, fitting, taken, row.branch))
    for grid in fitting:
        if grid.pk not in taken:
            BranchGrid.objects.create(branch=row.branch, grid=grid, position=grid.lft, since=max(on, row.since))
    label = BranchGrid._meta.label_lower
    change.counts[label] = change.counts.get(label, 0) + 1


def _why(ended: Grid, successors: list[Grid], taken: dict[int, Branch], branch: Branch) -> str:
    if not successors:
        return _("%(grid)s went out of use.") % {"grid": ended}
    if other := next((taken[grid.pk] for grid in successors if taken.get(grid.pk, branch) != branch), None):
        text = _("%(grid)s went up in %(successor)s, which has a branch of its own: %(branch)s.")
        return text % {"grid": ended, "successor": successors[0], "branch": other}
    return _("%(grid)s became %(successors)s.") % {"grid": ended, "successors": "、".join(map(str, successors))}


def _settle_seat(branch: Branch, ended: Grid | None, successors: list[Grid]) -> None:
    """The lowest grid that holds what is left of the cover; without any, where its seat went."""
    codes = list(branch.cover.filter(until=None).values_list("grid__code", flat=True))
    if codes:
        seat = Grid.objects.get(code=seat_code(codes)) if seat_code(codes) else branch.grid
    elif ended and branch.grid_id == ended.pk and successors:
        seat = successors[0]
    else:
        return
    if seat.pk == branch.grid_id:
        return
    branch.name = _free_name(branch, seat)
    take_seat(branch, seat)
    branch.save(update_fields=["grid", "position", "name"])


def _free_name(branch: Branch, seat: Grid) -> str:
    """The name; where another branch at the new seat has it, with where it comes from, or a number, behind it."""
    names = set(Branch.objects.active().filter(grid=seat).exclude(pk=branch.pk).values_list("name", flat=True))
    endings = ["", f"（{branch.grid.name}）", *(f"（{number}）" for number in range(2, len(names) + 3))]
    wished = (branch.name[: NAME_LENGTH - len(ending)] + ending for ending in endings)
    return next(name for name in wished if name not in names)
