"""How many grids have their people: figures by level and by the grids directly below, in three GROUP BYs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy

from grids import tree
from grids.models import Grid, Level, Post, Role

IN_USE, CHIEF, STAFF, VACANT = "in_use", "chief", "staff", "vacant"
TITLES = {
    IN_USE: gettext_lazy("Grids in use"),
    CHIEF: gettext_lazy("Grids with a chief"),
    STAFF: gettext_lazy("Grids with staff"),
    VACANT: gettext_lazy("Vacant grids"),
}
FIGURES = tuple(TITLES)
LEVELS_IN_WIDTH = 12  # an interval begins at twelve times a number, plus the level


@dataclass(frozen=True)
class Coverage:
    """Grids in use of one kind, and how many of them have a chief and staff whose accounts are open."""

    in_use: int
    chief: int
    staff: int

    @property
    def vacant(self) -> int:
        return self.in_use - self.chief

    @property
    def chief_percent(self) -> float | None:
        return _percent(self.chief, self.in_use)

    @property
    def staff_percent(self) -> float | None:
        return _percent(self.staff, self.in_use)


def _percent(part: int, whole: int) -> float | None:
    """None where there is nothing to cover. 100 is only said of all: what is rounded, is rounded down."""
    return 1000 * part // whole / 10 if whole else None


class Census:
    """The figures of a grid's subtree, counted once; `total`, `of_level` and `of_child` read them out."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        # A unit has nothing below; itself counts as its own only part.
        self.width = tree.WIDTHS[min(grid.level + 1, Level.UNIT)]
        self._count()

    def _count(self) -> None:
        self.counts: dict[str, Counter] = {figure: Counter() for figure in (IN_USE, CHIEF, STAFF)}
        grids = Grid.objects.active().within(self.grid).order_by()
        for part, level, count in self._grouped(grids, "lft", "pk"):
            self.counts[IN_USE][part, level] = count
        posts = Post.objects.working().within(self.grid).filter(grid__retired_at=None).order_by()
        for role, figure in ((Role.CHIEF, CHIEF), (Role.STAFF, STAFF)):
            for part, level, count in self._grouped(posts.filter(role=role), "position", "grid"):
                self.counts[figure][part, level] = count

    def _grouped(self, rows: QuerySet, place: str, counted: str) -> Iterator[tuple[int, int, int]]:
        """(part of the subtree, level, how many), where the part is the code that its place begins with."""
        part = tree.whole(F(place), Combinable.DIV, self.width)
        level = tree.whole(F(place), Combinable.MOD, LEVELS_IN_WIDTH)
        groups = rows.annotate(part=part, depth=level).values("part", "depth")
        yield from groups.annotate(count=Count(counted, distinct=counted != "pk")).values_list("part", "depth", "count")

    def total(self) -> Coverage:
        return self._sum(lambda _part, _depth: True)

    def of_level(self, level: int) -> Coverage:
        return self._sum(lambda _part, depth: depth == level)

    def of_child(self, child: Grid, level: int | None = None) -> Coverage:
        """A grid directly below with all below it, of one level or of all."""
        number = child.lft // self.width
        # Of a child with the number 0, the parent's own place begins with the same digits.
        return self._sum(lambda part, depth: part == number and depth > self.grid.level and level in (None, depth))

    def levels(self) -> list[Level]:
        """The levels that hold something in use."""
        return [level for level in Level if self.of_level(level).in_use]

    def _sum(self, fits) -> Coverage:
        return Coverage(
            **{name: sum(count for key, count in counts.items() if fits(*key)) for name, counts in self.counts.items()}
        )


def listed(figure: str, grid: Grid, level: int | None) -> QuerySet[Grid]:
    """The very grids that a figure counts, in the order of the tree; of one level, or of all."""
    grids = Grid.objects.within(grid).order_by("lft")
    if level is not None:
        grids = grids.filter(level=level)
    match figure:
        case "chief":
            return grids.staffed(Role.CHIEF)
        case "staff":
            return grids.staffed(Role.STAFF)
        case "vacant":
            return grids.vacant()
        case _in_use:
            return grids.active()
