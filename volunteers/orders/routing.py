"""Which grid holds an order: the nearest one upwards whose desk or branch somebody holds, at last the district."""

from collections.abc import Sequence
from typing import NamedTuple

from grids.access import OVERSEERS
from grids.models import Grid, Level, Post, Role
from grids.tree import ancestor_codes

DESK_ROLES = OVERSEERS | {Role.SECRETARY}


class Station(NamedTuple):
    """A grid on an order's way up, and whether anybody acts for it."""

    grid: Grid
    is_staffed: bool


class Way(NamedTuple):
    """Where an order goes, and what it passes over because nobody is there."""

    grid: Grid
    skipped: list[Grid]


def next_station(stations: Sequence[Station], above: Grid | None = None) -> Way | None:
    """The nearest staffed station above the given one, or from the first on; the last one even where it is vacant.

    None when there is none above: an order never leaves the last level. No query.
    """
    start = 0
    if above is not None:
        start = next((at + 1 for at, one in enumerate(stations) if one.grid.level <= above.level), len(stations))
    skipped = []
    for station in stations[start:]:
        if station.is_staffed or station is stations[-1]:
            return Way(station.grid, skipped)
        skipped.append(station.grid)
    return None


def stations_of(grid: Grid) -> list[Station]:
    """The grid and all above it up to its district, nearest first; two queries."""
    codes = [grid.code, *ancestor_codes(grid.code)]
    grids = Grid.objects.active().filter(code__in=codes, level__gte=Level.DISTRICT).order_by("-level")
    posts = Post.objects.working().filter(grid__code__in=codes, role__in=DESK_ROLES)
    staffed = set(posts.values_list("grid", flat=True))
    return [Station(one, one.pk in staffed) for one in grids]
