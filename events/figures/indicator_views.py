"""The indicators of a grid in one table: beside each other the grids below, organisations, months or categories."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.figures.dashboard_views import narrowed
from events.figures.explaining import formulas_of, sum_text
from events.figures.periods import PeriodForm
from events.figures.showing import Figure
from events.figures.side_by_side import By, Row, side_by_side
from events.indicators import INDICATORS, Weights, weights
from grids.access import get_covered_grid
from grids.models import Grid
from grids.views import leads_on

PAGE_SIZE = 50


class IndicatorForm(PeriodForm):
    """Which cases, and what stands side by side: the grids below without a word."""

    by = forms.ChoiceField(choices=[choice for choice in By.choices if choice[0] != By.NONE], required=False)

    def parts(self) -> By:
        return By(self.cleaned_data["by"] or By.CHILD)


class Cell(NamedTuple):
    """A rate with what it is reckoned from."""

    figure: Figure
    sum: str


class Line(NamedTuple):
    """A row of the table; `code` where the grid has a table of its own."""

    name: str
    code: str
    cells: list[Cell]


@require_safe
@leads_on
def indicator_list(request: HttpRequest, code: str) -> HttpResponse:
    """All indicators of the grid and of its parts, each rate down to its cases."""
    user, at = request.user, timezone.now()
    grid = get_covered_grid(user, code)
    if grid.code != code:
        return redirect("indicator_list", grid.code)
    form = IndicatorForm(user, request.GET, at)
    context = narrowed(form, grid, at)
    if not form.is_valid():
        return render(request, "events/indicator_list.html", context, status=400)
    return render(request, "events/indicator_list.html", context | _table(request, form, grid, at))


def _table(request: HttpRequest, form: IndicatorForm, grid: Grid, at: datetime) -> dict:
    given, by, scope = weights(), form.parts(), form.scope(grid)
    total, rows = side_by_side(scope, by, at)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "by": by,
        "parts": [choice for choice in By.choices if choice[0] != By.NONE],
        "scope": scope,
        "indicators": INDICATORS.values(),
        "total": _line(total, "", given),
        "page": page,
        "lines": [_line(row, row.key if by == By.CHILD and not row.is_direct else "", given) for row in page],
        "formulas": [formula for each in INDICATORS.values() for formula in formulas_of(each, given)],
    }


def _line(row: Row, code: str, given: Weights) -> Line:
    return Line(row.name, code, list(_cells(row, given)))


def _cells(row: Row, given: Weights) -> Iterator[Cell]:
    for each in INDICATORS.values():
        value = each.value(row.counts, given)
        figure = Figure(each.name, each.title, value, row.link(each), is_rate=True)
        yield Cell(figure, "" if value is None else sum_text(each, row.counts, given))
