"""Double check-in of members: my own, one enrolment, and the community's answer."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.access import may_run_for
from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from grids.models import User, load_ancestors
from volunteers import services
from volunteers.enrolments.access import find_place, get_member, represented, sides_of, visible_members
from volunteers.enrolments.forms import OffersForm, PlaceForm, ReportForm, TextForm
from volunteers.enrolments.listings import load_places, whole_members, whole_organisations
from volunteers.enrolments.workflow import TABLE, EnrolmentAction, EnrolmentState
from volunteers.models import MemberEnrolment, OrganisationEnrolment
from volunteers.workflow import open_moves

SHOWN = 10
MOST_REPORTS = 50
MOST_AT_ONCE = 200
# What stands on the page of an enrolment; a change of what is offered has a page of its own.
ACTIONS = (EnrolmentAction.CONFIRM, EnrolmentAction.PLACE, EnrolmentAction.REFUSE, EnrolmentAction.END)


@require_safe
def enrolment_mine(request: HttpRequest) -> HttpResponse:
    """Where I am enrolled, what I offer, what was before; and the organisations that I speak for."""
    user = request.user
    mine = list(whole_members(user.enrolments.all()).order_by("-since", "-pk")[:SHOWN])
    organisations = list(represented(user))
    reported = OrganisationEnrolment.objects.current().filter(organisation__in=organisations)
    reports = list(whole_organisations(reported).order_by("position", "pk")[:MOST_REPORTS])
    load_places([*mine, *reports])
    now = next((one for one in mine if one.state not in (EnrolmentState.ENDED, EnrolmentState.REFUSED)), None)
    context = {
        "now": now,
        "before": [one for one in mine if one != now],
        "steps": now.steps.all() if now else (),
        "organisations": organisations,
        "reports": reports,
        "at": timezone.now(),
    }
    return render(request, "volunteers/enrolment_mine.html", context)


def enrolment_report(request: HttpRequest) -> HttpResponse:
    """Report to a community; who is enrolled elsewhere is told where and since when, and may move."""
    user = request.user
    now = user.enrolments.current().select_related("grid", "organisation").first()
    if now:
        load_ancestors([now.grid])
    data = request.POST if request.method == "POST" else None
    form = ReportForm(now, data, initial={"grid": request.GET.get("grid", "")})
    if form.is_valid():
        try:
            enrolment = services.enrol_member(actor=user, user=user, **form.report())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            said = _("You had reported to %(grid)s already.") if enrolment == now else _("You reported to %(grid)s.")
            messages.success(request, said % {"grid": enrolment.grid.name})
            return redirect("enrolment_mine")
    context = {"form": form, "now": now}
    return render(request, "volunteers/enrolment_report.html", context, status=400 if form.is_bound else 200)


def enrolment_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a member offers, and when."""
    enrolment = get_member(request.user, pk)
    _check(request.user, enrolment, EnrolmentAction.CHANGE)
    offers = enrolment.offers.filter(withdrawn_on=None).select_related("skill")
    form = OffersForm(request.POST if request.method == "POST" else None, offers=offers)
    if form.is_valid():
        try:
            services.change_offers(actor=request.user, enrolment=enrolment, offers=form.offers())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return _back(request.user, enrolment)
    context = {"enrolment": enrolment, "form": form}
    return render(request, "volunteers/enrolment_offer.html", context, status=400 if form.is_bound else 200)


def _check(user: User, enrolment: MemberEnrolment, action: EnrolmentAction) -> None:
    if not TABLE[action].sides & sides_of(user, enrolment):
        raise PermissionDenied


@require_safe
def enrolment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One member's enrolment: what they offer, where they serve, what was done, what may be done."""
    return _detail(request, get_member(request.user, pk))


def _detail(
    request: HttpRequest,
    enrolment: MemberEnrolment,
    sent: dict[str, Form] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """`sent` holds the form that was sent, by its action; the others are drawn anew."""
    sides = sides_of(request.user, enrolment)
    moves = {str(move.action) for move in open_moves(TABLE, EnrolmentState(enrolment.state), sides)}
    forms = {action: _form(action, enrolment) for action in ACTIONS if action in moves} | (sent or {})
    load_ancestors([enrolment.grid])
    context = {
        "enrolment": enrolment,
        "is_own": enrolment.user_id == request.user.pk,
        "offers": enrolment.offers.filter(withdrawn_on=None).select_related("skill"),
        "steps": enrolment.steps.all(),
        "forms": forms,
        "moves": moves,
        "problem": problem,
        "at": timezone.now(),
    }
    return render(request, "volunteers/enrolment_detail.html", context, status=status)


def _form(action: str, enrolment: MemberEnrolment, data=None) -> Form:
    return PlaceForm(enrolment, data) if action == EnrolmentAction.PLACE else TextForm(data)


@require_POST
def enrolment_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Confirm, place, refuse or end."""
    if action not in ACTIONS:
        raise Http404
    user, enrolment = request.user, get_member(request.user, pk)
    form = _form(action, enrolment, request.POST)
    if not form.is_valid():
        return _detail(request, enrolment, {action: form}, status=400)
    try:
        DO[action](enrolment, user, form)
    except StateConflict as error:
        return _detail(request, get_member(user, pk), {action: form}, problem=str(error), status=409)
    except ValidationError as error:
        add_refusal(form, error)
        return _detail(request, get_member(user, pk), {action: form}, status=400)
    messages.success(request, _("Done: %(action)s.") % {"action": EnrolmentAction(action).label})
    return _back(user, enrolment)


def _back(user: User, enrolment: MemberEnrolment) -> HttpResponse:
    if enrolment.user_id == user.pk:
        return redirect("enrolment_mine")
    return redirect("enrolment_detail", enrolment.pk)


def _confirm(enrolment: MemberEnrolment, user: User, form: TextForm) -> None:
    services.confirm_enrolment(actor=user, enrolment=enrolment)


def _place(enrolment: MemberEnrolment, user: User, form: PlaceForm) -> None:
    services.place_member(actor=user, enrolment=enrolment, **form.cleaned_data)


def _refuse(enrolment: MemberEnrolment, user: User, form: TextForm) -> None:
    services.refuse_enrolment(actor=user, enrolment=enrolment, **form.cleaned_data)


def _end(enrolment: MemberEnrolment, user: User, form: TextForm) -> None:
    services.end_enrolment(actor=user, enrolment=enrolment, **form.cleaned_data)


DO: dict[str, Callable[[MemberEnrolment, User, Form], None]] = {
    EnrolmentAction.CONFIRM: _confirm,
    EnrolmentAction.PLACE: _place,
    EnrolmentAction.REFUSE: _refuse,
    EnrolmentAction.END: _end,
}


@require_POST
def enrolment_confirm(request: HttpRequest) -> HttpResponse:
    """Confirm the ticked reports to one community at once."""
    grid = find_place(request.user, request.POST.get("grid", ""))
    if grid is None:
        raise Http404
    if not may_run_for(request.user, grid):
        raise PermissionDenied
    keys = [key for key in request.POST.getlist("enrolment") if key.isascii() and key.isdigit() and len(key) < 19]
    found = visible_members(request.user).filter(pk__in=keys[:MOST_AT_ONCE]).within(grid).select_related("grid")
    taken = services.confirm_enrolments(actor=request.user, enrolments=found)
    if taken:
        messages.success(request, _("%(count)d reports were confirmed.") % {"count": len(taken)})
    else:
        messages.warning(request, _("Nothing was ticked, or all of it is answered already."))
    query = urlencode({"grid": grid.code, "state": EnrolmentState.APPLIED})
    return redirect(f"{reverse('enrolment_list')}?{query}")
