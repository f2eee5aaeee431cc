"""Pages of coverage and planning: who has a branch, who has none, and which new ones would fit."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import listings, services
from branches.access import may_keep_branches
from branches.coverage import Coverage, is_misfit, uncovered
from branches.forms import PlanForm
from branches.models import Branch, BranchGrid
from branches.planning import FEWEST_MEMBERS, Group, figures, joined
from branches.proposals import Survey, survey_all, total
from branches.services.planning import Planned
from branches.views import page_of
from grids import exporting
from grids.access import get_grid, get_overseen_grid, may_oversee
from grids.models import Grid, Level, load_ancestors

CHILDREN = 50


@require_safe
def branch_coverage(request: HttpRequest) -> HttpResponse:
    """Which buildings have a branch, own or inherited, and which have none; branches that are too small or large."""
    user, at = request.user, timezone.now()
    grid = get_overseen_grid(request.user, request.GET.get("grid", ""))
    without = uncovered(grid)
    if exporting.is_wanted(request):
        return exporting.respond(
            name=_("Buildings without a branch"),
            columns=listings.UNCOVERED,
            rows=exporting.in_chunks(without, load_ancestors),
            count=without.count(),
            filters=exporting.stated((_("Grid"), grid)),
            user=user,
            at=at,
        )
    coverage = Coverage(grid)
    page = page_of(without, request)
    load_ancestors(page.object_list)
    below = list(Grid.objects.active().filter(parent=grid).order_by("lft")[:CHILDREN])
    branches = list(Branch.objects.active().within(grid).select_related("grid").order_by("position", "name"))
    for branch in branches:
        branch.households = coverage.households[branch.pk]
    placed = set(BranchGrid.objects.active().filter(branch__in=branches).values_list("branch", flat=True))
    solo = [branch for branch in branches if branch.kind == Branch.Kind.SOLO and branch.pk in placed]
    misfits = [branch for branch in solo if is_misfit(branch)]
    placeless = [branch for branch in branches if branch.pk not in placed]
    context = {
        "grid": grid,
        "above": [above for above in grid.ancestors if may_oversee(user, above)],
        "total": coverage.total,
        "children": [(child, coverage.by_child[child.code]) for child in below if child.code in coverage.by_child],
        "page": page,
        "branches": branches,
        "solo": len(solo),
        "misfits": len(misfits),
        "sizes": Paginator([*placeless, *misfits], CHILDREN).get_page(request.GET.get("sizes")),
        "placed": placed,
        "at": at,
    }
    return render(request, "branches/branch_coverage.html", context)


@require_safe
def branch_plans(request: HttpRequest) -> HttpResponse:
    """What the planner proposes for every community of a grid, in figures."""
    grid = get_overseen_grid(request.user, request.GET.get("grid", ""))
    if grid.level > Level.COMMUNITY:
        raise Http404
    lines = survey_all(grid)
    if exporting.is_wanted(request):
        load_ancestors(line.community for line in lines)
        return exporting.respond(
            name=_("Proposed branches"),
            columns=listings.PLANS,
            rows=lines,
            count=len(lines),
            filters=exporting.stated((_("Grid"), grid)),
            user=request.user,
            at=timezone.now(),
        )
    page = page_of(lines, request, CHILDREN)
    load_ancestors(line.community for line in page.object_list)
    context = {"grid": grid, "page": page, "total": total(lines), "at": timezone.now()}
    return render(request, "branches/branch_plans.html", context)


@dataclass
class Proposed:
    """A set as the page shows it; its fields carry the code of its first building."""

    code: str
    group: Group
    name: str
    members: int | None
    is_left_out: bool
    begins_run: bool  # there is no neighbour before it
    partners: list[str] = field(default_factory=list)  # of a shared branch, the sets that go up in this one's

    @property
    def kind(self) -> str:
        return Branch.Kind.JOINT if self.partners else Branch.Kind.SOLO


@require_http_methods(["GET", "HEAD", "POST"])
def branch_plan(request: HttpRequest, code: str) -> HttpResponse:
    """The proposal for one community; sent, as a person has moved its borders. Nothing is founded here."""
    community = _community(request, code)
    return _plan_page(request, community, Plan(community, request.POST))


@require_POST
def branch_plan_accept(request: HttpRequest, code: str) -> HttpResponse:
    """Found the branches of the plan."""
    community = _community(request, code)
    if not may_keep_branches(request.user, community):
        raise PermissionDenied
    try:
        branches = services.accept_plan(
            actor=request.user,
            community=community,
            planned=Plan(community, request.POST, as_sent=True).planned,
            fingerprint=request.POST.get("fingerprint", ""),
        )
    except ValidationError as error:
        return _plan_page(request, community, Plan(community, request.POST), error.messages)
    messages.success(request, _("%(count)d branches have been founded.") % {"count": len(branches)})
    return redirect(f"{reverse('branch_list')}?grid={community.code}")


def _community(request: HttpRequest, code: str) -> Grid:
    community = get_grid(request.user, code)
    if community.level != Level.COMMUNITY or not may_oversee(request.user, community):
        raise Http404
    return community


def _plan_page(request: HttpRequest, community: Grid, plan: "Plan", problems: Iterable[str] = ()) -> HttpResponse:
    context = {
        "community": community,
        "survey": plan.survey,
        "sets": plan.sets,
        "figures": figures(plan.groups),
        "fewest": FEWEST_MEMBERS,
        "problems": problems,
        "may_found": may_keep_branches(request.user, community),
    }
    return render(request, "branches/branch_plan.html", context, status=400 if problems else 200)


class Plan:
    """The sets of a community: as proposed, or as a person left them.

    `as_sent`, they are of the buildings that stood on the page, so that what is sent twice is the same twice.
    """

    def __init__(self, community: Grid, sent: QueryDict, *, as_sent: bool = False):
        self.survey, form = Survey(community), PlanForm(sent)
        if form.is_changed:
            self.groups = self.survey.cut(form.beginnings, form.listed if as_sent else None)
        else:
            self.groups = self.survey.groups
        codes = [group.buildings[0].code for group in self.groups]
        given = {code: form.name(code).strip() for code in codes}
        free = iter(name for name in self.survey.names(2 * len(codes)) if name not in given.values())
        beginnings = {run[0].code for run in self.survey.runs}
        self.sets = [
            Proposed(
                code,
                group,
                given[code] or next(free),
                form.members(code),
                form.is_left_out(code),
                begins_run=code in beginnings,
            )
            for code, group in zip(codes, self.groups, strict=True)
        ]
        self._share()

    def _share(self) -> None:
        """Where members are few, neighbours share a branch, which is called as the first of them."""
        chosen = [one for one in self.sets if not one.is_left_out]
        self.shared = [[chosen[place] for place in run] for run in joined([one.members for one in chosen])]
        for first, *others in self.shared:
            first.partners = [one.name for one in others]

    @property
    def planned(self) -> list[Planned]:
        return [
            Planned(run[0].name, run[0].kind, tuple(building.code for one in run for building in one.group.buildings))
            for run in self.shared
        ]
