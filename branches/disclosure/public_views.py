"""What everybody may read of a community or a street, without a login.

Anybody may keep these pages, but asks each time whether they still hold: what is withdrawn is gone at once.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Window
from django.db.models.functions import RowNumber
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from branches.disclosure import joining
from branches.disclosure.access import is_told_of
from branches.disclosure.feed import DisclosureFeed
from branches.models import Publication, Story, StoryPicture
from branches.pictures import serve
from grids.boards import boards_of
from grids.models import Grid, Level, load_ancestors
from grids.tree import DIGITS

LATEST = 5  # of each kind on the first page
PAGE_SIZE = 20
Kind = Publication.Kind
# As the first page shows them; activities stand above all.
ORDER = (Kind.DECISION, Kind.FIGURES, Kind.EXAMPLE, Kind.RESOURCES, Kind.NOTICE)


def told_of(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of a place that is told of, under its code; a former code, and one of a building, lead on to it."""

    @require_safe
    @login_not_required
    @cache_control(public=True, no_cache=True)
    @conditional_page
    @wraps(view)
    def found(request: HttpRequest, code: str, **kwargs) -> HttpResponse:
        grids = Grid.objects.successors(code)
        if not grids or grids[0].level < Level.STREET:
            return render(request, "grids/_public_missing.html", {"code": code}, status=404)
        if len(grids) > 1:
            load_ancestors(grids)
            return render(request, "grids/_public_successors.html", {"code": code, "grids": grids})
        place = grids[0].code[: DIGITS[Level.COMMUNITY]]
        if place != code:
            return redirect(request.resolver_match.view_name, code=place, **kwargs)
        if not is_told_of(grids[0]):
            return render(request, "grids/_public_missing.html", {"code": code}, status=404)
        return view(request, grids[0], **kwargs)

    return found


@told_of
def public_disclosure(request: HttpRequest, grid: Grid) -> HttpResponse:
    """The newest of all that is told of the place; of one kind, `?kind=`, all by the page."""
    kind = request.GET.get("kind")
    if kind in Kind.values:
        return _of_kind(request, grid, kind)
    latest = _latest(grid)
    by_kind = [(one, [each for each in latest if each.kind == one]) for one in ORDER]
    context = {
        "grid": grid,
        "board": boards_of([grid], grid)[0],
        "joinable": joining.to_join(grid, timezone.now(), LATEST * 2),
        "activities": _activities(grid),
        "sections": [(one, found[:LATEST], len(found) > LATEST) for one, found in by_kind if found],
        "stories": _stories(grid),
        "places": _places_below(grid),
    }
    return render(request, "branches/public_disclosure.html", context)


def _of_kind(request: HttpRequest, grid: Grid, kind: str) -> HttpResponse:
    publications = Publication.objects.on(grid).public().filter(kind=kind)
    page = Paginator(publications, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "branches/_public_kind.html", {"grid": grid, "kind": Kind(kind), "page": page})


def _latest(grid: Grid) -> list[Publication]:
    """The newest of each kind and one more, which tells that there are more, in one query."""
    rank = Window(RowNumber(), partition_by=[F("kind")], order_by=[F("published_at").desc(), F("pk").desc()])
    ranked = Publication.objects.on(grid).public().exclude(kind=Kind.ACTIVITY).annotate(rank=rank)
    return list(ranked.filter(rank__lte=LATEST + 1).order_by("-published_at", "-pk"))


def _activities(grid: Grid) -> list[Publication]:
    """Those that are still to come, the next first."""
    coming = Publication.objects.on(grid).public().filter(kind=Kind.ACTIVITY, takes_place_on__gte=timezone.localdate())
    return list(coming.order_by("takes_place_on", "pk")[: LATEST * 2])


def _stories(grid: Grid) -> list[Story]:
    pictures = Prefetch("pictures", StoryPicture.objects.select_related("picture"))
    stories = Story.objects.within(grid).public().prefetch_related(pictures)
    return list(stories.order_by("-published_at", "-pk")[:LATEST])


def _places_below(grid: Grid) -> list[Grid]:
    """The communities of a street."""
    if grid.level != Level.STREET:
        return []
    return list(Grid.objects.active().within(grid).filter(level=Level.COMMUNITY).order_by("lft"))


@told_of
def public_publication(request: HttpRequest, grid: Grid, pk: int) -> HttpResponse:
    """One publication."""
    publication = get_object_or_404(Publication.objects.on(grid).public(), pk=pk)
    return render(request, "branches/public_publication.html", {"grid": grid, "publication": publication})


@told_of
def public_story(request: HttpRequest, grid: Grid, pk: int) -> HttpResponse:
    """One story, with its pictures."""
    story = get_object_or_404(Story.objects.within(grid).public().prefetch_related("pictures__picture"), pk=pk)
    return render(request, "branches/public_story.html", {"grid": grid, "story": story})


@told_of
def public_feed(request: HttpRequest, grid: Grid) -> HttpResponse:
    """The newest publications and stories as RSS."""
    return DisclosureFeed()(request, grid)


@require_safe
@login_not_required
def public_picture(request: HttpRequest, key: str) -> HttpResponse | FileResponse:
    """A photo of a story that is public now."""
    shown = get_object_or_404(
        StoryPicture.objects.filter(story__in=Story.objects.public()).select_related("picture"), picture__key=key
    )
    return serve(request, shown.picture, small="small" in request.GET, is_public=True)
