"""Pages of the joint meetings: the list, planning one, and one with its agenda, its guests and its resolutions."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.access import get_asked_branch
from branches.exceptions import StateConflict
from branches.meetings.access import get_meeting, get_meeting_to_run, may_convene, may_run_meeting, visible_meetings
from branches.meetings.agenda import Point, proposals
from branches.meetings.forms import (
    AnswerForm,
    GuestSearchForm,
    InviteForm,
    MeetingForm,
    PlanForm,
    ReasonForm,
)
from branches.meetings.guests import found_guests, likely_organisations, likely_people
from branches.meetings.showing import conveners_of, show_agenda, show_invitations, show_resolutions
from branches.meetings.workflow import open_actions
from branches.models import Branch, Meeting
from branches.refusals import add_refusal
from grids.access import get_grid
from grids.models import Grid, User

PAGE_SIZE = 20


def _asked_convener(request: HttpRequest) -> Branch | Grid | None:
    """The branch or grid that the address names; 404 for one that the user may not see."""
    if key := request.GET.get("branch"):
        return get_asked_branch(request.user, key)
    code = request.GET.get("grid")
    return get_grid(request.user, code) if code else None


@require_safe
def meeting_list(request: HttpRequest) -> HttpResponse:
    """Meetings to come, or past ones: of a branch, of a grid with all below it, or all that I may see."""
    user, convener = request.user, _asked_convener(request)
    meetings = visible_meetings(user).with_related()
    if isinstance(convener, Branch):
        meetings = meetings.filter(branch=convener)
    elif convener:
        meetings = meetings.within(convener)
    is_past = request.GET.get("when") == "past"
    page = Paginator(meetings.past() if is_past else meetings.upcoming(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "is_past": is_past,
        "convener": convener,
        "branch": convener if isinstance(convener, Branch) else None,
        "may_convene": may_convene(user, convener) if convener else bool(conveners_of(user)),
        "at": timezone.now(),
    }
    return render(request, "branches/meeting_list.html", context)


# Planning


def meeting_plan(request: HttpRequest) -> HttpResponse:
    """Call a branch or a grid together: when, where, about what and with whom, with what suggests itself ticked."""
    user, convener, at = request.user, _asked_convener(request), timezone.now()
    if convener is None:
        return render(request, "branches/meeting_plan.html", {"conveners": conveners_of(user)})
    if not may_convene(user, convener):
        raise PermissionDenied
    points = proposals(user, convener, at)
    if request.method != "POST":
        return _plan_page(request, convener, _fresh_plan(user, convener, points, at))
    form = PlanForm(convener, user, points, (), request.POST)
    if form.is_valid():
        try:
            meeting = services.plan_meeting(actor=user, convener=convener, at=at, **form.inputs())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Prepared. Look it over; the invitations go out when you convene it."))
            return redirect("meeting_detail", meeting.pk)
    return _plan_page(request, convener, form, status=400)


def _fresh_plan(user: User, convener: Branch | Grid, points: list[Point], at: datetime) -> PlanForm:
    """Everything filled in and ticked that suggests itself."""
    initial = {
        "title": _("Joint meeting of %(convener)s") % {"convener": convener.name},
        "starts_at": PlanForm.next_hour(at),
        "minutes": 60,
    } | _usual_round(user, convener)
    return PlanForm(convener, user, points, [point.value for point in points if point.is_pressing], initial=initial)


def _usual_round(user: User, convener: Branch | Grid) -> dict:
    """Where and with whom it met last; before its first meeting a branch's site, who leads it, and its partners."""
    last = Meeting.objects.of(convener).filter(invitations__isnull=False).order_by("-starts_at").first()
    if last:
        place = last.place
        people = last.invitations.values_list("person", flat=True)
        organisations = last.invitations.values_list("organisation", flat=True)
    elif isinstance(convener, Branch):
        people, place = (convener.secretary_id, convener.deputy_id), convener.site_address
        organisations = convener.partners.values_list("organisation", flat=True)
    else:
        return {}
    return {
        "place": place,
        "people": [key for key in people if key and key != user.pk],
        "organisations": [key for key in organisations if key],
    }


def _plan_page(request: HttpRequest, convener: Branch | Grid, form: PlanForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "convener": convener,
        "branch": convener if isinstance(convener, Branch) else None,
        "people": likely_people(convener),
        "organisations": likely_organisations(convener),
        "chosen_people": {str(key) for key in form["people"].value() or ()},
        "chosen_organisations": {str(key) for key in form["organisations"].value() or ()},
    }
    return render(request, "branches/meeting_plan.html", context, status=status)


def meeting_agenda(request: HttpRequest, pk: int) -> HttpResponse:
    """Change when, where and about what, as long as it is to be held."""
    meeting, user, at = get_meeting_to_run(request.user, pk), request.user, timezone.now()
    if not meeting.is_open:
        return redirect("meeting_detail", pk)
    agenda = [Point(item.name, item.kind, item.key, item.why) for item in meeting.agenda.all()]
    chosen = [point.value for point in agenda]
    points = [*agenda, *(point for point in proposals(user, meeting.convener, at) if point.value not in chosen)]
    initial = MeetingForm.initial_of(meeting)
    if request.method != "POST":
        form = MeetingForm(user, points, chosen, initial=initial)
        return render(request, "branches/meeting_agenda.html", {"meeting": meeting, "form": form})
    form = MeetingForm(user, points, (), request.POST, initial=initial)
    if form.is_valid():
        try:
            with transaction.atomic():  # one form: refused in part, it changes nothing
                services.arrange_meeting(actor=user, meeting=meeting, at=at, **form.arrangement())
                services.set_agenda(actor=user, meeting=meeting, points=form.cleaned_data["points"], at=at)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Changed."))
            return redirect("meeting_detail", pk)
    return render(request, "branches/meeting_agenda.html", {"meeting": meeting, "form": form}, status=400)


# One meeting


@require_safe
def meeting_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting: agenda, who is asked to it, what it resolved, and what became of that."""
    return detail_page(request, get_meeting(request.user, pk))


def detail_page(
    request: HttpRequest, meeting: Meeting, form=None, problem: str = "", about: int | None = None, status: int = 200
) -> HttpResponse:
    """The page; `form` is one that was refused, `about` the key of the invitation or resolution that it is for."""
    user, at = request.user, timezone.now()
    may_run = may_run_meeting(user, meeting)
    invitations = show_invitations(meeting, user)
    search = GuestSearchForm(request.GET)
    people, organisations = found_guests(meeting, search.words()) if may_run else ([], [])
    context = {
        "meeting": meeting,
        "may_run": may_run,
        "may_convene": may_convene(user, meeting.convener),
        "actions": open_actions(meeting.state) if may_run else frozenset(),
        "agenda": show_agenda(meeting, user),
        "invitations": invitations,
        "mine": [
            invitation for invitation in invitations if invitation.is_mine and "answer" in open_actions(meeting.state)
        ],
        "resolutions": show_resolutions(meeting.resolutions.with_related(), user, at, may_run=may_run),
        "steps": meeting.steps.order_by("-pk") if may_run else (),
        "guest_search": search.words(),
        "found_people": people,
        "found_organisations": organisations,
        "has_begun": meeting.starts_at <= at,
        "form": form,
        "about": about,
        "problem": problem,
        "at": at,
    }
    return render(request, "branches/meeting_detail.html", context, status=status)


def refused(request: HttpRequest, pk: int, error: ValidationError, form=None, about: int | None = None) -> HttpResponse:
    """The meeting as it stands now, with what was refused: at the form, or above the page where there is none."""
    state = isinstance(error, StateConflict)
    problem = " ".join(error.messages) if state or form is None else ""
    if not problem:
        add_refusal(form, error)
    meeting = get_meeting(request.user, pk)
    return detail_page(request, meeting, form, problem, about, status=409 if state else 400)


@require_POST
def meeting_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask more people and organisations."""
    meeting = get_meeting_to_run(request.user, pk)
    form = InviteForm(meeting, request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Somebody you chose cannot be asked. Choose again."))
        services.invite(actor=request.user, meeting=meeting, **form.cleaned_data)
    except ValidationError as error:
        return refused(request, pk, error)
    messages.success(request, _("Asked."))
    return redirect("meeting_detail", pk)


@require_POST
def meeting_convene(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the invitations."""
    try:
        services.convene(actor=request.user, meeting=get_meeting_to_run(request.user, pk))
    except ValidationError as error:
        return refused(request, pk, error)
    messages.success(request, _("Convened: who is asked sees the meeting now."))
    return redirect("meeting_detail", pk)


@require_POST
def meeting_call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """It does not take place."""
    meeting, form = get_meeting_to_run(request.user, pk), ReasonForm(request.POST)
    if not form.is_valid():
        return detail_page(request, meeting, form, status=400)
    try:
        services.call_off(actor=request.user, meeting=meeting, **form.cleaned_data)
    except ValidationError as error:
        return refused(request, pk, error, form)
    messages.success(request, _("Called off."))
    return redirect("meeting_detail", pk)


@require_POST
def meeting_answer(request: HttpRequest, pk: int, invitation: int) -> HttpResponse:
    """Say whether one comes."""
    meeting, form = get_meeting(request.user, pk), AnswerForm(request.POST)
    asked = get_object_or_404(meeting.invitations.of(request.user).distinct(), pk=invitation)
    if not form.is_valid():
        return detail_page(request, meeting, form, about=invitation, status=400)
    try:
        services.answer_invitation(actor=request.user, invitation=asked, **form.cleaned_data)
    except ValidationError as error:
        return refused(request, pk, error, form, about=invitation)
    messages.success(request, _("Answered."))
    return redirect("meeting_detail", pk)
