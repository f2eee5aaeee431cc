"""What was planned and spent, added up exactly: by kind and source, and by the grids directly below."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable

from branches.models import Budget, BudgetLine, ResourceEntry, ResourceKind, ResourceSource
from branches.models.resource import Reckoned, exact_sum, from_hundredths
from grids import tree
from grids.models import Grid, Level


@dataclass(frozen=True)
class Total(Reckoned):
    """Planned and spent of one kind in one unit; without a source, of all sources."""

    kind: str
    unit: str
    planned: Decimal
    spent: Decimal
    source: str = ""

    @property
    def kind_name(self) -> str:
        return ResourceKind(self.kind).label

    @property
    def source_name(self) -> str:
        return ResourceSource(self.source).label if self.source else ""


KINDS, SOURCES = list(ResourceKind), list(ResourceSource)


def totals(budgets: QuerySet[Budget]) -> list[Total]:
    """By kind, source and unit, money first among equals as the choices stand; two queries."""
    found = _grouped(budgets, {})
    rows = [Total(kind, unit, planned, spent, source) for (kind, source, unit), (planned, spent) in found.items()]
    return sorted(rows, key=lambda row: (KINDS.index(row.kind), row.unit, SOURCES.index(row.source)))


def by_kind(rows: Iterable[Total]) -> list[Total]:
    """The totals with their sources added up; never across units."""
    sums: dict[tuple, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in rows:
        sums[row.kind, row.unit][0] += row.planned
        sums[row.kind, row.unit][1] += row.spent
    return [Total(kind, unit, planned, spent) for (kind, unit), (planned, spent) in sums.items()]


def money_below(grid: Grid, budgets: QuerySet[Budget]) -> dict[int, Total]:
    """The money of each part of the grid by the number that its code is; see `part_of`. By position, in one GROUP BY
    for the plans and one for what was spent."""
    part = tree.whole(F("place"), Combinable.DIV, _width(grid))
    money = _grouped(budgets, {"part": part}, kind=ResourceKind.MONEY)
    sums: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for (number, *_kind), (planned, spent) in money.items():
        sums[number][0] += planned
        sums[number][1] += spent
    return {number: Total(ResourceKind.MONEY, "", *pair) for number, pair in sums.items()}


def part_of(grid: Grid, child: Grid) -> int:
    """The number under which `money_below` keeps a grid directly below."""
    return child.lft // _width(grid)


def _width(grid: Grid) -> int:
    return tree.WIDTHS[min(grid.level + 1, Level.UNIT)]


def _grouped(budgets: QuerySet[Budget], groups: dict, **only) -> dict[tuple, tuple[Decimal, Decimal]]:
    """(planned, spent) by the groups, kind, source and unit."""
    chosen = budgets.order_by().values("pk")
    lines = BudgetLine.objects.filter(budget__in=chosen, **only)
    entries = ResourceEntry.objects.filter(
        line__budget__in=chosen, **{f"line__{name}": value for name, value in only.items()}
    )
    planned = _sums(lines, groups, "", "planned")
    spent = _sums(entries, groups, "line__", "amount")
    return {key: (from_hundredths(whole), from_hundredths(spent.get(key, 0))) for key, whole in planned.items()}


def _sums(rows: QuerySet, groups: dict, way: str, amount: str) -> dict[tuple, int]:
    rows = rows.order_by().annotate(place=F(f"{way}budget__position")).annotate(**groups) if groups else rows.order_by()
    names = [*groups, *(f"{way}{name}" for name in ("kind", "source", "unit"))]
    found = rows.values(*names).annotate(whole=exact_sum(amount)).values_list(*names, "whole")
    return {tuple(key): whole for *key, whole in found}
