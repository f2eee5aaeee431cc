"""What is written at a meeting and after it: who was there, minutes, resolutions, and the printed page of all that."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.exceptions import StateConflict
from branches.meetings.access import answers_for, get_meeting, get_meeting_to_run, visible_meetings
from branches.meetings.forms import RecordForms, WordForm
from branches.meetings.showing import show_agenda, show_invitations, show_resolutions
from branches.meetings.views import detail_page, refused
from branches.meetings.workflow import open_actions
from branches.models import Meeting, Resolution


def meeting_minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the minutes: who was there, what was said and what was resolved, kept with each button; one finishes them.

    What is typed is never lost to a button beside it, and so all of the page is one form.
    """
    meeting = get_meeting_to_run(request.user, pk)
    if request.method != "POST":
        return _minutes_page(request, meeting)
    forms = RecordForms(meeting, request.POST)
    if not forms.are_valid():
        return _minutes_page(request, meeting, forms, status=400)
    try:
        with transaction.atomic():  # one form: what is sent again after a refusal is not written twice
            services.record(actor=request.user, meeting=meeting, **forms.inputs())
            if "finish" in request.POST:
                services.finish_minutes(actor=request.user, meeting=meeting)
    except ValidationError as error:
        state = isinstance(error, StateConflict)
        problem = "" if forms.take(error) else " ".join(error.messages)
        meeting = get_meeting(request.user, pk)
        return _minutes_page(request, meeting, forms, problem, status=409 if state else 400)
    if "finish" in request.POST:
        messages.success(request, _("The minutes are finished."))
        return redirect("meeting_detail", pk)
    messages.success(request, _("Kept."))
    return redirect("meeting_minutes", pk)


def _minutes_page(
    request: HttpRequest, meeting: Meeting, forms: RecordForms | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    user, at, forms = request.user, timezone.now(), forms or RecordForms(meeting)
    context = {
        "meeting": meeting,
        "actions": open_actions(meeting.state),
        "has_begun": meeting.starts_at <= at,
        "agenda": show_agenda(meeting, user),
        "invitations": show_invitations(meeting, user),
        "resolutions": show_resolutions(meeting.resolutions.with_related(), user, at),
        "forms": forms,
        "ticked": forms.ticked(),
        "problem": problem,
        "at": at,
    }
    return render(request, "branches/meeting_minutes.html", context, status=status)


@require_POST
def resolution_fulfil(request: HttpRequest, pk: int) -> HttpResponse:
    """Report a resolution as done."""
    seen = Resolution.objects.with_related().filter(meeting__in=visible_meetings(request.user))
    resolution, form = get_object_or_404(seen, pk=pk), WordForm(request.POST)
    if not answers_for(request.user, resolution):
        raise PermissionDenied
    if not form.is_valid():
        return detail_page(request, resolution.meeting, form, about=pk, status=400)
    try:
        services.fulfil(actor=request.user, resolution=resolution, **form.cleaned_data)
    except ValidationError as error:
        return refused(request, resolution.meeting_id, error, form, about=pk)
    messages.success(request, _("Reported as done."))
    return redirect("meeting_detail", resolution.meeting_id)


@require_safe
def meeting_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes with everything around them, for A4."""
    meeting, at = get_meeting(request.user, pk), timezone.now()
    invitations = show_invitations(meeting, request.user)
    context = {
        "meeting": meeting,
        "agenda": show_agenda(meeting, request.user),
        "present": [invitation for invitation in invitations if invitation.attended],
        "absent": [invitation for invitation in invitations if not invitation.attended],
        "resolutions": show_resolutions(meeting.resolutions.with_related(), request.user, at),
        "at": at,
    }
    return render(request, "branches/meeting_print.html", context)
