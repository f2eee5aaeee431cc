"""Pages of the joint meetings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from branches.meetings.access import get_meeting


@require_safe
def meeting_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting: agenda, who is asked to it, minutes, and what became of its resolutions."""
    meeting = get_meeting(request.user, pk)
    return render(request, "branches/meeting_detail.html", {"meeting": meeting})
