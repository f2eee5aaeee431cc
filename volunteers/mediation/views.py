"""Pages of joint mediations: the list, opening one, and one with its sessions, its end and its follow-ups."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from branches import references
from branches.cases import load_cases
from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from grids.access import SeveralSuccessors, find_grid
from grids.models import Grid, Level, User
from grids.tree import community_code
from volunteers import services
from volunteers.forms import RevealForm
from volunteers.mediation.access import get_mediation, may_open_mediations, sides_of, visible_mediations
from volunteers.mediation.forms import ChangeForm, EndForm, FollowUpForm, OpenForm, SessionForm
from volunteers.mediation.showing import openable_communities
from volunteers.mediation.workflow import TABLE, MediationAction, MediationSide, MediationState
from volunteers.models import Mediation
from volunteers.people import is_police, load_posts
from volunteers.workflow import open_moves

PAGE_SIZE = 20
ENDS = {
    MediationAction.AGREE: services.agree,
    MediationAction.FAIL: services.end_without_agreement,
    MediationAction.HAND_ON: services.hand_on,
    MediationAction.REOPEN: services.reopen_mediation,
}
DONE = {
    MediationAction.AGREE: gettext_lazy("The agreement is noted."),
    MediationAction.FAIL: gettext_lazy("Ended without agreement."),
    MediationAction.HAND_ON: gettext_lazy("Handed on."),
    MediationAction.REOPEN: gettext_lazy("Under way again."),
}


@require_safe
def mediation_list(request: HttpRequest) -> HttpResponse:
    """Mediations under way, or ended ones, of those that I may see."""
    user, is_past = request.user, request.GET.get("when") == "past"
    found = visible_mediations(user)
    found = found.ended().order_by("-ended_at", "-pk") if is_past else found.open().order_by("-opened_at", "-pk")
    page = Paginator(found.prefetch_related("mediators"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "is_past": is_past,
        "may_open": bool(openable_communities(user)),
        "at": timezone.now(),
    }
    return render(request, "volunteers/mediation_list.html", context)


def mediation_open(request: HttpRequest) -> HttpResponse:
    """Open a mediation, also out of a case; 404 for a case or place out of sight."""
    user, number = request.user, request.GET.get("case", "")
    case = references.found(user, "event", number) if number else None
    if number and case is None:
        raise Http404
    place = _asked_place(request)
    if place is None:
        communities = openable_communities(user)
        if not communities:
            raise PermissionDenied
        if len(communities) > 1:
            return render(request, "volunteers/mediation_open.html", {"communities": communities, "number": number})
        place = communities[0]
    community = Grid.objects.get(code=community_code(place.code))
    if not may_open_mediations(user, place):
        raise PermissionDenied
    initial = {"grid": place.code, "mediators": [user.pk], "case": number}
    form = OpenForm(user, community, request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            mediation = services.open_mediation(actor=user, **form.inputs())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Opened; who mediates with you has been told."))
            return redirect("mediation_detail", mediation.pk)
    context = {
        "form": form,
        "community": community,
        "case": case,
        "rows": form.fields["parties"].rows(form["parties"].value() if form.is_bound else None),
        "people": _people(form, community),
        "chosen": {str(key) for key in form["mediators"].value() or ()},
        "kept_days": settings.MEDIATION_KEPT_DAYS,
    }
    return render(request, "volunteers/mediation_open.html", context, status=400 if form.errors else 200)


def _asked_place(request: HttpRequest) -> Grid | None:
    """The community or building that the address names; of a unit the building; 404 out of sight or above."""
    code = request.GET.get("grid", "")
    if not code:
        return None
    try:
        grid = find_grid(request.user, code)
    except SeveralSuccessors as error:
        grid = error.grids[0]
    if grid is None or grid.level < Level.COMMUNITY:
        raise Http404
    return grid.parent if grid.level > Level.BUILDING else grid


def _people(form: OpenForm | ChangeForm, community: Grid) -> list[User]:
    """Who may mediate, the police first, with their posts."""
    people = load_posts(form.fields["mediators"].queryset.order_by("name", "pk"), community)
    return sorted(people, key=lambda person: not is_police(person))


# One mediation


@require_safe
def mediation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mediation; names and phones are masked."""
    return _page(request, get_mediation(request.user, pk))


def mediation_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Who mediates from now on, and who the parties are."""
    user, mediation = request.user, _ours(request, pk)
    if mediation.state not in TABLE[MediationAction.CHANGE].states:
        return redirect("mediation_detail", pk)
    form = ChangeForm(mediation, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_mediation(actor=user, mediation=mediation, **form.cleaned_data)
        except StateConflict as error:
            return _page(request, get_mediation(user, pk), problem=str(error), status=409)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Changed."))
            still = visible_mediations(user).filter(pk=pk).exists()
            return redirect("mediation_detail", pk) if still else redirect("mediation_list")
    context = {
        "form": form,
        "mediation": mediation,
        "rows": form.fields["parties"].rows(form["parties"].value() if form.is_bound else None),
        "people": _people(form, Grid.objects.get(code=community_code(mediation.grid.code))),
        "chosen": {str(key) for key in form["mediators"].value() or ()},
        "parties": mediation.parties.all(),
        "kept_days": settings.MEDIATION_KEPT_DAYS,
    }
    return render(request, "volunteers/mediation_change.html", context, status=400 if form.errors else 200)


@never_cache
def mediation_parties(request: HttpRequest, pk: int) -> HttpResponse:
    """Names and phones in full, for this one answer, once somebody has said what for."""
    mediation = get_mediation(request.user, pk)
    if not sides_of(request.user, mediation) & TABLE[MediationAction.REVEAL].sides:
        raise PermissionDenied
    form, parties = RevealForm(request.POST if request.method == "POST" else None), []
    if request.method == "POST" and form.is_valid():
        try:
            parties = services.reveal_parties(actor=request.user, mediation=mediation, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
    context = {"mediation": mediation, "form": form, "parties": parties}
    return render(request, "volunteers/mediation_parties.html", context, status=400 if form.errors else 200)


@require_POST
def mediation_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that they met, or when they will."""
    mediation, form = _ours(request, pk), SessionForm(request.POST)
    return _done(
        request, mediation, "session", form,
        lambda: services.note_session(actor=request.user, mediation=mediation, **form.cleaned_data),
        _("Noted."),
    )  # fmt: skip


@require_POST
def mediation_end(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """They agreed, did not, it is handed on, or taken up again."""
    mediation, form = _ours(request, pk), EndForm(request.POST)
    if action not in ENDS:
        raise Http404

    def end() -> Mediation:
        texts = {} if action == MediationAction.REOPEN else {"text": form.cleaned_data["text"]}
        days = {"follow_ups": form.follow_ups()} if action == MediationAction.AGREE else {}
        return ENDS[action](actor=request.user, mediation=mediation, **texts, **days)

    return _done(request, mediation, action, form, end, DONE[action])


@require_POST
def follow_up_note(request: HttpRequest, pk: int, follow_up: int) -> HttpResponse:
    """Somebody asked whether the agreement holds."""
    mediation, form = _ours(request, pk), FollowUpForm(request.POST)
    asked = get_object_or_404(mediation.follow_ups, pk=follow_up)
    return _done(
        request, mediation, f"follow-up-{follow_up}", form,
        lambda: services.note_follow_up(actor=request.user, mediation=mediation, follow_up=asked, **form.cleaned_data),
        _("Noted."),
    )  # fmt: skip


def _ours(request: HttpRequest, pk: int) -> Mediation:
    """The mediation, for who mediates and the desk; 404 out of sight, PermissionDenied for the auditor."""
    mediation = get_mediation(request.user, pk)
    if not sides_of(request.user, mediation) & {MediationSide.MEDIATOR, MediationSide.DESK}:
        raise PermissionDenied
    return mediation


def _done(request: HttpRequest, mediation: Mediation, about: str, form, act, sentence) -> HttpResponse:
    """Do it, or show the page with what was refused and with what was typed."""
    form.about = about
    if not form.is_valid():
        return _page(request, mediation, form, status=400)
    try:
        act()
    except StateConflict as error:
        return _page(request, get_mediation(request.user, mediation.pk), form, problem=str(error), status=409)
    except ValidationError as error:
        add_refusal(form, error)
        return _page(request, get_mediation(request.user, mediation.pk), form, status=400)
    messages.success(request, sentence)
    return redirect("mediation_detail", mediation.pk)


def _page(request: HttpRequest, mediation: Mediation, form=None, problem: str = "", status: int = 200) -> HttpResponse:
    user, at, sides = request.user, timezone.now(), sides_of(request.user, mediation)
    moves = {move.action.value for move in open_moves(TABLE, MediationState(mediation.state), sides)}
    load_cases([mediation], user)
    number = mediation.case_number
    context = {
        "mediation": mediation,
        "moves": set() if mediation.erased_at else moves,
        "parties": mediation.parties.all(),
        "mediators": mediation.mediators.order_by("name", "pk"),
        "sessions": mediation.sessions.select_related("noted_by"),
        "follow_ups": mediation.follow_ups.select_related("done_by"),
        "came_from": references.found(user, "event", number) if number else None,
        "may_file": mediation.state == MediationState.HANDED_ON and not number and not mediation.is_filed
        and bool(sides - {MediationSide.AUDITOR} and user.active_posts),
        "steps": mediation.steps.order_by("-pk"),
        "reveals": mediation.reveals.all() if sides & {MediationSide.DESK, MediationSide.AUDITOR} else (),
        "session_form": form if getattr(form, "about", "") == "session" else SessionForm(),
        "end_form": EndForm.fresh(timezone.localdate(at)),
        "form": form,
        "typed": "\n".join(form.data.get(name, "") for name in ("text", "note")).strip() if form else "",
        "problem": problem,
        "kept_days": settings.MEDIATION_KEPT_DAYS,
        "at": at,
    }  # fmt: skip
    return render(request, "volunteers/mediation_detail.html", context, status=status)
