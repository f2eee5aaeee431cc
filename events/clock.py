"""Working time: when a limit ends, and how much of it has run. Pure arithmetic; no ORM, no Django.

A clock is a day's running spans, repeated: the emergency clock runs always, the working clock runs through
`calendar.spans(day)` of each day. Whole days are jumped over by a table of each year's working days, so the cost
does not grow with the limit. `events.intervals` lists what was counted, day by day.
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

HOURS = ((time(8), time(12)), (time(14), time(18)))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REMINDER_SHARE = 0.8


class Unit(StrEnum):
    """What a limit is counted in; the names are those of the categories file."""

    EMERGENCY_HOUR = "emergency_hour"
    EMERGENCY_DAY = "emergency_day"
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"

    @property
    def is_working(self) -> bool:
        return self.startswith("working")


def _since_midnight(clock: time | datetime) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)


@dataclass(frozen=True)
class Day:
    """What a notice, or an administrator, says of one day; every other day follows the week."""

    is_working: bool
    name: str = ""


def published_days() -> dict[date, Day]:
    """The days off and the make-up days of all notices that the package chinesecalendar knows."""
    named = {True: chinese_calendar.workdays, False: chinese_calendar.holidays}
    return {
        day: Day(is_working, chinese_calendar.Holiday(english).chinese)
        for is_working, days in named.items()
        for day, english in days.items()
    }


PUBLISHED = published_days()
# The numbers (文号) of the notices as the State Council gave them; the package knows days alone.
NUMBERS = {2024: "国办发明电〔2023〕7号", 2025: "国办发明电〔2024〕12号", 2026: "国办发明电〔2025〕7号"}
NOTICES = {year: NUMBERS.get(year, "") for year in sorted({day.year for day in PUBLISHED})}


class WorkCalendar:
    """Which days are worked, by the State Council's notices, and in which hours. Never changed once made.

    `days` are those that differ from Monday to Friday or have a name, `notices` the published years with the number
    of the notice; by default what chinesecalendar knows. `overrides` says of single days whether they are worked.
    """

    def __init__(
        self,
        overrides: Mapping[date, bool] | None = None,
        hours: tuple[tuple[time, time], ...] = HOURS,
        tz: str = "Asia/Shanghai",
        *,
        days: Mapping[date, Day] = PUBLISHED,
        notices: Mapping[int, str] = NOTICES,
    ):
        self.days = {**days, **{day: Day(is_working) for day, is_working in (overrides or {}).items()}}
        self.notices = dict(notices)
        self.clock_hours = hours
        self.tz = ZoneInfo(tz)
        self.hours = tuple((_since_midnight(begin), _since_midnight(end)) for begin, end in hours)
        edges = [edge for span in self.hours for edge in span]
        if not edges or edges != sorted(set(edges)):
            raise ValueError(f"Working hours must be spans in order that do not touch, not {hours}.")
        self.day = sum((end - begin for begin, end in self.hours), timedelta())
        self._years: dict[int, list[int]] = {}

    def has_notice(self, year: int) -> bool:
        """Has the State Council's holiday notice for the year reached the calendar?"""
        return year in self.notices

    def is_working_day(self, day: date) -> bool:
        """Is the day worked? Make-up days are, though they fall on a weekend."""
        return self.days[day].is_working if day in self.days else day.weekday() < 5

    def name(self, day: date) -> str:
        """The Chinese name of the holiday that the day belongs to, or ""."""
        return "" if self.is_working_day(day) or day not in self.days else self.days[day].name

    def is_make_up(self, day: date) -> bool:
        """Is a Saturday or Sunday worked for a holiday? `days[day].name` tells for which."""
        return day.weekday() >= 5 and self.is_working_day(day)

    @cached_property
    def edition(self) -> str:
        """A digest of days, notices and hours: two calendars with one edition count alike."""
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def content(self) -> dict[str, Any]:
        """Days, notices and hours as JSON holds them; `from_content` makes the calendar of it again."""
        return {
            "days": {day.isoformat(): [said.is_working, said.name] for day, said in sorted(self.days.items())},
            "notices": {str(year): number for year, number in sorted(self.notices.items())},
            "hours": [[begin.isoformat("minutes"), end.isoformat("minutes")] for begin, end in self.clock_hours],
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "WorkCalendar":
        return cls(
            hours=tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in content["hours"]),
            days={date.fromisoformat(day): Day(*said) for day, said in content["days"].items()},
            notices={int(year): number for year, number in content["notices"].items()},
        )

    def spans(self, day: date) -> tuple[tuple[timedelta, timedelta], ...]:
        """The running spans of a day as offsets from its midnight; none on a day off."""
        ordinals, ordinal = self._ordinals(day.year), day.toordinal()
        index = bisect_left(ordinals, ordinal)
        return self.hours if ordinals[index : index + 1] == [ordinal] else ()

    def nth(self, day: date, n: int) -> date:
        """The working day that comes n working days after the first one on or after `day`."""
        year, ordinals = day.year, self._ordinals(day.year)
        index = bisect_left(ordinals, day.toordinal()) + n
        while index >= len(ordinals):
            index -= len(ordinals)
            year += 1
            ordinals = self._ordinals(year)
        return date.fromordinal(ordinals[index])

    def count(self, first: date, last: date) -> int:
        """How many working days there are from `first` to the day before `last`."""
        whole_years = sum(len(self._ordinals(year)) for year in range(first.year, last.year))
        before_last = bisect_left(self._ordinals(last.year), last.toordinal())
        return whole_years + before_last - bisect_left(self._ordinals(first.year), first.toordinal())

    def _ordinals(self, year: int) -> list[int]:
        """The ordinals of a year's working days, in order; made once a year."""
        if year not in self._years:
            first = date(year, 1, 1).toordinal()
            last = date(year, 12, 31).toordinal()
            self._years[year] = [n for n in range(first, last + 1) if self.is_working_day(date.fromordinal(n))]
        return self._years[year]


@dataclass(frozen=True)
class Limit:
    """An amount of running time, such as 3 working days. ValueError unless a positive whole number of a known unit."""

    amount: int
    unit: Unit

    def __post_init__(self):
        if type(self.amount) is not int or self.amount < 1:
            raise ValueError(f"A limit is a positive whole number of its unit, not {self.amount!r}.")
        object.__setattr__(self, "unit", Unit(self.unit))

    def running(self, calendar: WorkCalendar) -> timedelta:
        """The running time; a working day is as long as the working hours of the calendar (8 hours by default)."""
        if self.unit is Unit.WORKING_DAY:
            return self.amount * calendar.day
        return self.amount * (DAY if self.unit is Unit.EMERGENCY_DAY else HOUR)


@dataclass(frozen=True)
class Deadline:
    """When a stage ends and is reminded of, by which limit, and which years it passes that have no notice yet."""

    due_at: datetime
    remind_at: datetime
    limit: Limit
    unpublished_years: tuple[int, ...]


STATUTORY = WorkCalendar()
Pauses = Sequence[tuple[datetime, datetime]]  # in order, each from its begin to its end; nothing runs in them


def add(
    start: datetime, limit: Limit, calendar: WorkCalendar = STATUTORY, share: float = 1.0, pauses: Pauses = ()
) -> datetime:
    """The earliest moment at which `share` of the limit has run since `start`, in the calendar's zone.

    A limit used up at the very end of a working span ends there (18:00), not when the next span begins.
    ValueError without a time zone, or when the limit ends beyond the year 9999.
    """
    local = _local(start, calendar)
    try:
        return _after(local, limit.running(calendar) * share, limit.unit, calendar, pauses)
    except (OverflowError, ValueError):  # timedelta and date have their own
        raise ValueError(f"{limit.amount} {limit.unit} from {start} end beyond the calendar.") from None


def after(
    start: datetime, running: timedelta, unit: Unit, calendar: WorkCalendar = STATUTORY, pauses: Pauses = ()
) -> datetime:
    """The earliest moment at which so much has run since `start`; that moment itself where nothing has to."""
    local = _local(start, calendar)
    return _after(local, running, unit, calendar, pauses) if running > timedelta() else local


def elapsed(
    start: datetime, end: datetime, unit: Unit, calendar: WorkCalendar = STATUTORY, pauses: Pauses = ()
) -> timedelta:
    """The running time from start to end on the unit's clock; negative when `end` is earlier.

    `elapsed(now, due_at, unit)` is the time left, or, negative, the time overdue.
    """
    if end < start:
        return -elapsed(end, start, unit, calendar, pauses)
    first, last = _local(start, calendar), _local(end, calendar)
    paused = sum(
        (_elapsed(max(first, begin), min(last, end), unit, calendar) for begin, end in _within(first, last, pauses)),
        timedelta(),
    )
    return _elapsed(first, last, unit, calendar) - paused


def deadline(
    start: datetime, limits: Iterable[Limit], calendar: WorkCalendar = STATUTORY, pauses: Pauses = ()
) -> Deadline:
    """The earliest end of several limits; of limits that end together, the first."""
    ends = [(add(start, limit, calendar, pauses=pauses), limit) for limit in limits]
    if not ends:
        raise ValueError("A deadline needs at least one limit.")
    due_at, limit = min(ends, key=lambda end: end[0])
    remind_at = add(start, limit, calendar, REMINDER_SHARE, pauses)
    return Deadline(due_at, remind_at, limit, unpublished_years(start, due_at, limit.unit, calendar))


def unpublished_years(start: datetime, due_at: datetime, unit: Unit, calendar: WorkCalendar) -> tuple[int, ...]:
    """The years between that have no notice yet; the emergency clock needs none."""
    if not unit.is_working:
        return ()
    years = range(_local(start, calendar).year, _local(due_at, calendar).year + 1)
    return tuple(year for year in years if not calendar.has_notice(year))


def _after(local: datetime, running: timedelta, unit: Unit, calendar: WorkCalendar, pauses: Pauses = ()) -> datetime:
    """The earliest moment at which so much has run since then."""
    for begin, end in _within(local, None, pauses) if pauses else ():
        run = _elapsed(local, max(local, begin), unit, calendar)
        if running <= run:
            break
        running -= run
        local = max(local, end)
    if unit.is_working:
        return _add_working(local, running, calendar)
    return (local.astimezone(UTC) + running).astimezone(calendar.tz)


def _within(first: datetime, last: datetime | None, pauses: Pauses) -> list[tuple[datetime, datetime]]:
    """The pauses that overlap the time from `first` to `last`, in its zone; without `last`, from `first` on."""
    local = [(begin.astimezone(first.tzinfo), end.astimezone(first.tzinfo)) for begin, end in pauses]
    return [(begin, end) for begin, end in local if end > first and (last is None or begin < last)]


def _elapsed(first: datetime, last: datetime, unit: Unit, calendar: WorkCalendar) -> timedelta:
    if Unit(unit).is_working:
        return _worked(last, calendar) - _worked(first, calendar) + _between(first, last, calendar)
    return last.astimezone(UTC) - first.astimezone(UTC)


def _add_working(local: datetime, running: timedelta, calendar: WorkCalendar) -> datetime:
    days, rest = divmod(_worked(local, calendar) + running, calendar.day)
    if not rest:  # used up exactly at closing time: that day's, not the next one's opening
        days, rest = days - 1, calendar.day
    midnight = datetime.combine(calendar.nth(local.date(), days), time(), calendar.tz)
    for begin, end in calendar.hours:
        if rest <= end - begin:
            break
        rest -= end - begin
    return midnight + begin + rest


def _worked(local: datetime, calendar: WorkCalendar) -> timedelta:
    """How much has run on this day up to this moment."""
    clock, worked = _since_midnight(local), timedelta()
    for begin, end in calendar.spans(local.date()):
        if begin < clock:
            worked += min(clock, end) - begin
    return worked


def _between(first: datetime, last: datetime, calendar: WorkCalendar) -> timedelta:
    """The running time from the midnight before `first` to the midnight before `last`."""
    if last < first:
        return -_between(last, first, calendar)
    return calendar.count(first.date(), last.date()) * calendar.day


def _local(moment: datetime, calendar: WorkCalendar) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone, so it names no moment.")
    return moment.astimezone(calendar.tz)
