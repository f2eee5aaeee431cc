"""What activities to come need people for."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from grids.models import Grid, User
from volunteers.activities.access import visible_activities
from volunteers.enrolments.needs import Need


def needs_of(user: User, grid: Grid, at: datetime) -> Iterable[Need]:
    """One for each skill of each activity to come on the grid and below; a fixed number of queries."""
    coming = visible_activities(user).within(grid).upcoming(at).exclude(skills=None).select_related("grid")
    for activity in coming.prefetch_related("skills").distinct():
        url = reverse("activity_detail", args=[activity.pk])
        for skill in activity.skills.all():
            yield Need(skill.pk, skill.name, activity.grid, activity.title, url, activity.starts_at)
