"""Branches: what they cover, their seat, and their leaders' posts."""

from collections import defaultdict
from datetime import date

from django.utils.translation import gettext as _

from branches.models import Branch, BranchGrid
from branches.services.branches import give_up, post_leaders, seat_code, take_seat
from branches.services.rehoming.naming import free_name
from branches.services.rehoming.news import News
from grids.access import within
from grids.models import Grid

NAME_LENGTH = Branch._meta.get_field("name").max_length


def rehome_branches(news: News) -> None:
    """What went out of use is covered by its branch at its successors, where these have no branch of their own.

    A branch that is left without a grid stays until a person dissolves it or gives it another.
    """
    ended = news.ended
    places = [new for _old, new in news.moved] + ([(ended.lft, ended.rght)] if ended else [])
    touched = Branch.objects.active().filter(within(places) | within(places, "cover__position"))
    branches = list(Branch.objects.select_for_update().filter(pk__in=touched.values("pk")).order_by("pk"))
    if ended:
        _hand_cover_on(news, ended, news.day)
    _settle_seats(news, branches)
    if ended:
        # The reorganisation was allowed; what it does to the posts needs no further right.
        post_leaders(actor=None, grids=[ended, *news.successors], at=news.at)


def _hand_cover_on(news: News, ended: Grid, on: date) -> None:
    row = BranchGrid.objects.filter(grid=ended, until=None).select_related("branch").first()
    if row is None:
        return
    # A branch of one building is not made that of the whole community by the building's going.
    fitting = [grid for grid in news.successors if grid.level == ended.level]
    others = BranchGrid.objects.filter(grid__in=fitting, until=None).select_related("branch")
    taken = {other.grid_id: other.branch for other in others}
    give_up([row], on=on, reason=_why(ended, fitting, taken, row.branch))
    for grid in fitting:
        if grid.pk not in taken:
            BranchGrid.objects.create(branch=row.branch, grid=grid, position=grid.lft, since=max(on, row.since))
    news.count(BranchGrid, 1)


def _why(ended: Grid, successors: list[Grid], taken: dict[int, Branch], branch: Branch) -> str:
    if not successors:
        return _("%(grid)s went out of use.") % {"grid": ended}
    if other := next((taken[grid.pk] for grid in successors if taken.get(grid.pk, branch) != branch), None):
        text = _("%(grid)s went up in %(successor)s, which has a branch of its own: %(branch)s.")
        return text % {"grid": ended, "successor": successors[0], "branch": other}
    return _("%(grid)s became %(successors)s.") % {"grid": ended, "successors": "、".join(map(str, successors))}


def _settle_seats(news: News, branches: list[Branch]) -> None:
    """The lowest grid that holds what is left of the cover; without any, where its seat went."""
    covers: dict[int, list[str]] = defaultdict(list)
    rows = BranchGrid.objects.active().filter(branch__in=branches)
    for branch, code in rows.values_list("branch", "grid__code"):
        covers[branch].append(code)
    codes = {pk: seat_code(found) for pk, found in covers.items()}
    seats = {grid.code: grid for grid in Grid.objects.filter(code__in=set(codes.values()))}
    for branch in branches:
        seat = seats.get(codes.get(branch.pk))
        if seat is None and branch.pk not in covers and news.ended and branch.grid_id == news.ended.pk:
            seat = news.heir
        if seat and seat.pk != branch.grid_id:
            _settle(branch, seat)


def _settle(branch: Branch, seat: Grid) -> None:
    names = Branch.objects.active().filter(grid=seat).exclude(pk=branch.pk).values_list("name", flat=True)
    branch.name = free_name(branch.name, branch.grid.name, set(names), NAME_LENGTH)
    take_seat(branch, seat)
    branch.save(update_fields=["grid", "position", "name"])
