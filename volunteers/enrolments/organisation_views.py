"""Double check-in of organisations: the report, one enrolment, and the community's answer."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from grids.access import overseen_ranges
from grids.models import load_ancestors
from volunteers import services
from volunteers.enrolments.access import answered_communities, get_organisation_enrolment, represented, sides_of
from volunteers.enrolments.forms import OrganisationReportForm, TermsForm, TextForm
from volunteers.enrolments.workflow import TABLE, EnrolmentAction, EnrolmentState
from volunteers.models import OrganisationEnrolment
from volunteers.workflow import open_moves

# An organisation is placed nowhere: it serves the community.
ANSWERS: dict[str, Callable] = {
    EnrolmentAction.CONFIRM: services.confirm_enrolment,
    EnrolmentAction.REFUSE: services.refuse_enrolment,
    EnrolmentAction.END: services.end_enrolment,
}


def organisation_enrolment_report(request: HttpRequest) -> HttpResponse:
    """Report an organisation that I represent; who acts for a community enters one that comes to it."""
    user = request.user
    own = list(represented(user))
    if not own and not overseen_ranges(user):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = OrganisationReportForm(own, data, initial={"grid": _grid_to_begin_with(request)})
    if form.is_valid():
        try:
            enrolment = services.enrol_organisation(actor=user, **form.terms())
        except ValidationError as error:
            add_refusal(form, error)
        except PermissionDenied as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The report is entered; the community answers it."))
            return redirect("organisation_enrolment_detail", enrolment.pk)
    context = {"form": form, "is_own": bool(own)}
    return render(
        request, "volunteers/organisation_enrolment_report.html", context, status=400 if form.is_bound else 200
    )


def _grid_to_begin_with(request: HttpRequest) -> str:
    asked = request.GET.get("grid", "")
    community = None if asked else answered_communities(request.user).first()
    return community.code if community else asked


@require_safe
def organisation_enrolment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What an organisation offers a community, until when, whom to ask, and what became of it."""
    return _detail(request, get_organisation_enrolment(request.user, pk))


def _detail(
    request: HttpRequest,
    enrolment: OrganisationEnrolment,
    sent: dict[str, TextForm] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    at, sides = timezone.now(), sides_of(request.user, enrolment)
    moves = {str(move.action) for move in open_moves(TABLE, EnrolmentState(enrolment.state), sides)}
    load_ancestors([enrolment.grid])
    context = {
        "enrolment": enrolment,
        "is_over": enrolment.is_over(timezone.localdate(at)),
        "offers": enrolment.offers.filter(withdrawn_on=None).select_related("skill"),
        "members": enrolment.organisation.member_enrolments.current().filter(grid=enrolment.grid).count(),
        "steps": enrolment.steps.all(),
        "forms": {action: TextForm() for action in ANSWERS if action in moves} | (sent or {}),
        "moves": moves,
        "problem": problem,
        "at": at,
    }
    return render(request, "volunteers/organisation_enrolment_detail.html", context, status=status)


def organisation_enrolment_change(request: HttpRequest, pk: int) -> HttpResponse:
    """What is offered, until when, and who is asked."""
    enrolment = get_organisation_enrolment(request.user, pk)
    if not sides_of(request.user, enrolment):
        raise PermissionDenied
    form = TermsForm.of(enrolment, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.change_organisation_enrolment(actor=request.user, enrolment=enrolment, **form.terms())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("organisation_enrolment_detail", pk)
    context = {"enrolment": enrolment, "form": form}
    return render(
        request, "volunteers/organisation_enrolment_change.html", context, status=400 if form.is_bound else 200
    )


@require_POST
def organisation_enrolment_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Confirm, refuse or end."""
    if action not in ANSWERS:
        raise Http404
    user, enrolment = request.user, get_organisation_enrolment(request.user, pk)
    form = TextForm(request.POST)
    if not form.is_valid():
        return _detail(request, enrolment, {action: form}, status=400)
    word = form.cleaned_data if TABLE[EnrolmentAction(action)].needs_text else {}
    try:
        ANSWERS[action](actor=user, enrolment=enrolment, **word)
    except StateConflict as error:
        found = get_organisation_enrolment(user, pk)
        return _detail(request, found, {action: form}, problem=str(error), status=409)
    except ValidationError as error:
        add_refusal(form, error)
        return _detail(request, get_organisation_enrolment(user, pk), {action: form}, status=400)
    messages.success(request, _("Done: %(action)s.") % {"action": EnrolmentAction(action).label})
    return redirect("organisation_enrolment_detail", pk)
