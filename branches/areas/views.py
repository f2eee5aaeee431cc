"""Members' areas: who answers for which, what lies in none, whether the loads are fair."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.access import check_may_run, community_of, get_branch_to_run, home_grid, may_run
from branches.areas.access import get_area
from branches.areas.dividing import FAIR_PERCENT, deviation, divide, is_fair
from branches.areas.forms import AreaForm, MembersForm, NewAreaForm, SuggestForm
from branches.areas.loads import figures_below, free_buildings, free_buildings_of, load_areas, mean_load
from branches.models import Branch, MemberArea
from branches.refusals import add_refusal
from branches.services import Plot
from grids.access import get_grid
from grids.models import Grid, Level, User
from grids.views import leads_on

PAGE_SIZE = 30
FREE_SHOWN = 60
USUAL_HOUSEHOLDS = 100  # assumed: what a suggestion makes of an area unless told how many


@require_safe
@leads_on
def area_list(request: HttpRequest) -> HttpResponse:
    """A community's areas and what lies in none; above communities, how each grid below stands."""
    code = request.GET.get("grid")
    grid = get_grid(request.user, code) if code else home_grid(request.user)
    if grid is None:
        raise Http404
    grid = community_of(grid)
    context = {"grid": grid, "fair_percent": FAIR_PERCENT, "at": timezone.now()}
    context |= _community(request, grid) if grid.level == Level.COMMUNITY else _below(request, grid)
    return render(request, "branches/area_list.html", context)


def _community(request: HttpRequest, grid: Grid) -> dict:
    user = request.user
    areas = MemberArea.objects.active().within(grid)
    mean = mean_load(areas)
    rows = areas.with_household_count().select_related("branch", "grid").order_by("branch__position", "branch", "name")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = load_areas(page.object_list, mean)
    free = list(free_buildings(grid)[: FREE_SHOWN + 1])
    covering = Branch.objects.covering(grid).select_related("grid") if free else ()
    return {
        "page": page,
        "mean": mean,
        "vacant": MemberArea.objects.vacant().within(grid).count(),
        "free": free[:FREE_SHOWN],
        "has_more_free": len(free) > FREE_SHOWN,
        "branches": [branch for branch in covering if may_run(user, branch)],
    }


def _below(request: HttpRequest, grid: Grid) -> dict:
    page = Paginator(figures_below(grid), PAGE_SIZE).get_page(request.GET.get("page"))
    return {"page": page, "is_above": True}


@require_safe
def area_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One area: its buildings, who answers for it now and who did before."""
    area = get_area(request.user, pk)
    load_areas([area], mean_load(MemberArea.objects.active().within(area.grid)))
    history = ("begun_by", "ended_by")
    context = {
        "area": area,
        "may_run": not area.given_up_on and may_run(request.user, area.branch),
        "members": area.members.select_related("user", *history).order_by("-since", "-pk"),
        "cover": area.cover.select_related("grid", *history).order_by("position", "since"),
        "at": timezone.now(),
    }
    return render(request, "branches/area_detail.html", context)


def _run_area(user: User, pk: int) -> MemberArea:
    area = get_area(user, pk)
    check_may_run(user, area.branch)
    if area.given_up_on:
        raise Http404
    return area


def _community_asked(request: HttpRequest, branch: Branch) -> Grid:
    """The community that a link here has named; else the first that the branch covers something of."""
    if code := request.GET.get("grid"):
        grid = community_of(get_grid(request.user, code))
        if grid.level == Level.COMMUNITY:
            return grid
    cover = branch.cover.filter(until=None).select_related("grid").order_by("position").first()
    top = community_of(cover.grid if cover else branch.grid)
    community = Grid.objects.active().within(top).filter(level=Level.COMMUNITY).order_by("lft").first()
    if community is None:
        raise Http404
    return community


def _people(branch: Branch, community: Grid, also: Iterable[User] = ()) -> list[User]:
    """Who may answer for an area: those posted in the community, who leads the branch, who does so already."""
    led = Q(pk__in=[branch.secretary_id, branch.deputy_id])
    posted = Q(posts__ended_at=None, posts__position__range=(community.lft, community.rght))
    found = User.objects.filter(is_active=True).filter(posted | led).distinct().order_by("name", "pk")
    return list(dict.fromkeys([*found, *also]))


@leads_on
def area_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw an area of a branch's buildings that lie in none."""
    branch = get_branch_to_run(request.user, pk)
    community = _community_asked(request, branch)
    grids = free_buildings_of(branch, community)
    data = request.POST if request.method == "POST" else None
    form = NewAreaForm(grids, _people(branch, community), data, initial={"name": _next_names(branch, 1)[0]})
    if form.is_valid():
        try:
            area = services.draw_area(actor=request.user, branch=branch, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The area %(area)s was drawn.") % {"area": area})
            return redirect("area_detail", area.pk)
    context = {"branch": branch, "community": community, "form": form, "grids": grids}
    return render(request, "branches/area_new.html", context, status=400 if form.is_bound else 200)


def area_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what an area is called and which buildings it has."""
    area = _run_area(request.user, pk)
    own = [row.grid for row in area.cover.active().select_related("grid__parent").order_by("position")]
    grids = sorted({*own, *free_buildings_of(area.branch, area.grid)}, key=lambda grid: grid.lft)
    data = request.POST if request.method == "POST" else None
    form = AreaForm(grids, data, initial={"name": area.name, "grids": [grid.code for grid in own]})
    if form.is_valid():
        try:
            services.change_area(actor=request.user, area=area, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("area_detail", pk)
    context = {"area": area, "form": form, "grids": grids}
    return render(request, "branches/area_edit.html", context, status=400 if form.is_bound else 200)


def area_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who answers for an area from today on."""
    area = _run_area(request.user, pk)
    now = [member.user for member in area.members.active().select_related("user")]
    data = request.POST if request.method == "POST" else None
    people = _people(area.branch, area.grid, now)
    form = MembersForm(people, data, initial={"members": [str(user.pk) for user in now]})
    if form.is_valid():
        try:
            services.hand_over_area(actor=request.user, area=area, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Handed over."))
            return redirect("area_detail", pk)
    status = 400 if form.is_bound else 200
    return render(request, "branches/area_hand_over.html", {"area": area, "form": form}, status=status)


@require_POST
def area_give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an area up."""
    area = get_area(request.user, pk)
    check_may_run(request.user, area.branch)
    services.give_up_area(actor=request.user, area=area)
    messages.success(request, _("The area %(area)s was given up; its buildings are free.") % {"area": area})
    return redirect("area_detail", pk)


@leads_on
def area_suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """A fair division of a branch's free buildings, to be drawn as it is or changed afterwards."""
    branch = get_branch_to_run(request.user, pk)
    community = _community_asked(request, branch)
    grids = free_buildings_of(branch, community)
    if request.method == "POST":
        return _draw_suggested(request, branch, community, grids)
    form = SuggestForm({"areas": request.GET.get("areas") or _usual_count(grids)})
    return _suggest_page(request, branch, community, grids, form)


def _usual_count(grids: list[Grid]) -> int:
    return max(1, round(sum(grid.households for grid in grids) / USUAL_HOUSEHOLDS))


def _suggest_page(
    request: HttpRequest,
    branch: Branch,
    community: Grid,
    grids: list[Grid],
    form: SuggestForm,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    plots = _plots(grids, form.cleaned_data["areas"]) if form.is_valid() else []
    names = _next_names(branch, len(plots))
    context = {
        "branch": branch,
        "community": community,
        "form": form,
        "plots": list(zip(names, plots, strict=True)),
        "problem": problem,
        "fair_percent": FAIR_PERCENT,
    }
    return render(request, "branches/area_suggest.html", context, status=status if form.is_valid() else 400)


def _plots(grids: list[Grid], count: int) -> list[dict]:
    """The buildings of each suggested area, its households, and how far these are from the mean."""
    parts = [[grids[index] for index in part] for part in divide([grid.households for grid in grids], count)]
    mean = sum(grid.households for grid in grids) / len(parts) if parts else 0
    plots = []
    for part in parts:
        load = sum(grid.households for grid in part)
        percent = deviation(load, mean)
        plots.append({"grids": part, "households": load, "percent": percent, "is_fair": is_fair(percent)})
    return plots


def _draw_suggested(request: HttpRequest, branch: Branch, community: Grid, grids: list[Grid]) -> HttpResponse:
    """Draw what was shown: each area comes as its name and the codes of its buildings."""
    names, rows = request.POST.getlist("name"), request.POST.getlist("codes")
    codes = {code for row in rows for code in row.split() if code.isascii() and code.isdigit()}
    found = {grid.code: grid for grid in Grid.objects.within(community).filter(code__in=codes)}
    plots = [
        Plot(name, tuple(found[code] for code in row.split() if code in found))
        for name, row in zip(names, rows, strict=False)
    ]
    try:
        services.draw_areas(actor=request.user, branch=branch, plots=plots)
    except ValidationError as error:
        problem = " ".join(error.messages)
        form = SuggestForm({"areas": len(plots) or 1})
        return _suggest_page(request, branch, community, grids, form, problem=problem, status=400)
    messages.success(request, _("%(count)d areas were drawn. Say who answers for each.") % {"count": len(plots)})
    return redirect(f"{reverse('area_list')}?grid={community.code}")


def _next_names(branch: Branch, count: int) -> list[str]:
    """Names that the branch has not given: area 1, area 2 …"""
    given = set(branch.areas.active().values_list("name", flat=True))
    names, number = [], 0
    while len(names) < count:
        number += 1
        name = _("Area %(number)d") % {"number": number}
        if name not in given:
            names.append(name)
    return names
