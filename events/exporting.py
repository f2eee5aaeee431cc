"""A list of cases as an Excel sheet that says which filters made it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.filters import FilterForm
from events.models import Event
from events.wording import place_of
from events.xlsx import Sheet, stream
from grids.models import User, load_ancestors

MOST_ROWS = 50_000
CHUNK = 1000


def _yes(value: object) -> str:
    return _("yes") if value else ""


class Column(NamedTuple):
    """`value` is what an event shows here at a time; the width is in characters."""

    heading: Promise
    width: int
    value: Callable[[Event, datetime], object]


COLUMNS = [
    Column(gettext_lazy("number"), 18, lambda event, at: event.number),
    Column(gettext_lazy("title"), 36, lambda event, at: event.title),
    Column(gettext_lazy("major"), 14, lambda event, at: event.category.major),
    Column(gettext_lazy("minor"), 18, lambda event, at: event.category.minor),
    Column(gettext_lazy("Place"), 44, lambda event, at: event.grid.full_name if event.is_open else place_of(event)),
    Column(gettext_lazy("exact place"), 24, lambda event, at: event.address),
    Column(gettext_lazy("urgency"), 10, lambda event, at: event.get_urgency_display()),
    Column(gettext_lazy("state"), 10, lambda event, at: event.get_status_display()),
    Column(gettext_lazy("loop"), 12, lambda event, at: event.get_loop_display()),
    Column(gettext_lazy("holder"), 18, lambda event, at: event.holder.name),
    Column(gettext_lazy("handler"), 12, lambda event, at: str(event.handler or event.organisation or "")),
    Column(gettext_lazy("reporter"), 12, lambda event, at: str(event.reporter or _("a resident"))),
    Column(gettext_lazy("filed at"), 17, lambda event, at: event.filed_at),
    Column(gettext_lazy("accepted at"), 17, lambda event, at: event.accepted_at),
    Column(gettext_lazy("resolved at"), 17, lambda event, at: event.resolved_at),
    Column(gettext_lazy("closed at"), 17, lambda event, at: event.closed_at),
    Column(gettext_lazy("due at"), 17, lambda event, at: event.due_at),
    Column(gettext_lazy("Overdue"), 8, lambda event, at: _yes(event.is_overdue(at))),
    Column(gettext_lazy("supervised"), 8, lambda event, at: _yes(event.is_supervised)),
    Column(gettext_lazy("times sent back"), 10, lambda event, at: event.send_backs),
    Column(gettext_lazy("failed checks"), 12, lambda event, at: event.reworks),
    Column(gettext_lazy("confidential"), 8, lambda event, at: _yes(event.is_confidential)),
    Column(gettext_lazy("description"), 60, lambda event, at: event.description),
]


def export_events(form: FilterForm, events: QuerySet[Event], user: User, at: datetime) -> Iterator[bytes]:
    """The sheet of these events as it is sent, at most `MOST_ROWS`; a chunk of them is in memory at a time.

    `form` is the valid form of filters that chose the events, `user` who asks for them.
    """
    head = [*_head(form, events[: MOST_ROWS + 1].count(), user, at), (), [str(column.heading) for column in COLUMNS]]
    sheet = Sheet(_("Events"), [column.width for column in COLUMNS], frozen=len(head))
    rows = ([column.value(event, at) for column in COLUMNS] for event in _in_chunks(events))
    return stream(sheet, chain(head, rows), bold=len(head))


def _head(form: FilterForm, count: int, user: User, at: datetime) -> list[list[str]]:
    """What the sheet says of itself: which filters, how many, when, for whom."""
    local = f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
    cases = (
        _("the first %(count)d; more fit the filters than one sheet takes") % {"count": MOST_ROWS}
        if count > MOST_ROWS
        else str(count)
    )
    return [
        [_("Filters"), "；".join(f"{each.label}：{each.value}" for each in form.chosen()) or _("none")],
        [_("Number of cases"), cases],
        [_("As of"), local],
        [_("Exported by"), str(user)],
    ]


def _in_chunks(events: QuerySet[Event]) -> Iterable[Event]:
    rows = events.with_related()[:MOST_ROWS].iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        load_ancestors(event.grid for event in chunk)
        yield from chunk
