"""The patrols that a person goes on, for the list of their day."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from grids.day import AHEAD, MOST, Due
from grids.models import User
from volunteers.models import Patrol


def day_of(user: User, at: datetime) -> list[Due]:
    """Those that begin within a week, or have begun and are not finished; one query."""
    if not user.is_active:
        return []
    coming = Patrol.objects.coming().filter(people=user, starts_at__lte=at + AHEAD).select_related("grid")
    return [
        Due(
            at=patrol.starts_at,
            kind="patrol",
            label=_("joint patrol"),
            title=str(patrol),
            url=reverse("patrol_detail", args=[patrol.pk]),
            detail=patrol.meets_at,
            is_late=patrol.ends_at < at,
        )
        for patrol in coming[:MOST]
    ]
