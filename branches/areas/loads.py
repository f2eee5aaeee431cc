"""What pages say of areas: who answers, how many households, how far from the mean; of areas, never of persons."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.expressions import Combinable

from branches.areas.dividing import deviation, is_fair
from branches.models import AreaGrid, AreaMember, Branch, MemberArea, load_branches
from grids.models import Grid, Level
from grids.tree import WIDTHS, whole


def load_areas(areas: Iterable[MemberArea], mean: float) -> list[MemberArea]:
    """Give each area `people`, `places`, `percent` off the mean and `is_fair`; two queries however many there are."""
    areas = list(areas)
    for area in areas:
        area.people, area.places = [], []
        area.percent = deviation(area.household_count, mean)
        area.is_fair = is_fair(area.percent)
    by_key = {area.pk: area for area in areas}
    members = AreaMember.objects.active().filter(area__in=areas).select_related("user").order_by("since", "pk")
    for member in members:
        by_key[member.area_id].people.append(member.user)
    cover = AreaGrid.objects.active().filter(area__in=areas).select_related("grid__parent").order_by("position")
    for row in cover:
        by_key[row.area_id].places.append(row.grid)
    for area in areas:
        area.is_vacant = not any(user.is_active for user in area.people)
    return areas


def mean_load(areas: QuerySet[MemberArea]) -> float:
    """Households of an area on average; 0 where there are none."""
    loads = list(areas.with_household_count().values_list("household_count", flat=True))
    return sum(loads) / len(loads) if loads else 0


def free_buildings(grid: Grid) -> QuerySet[Grid]:
    """The buildings in use on the grid and below that lie in no area, neither as a whole nor by a unit."""
    held = AreaGrid.objects.active().filter(position__range=(grid.lft, grid.rght))
    buildings = Grid.objects.active().within(grid).filter(level=Level.BUILDING)
    by_unit = held.filter(grid__level=Level.UNIT).values("grid__parent")
    return buildings.exclude(pk__in=held.values("grid")).exclude(pk__in=by_unit).order_by("lft")


def free_buildings_of(branch: Branch, grid: Grid) -> list[Grid]:
    """Those of them whose effective branch this is: what it may divide."""
    buildings = list(free_buildings(grid))
    load_branches(buildings)
    return [building for building in buildings if building.branch == branch]


@dataclass(frozen=True)
class AreaFigures:
    """Of a grid and all below it."""

    areas: int = 0
    vacant: int = 0
    buildings: int = 0  # in use
    free: int = 0  # of these in no area
    households: int = 0  # of those


def figures_below(grid: Grid) -> list[tuple[Grid, AreaFigures]]:
    """The grids directly below with their figures, in five queries however many there are."""
    children = list(Grid.objects.active().filter(parent=grid).order_by("lft"))
    width = WIDTHS[grid.level + 1]
    areas = MemberArea.objects.active().within(grid)
    vacant = MemberArea.objects.vacant().within(grid)
    buildings = Grid.objects.active().within(grid).filter(level=Level.BUILDING)
    free = free_buildings(grid)
    counts = [
        _counted(areas, "position", width),
        _counted(vacant, "position", width),
        _counted(buildings, "lft", width),
        _counted(free, "lft", width),
    ]
    homes = dict(_grouped(free, "lft", width).annotate(count=Sum("households")).values_list("part", "count"))
    return [
        (child, AreaFigures(*(count.get(child.lft // width, 0) for count in counts), homes.get(child.lft // width, 0)))
        for child in children
    ]


def _counted(rows: QuerySet, place: str, width: int) -> dict[int, int]:
    return dict(_grouped(rows, place, width).annotate(count=Count("pk")).values_list("part", "count"))


def _grouped(rows: QuerySet, place: str, width: int) -> QuerySet:
    """By the code of the grid directly below that the place begins with."""
    return rows.order_by().annotate(part=whole(F(place), Combinable.DIV, width)).values("part")
