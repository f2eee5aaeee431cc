"""Pages of branches: the list, and one branch."""

from collections.abc import Iterable

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches import listings
from branches.access import get_branch, may_keep_branches, may_run, visible_branches
from branches.coverage import is_misfit, load_cover
from branches.forms import BranchFilter
from branches.models import Branch
from grids import exporting
from grids.access import managed_ranges, overseen_ranges
from grids.models import Grid, load_ancestors

PAGE_SIZE = 20
SHOWN = 10  # ended rows of a cover


def page_of(rows: QuerySet, request: HttpRequest, size: int = PAGE_SIZE) -> Page:
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)  # what is filled in for the rows has to stay with them
    return page


@require_safe
def branch_list(request: HttpRequest) -> HttpResponse:
    """The branches that I may see: of some kind, on some site, covering a grid, or found by words."""
    user, form = request.user, BranchFilter(request.user, request.GET)
    branches = form.filtered(visible_branches(user)).with_people().order_by("position", "name", "pk")
    if exporting.is_wanted(request) and form.is_valid():
        return exporting.respond(
            name=_("Party branches"),
            columns=listings.BRANCHES,
            rows=exporting.in_chunks(branches, load_for_rows),
            count=branches.count(),
            filters=exporting.stated(*form.chosen()),
            user=user,
            at=timezone.now(),
        )
    page = page_of(branches, request)
    load_for_rows(page.object_list)
    context = {
        "form": form,
        "page": page,
        "grid": form.cleaned_data.get("grid") if form.is_valid() else None,
        "is_overseer": bool(overseen_ranges(user)),
        "may_found": bool(managed_ranges(user)),
    }
    return render(request, "branches/branch_list.html", context, status=200 if form.is_valid() else 400)


def load_for_rows(branches: Iterable[Branch]) -> None:
    """Fill what rows show: the seat's place, what is covered, how many households that makes, and whether it fits."""
    branches = list(branches)
    load_ancestors(branch.grid for branch in branches)
    load_cover(branches)
    for branch in branches:
        branch.is_misfit = bool(branch.grids) and is_misfit(branch)


@require_safe
def branch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One branch: whom it covers, who leads it, where it meets, who works with it."""
    user, branch = request.user, get_branch(request.user, pk)
    branch = Branch.objects.with_people().get(pk=branch.pk)
    load_for_rows([branch])
    load_ancestors(branch.grids)
    former = branch.cover.exclude(until=None).select_related("grid").order_by("-until", "position")
    context = {
        "branch": branch,
        "covered": _by_place(branch.grids, branch.grid),
        "former": former[:SHOWN],
        "partners": branch.partners.select_related("organisation"),
        "may_keep": not branch.dissolved_on and may_keep_branches(user, branch.grid),
        "may_run": may_run(user, branch),
    }
    return render(request, "branches/branch_detail.html", context)


def _by_place(grids: list[Grid], seat: Grid) -> list[tuple[str, list[Grid]]]:
    """The covered grids under the names of what holds them, below the seat."""
    found: dict[str, list[Grid]] = {}
    for grid in grids:
        above = [one.name for one in grid.ancestors if one.level > seat.level]
        found.setdefault(" ".join(above), []).append(grid)
    return list(found.items())
