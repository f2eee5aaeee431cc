"""The large screen of a command centre, which refreshes itself."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.figures.screen import screen
from grids.access import get_covered_grid
from grids.views import leads_on


@require_safe
@never_cache
@leads_on
def dashboard_screen(request: HttpRequest, code: str) -> HttpResponse:
    """What goes on in a grid at this moment, for all who stand before the wall."""
    grid = get_covered_grid(request.user, code)
    if grid.code != code:
        return redirect("dashboard_screen", grid.code)
    return render(request, "events/dashboard_screen.html", screen(grid, timezone.now()))
