"""What of activities a person has to do, for the page of their day."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from grids.day import AHEAD, MOST, Due
from grids.models import User
from volunteers.activities.workflow import ActivityState
from volunteers.models import Activity, Participation


def day_of(user: User, at: datetime) -> list[Due]:
    """The activities of a week that the person has a place in, and those to be noted by who planned them.

    Two queries.
    """
    published = Activity.objects.filter(state=ActivityState.PUBLISHED).order_by("starts_at", "pk")
    mine = Participation.objects.filter(user=user, status=Participation.Status.JOINED).values("activity")
    coming = published.filter(pk__in=mine, ends_at__gte=at, starts_at__lte=at + AHEAD)
    over = published.filter(planned_by=user, ends_at__lt=at)
    return [*map(_to_go, coming[:MOST]), *map(_to_note, over[:MOST])]


def _to_go(activity: Activity) -> Due:
    url = reverse("activity_detail", args=[activity.pk])
    return Due(activity.starts_at, "activity", _("activity"), activity.title, url, activity.place)


def _to_note(activity: Activity) -> Due:
    url = reverse("activity_attendance", args=[activity.pk])
    return Due(activity.ends_at, "activity", _("note who was there"), activity.title, url, activity.place, is_late=True)
