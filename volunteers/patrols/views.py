"""Pages of joint patrols: the list, planning one where something occurred, and one with what it found."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from branches.cases import load_cases
from branches.exceptions import StateConflict
from branches.refusals import add_refusal
from grids.access import get_grid
from grids.models import Grid, Level, User
from volunteers import services
from volunteers.models import Patrol
from volunteers.patrols.access import get_patrol, may_plan_patrols, plannable_communities, sides_of, visible_patrols
from volunteers.patrols.forms import PatrolForm, WordForm
from volunteers.patrols.suggesting import DAYS, Hint, hints
from volunteers.patrols.workflow import TABLE, PatrolAction, PatrolSide, PatrolState
from volunteers.people import is_police, load_posts
from volunteers.workflow import open_moves

PAGE_SIZE = 20
SUGGESTED = 5  # buildings that a fresh plan has ticked
ACTS = {
    PatrolAction.START: services.start_patrol,
    PatrolAction.FINISH: services.finish_patrol,
    PatrolAction.NOTE: services.note_patrol,
    PatrolAction.CALL_OFF: services.call_off_patrol,
}
DONE = {
    PatrolAction.START: gettext_lazy("Under way: note what you find on the spot."),
    PatrolAction.FINISH: gettext_lazy("Finished."),
    PatrolAction.NOTE: gettext_lazy("Noted."),
    PatrolAction.CALL_OFF: gettext_lazy("Called off."),
}


def _asked_community(request: HttpRequest) -> Grid | None:
    """The grid of the address: one where the user plans, or that they may see; else 404."""
    code = request.GET.get("grid", "")
    planned = plannable_communities(request.user).filter(code=code).first() if code.isdecimal() else None
    return planned or (get_grid(request.user, code) if code else None)


@require_safe
def patrol_list(request: HttpRequest) -> HttpResponse:
    """Patrols to come, or past ones: of a grid with all below it, or all that I may see."""
    user, grid = request.user, _asked_community(request)
    patrols = visible_patrols(user).annotate(found=Count("findings", distinct=True))
    patrols = patrols.within(grid) if grid else patrols
    is_past = request.GET.get("when") == "past"
    page = Paginator(patrols.past() if is_past else patrols.coming(), PAGE_SIZE).get_page(request.GET.get("page"))
    may_plan = may_plan_patrols(user, grid) if grid else plannable_communities(user).exists()
    context = {"page": page, "is_past": is_past, "grid": grid, "may_plan": may_plan, "at": timezone.now()}
    return render(request, "volunteers/patrol_list.html", context)


# Planning


def patrol_plan(request: HttpRequest) -> HttpResponse:
    """Plan a patrol of a community: the buildings where something occurred stand first, with the number of it."""
    user, community, at = request.user, _asked_community(request), timezone.now()
    if community is None or community.level != Level.COMMUNITY:
        return _choose_community(request, community)
    if not may_plan_patrols(user, community):
        raise PermissionDenied
    found = hints(user, community, at)
    if request.method != "POST":
        form = PatrolForm(community, initial=_fresh_plan(user, found, at))
        return _plan_page(request, community, form, found)
    form = PatrolForm(community, request.POST)
    if form.is_valid():
        try:
            patrol = services.plan_patrol(
                actor=user, community=community, plan=form.plan(), key=form.cleaned_data["key"], at=at
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Planned; who goes has been told."))
            return redirect("patrol_detail", patrol.pk)
    return _plan_page(request, community, form, found, status=400)


def _choose_community(request: HttpRequest, grid: Grid | None) -> HttpResponse:
    """Of which community: straight on where there is only one."""
    communities = plannable_communities(request.user)
    communities = communities.filter(lft__range=(grid.lft, grid.rght)) if grid else communities
    found = list(communities[: PAGE_SIZE * 5])
    if not found:
        raise PermissionDenied
    if len(found) == 1 and request.method == "GET":
        return redirect(f"{request.path}?grid={found[0].code}")
    return render(request, "volunteers/patrol_plan.html", {"communities": found})


def _fresh_plan(user: User, found: dict[str, list[Hint]], at: datetime) -> dict:
    """What suggests itself: the next hour, the buildings with most cases, and oneself."""
    most = sorted(found, key=lambda code: -sum(hint.count for hint in found[code]))
    return {
        "aim": _("Joint check for dangers to public safety"),
        "starts_at": PatrolForm.next_hour(at),
        "minutes": 60,
        "buildings": most[:SUGGESTED],
        "people": [user.pk],
    }


def patrol_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change who goes when to where, as long as it is not over."""
    user, patrol = request.user, get_patrol(request.user, pk)
    if PatrolSide.PLANNER not in sides_of(user, patrol):
        raise PermissionDenied
    if patrol.state not in TABLE[PatrolAction.CHANGE].states:
        return redirect("patrol_detail", pk)
    found = hints(user, patrol.grid, timezone.now())
    form = PatrolForm(patrol.grid, request.POST if request.method == "POST" else None, patrol=patrol)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_patrol(actor=user, patrol=patrol, plan=form.plan())
        except StateConflict as error:
            return _page(request, get_patrol(user, pk), problem=str(error), status=409)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Changed."))
            return redirect("patrol_detail", pk)
    return _plan_page(request, patrol.grid, form, found, patrol, status=400 if form.errors else 200)


def _plan_page(
    request: HttpRequest,
    community: Grid,
    form: PatrolForm,
    found: dict[str, list[Hint]],
    patrol: Patrol | None = None,
    status: int = 200,
) -> HttpResponse:
    buildings = list(form.fields["buildings"].queryset)
    for building in buildings:
        building.hints = found.get(building.code, [])
        building.cases = sum(hint.count for hint in building.hints)
    context = {
        "form": form,
        "community": community,
        "patrol": patrol,
        "pressing": sorted((one for one in buildings if one.hints), key=lambda one: -one.cases),
        "others": [one for one in buildings if not one.hints],
        "chosen_buildings": {str(code) for code in form["buildings"].value() or ()},
        "groups": _groups(community, form.fields["people"].queryset),
        "chosen_people": {str(key) for key in form["people"].value() or ()},
        "days": DAYS,
    }
    template = "volunteers/patrol_change.html" if patrol else "volunteers/patrol_plan.html"
    return render(request, template, context, status=status)


def _groups(community: Grid, people: Iterable[User]) -> list[tuple[str, list[User]]]:
    """Who may go, by what they are here: police, posts, enrolled members; each with their posts in words."""
    groups = {_("Police"): [], _("Grid staff and desk"): [], _("Members enrolled here"): []}
    police, staff, members = groups.values()
    for person in load_posts(people, community):
        group = police if is_police(person) else staff if person.posts_here else members
        group.append(person)
    return [(label, found) for label, found in groups.items() if found]


# One patrol


@require_safe
def patrol_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One patrol: who goes where, what they found, and what became of each finding."""
    return _page(request, get_patrol(request.user, pk))


@require_POST
def patrol_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Set out, finish, note something, or call it off."""
    user, patrol, form = request.user, get_patrol(request.user, pk), WordForm(request.POST)
    act = ACTS.get(action)
    if act is None:
        raise Http404
    form.action = action
    if not form.is_valid():
        return _page(request, patrol, form, status=400)
    texts = {} if action == PatrolAction.START else form.cleaned_data
    try:
        act(actor=user, patrol=patrol, **texts)
    except StateConflict as error:
        return _page(request, get_patrol(user, pk), form, problem=str(error), status=409)
    except ValidationError as error:
        add_refusal(form, error)
        return _page(request, get_patrol(user, pk), form, status=400)
    messages.success(request, DONE[action])
    return redirect("patrol_detail", pk)


def _page(
    request: HttpRequest, patrol: Patrol, form: WordForm | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    user, sides = request.user, sides_of(request.user, patrol)
    findings = list(patrol.findings.select_related("grid", "found_by"))
    load_cases(findings, user)
    context = {
        "patrol": patrol,
        "moves": {move.action.value for move in open_moves(TABLE, PatrolState(patrol.state), sides)},
        "people": patrol.people.order_by("name", "pk"),
        "places": patrol.places.select_related("grid"),
        "findings": findings,
        "may_file": bool(sides and user.active_posts),
        "steps": patrol.steps.order_by("-pk"),
        "form": form,
        "problem": problem,
        "at": timezone.now(),
    }
    return render(request, "volunteers/patrol_detail.html", context, status=status)
