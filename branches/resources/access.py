"""Whose budgets a person sees, and who plans and spends: who runs the branch, or answers for the community."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from branches.access import may_run, may_run_for, visible_branches
from branches.models import Branch, Budget
from branches.models.divided import read_along_by
from grids.access import may_oversee, visible_grids
from grids.models import Grid, User


def visible_budgets(user: User) -> QuerySet[Budget]:
    """Those of the branches and of the grids that the user may see."""
    of_branches = Q(branch__in=visible_branches(user))
    of_grids = Q(grid__in=visible_grids(user)) | read_along_by(user)
    return Budget.objects.filter(of_branches | (Q(branch=None) & of_grids))


def get_budget(user: User, pk: int) -> Budget:
    """The budget; 404 where the user may not see it."""
    return get_object_or_404(visible_budgets(user).select_related("grid", "branch"), pk=pk)


def may_spend_for(user: User, branch: Branch | None, grid: Grid) -> bool:
    """Whether the user plans and spends for the branch, or without one for the grid."""
    return may_run(user, branch) if branch else not grid.retired_at and may_run_for(user, grid)


def may_spend(user: User, budget: Budget) -> bool:
    return may_spend_for(user, budget.branch, budget.grid)


def check_may_spend(actor: User | None, branch: Branch | None, grid: Grid) -> None:
    """PermissionDenied unless the actor plans and spends there; a command, actor None, always may."""
    if actor is not None and not may_spend_for(actor, branch, grid):
        raise PermissionDenied(_("You do not plan or spend for %(owner)s.") % {"owner": branch or grid})


def check_may_spend_from(actor: User | None, budget: Budget) -> None:
    """As `check_may_spend`, of a budget that there is."""
    check_may_spend(actor, budget.branch, budget.grid)


def may_reverse(user: User, budget: Budget) -> bool:
    """Whether the user takes entries back: who spends; of an owner that is no more, who answers for the place."""
    is_over = budget.branch.dissolved_on if budget.branch else budget.grid.retired_at
    return may_oversee(user, budget.grid) if is_over else may_spend(user, budget)


def check_may_reverse(actor: User | None, budget: Budget) -> None:
    """PermissionDenied unless the actor takes entries back there; a command, actor None, always may."""
    if actor is not None and not may_reverse(actor, budget):
        raise PermissionDenied(_("You do not plan or spend for %(owner)s.") % {"owner": budget.owner_name})
