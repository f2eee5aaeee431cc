"""Pages of the grids, and of oneself."""

from collections.abc import Callable
from functools import wraps

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grids import exporting, listings
from grids.access import SeveralSuccessors, covers, get_grid, may_oversee, may_work_on, overseen_ranges, visible_grids
from grids.boards import organisations_of, police_of
from grids.figures import load_figures
from grids.forms import GridSearchForm
from grids.models import Grid, Level, OrganisationKind, Post, Role, User, load_ancestors, load_duties
from grids.wording import recent_changes

FOUND = 50
ROLES = list(Role)


def leads_on(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of a grid that shows, for the code of a divided one, where it leads."""

    @wraps(view)
    def found(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SeveralSuccessors as error:
            return _several_grids(request, error)

    return found


def _several_grids(request: HttpRequest, error: SeveralSuccessors) -> HttpResponse:
    """The page of a code that leads to several grids."""
    load_figures(error.grids, request.user)
    load_ancestors(error.grids)
    return render(request, "grids/grid_several.html", {"code": error.code, "grids": error.grids})


@require_safe
def grid_list(request: HttpRequest) -> HttpResponse:
    """My grids, or those that a search finds among the ones that I may see."""
    user, form = request.user, GridSearchForm(request.GET)
    words = form.words()
    grids = visible_grids(user).search(words) if words else _own_grids(user)
    if exporting.is_wanted(request):
        return _export(request, _("Grids"), grids.order_by("lft"), exporting.stated((_("Search"), words)))
    found = list(grids.order_by("lft")[: FOUND + 1])
    grids = found[:FOUND]
    load_ancestors(grids)
    load_figures(grids, user)
    context = {
        "form": form,
        "words": words,
        "grids": grids,
        "has_more": len(found) > FOUND,
        "is_overseer": bool(overseen_ranges(user)),
    }
    return render(request, "grids/grid_list.html", context, status=200 if form.is_valid() else 400)


@require_safe
@leads_on
def grid_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One grid: where it lies, who works there, what lies below it and what is open."""
    user = request.user
    grid = get_grid(user, code)
    if grid.code != code:
        return redirect("grid_detail", grid.code)
    below = visible_grids(user).active().filter(parent=grid).order_by("lft")
    if exporting.is_wanted(request):
        return _export(request, _("Grids"), below, exporting.stated((_("Grids below"), grid)))
    children = list(below)
    load_figures([grid, *children], user)
    posts = list(grid.posts.active().select_related("user"))
    load_duties(posts)
    organisations = organisations_of(grid)
    context = {
        "grid": grid,
        "posts": sorted(posts, key=lambda post: (ROLES.index(post.role), post.pk)),
        "is_vacant": not any(post.role == Role.CHIEF and post.user.is_active for post in posts),
        "may_oversee": may_oversee(user, grid),
        "has_dashboard": not grid.retired_at and covers(user, grid),
        "children": children,
        "households": grid.household_count,
        "police": police_of(grid),
        "police_rooms": [one for one in organisations if one.kind == OrganisationKind.POLICE_ROOM],
        "organisations": [one for one in organisations if one.kind != OrganisationKind.POLICE_ROOM],
        "changes": recent_changes(grid),
        "may_file": not grid.retired_at and bool(user.active_posts) and may_work_on(user, grid),
    }
    return render(request, "grids/grid_detail.html", context)


def _export(request: HttpRequest, name: str, grids: QuerySet[Grid], filters: list[str]) -> HttpResponse:
    """Grids with the figures that their lists show, as a sheet."""

    def load(chunk: list[Grid]) -> None:
        load_figures(chunk, request.user)
        load_ancestors(chunk)

    return exporting.respond(
        name=name,
        columns=listings.GRIDS,
        rows=exporting.in_chunks(grids, load),
        count=grids.count(),
        filters=filters,
        user=request.user,
        at=timezone.now(),
    )


def _own_grids(user: User) -> QuerySet[Grid]:
    """The grids of the user's posts; without a post what they see from the top."""
    if user.active_posts:
        return Grid.objects.filter(pk__in=[post.grid_id for post in user.active_posts])
    return visible_grids(user).filter(level=Level.CITY)


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here: my posts now and before."""
    former = Post.objects.filter(user=request.user).exclude(ended_at=None).select_related("grid").order_by("-ended_at")
    posts = list(request.user.active_posts)
    load_ancestors(post.grid for post in posts)
    load_duties(posts)
    return render(request, "grids/account.html", {"posts": posts, "former": former[:10], "at": timezone.now()})
