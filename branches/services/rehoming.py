"""What becomes of branches, and of what runs in them, when the tree is reorganised; positions are shifted by then."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.models import (
    AreaGrid,
    Branch,
    BranchGrid,
    Claim,
    ClaimStep,
    MemberArea,
    Publication,
    Story,
    Topic,
    Voter,
    WorkList,
)
from branches.services.branches import give_up, post_leaders, seat_code, take_seat
from branches.worklists.workflow import UNDER_WAY, ClaimAction, ClaimState
from grids.access import within
from grids.models import Grid, GridChange, Level
from grids.tree import ancestor_codes, community_code

NAME_LENGTH = Branch._meta.get_field("name").max_length
AREA_LEVELS = (Level.BUILDING, Level.UNIT)
CLAIM_LEVELS = (Level.STREET, Level.COMMUNITY)


def rehome(
    *,
    change: GridChange,
    successors: list[Grid],
    moved: Iterable[tuple[tuple[int, int], tuple[int, int]]],
    at: datetime,
) -> None:
    """Let all of it follow a reorganisation, inside its transaction."""
    _rehome_branches(change, successors, moved, at)
    _rehome_areas(change.grid, successors, at)
    _rehome_claims(change.grid, successors, at)
    if change.grid.retired_at and successors:
        _rehome_topics(change.grid, successors[0])
        _rehome_disclosure(change.grid, successors[0])


# Branches


def _rehome_branches(
    change: GridChange,
    successors: list[Grid],
    moved: Iterable[tuple[tuple[int, int], tuple[int, int]]],
    at: datetime,
) -> None:
    """What they cover, their seat and their posts.

    What went out of use is covered by its branch at its successors, where these have no branch of their own. A branch
    that is left without a grid stays until a person dissolves it or gives it another.
    """
    ended = change.grid if change.grid.retired_at else None
    places = [new for _old, new in moved] + ([(ended.lft, ended.rght)] if ended else [])
    touched = Branch.objects.active().filter(within(places) | within(places, "cover__position"))
    branches = list(Branch.objects.select_for_update().filter(pk__in=touched.values("pk")).order_by("pk"))
    if ended:
        _hand_cover_on(change, ended, successors, timezone.localdate(at))
    for branch in branches:
        _settle_seat(branch, ended, successors)
    if ended:
        # The reorganisation was allowed; what it does to the posts needs no further right.
        post_leaders(actor=None, grids=[ended, *successors], at=at)


def _hand_cover_on(change: GridChange, ended: Grid, successors: list[Grid], on: date) -> None:
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


# Members' areas


def _rehome_areas(grid: Grid, successors: list[Grid], at: datetime) -> None:
    """What takes a building's place lies in its area; an area moves with its buildings."""
    if grid.level in AREA_LEVELS and grid.retired_at:
        _hand_area_on(grid, successors, at)
    _reseat_areas()


def _hand_area_on(grid: Grid, successors: list[Grid], at: datetime) -> None:
    """The area of a building that went out of use goes on over what took its place, where that is free."""
    row = AreaGrid.objects.active().filter(grid=grid).select_for_update(of=("self",)).first()
    if row is None:
        return
    day = timezone.localdate(at)
    AreaGrid.objects.filter(pk=row.pk).update(until=max(day, row.since))
    for successor in successors:
        held = Q(grid=successor) | Q(position__range=(successor.lft, successor.rght)) | Q(grid=successor.parent_id)
        if successor.level in AREA_LEVELS and not AreaGrid.objects.active().filter(held).exists():
            AreaGrid.objects.create(area_id=row.area_id, grid=successor, since=day)


def _reseat_areas() -> None:
    """An area whose buildings moved out of its community belongs to the one that they came to."""
    away = Q(cover__position__lt=F("grid__lft")) | Q(cover__position__gt=F("grid__rght"))
    areas = MemberArea.objects.active().filter(away, cover__until=None).distinct()
    for area in areas:
        first = area.cover.active().select_related("grid").order_by("position").first()
        area.grid = Grid.objects.get(code=community_code(first.grid.code))
        area.save()


# Work lists


def _rehome_claims(grid: Grid, successors: list[Grid], at: datetime) -> None:
    """Work lists and claims go to what took a grid's place, parts to their new street."""
    if grid.retired_at and successors:
        successor = successors[0]
        for work_list in WorkList.objects.filter(grid=grid):
            work_list.grid = successor
            work_list.save()
        if grid.level in CLAIM_LEVELS:
            _hand_claims_on(grid, successor, at)
    _find_parents(at)


def _hand_claims_on(grid: Grid, successor: Grid, at: datetime) -> None:
    """The claims of a grid that went out of use go on at its successor, unless that has the item itself."""
    open_claims = Claim.objects.active().filter(grid=grid).exclude(item__work_list__state=WorkList.State.CLOSED)
    has = set(Claim.objects.active().filter(grid=successor).values_list("item", flat=True))
    said = {"grid": grid.name, "successor": successor.name}
    for claim in open_claims.select_for_update(of=("self",)):
        if claim.item_id in has or successor.level not in CLAIM_LEVELS:
            claim.parts.update(parent=None)
            claim.state = ClaimState.WITHDRAWN
            text = _("%(grid)s went up in %(successor)s, which has this item already.") % said
        else:
            claim.grid = successor
            text = _("%(grid)s went up in %(successor)s.") % said
        claim.save()
        _tell(claim, text, at)


def _find_parents(at: datetime) -> None:
    """A part whose community came under another street is a part of that street's claim, or one of its own."""
    away = Q(position__lt=F("parent__grid__lft")) | Q(position__gt=F("parent__grid__rght"))
    for part in Claim.objects.active().filter(away).select_related("grid__parent", "item"):
        codes = ancestor_codes(part.grid.code)
        above = Claim.objects.active().filter(item=part.item, grid__code__in=codes, state__in=UNDER_WAY)
        part.parent = above.select_related("grid").first()
        part.save(update_fields=["parent"])
        under = (part.parent.grid if part.parent else part.grid.parent).name
        _tell(part, _("It is now accepted by %(grid)s.") % {"grid": under}, at)


def _tell(claim: Claim, text: str, at: datetime) -> None:
    ClaimStep.objects.create(
        claim=claim, action=ClaimAction.REHOME, to_state=claim.state, round=claim.round, text=text, at=at
    )


# Deliberation and disclosure


def _rehome_topics(ended: Grid, successor: Grid) -> None:
    """Topics, and the voters listed there, go on with the grid that took the place of theirs."""
    for model in (Topic, Voter):
        model.objects.filter(grid=ended).update(grid=successor, position=successor.lft)


def _rehome_disclosure(ended: Grid, successor: Grid) -> None:
    """What was told of a grid goes on where its code leads now; figures stay with the place that they are of."""
    for told in (Publication.objects.filter(period=""), Story.objects.all()):
        told.filter(grid=ended).update(grid=successor, position=successor.lft)
