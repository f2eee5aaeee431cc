"""What pages of mediations offer."""

from django.db.models import Q

from branches.models import Branch
from grids.access import merged, policed_ranges, within, workable_grids
from grids.models import Grid, Level, User

MOST = 100


def openable_communities(user: User) -> list[Grid]:
    """The communities where the user may open a mediation, at most `MOST`; one query and those of branches."""
    if not user.is_active:
        return []
    works = Q(pk__in=workable_grids(user).filter(level=Level.COMMUNITY)) if user.active_posts else Q(pk__in=[])
    polices = within(merged(policed_ranges(user)), "lft")
    leads = Q(pk__in=[grid.pk for grid in Branch.objects.grids_led_by(user)])
    found = Grid.objects.active().filter(works | polices | leads, level=Level.COMMUNITY)
    return list(found.order_by("lft")[:MOST])
