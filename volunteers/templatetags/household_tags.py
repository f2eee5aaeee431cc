"""Key households on the pages of others, for who may see them; for everybody else nothing."""

from django import template
from django.utils import timezone

from grids.models import Grid, User, load_ancestors
from volunteers.confidential import audited_ranges
from volunteers.households.access import answered_households, has_part, visible_households

register = template.Library()

SHOWN = 3


@register.inclusion_tag("volunteers/_households_here.html")
def households_here(user: User) -> dict:
    """Whom the user could visit, and the ways to their households; at most six queries, one for who has no part."""
    if not user.is_authenticated or not has_part(user):
        return {"has_part": False, "is_auditor": bool(audited_ranges(user)) if user.is_authenticated else False}
    suggested = answered_households(user).suggested(timezone.localdate()).select_related("grid", "answered_by")
    suggested = list(suggested.prefetch_related("needs")[:SHOWN])
    load_ancestors(household.grid for household in suggested)
    return {"has_part": True, "suggested": suggested, "is_auditor": bool(audited_ranges(user))}


@register.inclusion_tag("volunteers/_households_of.html")
def households_of(grid: Grid, user: User) -> dict:
    """How many of a grid's households the user may see, with the way to them; one query."""
    return {"grid": grid, "count": visible_households(user).kept().within(grid).count()}
