"""Activities as rows of sheets for other departments: what, when and how many, and nobody by name."""

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from grids.exports import Field, Kind
from grids.models import User, load_ancestors
from volunteers.activities.access import visible_activities
from volunteers.activities.workflow import ActivityState
from volunteers.models import Activity, Participation


def _find(user: User) -> QuerySet[Activity]:
    return visible_activities(user).exclude(state=ActivityState.PLANNED).with_related()


def _prepare(activities: list[Activity]) -> None:
    """One query for a chunk, and its places."""
    load_ancestors(activity.grid for activity in activities)
    came = Count("pk", filter=Q(attended_at__isnull=False))
    rows = Participation.objects.filter(activity__in=activities).order_by().values_list("activity")
    counts = {pk: found for pk, *found in rows.annotate(joined=Count("pk", filter=_joined()), came=came)}
    for activity in activities:
        activity.joined_count, activity.came_count = counts.get(activity.pk, (0, 0))


def _joined() -> Q:
    return Q(status=Participation.Status.JOINED)


ACTIVITIES = Kind(
    key="activity",
    title=gettext_lazy("Activities"),
    find=_find,
    day="starts_at",
    states=tuple(choice for choice in ActivityState.choices if choice[0] != ActivityState.PLANNED),
    prepare=_prepare,
    fields=(
        Field("title", pgettext_lazy("activity", "title"), 36, lambda activity, at: activity.title),
        Field("kind", pgettext_lazy("activity", "kind"), 14, lambda activity, at: str(activity.kind)),
        Field("organiser", gettext_lazy("organised by"), 24, lambda activity, at: activity.organiser.name),
        Field("grid", gettext_lazy("Grid"), 36, lambda activity, at: activity.grid.full_name),
        Field("code", gettext_lazy("code"), 18, lambda activity, at: activity.grid.code),
        Field("starts_at", gettext_lazy("begins"), 17, lambda activity, at: activity.starts_at),
        Field("ends_at", gettext_lazy("ends"), 17, lambda activity, at: activity.ends_at),
        Field("hours", gettext_lazy("hours"), 8, lambda activity, at: activity.hours),
        Field("state", gettext_lazy("state"), 10, lambda activity, at: activity.get_state_display()),
        Field("joined", gettext_lazy("number who signed up"), 10, lambda activity, at: activity.joined_count),
        Field("attended", gettext_lazy("number who came"), 10, lambda activity, at: activity.came_count),
    ),
)
