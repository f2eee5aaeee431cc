"""How a deadline came about: what was counted, skipped and paused between two moments. Pure; no ORM, no Django.

`account` is exact and without gaps. `by_day` puts it as people read it: a row for a day, days that are alike in one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby

from events.clock import DAY, Pauses, Unit, WorkCalendar


class Kind(StrEnum):
    COUNTED = "counted"
    SKIPPED = "skipped"
    PAUSED = "paused"


class Why(StrEnum):
    WORKING_HOURS = "working_hours"
    MAKE_UP_DAY = "make_up_day"
    AROUND_THE_CLOCK = "around_the_clock"
    OUT_OF_HOURS = "out_of_hours"  # nights and the lunch break
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    DAY_OFF = "day_off"  # a weekday off that has no name
    SUSPENDED = "suspended"


KINDS = {
    Why.WORKING_HOURS: Kind.COUNTED,
    Why.MAKE_UP_DAY: Kind.COUNTED,
    Why.AROUND_THE_CLOCK: Kind.COUNTED,
    Why.SUSPENDED: Kind.PAUSED,
}


@dataclass(frozen=True)
class Interval:
    """A time in which the clock did one thing. `name` is the holiday's, or that of the one a make-up day is for."""

    begin: datetime
    end: datetime
    why: Why
    name: str = ""
    total: timedelta = timedelta()  # counted from the start up to `end`

    @property
    def kind(self) -> Kind:
        return KINDS.get(self.why, Kind.SKIPPED)

    @property
    def counted(self) -> timedelta:
        return self.end - self.begin if self.kind is Kind.COUNTED else timedelta()


@dataclass(frozen=True)
class Row:
    """A day, or several alike that follow each other; `hours` are the working hours that count on each."""

    begin: datetime
    end: datetime
    why: Why
    name: str
    days: int
    hours: tuple[tuple[time, time], ...]
    counted: timedelta
    total: timedelta

    @property
    def kind(self) -> Kind:
        return KINDS.get(self.why, Kind.SKIPPED)


def account(start: datetime, end: datetime, unit: Unit, calendar: WorkCalendar, pauses: Pauses = ()) -> list[Interval]:
    """Every interval from start to end, in order and without gaps; what was counted sums up to `elapsed`."""
    start, end = start.astimezone(calendar.tz), end.astimezone(calendar.tz)
    total, intervals = timedelta(), []
    for interval in _joined(_pieces(start, end, unit, calendar, pauses)):
        total += interval.counted
        intervals.append(replace(interval, total=total))
    return intervals


def _pieces(start: datetime, end: datetime, unit: Unit, calendar: WorkCalendar, pauses: Pauses) -> Iterator[Interval]:
    at = start
    for begin, stop in pauses:
        begin, stop = max(begin.astimezone(calendar.tz), at), min(stop.astimezone(calendar.tz), end)
        if begin < stop:
            yield from _run(at, begin, unit, calendar)
            yield Interval(begin, stop, Why.SUSPENDED)
            at = stop
    yield from _run(at, end, unit, calendar)


def _run(begin: datetime, end: datetime, unit: Unit, calendar: WorkCalendar) -> Iterator[Interval]:
    """From begin to end without a pause; what is empty is left out."""
    if not unit.is_working:
        yield from [Interval(begin, end, Why.AROUND_THE_CLOCK)] if begin < end else []
        return
    midnight = _midnight(begin)
    while midnight < end:
        for first, last, why, name in _day(midnight, calendar):
            first, last = max(first, begin), min(last, end)
            if first < last:
                yield Interval(first, last, why, name)
        midnight += DAY


def _day(midnight: datetime, calendar: WorkCalendar) -> Iterator[tuple[datetime, datetime, Why, str]]:
    """What the working clock does on a day, from midnight to midnight."""
    day, at = midnight.date(), midnight
    why, name = _nature(day, calendar)
    for begin, end in calendar.spans(day):
        yield at, midnight + begin, Why.OUT_OF_HOURS, ""
        yield midnight + begin, midnight + end, why, name
        at = midnight + end
    yield at, midnight + DAY, Why.OUT_OF_HOURS if at > midnight else why, "" if at > midnight else name


def _nature(day: date, calendar: WorkCalendar) -> tuple[Why, str]:
    if calendar.is_working_day(day):
        return (Why.MAKE_UP_DAY, calendar.days[day].name) if calendar.is_make_up(day) else (Why.WORKING_HOURS, "")
    if name := calendar.name(day):
        return Why.HOLIDAY, name
    return (Why.WEEKEND if day.weekday() >= 5 else Why.DAY_OFF), ""


def _joined(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Neighbours of one kind as one: a night goes over midnight, a holiday over its days."""
    for _nature_of, group in groupby(intervals, key=lambda interval: (interval.why, interval.name)):
        first, *others = group
        yield replace(first, end=others[-1].end) if others else first


def by_day(intervals: Sequence[Interval]) -> list[Row]:
    """The account as people read it: nights and breaks are told by the hours of the days that count."""
    rows: list[Row] = []
    for interval in intervals:
        for part in _at_midnights(interval):
            _put(rows, part)
    return rows and _alike(rows)


def _at_midnights(interval: Interval) -> Iterator[Interval]:
    """The parts of an interval day by day; a pause and the emergency clock stay whole."""
    if interval.why in (Why.SUSPENDED, Why.AROUND_THE_CLOCK):
        yield interval
        return
    begin = interval.begin
    while begin < interval.end:
        end = min(_midnight(begin) + DAY, interval.end)
        yield replace(interval, begin=begin, end=end)
        begin = end


def _put(rows: list[Row], part: Interval) -> None:
    """Add a part to the row of its day, or begin a row with it."""
    has_hours = part.why in (Why.WORKING_HOURS, Why.MAKE_UP_DAY)
    hours = ((part.begin.time(), part.end.time()),) if has_hours else ()
    row = Row(part.begin, part.end, part.why, part.name, 1, hours, part.counted, part.total)
    last = rows[-1] if rows else None
    if last is None or Why.SUSPENDED in (last.why, part.why) or last.begin.date() != part.begin.date():
        rows.append(row)
    elif part.why is Why.OUT_OF_HOURS:
        rows[-1] = replace(last, end=part.end)
    elif last.why is Why.OUT_OF_HOURS:  # the morning before the hours begin
        rows[-1] = replace(row, begin=last.begin)
    else:
        rows[-1] = replace(last, end=part.end, hours=last.hours + hours, counted=last.counted + part.counted,
                           total=part.total)  # fmt: skip


def _alike(rows: list[Row]) -> list[Row]:
    merged = [rows[0]]
    for row in rows[1:]:
        last = merged[-1]
        if _looks(row) == _looks(last) and row.why not in (Why.SUSPENDED, Why.AROUND_THE_CLOCK):
            counted = last.counted + row.counted
            merged[-1] = replace(last, end=row.end, days=last.days + 1, counted=counted, total=row.total)
        else:
            merged.append(row)
    return merged


def _looks(row: Row) -> tuple:
    return row.why, row.name, row.hours


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time(), moment.tzinfo)
