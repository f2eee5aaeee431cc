"""The clock of a case's present stage, read back from its steps: since when, by which limit, calendar and pauses.

A step that starts or changes a clock says so under `limit` in its details: the limit in force, `limits` by where they
come from when there was a choice, `calendar` (the digest of its edition), and for a clock that began before the step
`since` and how often the limit was `extended`. Everything that changes a due time afterwards starts from `running`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from django.db.models import Q

from events import calendars
from events.calendars import UnknownEdition
from events.clock import Deadline, Limit, WorkCalendar, add, deadline
from events.models import Event, Step
from events.workflow import Status

OF_STAGE, OF_CATEGORY = "stage", "category"
UNTOLD = ""  # steps from before calendars had editions do not tell where their limit comes from


@dataclass(frozen=True)
class Mark:
    """What of a step matters to the clock."""

    at: datetime
    from_status: str
    to_status: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class RunningClock:
    """What a due time follows from. The last pause has no end while the case is suspended."""

    start: datetime
    limits: Mapping[str, Limit]  # by OF_STAGE and OF_CATEGORY as they were chosen from, the shorter one; or by UNTOLD
    calendar: WorkCalendar
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    extended: int = 0

    @property
    def is_paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    @cached_property
    def chosen(self) -> str:
        """Which limit counts: the one that ends first, counted from the start."""
        names = list(self.limits)
        return (
            names[0]
            if len(names) == 1
            else min(names, key=lambda name: add(self.start, self.limits[name], self.calendar))
        )

    @property
    def limit(self) -> Limit:
        """The limit in force, with what it was extended by: each time as much again."""
        own = self.limits[self.chosen]
        return Limit(own.amount * (1 + self.extended), own.unit)

    def due_at(self) -> datetime:
        """The end alone, for those who compute many."""
        if not self.pauses and not self.extended:
            return min(add(self.start, limit, self.calendar) for limit in self.limits.values())
        return add(self.start, self.limit, self.calendar, pauses=self.pauses)

    @cached_property
    def deadline(self) -> Deadline:
        """When it ends; the clock must not be paused. Computed once, for a batch shares its clocks."""
        return deadline(self.start, [self.limit], self.calendar, self.pauses)

    def details(self, found: Deadline) -> dict[str, Any]:
        """What a step that starts this clock at its own time records."""
        said: dict[str, Any] = {"limit": as_json(found.limit), "calendar": self.calendar.edition}
        if self.limits.keys() != {OF_STAGE}:
            said["limits"] = {name: as_json(limit) for name, limit in self.limits.items()}
        if found.unpublished_years:
            said["unpublished_years"] = list(found.unpublished_years)
        return said

    def details_later(self, found: Deadline) -> dict[str, Any]:
        """What a step records that changes a clock which began before it."""
        said = self.details(found) | {"since": self.start.isoformat()}
        return said | ({"extended": self.extended} if self.extended else {})


limit_of = lru_cache(maxsize=1000)(Limit)  # an audit reads the same few from millions of steps


def as_json(limit: Limit) -> list:
    return [limit.amount, limit.unit.value]


def last_start(marks: Sequence[Mark]) -> Mark | None:
    """The last step that started or changed a clock."""
    return next((mark for mark in reversed(marks) if "limit" in mark.details), None)


def read(marks: Sequence[Mark], editions: Mapping[str, WorkCalendar]) -> RunningClock | None:
    """The clock that the last of these steps, in order, leaves running or paused; None before any was started.

    `editions` holds the calendars of the digests that the steps name. Raises UnknownEdition.
    """
    last = last_start(marks)
    if last is None:
        return None
    said = last.details
    start = datetime.fromisoformat(said["since"]) if "since" in said else last.at
    limits, extended = limits_of(said)
    digest = said.get("calendar", "")
    if digest not in editions:
        raise UnknownEdition(digest)
    return RunningClock(
        start=start,
        limits=limits,
        calendar=editions[digest],
        pauses=_pauses(marks, start),
        extended=extended,
    )


def limits_of(said: Mapping[str, Any]) -> tuple[Mapping[str, Limit], int]:
    """The limits that a clock was chosen by, as the details of a step say it, and how often it was extended."""
    extended = said.get("extended", 0)
    if limits := said.get("limits"):
        return _limits(tuple((name, *limit) for name, limit in limits.items())), extended
    amount, unit = said["limit"]
    return _limits(((OF_STAGE if "calendar" in said else UNTOLD, amount // (1 + extended), unit),)), extended


@lru_cache(maxsize=1000)
def _limits(named: tuple[tuple[str, int, str], ...]) -> Mapping[str, Limit]:
    """Shared by all clocks of the same limits, of which there are few."""
    return MappingProxyType({name: limit_of(amount, unit) for name, amount, unit in named})


def _pauses(marks: Iterable[Mark], start: datetime) -> tuple[tuple[datetime, datetime | None], ...]:
    """From each step that suspended the case to the one that took it up again."""
    pauses: list[tuple[datetime, datetime | None]] = []
    for mark in marks:
        if mark.at < start or Status.SUSPENDED not in (mark.from_status, mark.to_status):
            continue
        if mark.from_status != Status.SUSPENDED:
            pauses.append((mark.at, None))
        elif mark.to_status != Status.SUSPENDED and pauses and pauses[-1][1] is None:
            pauses[-1] = (pauses[-1][0], mark.at)
    return tuple(pauses)


def running(event: Event) -> RunningClock | None:
    """The clock of one case, in one query, or two where its calendar is not known to this process yet."""
    return running_of([event.pk]).get(event.pk)


def running_of(pks: Iterable[int]) -> dict[int, RunningClock]:
    """The clocks of these cases by primary key; a case without any, or of an unknown calendar, is left out."""
    marks = marks_of(pks)
    editions = editions_of(last for of_one in marks.values() if (last := last_start(of_one)))
    clocks = {}
    for pk, of_one in marks.items():
        try:
            clocks[pk] = read(of_one, editions)
        except UnknownEdition:
            clocks[pk] = None
    return {pk: clock for pk, clock in clocks.items() if clock}


def editions_of(marks: Iterable[Mark]) -> dict[str, WorkCalendar]:
    """The calendars that these steps name; those that are unknown are left out."""
    return calendars.of_all({mark.details.get("calendar", "") for mark in marks})


def marks_of(pks: Iterable[int]) -> dict[int, list[Mark]]:
    """Of each case the steps that matter to its clock, in order."""
    matters = Q(details__has_key="limit") | Q(from_status=Status.SUSPENDED) | Q(to_status=Status.SUSPENDED)
    rows = Step.objects.filter(matters, event__in=list(pks)).order_by("event", "ordinal")
    found: dict[int, list[Mark]] = {}
    for pk, *mark in rows.values_list("event", "at", "from_status", "to_status", "details"):
        found.setdefault(pk, []).append(Mark(*mark))
    return found
