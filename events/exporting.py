"""A list of cases as an Excel sheet that says which filters made it."""

from datetime import datetime

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.filters import FilterForm
from events.models import Event, Notice
from events.wording import place_of
from grids.exporting import Column, capped_count, in_chunks, respond
from grids.models import User, load_ancestors

MOST_ROWS = 50_000


def yes(value: object) -> str:
    return _("yes") if value else ""


def _order_of(event: Event) -> str:
    return event.hotline_order.number if hasattr(event, "hotline_order") else ""


COLUMNS = [
    Column(gettext_lazy("number"), 18, lambda event, at: event.number),
    Column(gettext_lazy("title"), 36, lambda event, at: event.title),
    Column(gettext_lazy("major"), 14, lambda event, at: event.category.major),
    Column(gettext_lazy("minor"), 18, lambda event, at: event.category.minor),
    Column(gettext_lazy("Place"), 44, lambda event, at: event.grid.full_name if event.is_open else place_of(event)),
    Column(gettext_lazy("exact place"), 24, lambda event, at: event.address),
    Column(gettext_lazy("latitude"), 11, lambda event, at: event.latitude),
    Column(gettext_lazy("longitude"), 11, lambda event, at: event.longitude),
    Column(gettext_lazy("urgency"), 10, lambda event, at: event.get_urgency_display()),
    Column(gettext_lazy("state"), 10, lambda event, at: event.get_status_display()),
    Column(gettext_lazy("loop"), 12, lambda event, at: event.get_loop_display()),
    Column(gettext_lazy("holder"), 18, lambda event, at: event.holder.name),
    Column(gettext_lazy("handler"), 12, lambda event, at: str(event.handler or event.organisation or "")),
    Column(gettext_lazy("reporter"), 12, lambda event, at: str(event.reporter or _("a resident"))),
    Column(gettext_lazy("hotline order"), 20, lambda event, at: _order_of(event)),
    Column(gettext_lazy("filed at"), 17, lambda event, at: event.filed_at),
    Column(gettext_lazy("accepted at"), 17, lambda event, at: event.accepted_at),
    Column(gettext_lazy("resolved at"), 17, lambda event, at: event.resolved_at),
    Column(gettext_lazy("closed at"), 17, lambda event, at: event.closed_at),
    Column(gettext_lazy("due at"), 17, lambda event, at: event.due_at),
    Column(gettext_lazy("Overdue"), 8, lambda event, at: yes(event.is_overdue(at))),
    Column(gettext_lazy("supervised"), 8, lambda event, at: yes(event.is_supervised)),
    Column(gettext_lazy("times sent back"), 10, lambda event, at: event.send_backs),
    Column(gettext_lazy("failed checks"), 12, lambda event, at: event.reworks),
    Column(gettext_lazy("confidential"), 8, lambda event, at: yes(event.is_confidential)),
    Column(gettext_lazy("description"), 60, lambda event, at: event.description),
]


def export_events(form: FilterForm, events: QuerySet[Event], user: User, at: datetime) -> StreamingHttpResponse:
    """The sheet of these events, at most `MOST_ROWS`, which it says; a chunk of them is in memory at a time.

    `form` is the valid form of filters that chose the events, `user` who asks for them.
    """
    return respond(
        name=_("List of cases"),
        columns=COLUMNS,
        rows=in_chunks(events.with_related().select_related("hotline_order")[:MOST_ROWS], _load_places),
        filters=[f"{each.label}：{each.value}" for each in form.chosen()],
        count=capped_count(events, MOST_ROWS),
        counted=_("Number of cases"),
        user=user,
        at=at,
    )


def _load_places(events: list[Event]) -> None:
    load_ancestors(event.grid for event in events)


# Notices

NOTICES = [
    Column(pgettext_lazy("notice", "Time"), 17, lambda notice, at: notice.created_at),
    Column(gettext_lazy("action"), 14, lambda notice, at: notice.what),
    Column(gettext_lazy("number"), 18, lambda notice, at: notice.event and notice.event.number),
    Column(gettext_lazy("title"), 44, lambda notice, at: notice.event and notice.event.title),
    Column(pgettext_lazy("notice", "by"), 14, lambda notice, at: notice.step and notice.step.actor_name),
    Column(gettext_lazy("read at"), 17, lambda notice, at: notice.read_at),
]


def export_notices(notices: QuerySet[Notice], user: User, at: datetime) -> StreamingHttpResponse:
    """All that was told to a person, read and unread."""
    return respond(
        name=_("Notices"),
        columns=NOTICES,
        rows=notices.iterator(),
        filters=[],
        count=notices.count(),
        user=user,
        at=at,
    )
