"""What an order begins with that is written down from a visit: the finding alone, and nothing of the household."""

from django.utils.translation import gettext as _

from branches.references import primary_keys
from grids.models import User
from volunteers.households.access import visit_to_file
from volunteers.orders.sources import Preset


def order_from_visit(user: User, key: str) -> Preset | None:
    """For who sees the household and holds a post; who is asked to do the order learns neither name nor reason."""
    visit = visit_to_file(user, int(key)) if primary_keys([key]) else None
    return Preset(_("Found on a visit"), visit.household.grid, visit.finding_text) if visit else None
