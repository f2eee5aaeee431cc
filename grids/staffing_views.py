"""Pages about who works where: then and now, how many grids have their people, and what is wrong with that."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grids import coverage as figures
from grids import exporting, listings, problems
from grids.access import (
    get_grid,
    get_overseen_grid,
    managed_ranges,
    may_manage,
    may_oversee,
    overseen_posts,
    overseen_ranges,
)
from grids.forms import CoverageForm, CoverageListForm, DayForm
from grids.models import Grid, Level, Post, Role, User, load_ancestors
from grids.views import leads_on

PAGE_SIZE = 20
CHILDREN = 50  # side by side: more than a street has communities
ROLES = list(Role)


def _page(rows: QuerySet, request: HttpRequest, size: int = PAGE_SIZE) -> Page:
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)  # what is filled in for the rows has to stay with them
    return page


@require_safe
@leads_on
def grid_posts(request: HttpRequest, code: str) -> HttpResponse:
    """Who held which post here on a day, and the whole history below."""
    grid = get_grid(request.user, code)
    form = DayForm(request.GET)
    held = grid.posts.held_on(form.cleaned_data["on"]).select_related("user") if form.is_valid() else []
    history = grid.posts.select_related("user", "appointed_by", "ended_by").order_by("-started_at", "-pk")
    if exporting.is_wanted(request):
        filters = exporting.stated((_("Grid"), grid))
        return _export(request, _("Posts"), listings.POSTS, history.iterator(), history.count(), filters)
    context = {
        "grid": grid,
        "form": form,
        "day": form.cleaned_data.get("on"),
        "today": timezone.localdate(),
        "held": sorted(held, key=lambda post: (ROLES.index(post.role), post.started_at)),
        "page": _page(history, request),
    }
    return render(request, "grids/grid_posts.html", context, status=200 if form.is_valid() else 400)


def _export(
    request: HttpRequest, name: str, columns: list, rows: Iterable, count: int, filters: list[str]
) -> HttpResponse:
    return exporting.respond(
        name=name,
        columns=columns,
        rows=rows,
        count=count,
        filters=filters,
        user=request.user,
        at=timezone.now(),
    )


def _level_name(level: int | None) -> str:
    return str(Level(level).label) if level is not None else _("all levels")


@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """How many grids have a chief and staff: by level, and side by side for the grids directly below."""
    user, form = request.user, CoverageForm(request.GET)
    is_valid = form.is_valid()
    grid = get_overseen_grid(user, request.GET.get("grid", ""))
    level = form.cleaned_data.get("level")
    census = figures.Census(grid)
    below = Grid.objects.active().filter(parent=grid).order_by("lft")
    if exporting.is_wanted(request) and is_valid:
        rows = [(child, census.of_child(child, level)) for child in below]
        filters = exporting.stated((_("Grids below"), grid), (_("level"), _level_name(level)))
        return _export(request, _("Posts and vacancies"), listings.COVERAGE, rows, len(rows), filters)
    page = _page(below, request, CHILDREN)
    context = {
        "form": form,
        "grid": grid,
        "above": [above for above in grid.ancestors if may_oversee(user, above)],
        "others": _other_grids(user, grid),
        "level": level,
        "level_name": "" if level is None else Level(level).name.lower(),
        "levels": [(one, one.name.lower(), census.of_level(one)) for one in census.levels()],
        "total": census.total(),
        "children": [(child, census.of_child(child, level)) for child in page.object_list],
        "page": page,
        "is_manager": bool(managed_ranges(user)),
        "at": timezone.now(),
    }
    return render(request, "grids/coverage.html", context, status=200 if is_valid else 400)


def _other_grids(user: User, grid: Grid) -> list[Grid]:
    """The other grids that the user answers for, where nothing above them joins them."""
    tops = overseen_ranges(user)
    own = {post.grid.pk: post.grid for post in overseen_posts(user) if (post.grid.lft, post.grid.rght) in tops}
    return [one for one in own.values() if one.pk != grid.pk]


@require_safe
def coverage_list(request: HttpRequest) -> HttpResponse:
    """The very grids that one figure of the coverage page counts."""
    user, form = request.user, CoverageListForm(request.GET)
    grid = get_overseen_grid(user, request.GET.get("grid", ""))
    if not form.is_valid():
        return render(request, "grids/coverage_list.html", {"form": form, "grid": grid}, status=400)
    level, figure = form.cleaned_data["level"], form.cleaned_data["figure"]
    listed = figures.listed(figure, grid, level)
    if exporting.is_wanted(request):
        filters = exporting.stated(
            (_("Grid"), grid), (_("level"), _level_name(level)), (_("Figure"), figures.TITLES[figure])
        )
        rows = exporting.in_chunks(listed, _load_for_rows)
        return _export(request, _("Grids"), listings.COVERED, rows, listed.count(), filters)
    page = _page(listed, request)
    _load_for_rows(page.object_list)
    context = {
        "form": form,
        "grid": grid,
        "level_label": Level(level).label if level is not None else "",
        "title": figures.TITLES[figure],
        "page": page,
        "may_appoint": may_manage(user, grid),
        "at": timezone.now(),
    }
    return render(request, "grids/coverage_list.html", context)


def _load_for_rows(grids: Iterable[Grid]) -> None:
    """Fill full names and `chief_name`. Annotated, it would be looked up for each row that is only passed over."""
    grids = list(grids)
    load_ancestors(grids)
    chiefs = Post.objects.working().filter(grid__in=list(grids), role=Role.CHIEF)
    names = dict(chiefs.values_list("grid", "user__name"))
    for grid in grids:
        grid.chief_name = names.get(grid.pk)


@require_safe
def staffing_problems(request: HttpRequest) -> HttpResponse:
    """What is wrong with posts and accounts in the area that I manage, and the way to mend each."""
    user, at = request.user, timezone.now()
    if not managed_ranges(user):
        raise PermissionDenied
    kinds = problems.kinds(at)
    counts = problems.counted(kinds, user)
    wanted = request.GET.get("kind", "")
    known = {problem.key: problem for problem in kinds}
    if wanted and wanted not in known:
        raise Http404
    chosen = known.get(wanted) or next((problem for problem in kinds if counts[problem.key]), kinds[0])
    rows = problems.rows(chosen, user)
    if exporting.is_wanted(request):
        columns = listings.POSTS_TO_MEND if chosen.model is Post else listings.PEOPLE_TO_MEND
        found = exporting.in_chunks(rows, _load_places) if chosen.model is Post else rows.iterator()
        filters = exporting.stated((_("Kind of problem"), chosen.title))
        return _export(request, _("Problems"), columns, found, counts[chosen.key], filters)
    page = _page(rows, request)
    if chosen.model is Post:
        _load_places(page.object_list)
    context = {
        "kinds": [(problem, counts[problem.key]) for problem in kinds],
        "chosen": chosen,
        "page": page,
        "is_about_posts": chosen.model is Post,
        "at": at,
    }
    return render(request, "grids/staffing_problems.html", context)


def _load_places(posts: Iterable[Post]) -> None:
    load_ancestors(post.grid for post in posts)
