"""Joint meetings as rows of sheets for other departments: when, where and how many, and nobody by name."""

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from branches.meetings.access import visible_meetings
from branches.meetings.workflow import State
from branches.models import AgendaItem, Invitation, Meeting, Resolution
from grids.exports import Field, Kind
from grids.models import User, load_ancestors


def _find(user: User) -> QuerySet[Meeting]:
    return visible_meetings(user).with_related()


def _prepare(meetings: list[Meeting]) -> None:
    """Three queries for a chunk, and its places."""
    load_ancestors(meeting.grid for meeting in meetings)
    asked = _counts(Invitation, meetings, Count("pk"), Count("pk", filter=Q(attended=True)))
    points = _counts(AgendaItem, meetings, Count("pk"))
    over = Resolution.objects.unfinished().filter(meeting__in=meetings)
    resolved = _counts(Resolution, meetings, Count("pk"), Count("pk", filter=~Q(pk__in=over.values("pk"))))
    for meeting in meetings:
        meeting.asked_count, meeting.came_count = asked.get(meeting.pk, (0, 0))
        (meeting.point_count,) = points.get(meeting.pk, (0,))
        meeting.resolved_count, meeting.done_count = resolved.get(meeting.pk, (0, 0))


def _counts(model: type, meetings: Iterable[Meeting], *counts: Count) -> dict[int, tuple[int, ...]]:
    rows = model.objects.filter(meeting__in=meetings).order_by().values_list("meeting")
    named = {f"count_{number}": count for number, count in enumerate(counts)}
    return {pk: tuple(found) for pk, *found in rows.annotate(**named)}


MEETINGS = Kind(
    key="meeting",
    title=gettext_lazy("Joint meetings"),
    find=_find,
    day="starts_at",
    states=tuple(State.choices),
    prepare=_prepare,
    fields=(
        Field("title", pgettext_lazy("meeting", "title"), 36, lambda meeting, at: meeting.title),
        Field("convener", gettext_lazy("convened by"), 24, lambda meeting, at: meeting.convener.name),
        Field("level", gettext_lazy("level"), 10, lambda meeting, at: meeting.get_level_display()),
        Field("grid", gettext_lazy("Grid"), 36, lambda meeting, at: meeting.grid.full_name),
        Field("code", gettext_lazy("code"), 18, lambda meeting, at: meeting.grid.code),
        Field("starts_at", gettext_lazy("begins"), 17, lambda meeting, at: meeting.starts_at),
        Field("ends_at", gettext_lazy("ends"), 17, lambda meeting, at: meeting.ends_at),
        Field("place", pgettext_lazy("meeting", "place"), 24, lambda meeting, at: meeting.place),
        Field("state", gettext_lazy("state"), 10, lambda meeting, at: meeting.get_state_display()),
        Field("asked", gettext_lazy("number asked"), 10, lambda meeting, at: meeting.asked_count),
        Field("came", gettext_lazy("number who came"), 10, lambda meeting, at: meeting.came_count),
        Field("points", gettext_lazy("points of the agenda"), 10, lambda meeting, at: meeting.point_count),
        Field("resolved", gettext_lazy("resolutions"), 10, lambda meeting, at: meeting.resolved_count),
        Field("done", gettext_lazy("resolutions done"), 10, lambda meeting, at: meeting.done_count),
    ),
)
