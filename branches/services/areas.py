"""Drawing, changing, handing over and giving up members' areas."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.access import check_may_run
from branches.models import AreaGrid, AreaMember, Branch, MemberArea, load_branches
from branches.models.area import Spell
from grids.models import Grid, Level, User
from grids.moments import aware_now
from grids.tree import ancestor_codes, community_code


@dataclass(frozen=True)
class Plot:
    """An area to be drawn."""

    name: str
    grids: tuple[Grid, ...]
    members: tuple[User, ...] = ()


@transaction.atomic
def draw_area(
    *,
    actor: User | None,
    branch: Branch,
    name: str,
    grids: Iterable[Grid],
    members: Iterable[User] = (),
    is_demo: bool = False,
    at: datetime | None = None,
) -> MemberArea:
    """Draw an area of buildings or units of one community; the very same again returns the one there is."""
    plot = Plot(name, tuple(grids), tuple(members))
    (area,) = draw_areas(actor=actor, branch=branch, plots=[plot], is_demo=is_demo, at=at)
    return area


@transaction.atomic
def draw_areas(
    *, actor: User | None, branch: Branch, plots: Iterable[Plot], is_demo: bool = False, at: datetime | None = None
) -> list[MemberArea]:
    """Draw several areas, all or none; ValidationError by field."""
    day, plots = _day(at), list(plots)
    if not plots:
        raise ValidationError(_("There is no area to draw."))
    held = _hold(grid for plot in plots for grid in plot.grids)
    branch = Branch.objects.select_for_update(of=("self",), no_key=True).get(pk=branch.pk)
    check_may_run(actor, branch)
    return [_draw(actor, branch, plot, held, is_demo, day) for plot in plots]


def _draw(
    actor: User | None, branch: Branch, plot: Plot, held: dict[int, Grid], is_demo: bool, day: date
) -> MemberArea:
    name, grids = plot.name.strip(), _outermost(held[grid.pk] for grid in plot.grids)
    area = MemberArea(branch=branch, name=name, drawn_on=day, is_demo=is_demo)
    area.clean_fields(exclude=["grid", "position", "branch"])
    if first := branch.areas.active().filter(name=name).first():
        if set(first.cover.active().values_list("grid", flat=True)) == {grid.pk for grid in grids}:
            return first
        raise ValidationError({"name": _("The branch has an area called %(name)s already.") % {"name": name}})
    _check_grids(branch, grids)
    area.grid = _community_of(grids)
    area.save()
    _begin_grids(actor, area, grids, day)
    _begin_members(actor, area, plot.members, day)
    return area


@transaction.atomic
def change_area(
    *, actor: User | None, area: MemberArea, name: str, grids: Iterable[Grid], at: datetime | None = None
) -> MemberArea:
    """Give the area this name and exactly these buildings; what it held before ends and stays as history."""
    day, held = _day(at), _hold(grids)
    area = _locked(actor, area)
    grids = _outermost(held.values())
    _check_grids(area.branch, grids, but=area)
    area.name, area.grid = name.strip(), _community_of(grids)
    area.clean_fields(exclude=["grid", "position", "branch"])
    if area.branch.areas.active().filter(name=area.name).exclude(pk=area.pk).exists():
        raise ValidationError({"name": _("The branch has an area called %(name)s already.") % {"name": area.name}})
    area.save()
    now = area.cover.active()
    _end(actor, now.exclude(grid__in=grids), day)
    kept = set(now.values_list("grid", flat=True))
    _begin_grids(actor, area, [grid for grid in grids if grid.pk not in kept], day)
    return area


@transaction.atomic
def hand_over_area(
    *, actor: User | None, area: MemberArea, members: Iterable[User], at: datetime | None = None
) -> MemberArea:
    """From this day on exactly these people answer for the area; with none it is vacant."""
    day, members = _day(at), list(dict.fromkeys(members))
    area = _locked(actor, area)
    now = area.members.active()
    kept = set(now.values_list("user", flat=True))
    _end(actor, now.exclude(user__in=members), day)
    _begin_members(actor, area, [user for user in members if user.pk not in kept], day)
    return area


@transaction.atomic
def give_up_area(*, actor: User | None, area: MemberArea, at: datetime | None = None) -> MemberArea:
    """Give the area up: its buildings are free, its people answer for it no more. Given up already: as it was."""
    day = _day(at)
    area = MemberArea.objects.select_for_update(of=("self",)).select_related("branch").get(pk=area.pk)
    check_may_run(actor, area.branch)
    if area.given_up_on:
        return area
    _end(actor, area.cover.active(), day)
    _end(actor, area.members.active(), day)
    area.given_up_on = max(day, area.drawn_on)
    area.save(update_fields=["given_up_on"])
    return area


def _day(at: datetime | None) -> date:
    return timezone.localdate(aware_now(at))


def _hold(grids: Iterable[Grid]) -> dict[int, Grid]:
    """The grids as they are now; whoever draws in the same communities waits.

    The database keeps a building out of a second area, but not the units of one that lies in an area as a whole.
    """
    given = list(dict.fromkeys(grids))
    if not given:
        raise ValidationError({"grids": _("Choose at least one building.")})
    held = Grid.objects.settle_all(given)
    for grid in held:
        if grid.level not in (Level.BUILDING, Level.UNIT):
            raise ValidationError({"grids": _("%(grid)s is neither a building nor a unit.") % {"grid": grid}})
    codes = {community_code(grid.code) for grid in held}
    list(Grid.objects.select_for_update(no_key=True).filter(code__in=codes).order_by("pk").values_list("pk"))
    return {one.pk: grid for one, grid in zip(given, held, strict=True)}


def _locked(actor: User | None, area: MemberArea) -> MemberArea:
    area = MemberArea.objects.select_for_update(of=("self",)).select_related("branch", "grid").get(pk=area.pk)
    check_may_run(actor, area.branch)
    if area.given_up_on:
        raise ValidationError(_("This area was given up on %(day)s.") % {"day": area.given_up_on})
    return area


def _outermost(grids: Iterable[Grid]) -> list[Grid]:
    """In the order of codes; a unit of a building that is among them goes without saying."""
    found = sorted(set(grids), key=lambda grid: grid.lft)
    codes = {grid.code for grid in found}
    return [grid for grid in found if not codes & set(ancestor_codes(grid.code))]


def _check_grids(branch: Branch, grids: list[Grid], but: MemberArea | None = None) -> None:
    """ValidationError at `grids`, with a sentence for each that stands in the way."""
    if len({community_code(grid.code) for grid in grids}) > 1:
        raise ValidationError({"grids": _("The buildings of an area lie in one community.")})
    load_branches(grids)
    others = _areas_on(grids, but)
    problems = []
    for grid in grids:
        if grid.retired_at:
            problems.append(_("%(grid)s has been retired.") % {"grid": grid})
        elif grid.branch != branch:
            problems.append(_("%(grid)s is not covered by %(branch)s.") % {"grid": grid, "branch": branch})
        elif other := others.get(grid.pk):
            problems.append(_("%(grid)s lies in %(area)s already.") % {"grid": grid, "area": other})
    if problems:
        raise ValidationError({"grids": problems})


def _areas_on(grids: list[Grid], but: MemberArea | None) -> dict[int, MemberArea]:
    """The other areas that hold these grids, parts of them, or the building that they are of."""
    around = Q()
    for grid in grids:
        around |= Q(position__range=(grid.lft, grid.rght)) | Q(grid__code__in=ancestor_codes(grid.code)[:1])
    rows = AreaGrid.objects.active().filter(around).exclude(area=but).select_related("area", "grid")
    return {
        grid.pk: row.area
        for row in rows
        for grid in grids
        if grid.lft <= row.grid.lft <= grid.rght or row.grid.lft <= grid.lft <= row.grid.rght
    }


def _community_of(grids: list[Grid]) -> Grid:
    return Grid.objects.get(code=community_code(grids[0].code))


def _begin_grids(actor: User | None, area: MemberArea, grids: Iterable[Grid], day: date) -> None:
    AreaGrid.objects.bulk_create(
        AreaGrid(area=area, grid=grid, position=grid.lft, since=day, begun_by=actor) for grid in grids
    )


def _begin_members(actor: User | None, area: MemberArea, members: Iterable[User], day: date) -> None:
    people = list(dict.fromkeys(members))
    if closed := [user for user in people if not user.is_active]:
        text = _("The account of %(user)s has been closed.") % {"user": closed[0]}
        raise ValidationError({"members": text})
    AreaMember.objects.bulk_create(AreaMember(area=area, user=user, since=day, begun_by=actor) for user in people)


def _end(actor: User | None, rows, day: date) -> None:
    """End these spells; one that began later than `day`, entered ahead, ends as it begins."""
    for row in rows.select_for_update(of=("self",)):
        _end_one(actor, row, day)


def _end_one(actor: User | None, row: Spell, day: date) -> None:
    row.until, row.ended_by = max(day, row.since), actor
    row.save(update_fields=["until", "ended_by"])
