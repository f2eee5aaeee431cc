"""The page behind a hot spot: the very cases that it counts."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from events.hot_spots import cases_of, may_see_hot_spot
from events.models import Category
from events.paging import CappedPaginator
from events.views import PAGE_SIZE
from events.wording import show_events
from grids.access import get_grid
from grids.models import Level

EARLIEST = 2000  # a year: no case is older, and near the first of all a week before is no time any more


@require_safe
def hot_spot(request: HttpRequest, code: str, category: int) -> HttpResponse:
    """The cases of one category that came in within a week in a community, as counted at the time `at`."""
    now = timezone.now()
    at = _moment(request.GET.get("at", ""), now)
    community = get_grid(request.user, code)
    if community.level != Level.COMMUNITY or not may_see_hot_spot(request.user, community):
        raise Http404
    category = get_object_or_404(Category, pk=category)
    page = CappedPaginator(cases_of(category, community, at).with_related(), PAGE_SIZE)
    page = page.get_page(request.GET.get("page"))
    context = {
        "category": category,
        "community": community,
        "page": page,
        "events": show_events(page.object_list, request.user, now),
        "days": settings.HOT_SPOT_DAYS,
        "counted_at": at,
        "at": now,
    }
    return render(request, "events/hot_spot.html", context)


def _moment(text: str, now: datetime) -> datetime:
    """The time that a link names, this moment without one; 404 for what is no time of the past, or of long before."""
    if not text:
        return now
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at) or at.year < EARLIEST or at > now:
        raise Http404
    return at
