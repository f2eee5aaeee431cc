"""Pages of resources: the year of one branch or community, and of all below a grid."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches import services
from branches.access import get_asked_branch, home_grid
from branches.models import Branch, Budget, BudgetLine, ResourceEntry
from branches.models.resource import shown_amount
from branches.pictures import serve
from branches.refusals import add_refusal
from branches.resources.access import (
    check_may_reverse,
    check_may_spend,
    check_may_spend_from,
    get_budget,
    may_reverse,
    may_spend,
    may_spend_for,
    visible_budgets,
)
from branches.resources.figures import by_kind, money_below, part_of, totals
from branches.resources.forms import EntryForm, LineChangeForm, LineForm, PlanForm, ReversalForm, YearForm
from branches.resources.sheets import budget_sheet
from grids import exporting
from grids.access import get_grid, visible_grids
from grids.models import Grid, Level, User
from grids.views import leads_on

PAGE_SIZE = 20


@require_safe
@leads_on
def budget_list(request: HttpRequest) -> HttpResponse:
    """The budgets of a year that I may see, on a grid and below; with its sums and those of the grids below."""
    user, form = request.user, YearForm(request.GET)
    year, grid = form.chosen_year(), _asked_grid(request)
    budgets = visible_budgets(user).filter(year=year)
    budgets = budgets.within(grid) if grid else budgets
    listed = budgets.select_related("grid", "branch").order_by("position", "pk")
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = totals(budgets)
    context = {
        "grid": grid,
        "year": year,
        "page": page,
        "rows": rows,
        "kinds": by_kind(rows),
        "below": _money_of_children(user, grid, budgets) if grid else [],
        "may_plan": grid is not None and grid.level == Level.COMMUNITY and may_spend_for(user, None, grid),
    }
    return render(request, "branches/budget_list.html", context, status=200 if form.is_valid() else 400)


def _asked_grid(request: HttpRequest) -> Grid | None:
    """The grid of the link; without one, where the person is at home: no budget lies below communities."""
    code = request.GET.get("grid")
    return get_grid(request.user, code) if code else home_grid(request.user)


def _money_of_children(user: User, grid: Grid, budgets: QuerySet[Budget]) -> list[tuple]:
    """The grids directly below that have money in their plans, each with its sum."""
    if grid.level >= Level.COMMUNITY:
        return []
    money = money_below(grid, budgets)
    children = visible_grids(user).filter(parent=grid).order_by("lft")
    found = ((child, money.get(part_of(grid, child))) for child in children)
    return [(child, total) for child, total in found if total]


@leads_on
def budget_plan(request: HttpRequest) -> HttpResponse:
    """Begin a year of a branch, `?branch=`, or of a community, `?grid=`."""
    branch, grid = _asked_owner(request)
    check_may_spend(request.user, branch, grid)
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            budget = services.plan_budget(actor=request.user, branch=branch, grid=grid, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            return redirect("budget_detail", budget.pk)
    context = {"form": form, "branch": branch, "grid": grid}
    return render(request, "branches/budget_plan.html", context, status=400 if form.errors else 200)


def _asked_owner(request: HttpRequest) -> tuple[Branch | None, Grid]:
    if key := request.GET.get("branch"):
        branch = get_asked_branch(request.user, key)
        return branch, branch.grid
    return None, get_grid(request.user, request.GET.get("grid", ""))


@require_safe
def budget_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A year: lines with what is left or over, totals, and the entries, newest first."""
    user, budget = request.user, get_budget(request.user, pk)
    lines = list(_lines(budget))
    entries = _entries(budget)
    if exporting.is_wanted(request):
        count = entries.count()
        return budget_sheet(budget, lines, entries.iterator(chunk_size=1000), count, user, timezone.now())
    rows = totals(Budget.objects.filter(pk=budget.pk))
    context = {
        "budget": budget,
        "lines": lines,
        "over": [line for line in lines if line.over],
        "rows": rows,
        "kinds": by_kind(rows),
        "page": Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page")),
        "others": _other_years(budget),
        "may_spend": may_spend(user, budget),
        "may_reverse": may_reverse(user, budget),
    }
    return render(request, "branches/budget_detail.html", context)


def _lines(budget: Budget) -> QuerySet[BudgetLine]:
    return budget.lines.with_spent().select_related("organisation").order_by("pk")


def _entries(budget: Budget) -> QuerySet[ResourceEntry]:
    entries = ResourceEntry.objects.filter(line__budget=budget)
    return entries.select_related("line", "entered_by", "receipt", "reversal").order_by("-spent_on", "-pk")


def _other_years(budget: Budget) -> QuerySet[Budget]:
    owner = {"branch": budget.branch_id} if budget.branch_id else {"branch": None, "grid": budget.grid_id}
    return Budget.objects.filter(**owner).exclude(pk=budget.pk).order_by("-year")


def budget_line_add(request: HttpRequest, pk: int) -> HttpResponse:
    """One more line of the plan."""
    budget = get_budget(request.user, pk)
    check_may_spend_from(request.user, budget)
    form = LineForm(budget, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_line(actor=request.user, budget=budget, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The line is added."))
            return redirect("budget_detail", budget.pk)
    context = {"form": form, "budget": budget}
    return render(request, "branches/budget_line_add.html", context, status=400 if form.errors else 200)


def budget_line_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan another amount for a line."""
    line = _get_line(request.user, pk)
    form = LineChangeForm(line, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_line(actor=request.user, line=line, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The plan is changed."))
            return redirect("budget_detail", line.budget_id)
    changes = line.changes.select_related("by")
    context = {"form": form, "line": line, "budget": line.budget, "changes": changes}
    return render(request, "branches/budget_line_change.html", context, status=400 if form.errors else 200)


def resource_enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter what was spent of a line."""
    line = _get_line(request.user, pk)
    form = EntryForm(request.user, line, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.enter_spending(actor=request.user, line=line, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            _tell_left(request, line)
            return redirect("budget_detail", line.budget_id)
    context = {"form": form, "line": line, "budget": line.budget}
    return render(request, "branches/resource_enter.html", context, status=400 if form.errors else 200)


def _tell_left(request: HttpRequest, line: BudgetLine) -> None:
    """More than planned is allowed, and said at once."""
    line = BudgetLine.objects.with_spent().get(pk=line.pk)
    said = {"purpose": line.purpose, "amount": shown_amount(abs(line.left), line.unit)}
    if line.over:
        messages.warning(request, _("Entered. “%(purpose)s” is now %(amount)s over its plan.") % said)
    else:
        messages.success(request, _("Entered. “%(purpose)s” has %(amount)s left.") % said)


def resource_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry back, with a reason."""
    entry = get_object_or_404(ResourceEntry.objects.select_related("line", "entered_by", "receipt"), pk=pk)
    line = _get_line(request.user, entry.line_id, check_may_reverse)
    form = ReversalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.reverse_entry(actor=request.user, entry=entry, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("The entry is reversed."))
            return redirect("budget_detail", line.budget_id)
    context = {"form": form, "entry": entry, "line": line, "budget": line.budget}
    return render(request, "branches/resource_reverse.html", context, status=400 if form.errors else 200)


@require_safe
def resource_receipt(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The photo of a receipt, for who may see the budget."""
    entry = get_object_or_404(ResourceEntry.objects.select_related("line", "receipt").exclude(receipt=None), pk=pk)
    get_budget(request.user, entry.line.budget_id)
    return serve(request, entry.receipt, small="small" in request.GET)


def _get_line(user: User, pk: int, check: Callable[[User, Budget], None] = check_may_spend_from) -> BudgetLine:
    """The line, with its budget; 404 out of sight, PermissionDenied for who only looks on."""
    line = get_object_or_404(BudgetLine.objects.with_spent().select_related("organisation"), pk=pk)
    line.budget = get_budget(user, line.budget_id)
    check(user, line.budget)
    return line
