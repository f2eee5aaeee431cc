"""What is written at a meeting and after it: who was there, minutes, resolutions, and the printed page of all that."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.meetings.access import answers_for, get_meeting, may_run_meeting, visible_meetings
from branches.meetings.forms import AttendanceForm, MinutesForm, ResolutionForm, WordForm
from branches.meetings.showing import show_agenda, show_invitations, show_resolutions
from branches.meetings.views import detail_page, refused
from branches.meetings.workflow import open_actions
from branches.models import Meeting, Resolution


def _run_meeting(request: HttpRequest, pk: int) -> Meeting:
    meeting = get_meeting(request.user, pk)
    if not may_run_meeting(request.user, meeting):
        raise PermissionDenied
    return meeting


def meeting_minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the minutes; beside them who was there, and what was resolved."""
    meeting = _run_meeting(request, pk)
    if request.method != "POST":
        return _minutes_page(request, meeting)
    form = MinutesForm(request.POST)
    if not form.is_valid():
        return _minutes_page(request, meeting, minutes=form, status=400)
    try:
        services.write_minutes(actor=request.user, meeting=meeting, **form.cleaned_data)
    except ValidationError as error:
        return _refused(request, pk, error, minutes=form)
    messages.success(request, _("Minutes kept."))
    return redirect("meeting_minutes", pk)


def _minutes_page(
    request: HttpRequest,
    meeting: Meeting,
    *,
    minutes: MinutesForm | None = None,
    resolution: ResolutionForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    user, at = request.user, timezone.now()
    context = {
        "meeting": meeting,
        "actions": open_actions(meeting.state),
        "has_begun": meeting.starts_at <= at,
        "agenda": show_agenda(meeting, user),
        "invitations": show_invitations(meeting, user),
        "resolutions": show_resolutions(meeting.resolutions.with_related(), user, at),
        "minutes": minutes or MinutesForm(initial={"minutes": meeting.minutes}),
        "resolution": resolution or ResolutionForm(meeting),
        "problem": problem,
        "at": at,
    }
    return render(request, "branches/meeting_minutes.html", context, status=status)


def _refused(request: HttpRequest, pk: int, error: ValidationError, **forms) -> HttpResponse:
    """What is written on the page stays there, with what was refused at its form or above all."""
    if isinstance(error, services.MeetingRefused) or not forms:
        status = 409 if isinstance(error, services.MeetingRefused) else 400
        problem = " ".join(error.messages)
        return _minutes_page(request, get_meeting(request.user, pk), problem=problem, status=status, **forms)
    for form in forms.values():
        form.add_error(None, error)
    return _minutes_page(request, get_meeting(request.user, pk), status=400, **forms)


@require_POST
def meeting_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Note who was there."""
    meeting = _run_meeting(request, pk)
    form = AttendanceForm(meeting, request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Somebody you chose is not asked to this meeting. Choose again."))
        services.hold(actor=request.user, meeting=meeting, **form.cleaned_data)
    except ValidationError as error:
        return _refused(request, pk, error)
    messages.success(request, _("Noted who was there."))
    return redirect("meeting_minutes", pk)


@require_POST
def meeting_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a resolution."""
    meeting = _run_meeting(request, pk)
    form = ResolutionForm(meeting, request.POST)
    if not form.is_valid():
        return _minutes_page(request, meeting, resolution=form, status=400)
    try:
        services.resolve(actor=request.user, meeting=meeting, **form.inputs())
    except ValidationError as error:
        return _refused(request, pk, error, resolution=form)
    messages.success(request, _("Resolution written down."))
    return redirect("meeting_minutes", pk)


@require_POST
def meeting_finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Finish the minutes."""
    try:
        services.finish_minutes(actor=request.user, meeting=_run_meeting(request, pk))
    except ValidationError as error:
        return _refused(request, pk, error)
    messages.success(request, _("The minutes are finished."))
    return redirect("meeting_detail", pk)


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
        "agenda": meeting.agenda.order_by("ordinal"),
        "present": [invitation for invitation in invitations if invitation.attended],
        "absent": [invitation for invitation in invitations if not invitation.attended],
        "resolutions": show_resolutions(meeting.resolutions.with_related(), request.user, at),
        "at": at,
    }
    return render(request, "branches/meeting_print.html", context)
