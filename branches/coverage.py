"""Which buildings have a branch, whose it is, and how many households that makes; counted by buildings in use."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from branches.models import Branch, BranchGrid
from branches.planning import size_of
from grids.access import merged, within
from grids.models import Grid, Level
from grids.tree import DIGITS, ancestor_codes

OWN, INHERITED, NONE = "own", "inherited", "none"


class Share(NamedTuple):
    """A building, and the key of its effective branch."""

    code: str
    households: int
    branch: int | None
    how: str


@dataclass
class Counts:
    """Buildings and their households by how they have a branch."""

    buildings: Counter = field(default_factory=Counter)
    households: Counter = field(default_factory=Counter)

    def add(self, share: Share) -> None:
        self.buildings[share.how] += 1
        self.households[share.how] += share.households

    @property
    def total(self) -> int:
        return self.buildings.total()

    @property
    def own(self) -> int:
        return self.buildings[OWN]

    @property
    def inherited(self) -> int:
        return self.buildings[INHERITED]

    @property
    def none(self) -> int:
        return self.buildings[NONE]

    @property
    def percent(self) -> float | None:
        """The covered ones; 100 is only said of all: what is rounded, is rounded down."""
        return 1000 * (self.total - self.none) // self.total / 10 if self.total else None


def share_out(buildings: Iterable[tuple[str, int]], own: dict[str, int]) -> Iterator[Share]:
    """Each building with its own branch or that of its nearest ancestor, from code and households."""
    for code, households in buildings:
        if code in own:
            yield Share(code, households, own[code], OWN)
            continue
        above = next((own[one] for one in ancestor_codes(code) if one in own), None)
        yield Share(code, households, above, INHERITED if above else NONE)


class Coverage:
    """The figures of a grid's subtree, read once with two queries: its own, and those of the grids directly below."""

    def __init__(self, grid: Grid):
        covers = BranchGrid.objects.active().filter(
            Q(position__range=(grid.lft, grid.rght)) | Q(grid__code__in=ancestor_codes(grid.code))
        )
        own = dict(covers.values_list("grid__code", "branch"))
        self.total, self.households = Counts(), Counter()
        self.by_child: dict[str, Counts] = defaultdict(Counts)
        for share in share_out(_rows(Grid.objects.within(grid)), own):
            self.total.add(share)
            # Of a building, or what lies in one, it is its own only part.
            self.by_child[share.code[: DIGITS[min(grid.level + 1, Level.BUILDING)]]].add(share)
            if share.branch:
                self.households[share.branch] += share.households


def uncovered(grid: Grid) -> QuerySet[Grid]:
    """The buildings in use without a branch, neither their own nor one above."""
    way = [Substr(OuterRef("code"), 1, digits) for digits in DIGITS[: Level.BUILDING + 1]]
    covers = BranchGrid.objects.active().filter(grid__code__in=way)
    return _buildings(Grid.objects.within(grid)).filter(~Exists(covers)).order_by("lft")


def load_cover(branches: Iterable[Branch]) -> None:
    """Give each branch of a list `grids`, what it covers in the order of the tree, and `households`; three queries."""
    branches = list(branches)
    rows = BranchGrid.objects.active().filter(branch__in=branches).select_related("grid").order_by("position")
    covered: dict[int, list[Grid]] = defaultdict(list)
    for row in rows:
        covered[row.branch_id].append(row.grid)
    everything = [grid for grids in covered.values() for grid in grids]
    larger = merged((grid.lft, grid.rght) for grid in everything if grid.level < Level.BUILDING)
    nested = BranchGrid.objects.active().filter(within(larger)) if larger else BranchGrid.objects.none()
    own = dict(nested.values_list("grid__code", "branch"))
    own |= {grid.code: pk for pk, grids in covered.items() for grid in grids}
    keys = [grid.pk for grid in everything if grid.level == Level.BUILDING]
    households: Counter = Counter()
    for share in share_out(_rows(Grid.objects.filter(Q(pk__in=keys) | within(larger, "lft"))), own):
        households[share.branch] += share.households
    for branch in branches:
        branch.grids, branch.households = covered[branch.pk], households[branch.pk]


def misfits(branches: Iterable[Branch]) -> list[Branch]:
    """Of branches with `households`, those built solo that have fewer than 300 or more than 500."""
    return [branch for branch in branches if is_misfit(branch)]


def is_misfit(branch: Branch) -> bool:
    """A branch built jointly covers several grids, so its size tells nothing about one."""
    return branch.kind == Branch.Kind.SOLO and size_of(branch.households) != "fits"


def _buildings(grids: QuerySet[Grid]) -> QuerySet[Grid]:
    return grids.active().filter(level=Level.BUILDING)


def _rows(grids: QuerySet[Grid]) -> Iterator[tuple[str, int]]:
    return _buildings(grids).order_by("lft").values_list("code", "households").iterator(chunk_size=5000)
