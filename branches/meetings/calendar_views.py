"""The calendar of one's own meetings: an address with a secret, which calendar programs ask without a login."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches import services
from branches.meetings.calendar import calendar_of, owner_of


def meeting_calendar(request: HttpRequest) -> HttpResponse:
    """Make a new address for my calendar: it is shown this once, and the one before opens nothing any more."""
    address = ""
    if request.method == "POST":
        token = services.renew_calendar(user=request.user)
        address = request.build_absolute_uri(reverse("meeting_feed", args=[token]))
        messages.success(request, _("A new address. Copy it now: it is not shown again."))
    key = getattr(request.user, "calendar_key", None)
    response = render(request, "branches/meeting_calendar.html", {"address": address, "key": key})
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_not_required
@require_safe
def meeting_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The person's meetings as RFC 5545 has it: title, place and time, and nothing else."""
    owner = owner_of(token)
    if owner is None:
        raise Http404
    response = HttpResponse(calendar_of(owner), content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Disposition"] = 'inline; filename="meetings.ics"'
    return response
