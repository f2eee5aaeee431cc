"""A community's budgets go with it, so that what is left can be spent and what was wrong can be reversed."""

from branches.models import Budget, BudgetLine
from branches.services.rehoming.news import News


def carry_budgets(news: News) -> None:
    """Each year to who continues the community; where that has the year itself, its lines stand among those.

    Lines keep their entries, so every sum that held both places is as it was; each says where it comes from.
    """
    of_grids = Budget.objects.select_for_update(of=("self",)).filter(branch=None).order_by("pk")
    going = list(of_grids.filter(grid=news.ended))
    there = {budget.year: budget for budget in of_grids.filter(grid=news.heir)} if going else {}
    lines = BudgetLine.objects.filter(budget__in=going)
    lines.filter(came_from="").update(came_from=news.change.old_name)
    for budget in going:
        if budget.year in there:
            news.count(BudgetLine, lines.filter(budget=budget).update(budget=there[budget.year]))
            budget.delete()  # an empty cover now
    news.carry(Budget.objects.filter(branch=None, grid=news.ended))
