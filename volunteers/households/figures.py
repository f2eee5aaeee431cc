"""How many key households there are, told so that no number points to anybody."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import Combinable

from branches.disclosure.small import FEW, SMALL, is_small
from grids.models import Grid
from grids.tree import WIDTHS, whole
from volunteers.households.workflow import HouseholdState
from volunteers.models import CareNeed, Household, Visit


def about(count: int) -> str:
    """0, "<5", or the five below with a plus: sums and parts can be subtracted, and still tell of nobody."""
    if not count or is_small(count):
        return FEW if count else "0"
    return f"{count - count % SMALL}+"


@dataclass(frozen=True)
class Figures:
    """Of a grid and all below it, each as `about` says it."""

    kept: str
    erased: str


def figures_of(grid: Grid) -> dict:
    """In care and erased: together, by need, and for each grid directly below; and all visits."""
    households = Household.objects.within(grid)
    return {
        "total": _figures(households.aggregate(**_COUNTS)),
        "visits": about(Visit.objects.filter(household__in=households).count()),
        "needs": _by_need(households),
        "below": _by_grid(households, Grid.objects.active().filter(parent=grid).order_by("lft"), grid),
    }


_COUNTS = {
    "kept": Count("pk", filter=Q(state=HouseholdState.KEPT)),
    "erased": Count("pk", filter=Q(state=HouseholdState.ERASED)),
}


def _figures(counts: dict[str, int]) -> Figures:
    return Figures(about(counts["kept"]), about(counts["erased"]))


def _by_need(households: QuerySet[Household]) -> list[tuple[CareNeed, Figures]]:
    rows = households.order_by().values("needs").annotate(**_COUNTS)
    found = {row["needs"]: _figures(row) for row in rows}
    return [(need, found.get(need.pk, Figures("0", "0"))) for need in CareNeed.objects.all()]


def _by_grid(households: QuerySet[Household], children: Iterable[Grid], grid: Grid) -> list[tuple[Grid, Figures]]:
    width = WIDTHS[grid.level + 1]
    rows = households.order_by().annotate(part=whole(F("position"), Combinable.DIV, width)).values("part")
    found = {row["part"]: _figures(row) for row in rows.annotate(**_COUNTS)}
    return [(child, found.get(child.lft // width, Figures("0", "0"))) for child in children]
