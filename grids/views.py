"""Pages of the grids, and of oneself."""

from django.db.models import Func, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grids.access import get_grid, may_oversee, may_work_on, overseen_ranges, visible_grids
from grids.forms import GridSearchForm
from grids.models import Grid, Level, Post, Role, User, load_ancestors, load_duties

FOUND = 50
ROLES = list(Role)


@require_safe
def grid_list(request: HttpRequest) -> HttpResponse:
    """My grids, or those that a search finds among the ones that I may see."""
    user, form = request.user, GridSearchForm(request.GET)
    words = form.words()
    grids = visible_grids(user).search(words) if words else _own_grids(user)
    grids = list(_with_figures(grids.order_by("lft"), user)[: FOUND + 1])
    load_ancestors(grids)
    context = {"form": form, "words": words, "grids": grids[:FOUND], "has_more": len(grids) > FOUND}
    context["is_overseer"] = bool(overseen_ranges(user))
    return render(request, "grids/grid_list.html", context, status=200 if form.is_valid() else 400)


@require_safe
def grid_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One grid: where it lies, who works there, what lies below it and what is open."""
    user = request.user
    grid = get_grid(user, code)
    children = visible_grids(user).active().filter(parent=grid).order_by("lft")
    posts = list(grid.posts.active().select_related("user"))
    load_duties(posts)
    context = {
        "grid": grid,
        "posts": sorted(posts, key=lambda post: (ROLES.index(post.role), post.pk)),
        "is_vacant": not any(post.role == Role.CHIEF and post.user.is_active for post in posts),
        "may_oversee": may_oversee(user, grid),
        "children": _with_figures(children, user),
        "households": _households(grid),
        "may_file": not grid.retired_at and bool(user.active_posts) and may_work_on(user, grid),
    }
    return render(request, "grids/grid_detail.html", context)


def _own_grids(user: User) -> QuerySet[Grid]:
    """The grids of the user's posts; without a post what they see from the top."""
    if user.active_posts:
        return Grid.objects.filter(pk__in=[post.grid_id for post in user.active_posts])
    return visible_grids(user).filter(level=Level.CITY)


def _with_figures(grids: QuerySet[Grid], user: User) -> QuerySet[Grid]:
    """Annotate chief, children and the open cases of the subtree that the user may see.

    Cases stand a floor above, so they are known here by the reverse relation alone.
    """
    cases = Grid._meta.get_field("events").related_model.objects
    inside = cases.visible_to(user).open().filter(position__range=(OuterRef("lft"), OuterRef("rght")))
    counted = inside.annotate(count=Func("pk", function="COUNT")).values("count")  # one number, without a GROUP BY
    return grids.with_chief_name().with_children_count().annotate(open_count=Subquery(counted))


def _households(grid: Grid) -> int:
    """Those of the buildings below; of a building or unit its own."""
    if grid.level >= Level.BUILDING:
        return grid.households
    buildings = Grid.objects.active().within(grid).filter(level=Level.BUILDING)
    return buildings.aggregate(total=Sum("households"))["total"] or grid.households


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here: my posts now and before."""
    former = Post.objects.filter(user=request.user).exclude(ended_at=None).select_related("grid").order_by("-ended_at")
    posts = list(request.user.active_posts)
    load_ancestors(post.grid for post in posts)
    load_duties(posts)
    return render(request, "grids/account.html", {"posts": posts, "former": former[:10], "at": timezone.now()})
