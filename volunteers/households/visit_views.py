"""Visits, and looks at what is kept in full: the two things that are done with a household every day."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from branches.refusals import add_refusal
from grids.models import load_ancestors
from volunteers import services
from volunteers.forms import RevealForm
from volunteers.households.access import get_household, get_household_to_reveal, sides_of
from volunteers.households.forms import VisitForm
from volunteers.households.workflow import HouseholdAction, HouseholdSide
from volunteers.models import Visit
from volunteers.services.households import check_move

CASE = "case"


@never_cache
def visit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a visit: a line of text, and what is to be handled if there is anything."""
    user, household = request.user, get_household(request.user, pk)
    if not household.is_kept:
        raise Http404
    check_move(household, user, HouseholdAction.VISIT)
    load_ancestors([household.grid])
    form, wants_case = VisitForm(request.POST if request.method == "POST" else None), request.POST.get("then") == CASE
    if form.is_valid() and wants_case and not form.cleaned_data["finding"].strip():
        form.add_error("finding", _("Say in a line what is to be handled."))
    if form.is_valid():
        try:
            visit = services.note_visit(actor=user, household=household, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            return _noted(request, visit, wants_case)
    context = {"household": household, "form": form, "may_file": bool(user.active_posts)}
    return render(request, "volunteers/visit_note.html", context, status=400 if form.is_bound else 200)


def _noted(request: HttpRequest, visit: Visit, wants_case: bool) -> HttpResponse:
    """Back to the household; to the filled-in case where that is wanted and theirs to file."""
    if wants_case and request.user.active_posts:
        return redirect(f"{reverse('event_file')}?occasion=visit-{visit.pk}")
    if visit.finding and not request.user.active_posts:
        messages.success(request, _("Noted. The community's desk is told what is to be handled."))
    else:
        messages.success(request, _("Noted. Thank you for going."))
    return redirect(f"{reverse('household_detail', args=[visit.household_id])}#visit-{visit.pk}")


@never_cache
def household_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, phones and address in full, for a reason that is kept with who looked and when."""
    user, household = request.user, get_household_to_reveal(request.user, pk)
    load_ancestors([household.grid])
    form, particulars = RevealForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        try:
            particulars = services.reveal_household(actor=user, household=household, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
    is_auditor = not (sides_of(user, household) - {HouseholdSide.AUDITOR})
    context = {"household": household, "form": form, "particulars": particulars, "is_auditor": is_auditor}
    return render(request, "volunteers/household_reveal.html", context, status=400 if form.errors else 200)
