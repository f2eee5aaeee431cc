"""Whom somebody may go and see, for the list of their day: a suggestion, never late."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.day import Due
from grids.models import User, load_ancestors
from volunteers.households.access import answered_households

SUGGESTED = 10


def day_of(user: User, at: datetime) -> list[Due]:
    """The households that the user answers for and could see now, at most `SUGGESTED`; three queries."""
    if not user.is_active:
        return []
    found = answered_households(user).suggested(timezone.localdate(at))
    households = list(found.select_related("grid").prefetch_related("needs")[:SUGGESTED])
    load_ancestors(household.grid for household in households)
    return [
        Due(
            at=None,
            kind="visit",
            label=_("visit"),
            title=f"{household.grid.full_name} {household.masked_name}",
            url=reverse("visit_note", args=[household.pk]),
            detail=_("You could drop by"),
        )
        for household in households
    ]
