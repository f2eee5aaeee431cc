"""Resources on other pages: amounts as people write them, and the card of a branch or community."""

from django import template
from django.utils import timezone

from branches.models import Branch, Budget, BudgetLine
from branches.models.resource import shown_amount
from branches.resources.access import may_spend_for, visible_budgets
from branches.resources.figures import by_kind, totals
from grids.models import Grid, User

register = template.Library()
register.filter("amount", shown_amount)


@register.filter
def share(line: BudgetLine) -> int:
    """How much of the plan is spent, in whole percent for a bar; never more than fits it."""
    return min(int(line.spent * 100 / line.planned), 100) if line.planned and line.spent > 0 else 0


@register.inclusion_tag("branches/_resources.html")
def resources_of(branch: Branch, user: User) -> dict:
    """For the page of a branch: its newest year in sums. Three queries at most, and those of its rights."""
    return _card(visible_budgets(user).filter(branch=branch), user, branch, branch.grid, f"branch={branch.pk}")


@register.inclusion_tag("branches/_resources.html")
def resources_on(grid: Grid, user: User) -> dict:
    """For the page of a community: the newest year of its own."""
    return _card(visible_budgets(user).filter(branch=None, grid=grid), user, None, grid, f"grid={grid.code}")


def _card(budgets, user: User, branch: Branch | None, grid: Grid, query: str) -> dict:
    budget = budgets.filter(year__lte=timezone.localdate().year).order_by("-year").first()
    return {
        "budget": budget,
        "kinds": by_kind(totals(Budget.objects.filter(pk=budget.pk))) if budget else [],
        "may_plan": may_spend_for(user, branch, grid),
        "query": query,
    }
