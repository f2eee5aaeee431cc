"""Joint work of police and grid on other pages: the ways to it, what is to come, and mediation of a case."""

from django import template
from django.utils import timezone

from grids.models import Grid, Level, User
from volunteers.mediation.access import may_open_mediations, visible_mediations
from volunteers.patrols.access import may_plan_patrols, visible_patrols

register = template.Library()
SHOWN = 3


@register.inclusion_tag("volunteers/_patrols_of.html")
def patrols_of(grid: Grid, user: User) -> dict:
    """For the page of a community: its patrols to come. One query, and those of rights."""
    if grid.level != Level.COMMUNITY or grid.retired_at:
        return {}
    coming = visible_patrols(user).within(grid).coming()[:SHOWN]
    return {"grid": grid, "patrols": list(coming), "may_plan": may_plan_patrols(user, grid), "at": timezone.now()}


@register.inclusion_tag("volunteers/_mediations_of_case.html")
def mediations_of_case(case, user: User) -> dict:
    """For the page of a case that is a dispute: the mediations of it that the user sees, and the way to open one."""
    if case.category.police_work != "dispute" or case.is_confidential:
        return {}
    mediations = list(visible_mediations(user).filter(case_number=case.number))
    may_open = case.is_open and not mediations and may_open_mediations(user, case.grid)
    return {"case": case, "mediations": mediations, "may_open": may_open}
