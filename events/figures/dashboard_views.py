"""Pages of the dashboard: of any grid that one's posts cover, and what leads there."""

from datetime import datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from branches.coverage import Coverage
from events.figures.dashboard import Dashboard, in_order
from events.figures.lateness import worst
from events.figures.periods import PeriodForm
from events.suggestions import by_major, with_places
from grids.access import covered_tops, covers, get_covered_grid, get_overseen_grid, may_oversee
from grids.coverage import Census
from grids.models import Grid
from grids.views import leads_on

CHILDREN = 50
SORT = "overdue"  # what is late stands first


@require_safe
def dashboard_list(request: HttpRequest) -> HttpResponse:
    """To the dashboard of the highest grid that one's posts cover; of several, to choose."""
    tops = list(covered_tops(request.user)[:CHILDREN])
    if len(tops) == 1:
        return redirect("dashboard", tops[0].code)
    return render(request, "events/dashboard_list.html", {"grids": with_places(tops)})


@require_safe
@leads_on
def dashboard(request: HttpRequest, code: str) -> HttpResponse:
    """What is late, where and why, and every figure down to the cases; a wrong filter is named and counts nothing."""
    user, at = request.user, timezone.now()
    grid = get_covered_grid(user, code)
    if grid.code != code:
        return redirect("dashboard", grid.code)
    context = _shown(request, grid, at)
    shown = context["dashboard"]
    if not shown:
        return render(request, "events/dashboard.html", context, status=400)
    sort = request.GET.get("sort", SORT)
    context |= {
        "late": worst(shown.now, at),
        "sort": sort,
        "page": Paginator(in_order(shown.children, sort), CHILDREN).get_page(request.GET.get("page")),
        "may_oversee": may_oversee(user, grid),
    }
    return render(request, "events/dashboard.html", context)


@require_safe
@leads_on
def dashboard_year(request: HttpRequest, code: str) -> HttpResponse:
    """What was filed on each day of a year; the dashboard reads it after itself, for it is long."""
    context = _shown(request, get_covered_grid(request.user, code), timezone.now())
    return render(request, "events/dashboard_year.html", context, status=200 if context["dashboard"] else 400)


def narrowed(form: PeriodForm, grid: Grid, at: datetime) -> dict:
    """What every page of figures says of its place, period and category."""
    is_valid = form.is_valid()
    return {
        "grid": grid,
        "above": [above for above in grid.ancestors if covers(form.lookups.user, above)],
        "form": form,
        "period": form.period_chosen,
        "chosen": form.cleaned_data["category"] if is_valid else None,
        "majors": by_major(category for category in form.lookups.categories if not category.is_confidential),
        "query": urlencode(form.given()) if is_valid else "",
        "at": at,
    }


def _shown(request: HttpRequest, grid: Grid, at: datetime) -> dict:
    """With the `dashboard`; none where a filter is wrong."""
    form = PeriodForm(request.user, request.GET, at)
    context = narrowed(form, grid, at) | {"dashboard": None}
    if form.is_valid():
        categories = form.lookups.categories
        context["dashboard"] = Dashboard(form.scope(grid), at, points=form.chosen_points(), categories=categories)
    return context


@require_safe
def dashboard_coverage(request: HttpRequest, code: str) -> HttpResponse:
    """A part of the page that is read after it: who is posted, and which buildings have a branch.

    It looks through all grids of the subtree, for which what is late need not wait.
    """
    grid = get_overseen_grid(request.user, code)
    context = {"grid": grid, "figures": Census(grid).total(), "branches": Coverage(grid).total}
    return render(request, "events/dashboard_coverage.html", context)
