"""What the pages of activities show beside the rows, in a fixed number of queries."""

from collections.abc import Iterable

from django.db.models import Q

from grids.models import User
from volunteers.models import Activity, Participation

MOST_WAITING = 100  # of the queue on the list at the door: more will hardly have come all the same


def load_mine(activities: Iterable[Activity], user: User) -> list[Activity]:
    """Each with `mine`: where the user stands in it, if they signed up. One query."""
    activities = list(activities)
    rows = Participation.objects.filter(user=user, activity__in=[activity.pk for activity in activities])
    mine = {row.activity_id: row for row in rows.exclude(status=Participation.Status.LEFT)}
    for activity in activities:
        activity.mine = mine.get(activity.pk)
    return activities


def place_in_queue(row: Participation) -> int:
    """How many wait before this one; 0 for who has a place."""
    if row.status != Participation.Status.WAITING:
        return 0
    before = Q(queued_at__lt=row.queued_at) | Q(queued_at=row.queued_at, pk__lt=row.pk)
    waiting = Participation.objects.filter(before, activity=row.activity_id, status=Participation.Status.WAITING)
    return waiting.count()


def rows_to_tick(activity: Activity) -> list[Participation]:
    """Who may have been there: everybody with a place or noted already, and the head of the queue."""
    rows = activity.participations.select_related("user")
    waiting = Participation.Status.WAITING
    likely = rows.filter(Q(status=Participation.Status.JOINED) | Q(attended_at__isnull=False))
    return [*likely, *rows.filter(status=waiting, attended_at=None)[:MOST_WAITING]]
