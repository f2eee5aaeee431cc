"""Pages of long lists of cases: how far they are counted, and in which way words are looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db import connection, transaction
from django.db.models import OrderBy, QuerySet

from events.models import Event
from events.models.event import EventQuerySet
from events.searching import Search, Unindexed
from grids.batches import first_rows

MANY = 1_000  # counting further costs more than the number is worth
DEEPEST = 100_000  # pages; nobody turns so many, and a number is no way to make the database count for hours
NEAR = 5_000  # cases that are looked through one by one in some 20 ms
# Room to note down each row of a common word; with less PostgreSQL notes pages, and takes all their rows apart again.
MEMORY = "64MB"


def capped(rows: "QuerySet | Found", most: int) -> int:
    """How many there are, counted no further than this."""
    return rows.capped(most) if isinstance(rows, Found) else rows.order_by()[:most].count()


class CappedPage(Page):
    """A page that knows by one row more whether another one follows, however far the rows were counted."""

    def __init__(self, rows: list[Event], number: int, paginator: "CappedPaginator"):
        super().__init__(rows[: paginator.per_page], number, paginator)
        self._has_more = len(rows) > paginator.per_page

    def has_next(self) -> bool:
        return self._has_more

    def next_page_number(self) -> int:
        return self.number + 1

    def previous_page_number(self) -> int:
        return self.number - 1


class CappedPaginator(Paginator):
    """Counts no further than `MANY`, and not at all what fits on the first page. Takes a queryset or what was found.

    Pages beyond what is counted are there all the same, as far as `DEEPEST`.
    """

    @cached_property
    def count(self) -> int:
        return capped(self.object_list, MANY + 1)

    def get_page(self, number: str | int | None) -> Page:
        """The page of this number, or the last one; the first one for what is no number."""
        digits = str(number)
        number = max(int(digits), 1) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1
        return self.page(number if self.reaches(number) else self.num_pages)

    def page(self, number: int) -> Page:
        rows = self._rows(number)
        if number == 1 and len(rows) <= self.per_page:
            self.count = len(rows)
        return CappedPage(rows, number, self)

    def reaches(self, number: int) -> bool:
        """Whether there is such a page; the first one there is always."""
        return number == 1 or (number <= DEEPEST and bool(self._rows(number)))

    def _rows(self, number: int) -> list[Event]:
        """Those of the page and one more."""
        if number not in self._read:
            start = (number - 1) * self.per_page
            self._read[number] = self._between(start, start + self.per_page + 1)
        return self._read[number]

    def _between(self, start: int, stop: int) -> list[Event]:
        """Their keys first: of rows that are passed over, or sorted and left, no people and places are read."""
        if isinstance(self.object_list, Found):
            return self.object_list[start:stop]
        return first_rows(self.object_list, stop, start)

    @cached_property
    def _read(self) -> dict[int, list[Event]]:
        return {}

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
    """What a search finds among ordered cases, to be sliced and counted like a queryset, as far as `MANY` and one.

    No one plan serves both a word that every fifth case has and a word that five have, and PostgreSQL cannot tell which
    it is given. So the `NEAR` cases that come first are looked through, which does for a common word and for a small
    area; the index is asked for what goes beyond them.
    """

    def __init__(self, events: EventQuerySet, search: Search):
        """`events` are ordered as `by_index` wants them."""
        self.events, self.search = events, search

    def __getitem__(self, wanted: slice) -> list[Event]:
        keys = self._first(wanted.stop)[wanted.start or 0 :]
        rows = {event.pk: event for event in self.events.filter(pk__in=keys)} if keys else {}
        return [rows[key] for key in keys if key in rows]

    def capped(self, most: int) -> int:
        """How many there are, counted no further than this."""
        near, is_all = self._near
        if is_all or len(near) >= most:
            return min(len(near), most)
        if "_far" in self.__dict__ and most <= MANY + 1:
            return min(len(self._far), most)
        with _memory():
            return capped(self.events.filter(self.search.condition()), most)

    def _first(self, many: int) -> list[int]:
        """The keys of the first so many."""
        near, is_all = self._near
        return (near if is_all or len(near) >= many else self._far)[:many]

    @cached_property
    def _near(self) -> tuple[list[int], bool]:
        """The keys of what fits among the cases that come first, and whether these are all there are."""
        looked_through = self.events.annotate(fits=self.search.condition(is_indexed=False)).values_list("pk", "fits")
        rows = list(looked_through[:NEAR])
        return [key for key, fits in rows if fits][: MANY + 1], len(rows) < NEAR

    @cached_property
    def _far(self) -> list[int]:
        """The keys that the index finds: as many as are ever counted, since all of them are sorted anyway."""
        with _memory():
            return list(by_index(self.events, self.search).values_list("pk", flat=True)[: MANY + 1])


@contextmanager
def _memory() -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'")
        yield
