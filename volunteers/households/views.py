"""Key households, for who answers for them and for the desk of their community."""

from contextlib import suppress

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from branches.cases import load_cases
from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from grids.access import get_overseen_grid, overseen_posts, within
from grids.models import Grid, Level, User, load_ancestors
from volunteers import services
from volunteers.confidential import desk_ranges
from volunteers.households.access import (
    Candidate,
    answered_households,
    candidates,
    get_household,
    get_registering_user,
    has_part,
    is_desk,
    people_of,
    registering_ranges,
    registrable_grids,
    sides_of,
    visible_households,
)
from volunteers.households.day import SUGGESTED
from volunteers.households.figures import figures_of
from volunteers.households.forms import (
    ConsentFields,
    HouseholdFilter,
    HouseholdForm,
    KeeperForm,
    NewHouseholdForm,
)
from volunteers.households.workflow import TABLE, HouseholdAction, HouseholdState
from volunteers.models import CareKind, ConsentText, Household
from volunteers.services.households import check_move
from volunteers.workflow import open_moves

PAGE_SIZE = 30
VISITS_SHOWN = 20
LOOKS_SHOWN = 10


@require_safe
@never_cache
def household_list(request: HttpRequest) -> HttpResponse:
    """Whom I could visit, and all that I answer for or whose desk I am; found by place alone."""
    user = request.user
    may_register = bool(registering_ranges(user))
    if not may_register and not has_part(user):
        raise Http404
    form = HouseholdFilter(request.GET)
    found = _narrowed(form, visible_households(user).kept())
    rows = found.select_related("grid", "answered_by").prefetch_related("needs").order_by("position", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    suggested = answered_households(user).suggested(timezone.localdate()).select_related("grid", "answered_by")
    suggested = list(suggested.prefetch_related("needs")[:SUGGESTED])
    load_ancestors(household.grid for household in [*page.object_list, *suggested])
    context = {
        "form": form,
        "page": page,
        "suggested": suggested,
        "is_desk": bool(desk_ranges(user)),
        "may_register": may_register,
        "kinds": CareKind.choices,
        "need": form.chosen("need"),
        "vacant": form.chosen("vacant"),
    }
    return render(request, "volunteers/household_list.html", context, status=200 if form.is_valid() else 400)


def _narrowed(form: HouseholdFilter, households: QuerySet[Household]) -> QuerySet[Household]:
    """By unit or building, by need, by whether anybody answers: what is encrypted cannot be looked for."""
    if not form.is_valid():
        return households.none()
    if words := form.chosen("search"):
        inside = Q(pk__in=households.values("grid")) | Q(pk__in=households.values("grid__parent"))
        households = households.filter(within(Grid.objects.filter(inside).search(words).values_list("lft", "rght")))
    if need := form.chosen("need"):
        households = households.filter(needs__kind=need)
    return households.vacant() if form.chosen("vacant") else households


@never_cache
def household_new(request: HttpRequest) -> HttpResponse:
    """Take a household into care that signed the consent."""
    user = get_registering_user(request.user)
    found = registrable_grids(user)
    if (code := request.GET.get("grid", "")).isdecimal() and (place := Grid.objects.filter(code=code).first()):
        found = found.within(place)
    grids = list(found)
    load_ancestors(grids)
    data = request.POST if request.method == "POST" else None
    form = NewHouseholdForm(
        grids, _people(user, grids), data, initial={"grid": grids[0].code if len(grids) == 1 else ""}
    )
    if form.is_valid():
        try:
            household = services.register_household(actor=user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The household is in care now. What was entered is encrypted."))
            return redirect("household_detail", household.pk)
    context = {"form": form, "text": ConsentText.objects.first(), "grids": grids}
    return render(request, "volunteers/household_new.html", context, status=400 if form.is_bound else 200)


def _people(user: User, grids: list[Grid]) -> list[Candidate] | None:
    """Whom a desk may choose, by reason where the unit is known; None for who answers themselves."""
    if not grids or not is_desk(user, grids[0]):
        return None
    return candidates(grids[0]) if len(grids) == 1 else [Candidate(one, "") for one in people_of(grids[0])]


@require_safe
@never_cache
def household_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A household, masked: what was agreed, who answers for it, its visits and what became of them, who looked."""
    user, household = request.user, get_household(request.user, pk)
    load_ancestors([household.grid])
    page = Paginator(household.visits.select_related("by"), VISITS_SHOWN).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    load_cases(page.object_list, user)
    moves = open_moves(TABLE, HouseholdState(household.state), sides_of(user, household))
    context = {
        "household": household,
        "page": page,
        "moves": {move.action.value for move in moves},
        "may_file": bool(user.active_posts),
        "steps": household.steps.order_by("-pk")[:VISITS_SHOWN],
        "looks": household.reveals.all()[:LOOKS_SHOWN],
        "today": timezone.localdate(),
    }
    return render(request, "volunteers/household_detail.html", context)


def _open(request: HttpRequest, pk: int, action: HouseholdAction) -> Household:
    """The household, where this step is open to the user; 404 out of sight, 403 for another side's."""
    household = get_household(request.user, pk)
    if not household.is_kept:
        raise Http404
    check_move(household, request.user, action)
    load_ancestors([household.grid])
    return household


@never_cache
def household_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is kept; what is encrypted is entered anew and not shown."""
    household = _open(request, pk, HouseholdAction.CHANGE)
    form = HouseholdForm(household, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.change_household(actor=request.user, household=household, **form.inputs())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("household_detail", pk)
    context = {"household": household, "form": form}
    return render(request, "volunteers/household_edit.html", context, status=400 if form.is_bound else 200)


@never_cache
def household_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who answers for it; suggested first is whose area it is."""
    household = _open(request, pk, HouseholdAction.HAND_OVER)
    data = request.POST if request.method == "POST" else None
    form = KeeperForm(candidates(household.grid), household.answered_by, data)
    if form.is_valid():
        try:
            services.hand_over_household(actor=request.user, household=household, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Handed over."))
            return redirect("household_detail", pk)
    context = {"household": household, "form": form}
    return render(request, "volunteers/household_hand_over.html", context, status=400 if form.is_bound else 200)


@never_cache
def household_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """The household consented anew."""
    household = _open(request, pk, HouseholdAction.RENEW)
    form = ConsentFields(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.renew_consent(actor=request.user, household=household, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The consent is recorded."))
            return redirect("household_detail", pk)
    context = {"household": household, "form": form, "text": ConsentText.objects.first()}
    return render(request, "volunteers/household_renew.html", context, status=400 if form.is_bound else 200)


@require_POST
def household_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The household took its consent back; sent twice, it is erased already."""
    household = get_household(request.user, pk)
    if household.is_kept:
        with suppress(StateConflict):  # somebody else did so at this moment
            services.withdraw_consent(actor=request.user, household=household)
    messages.success(request, _("The consent is taken back; everything that tells of the household is erased."))
    return redirect("household_list" if has_part(request.user) else "workbench")


@require_safe
def household_figures(request: HttpRequest) -> HttpResponse:
    """How many households are in care in a street, district or city, told so that no number points to anybody."""
    grid = get_overseen_grid(request.user, request.GET.get("grid", ""))
    if grid.level > Level.STREET:
        raise Http404
    load_ancestors([grid])
    above = {post.grid.code for post in overseen_posts(request.user)}
    context = {"grid": grid, "at": timezone.now(), "own": above, "leads_down": grid.level < Level.STREET}
    return render(request, "volunteers/household_figures.html", context | figures_of(grid))


@require_safe
def consent_text(request: HttpRequest) -> HttpResponse:
    """The text to be read and signed, on paper: the newest one, or an older version."""
    texts, version = ConsentText.objects.all(), request.GET.get("version", "")
    if version:
        text = get_object_or_404(texts, version=int(version) if version.isdecimal() and len(version) < 5 else 0)
    else:
        text = get_object_or_404(texts[:1])
    return render(request, "volunteers/consent_text.html", {"text": text, "versions": texts})
