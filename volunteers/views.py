"""The way in to all that people who help do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def volunteer_home(request: HttpRequest) -> HttpResponse:
    """The cards of what runs here; each noun draws its own."""
    return render(request, "volunteers/volunteer_home.html")
