"""The large screen of a command centre, which refreshes itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.figures.screen import screen
from grids.access import ranges
from grids.models import Grid, User


@require_safe
@never_cache
def dashboard_screen(request: HttpRequest, code: str) -> HttpResponse:
    """What goes on in a grid at this moment, for all who stand before the wall."""
    grid = _covered_grid(request.user, code)
    return render(request, "events/dashboard_screen.html", screen(grid, timezone.now()))


def _covered_grid(user: User, code: str) -> Grid:
    """The grid of this code; 404 unless the user's posts cover all of it."""
    grid = get_object_or_404(Grid.objects.active(), code=code)
    if not any(lft <= grid.lft and grid.rght <= rght for lft, rght in ranges(user)):
        raise Http404
    return grid
