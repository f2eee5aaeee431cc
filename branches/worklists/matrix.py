"""Who stands where in a work list: a cell for each item and each grid directly below, in two queries however long."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, F
from django.db.models.expressions import Combinable

from branches.models import Claim, WorkItem, WorkList
from branches.worklists.workflow import UNDER_WAY, ClaimState
from grids.models import Grid, Level
from grids.tree import WIDTHS, whole

LATE, NOBODY = "late", "nobody"


@dataclass
class Cell:
    """The claims of one item on one grid and below it, or a sum of such; `own` is the grid's own claim."""

    is_past_due: bool = False
    own: Claim | None = None
    counts: Counter = field(default_factory=Counter)
    late: int = 0
    url: str = ""

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def accepted(self) -> int:
        return self.counts[ClaimState.ACCEPTED]

    @property
    def reported(self) -> int:
        return self.counts[ClaimState.REPORTED]

    @property
    def percent(self) -> int:
        """100 is only said of all: it is rounded down."""
        return 100 * self.accepted // self.total if self.total else 0

    @property
    def look(self) -> str:
        """What the cell shows first: what is late, then what waits for somebody, then what is done."""
        if not self.total:
            return NOBODY
        if self.late:
            return LATE
        waiting = (ClaimState.RETURNED, ClaimState.REPORTED, ClaimState.OPEN)
        return next((state for state in waiting if self.counts[state]), ClaimState.ACCEPTED)

    def count(self, state: str, number: int) -> None:
        self.counts[state] += number
        if self.is_past_due and state in UNDER_WAY:
            self.late += number


def summed(cells: Iterable[Cell]) -> Cell:
    total = Cell()
    for cell in cells:
        total.counts += cell.counts
        total.late += cell.late
    return total


class Matrix:
    """The items of a list by the grids directly below the one that issued it."""

    def __init__(self, work_list: WorkList, at: datetime) -> None:
        self.items = list(work_list.items.order_by("ordinal"))
        for item in self.items:
            item.work_list = work_list
        self.columns = list(Grid.objects.active().filter(parent=work_list.grid).order_by("lft"))
        self.width = WIDTHS[min(work_list.grid.level + 1, Level.UNIT)]
        self.cells = {
            (item.pk, column.lft // self.width): Cell(item.is_past_due(at))
            for item in self.items
            for column in self.columns
        }
        self._count(work_list)

    def _count(self, work_list: WorkList) -> None:
        claims = Claim.objects.active().filter(item__work_list=work_list).order_by()
        part = whole(F("position"), Combinable.DIV, self.width)
        groups = claims.annotate(part=part).values_list("item", "part", "state").annotate(number=Count("pk"))
        for item, part, state, number in groups:
            if cell := self.cells.get((item, part)):  # a claim may lie on a grid that was moved elsewhere
                cell.count(state, number)
        for claim in claims.filter(grid__in=self.columns):
            self.cells[claim.item_id, claim.position // self.width].own = claim

    def cell(self, item: WorkItem, column: Grid) -> Cell:
        return self.cells[item.pk, column.lft // self.width]

    def each(self) -> Iterator[tuple[WorkItem, Grid, Cell]]:
        return ((item, column, self.cell(item, column)) for item in self.items for column in self.columns)

    def row(self, item: WorkItem) -> list[tuple[Grid, Cell]]:
        return [(column, self.cell(item, column)) for column in self.columns]

    def of_column(self, column: Grid) -> Cell:
        return summed(self.cell(item, column) for item in self.items)

    def of_item(self, item: WorkItem) -> Cell:
        return summed(cell for _column, cell in self.row(item))

    def total(self) -> Cell:
        return summed(self.cells.values())
