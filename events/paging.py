"""Pages of long lists of cases: how far they are counted, and in which way words are looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import OrderBy

from events.models import Event
from events.models.event import EventQuerySet
from events.searching import Search, Unindexed

MANY = 1_000  # counting further costs more than the number is worth
NEAR = 5_000  # cases that are looked through one by one in some 20 ms
# Room to note down each row of a common word; with less PostgreSQL notes pages, and takes all their rows apart again.
MEMORY = "64MB"


class CappedPaginator(Paginator):
    """Counts no further than `MANY`, and not at all what fits on the first page. Takes a queryset or what was found."""

    @cached_property
    def count(self) -> int:
        return self.object_list.capped(MANY + 1)

    def get_page(self, number: str | None) -> Page:
        if number not in (None, "", "1"):
            return super().get_page(number)
        rows = list(self.object_list[: self.per_page + 1])
        if len(rows) <= self.per_page:
            self.count = len(rows)
        return Page(rows[: self.per_page], 1, self)

    @property
    def is_capped(self) -> bool:
        return self.count > MANY


def by_index(events: EventQuerySet, search: Search) -> EventQuerySet:
    """What a search finds, in the order of the cases, which must not lead PostgreSQL down the index of their times.

    They are ordered by one time first, as `F("filed_at").desc()`.
    """
    time, *rest = events.query.order_by
    order = OrderBy(Unindexed(time.expression), descending=time.descending)
    return events.filter(search.condition()).order_by(order, *rest)


class Found:
    """What a search finds among ordered cases, to be sliced and counted like a queryset.

    No one plan serves both a word that every fifth case has and a word that five have, and PostgreSQL cannot tell which
    it is given. So the `NEAR` cases that come first are looked through, which does for a common word and for a small
    area; the index is asked for what goes beyond them.
    """

    def __init__(self, events: EventQuerySet, search: Search):
        """`events` are ordered as `by_index` wants them."""
        self.events, self.search = events, search
        self.order = events.query.order_by

    def __getitem__(self, wanted: slice) -> list[Event]:
        keys = self._first(wanted.stop)[wanted.start or 0 :]
        rows = {event.pk: event for event in self.events.filter(pk__in=keys)} if keys else {}
        return [rows[key] for key in keys if key in rows]

    def capped(self, most: int) -> int:
        if self._is_complete or len(self._near) >= most:
            return min(len(self._near), most)
        with _memory():
            return self.events.filter(self.search.condition()).capped(most)

    def _first(self, many: int) -> list[int]:
        """The keys of the first so many."""
        if self._is_complete or len(self._near) >= many:
            return self._near[:many]
        with _memory():
            return _keys(by_index(self.events, self.search), many)

    @cached_property
    def _near(self) -> list[int]:
        """The keys that fit among the cases that come first, `MANY` and one at most."""
        events = self.events
        if self._last_near is not None:
            time = self.order[0]
            comes_first = "gte" if time.descending else "lte"
            events = events.filter(**{f"{time.expression.name}__{comes_first}": self._last_near})
        return _keys(events.filter(self.search.condition(is_indexed=False)), MANY + 1)

    @cached_property
    def _last_near(self):
        """The time of the last of those cases; None where there are not that many."""
        times = self.events.values_list(self.order[0].expression.name, flat=True)
        return next(iter(times[NEAR : NEAR + 1]), None)

    @property
    def _is_complete(self) -> bool:
        """Whether the near ones are all that fit."""
        return self._last_near is None and len(self._near) <= MANY


def _keys(events: EventQuerySet, many: int) -> list[int]:
    return list(events.values_list("pk", flat=True)[:many])


@contextmanager
def _memory() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'")
        yield
