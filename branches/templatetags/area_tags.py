"""Members' areas on the pages of others."""

from django import template

from branches.access import may_run
from branches.areas.loads import load_areas, mean_load
from branches.models import Branch, MemberArea
from grids.models import User

register = template.Library()

SHOWN = 12


@register.inclusion_tag("branches/_areas_of.html")
def areas_of(branch: Branch, user: User) -> dict:
    """The areas of a branch with who answers for them; four queries."""
    found = list(branch.areas.active().with_household_count().select_related("grid").order_by("position", "name"))
    # Measured as on the list of the community's areas, so that both say the same.
    mean = mean_load(MemberArea.objects.active().within(branch.grid)) if found else 0
    areas = load_areas(found[:SHOWN], mean)
    return {"branch": branch, "areas": areas, "count": len(found), "shown": SHOWN, "may_run": may_run(user, branch)}
