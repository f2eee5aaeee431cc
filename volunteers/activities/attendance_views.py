"""Pages of an activity from the door on: its code, confirming with it, the list to tick, and the report."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from branches.exceptions import StateConflict
from branches.models import Picture
from branches.pictures import serve
from branches.refusals import add_refusal
from grids.boards import inline_qr
from volunteers import services
from volunteers.activities import door
from volunteers.activities.access import get_activity, get_activity_to_organise
from volunteers.activities.forms import AttendanceForm, ReportForm
from volunteers.activities.showing import rows_to_tick
from volunteers.activities.workflow import TABLE, ActivityAction, ActivityState
from volunteers.models import Activity, Participation

CONFLICT = 409


@require_safe
@never_cache
def activity_code(request: HttpRequest, pk: int) -> HttpResponse:
    """The code at the door, large on the organiser's phone."""
    activity = get_activity_to_organise(request.user, pk)
    if activity.state != ActivityState.PUBLISHED:
        return redirect("activity_detail", pk)
    token = door.token_of(activity)
    url = request.build_absolute_uri(reverse("activity_door", args=[token]))
    context = {
        "activity": activity,
        "qr": inline_qr(url, "activity-qr"),
        "url": url,
        "problem": door.why_closed(door.read_token(token), activity, timezone.now()),
        "arrived": activity.participations.exclude(attended_at=None).count(),
    }
    return render(request, "volunteers/activity_code.html", context)


@never_cache
def activity_door(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm that one is there, with the code that the organiser shows; nothing is asked but that."""
    read, at = door.read_token(token), timezone.now()
    if read is None:
        raise Http404
    activity = get_object_or_404(Activity.objects.with_related(), pk=read.activity)
    problem, status = "", 200
    if request.method == "POST":
        try:
            services.arrive(actor=request.user, activity=activity, token=read, at=at)
        except StateConflict as error:
            problem, status = str(error), CONFLICT
        else:
            return redirect("activity_door", token)
    context = {
        "activity": activity,
        "mine": Participation.objects.filter(activity=activity, user=request.user).exclude(attended_at=None).first(),
        "problem": problem or door.why_closed(read, activity, at) or _why_not_open(activity),
    }
    return render(request, "volunteers/activity_door.html", context, status=status)


def _why_not_open(activity: Activity) -> str:
    if activity.state in TABLE[ActivityAction.ARRIVE].states:
        return ""
    return _("The activity is now: %(state)s. Nobody is noted at the door.") % {"state": activity.get_state_display()}


def activity_attendance(request: HttpRequest, pk: int) -> HttpResponse:
    """The list to tick; who confirmed at the door is ticked already. The button named `find` only looks people up."""
    activity = get_activity_to_organise(request.user, pk)
    rows = rows_to_tick(activity)
    form = AttendanceForm(activity, rows, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and "find" not in request.POST:
        try:
            if form.is_valid():
                services.note_attendance(actor=request.user, activity=activity, **form.attendance())
                messages.success(request, _("Noted; the hours are counted."))
                return redirect("activity_detail", pk)
            status = 400
        except ValidationError as error:
            add_refusal(form, error)
            status = CONFLICT if isinstance(error, StateConflict) else 400
    ticked = _ticked(form, activity, rows)
    context = {"activity": activity, "form": form, "rows": rows, "ticked": ticked, "found": form.found()}
    return render(request, "volunteers/activity_attendance.html", context, status=status)


def _ticked(form: AttendanceForm, activity: Activity, rows: list[Participation]) -> set[int]:
    """As it was sent; else who is noted, and before anybody is, whoever has a place."""
    if form.is_bound:
        sent = form["present"].value() or ()
        return {int(key) for key in sent if key.isascii() and key.isdigit()}
    noted = {row.pk for row in rows if row.attended_at}
    if noted or activity.took_place:
        return noted
    return {row.pk for row in rows if row.status == Participation.Status.JOINED}


def activity_report(request: HttpRequest, pk: int) -> HttpResponse:
    """A few words and photos of what was."""
    activity = get_activity_to_organise(request.user, pk)
    if not activity.took_place:
        return redirect("activity_detail", pk)
    is_sent = request.method == "POST"
    form = ReportForm(request.user, activity, request.POST if is_sent else None, request.FILES if is_sent else None)
    if is_sent and form.is_valid():
        try:
            services.report_activity(actor=request.user, activity=activity, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The report is kept."))
            return redirect("activity_detail", pk)
    context = {"activity": activity, "form": form}
    return render(request, "volunteers/activity_report.html", context, status=400 if form.errors else 200)


@require_safe
def activity_picture(request: HttpRequest, key: str) -> HttpResponse | FileResponse:
    """A photo of a report, for who may see the activity."""
    activity = get_object_or_404(Activity, pictures__key=key)
    get_activity(request.user, activity.pk)
    return serve(request, Picture.objects.get(key=key), small="small" in request.GET)
