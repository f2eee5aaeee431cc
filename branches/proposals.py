"""What the planner is asked and answers, read from the tree: for one community, or for all of a district."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.utils.translation import gettext as _

from branches.models import Branch, BranchGrid
from branches.planning import Building, Figures, Group, figures, propose
from grids.models import Grid, Level
from grids.tree import ancestor_codes


class Survey:
    """The buildings of a community in use, in the order of their codes, and which have a branch of their own."""

    def __init__(self, community: Grid):
        self.community = community
        buildings = Grid.objects.active().within(community).filter(level=Level.BUILDING).order_by("lft")
        self.buildings = [Building(*row) for row in buildings.values_list("code", "name", "households")]
        own = BranchGrid.objects.active().filter(grid__in=buildings.order_by())
        self.own = set(own.values_list("grid__code", flat=True))

    @cached_property
    def free(self) -> dict[str, Building]:
        return {building.code: building for building in self.buildings if building.code not in self.own}

    @property
    def runs(self) -> Iterator[list[Building]]:
        """Neighbours without a branch of their own; one with a branch cuts the list."""
        for is_own, run in groupby(self.buildings, key=lambda building: building.code in self.own):
            if not is_own:
                yield list(run)

    @property
    def groups(self) -> list[Group]:
        return propose(self.runs)

    def cut(self, beginnings: set[str], listed: set[str] | None = None) -> list[Group]:
        """The groups as a person wants them: a new one begins at each of these codes, and where the list is cut.

        `listed` are the buildings that the person saw, whatever became of them since.
        """
        runs = self.runs if listed is None else [[one for one in self.buildings if one.code in listed]]
        groups = []
        for run in runs:
            parts: list[list[Building]] = []
            for building in run:
                if not parts or building.code in beginnings:
                    parts.append([])
                parts[-1].append(building)
            groups += [Group(tuple(part)) for part in parts]
        return groups

    @property
    def fingerprint(self) -> str:
        """Another one as soon as a building, its name, its households or its branch is another."""
        rows = [(*building, building.code in self.own) for building in self.buildings]
        return hashlib.sha256(repr((self.community.pk, rows)).encode()).hexdigest()[:24]

    def names(self, count: int) -> list[str]:
        """Names for so many new branches that no branch here has."""
        taken = set(Branch.objects.active().filter(grid=self.community).values_list("name", flat=True))
        place = self.community.name.removesuffix("居民委员会").removesuffix("村民委员会").removesuffix("居委会")
        place = place.removesuffix("村委会")[:40]
        found, number = [], 0
        while len(found) < count:
            number += 1
            name = _("%(place)s branch of grid %(number)d") % {"place": place, "number": number}
            found += [] if name in taken else [name]
        return found


@dataclass(frozen=True)
class Line:
    """What the planner proposes for one community, in figures."""

    community: Grid
    buildings: int
    households: int
    figures: Figures


def survey_all(grid: Grid) -> list[Line]:
    """The proposals for every community of the grid that has buildings without a branch of their own; two queries."""
    communities = {
        one.code: one for one in Grid.objects.active().within(grid).filter(level=Level.COMMUNITY).order_by("lft")
    }
    if grid.level > Level.COMMUNITY:
        return []
    own = set(BranchGrid.objects.active().filter(position__range=(grid.lft, grid.rght)).values_list("grid", flat=True))
    buildings = Grid.objects.active().within(grid).filter(level=Level.BUILDING).order_by("lft")
    rows = buildings.values_list("pk", "code", "name", "households")
    lines = []
    for code, inside in groupby(rows, key=lambda row: ancestor_codes(row[1])[0]):
        runs = [
            [Building(*row[1:]) for row in run]
            for is_own, run in groupby(inside, key=lambda row: row[0] in own)
            if not is_own
        ]
        if runs and code in communities:
            households = sum(building.households for run in runs for building in run)
            count = sum(map(len, runs))
            lines.append(Line(communities[code], count, households, figures(propose(runs))))
    return lines


def total(lines: list[Line]) -> Figures:
    return sum((line.figures for line in lines), Figures())
