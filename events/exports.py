"""Cases as rows of sheets for other departments; what people wrote of them, and clue reports, are no part of it."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.exporting import yes
from events.models import Event
from events.workflow import Status
from grids.exports import Field, Kind, rough_place
from grids.models import User, load_ancestors
from grids.tree import community_code


def _find(user: User) -> QuerySet[Event]:
    return Event.objects.visible_to(user).filter(is_confidential=False).with_related()


def _load_places(events: list[Event]) -> None:
    load_ancestors(event.grid for event in events)


def _community(event: Event) -> str:
    return community_code(event.grid.code)


def _answer(value: bool | None) -> str:
    return "" if value is None else _("yes") if value else _("no")


def _filed_by(event: Event) -> str:
    return _("staff") if event.reporter_id else _("a resident")


CASES = Kind(
    key="event",
    title=gettext_lazy("Events"),
    find=_find,
    day="filed_at",
    state="status",
    states=tuple(Status.choices),
    prepare=_load_places,
    fields=(
        Field("number", gettext_lazy("number"), 18, lambda event, at: event.number),
        Field("major", gettext_lazy("major"), 14, lambda event, at: event.category.major),
        Field("minor", gettext_lazy("minor"), 18, lambda event, at: event.category.minor),
        Field("place", gettext_lazy("Place"), 44, lambda event, at: rough_place(event.grid)),
        Field("community", gettext_lazy("code of the community"), 14, lambda event, at: _community(event)),
        Field("urgency", gettext_lazy("urgency"), 10, lambda event, at: event.get_urgency_display()),
        Field("state", gettext_lazy("state"), 10, lambda event, at: event.get_status_display()),
        Field("loop", gettext_lazy("loop"), 12, lambda event, at: event.get_loop_display()),
        Field("holder", gettext_lazy("holder"), 18, lambda event, at: event.holder.name),
        Field("filed_at", gettext_lazy("filed at"), 17, lambda event, at: event.filed_at),
        Field("accepted_at", gettext_lazy("accepted at"), 17, lambda event, at: event.accepted_at),
        Field("resolved_at", gettext_lazy("resolved at"), 17, lambda event, at: event.resolved_at),
        Field("closed_at", gettext_lazy("closed at"), 17, lambda event, at: event.closed_at),
        Field("due_at", gettext_lazy("due at"), 17, lambda event, at: event.due_at),
        Field("overdue", gettext_lazy("Overdue"), 8, lambda event, at: yes(event.is_overdue(at))),
        Field("supervised", gettext_lazy("supervised"), 8, lambda event, at: yes(event.is_supervised)),
        Field("send_backs", gettext_lazy("times sent back"), 10, lambda event, at: event.send_backs),
        Field("reworks", gettext_lazy("failed checks"), 12, lambda event, at: event.reworks),
        Field("rating", gettext_lazy("rating"), 10, lambda event, at: event.get_rating_display()),
        Field("contacted", gettext_lazy("contacted"), 10, lambda event, at: _answer(event.was_contacted)),
        Field("solved", gettext_lazy("solved, says the reporter"), 12, lambda event, at: _answer(event.was_solved)),
        Field("by", gettext_lazy("filed by"), 10, lambda event, at: _filed_by(event)),
    ),
)
