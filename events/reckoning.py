"""How the deadline of a case came about, told line by line: for its page, and as data for the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from events import running
from events.calendars import UnknownEdition
from events.clock import WorkCalendar, elapsed
from events.drafts import STAGE_CHECK
from events.explanations import limit_text
from events.intervals import Kind, Row, Why, account, by_day
from events.models import Event, Step
from events.running import OF_CATEGORY, OF_STAGE, Mark, RunningClock
from events.wording import hours_text
from events.workflow import Loop, Status

SECOND = timedelta(seconds=1)
WEEKDAYS = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)


@dataclass(frozen=True)
class Line:
    """A row of the account in words. `hours` are told of a day that counts in part, `amount` where anything counts."""

    kind: Kind
    when: str
    why: str
    hours: str
    amount: str
    total: str


@dataclass(frozen=True)
class Reckoning:
    """The clock of a stage and what it counted up to its end, or, while it is paused, up to now."""

    clock: RunningClock
    stage: str  # a loop, or the check
    rows: list[Row]
    due_at: datetime | None
    remind_at: datetime | None
    elapsed: timedelta
    unpublished_years: tuple[int, ...]

    @property
    def counted(self) -> timedelta:
        return self.rows[-1].total if self.rows else timedelta()

    @property
    def stage_label(self) -> str:
        return _("check") if self.stage == STAGE_CHECK else Loop(self.stage).label

    @property
    def lines(self) -> list[Line]:
        """Each amount is the difference of two rounded totals, so that what is shown sums up to the second."""
        lines, before = [], 0
        for row in self.rows:
            total = round(row.total / SECOND)
            amount = exact((total - before) * SECOND) if row.counted else ""
            hours = "" if row.hours == self.clock.calendar.clock_hours else _hours(row)
            lines.append(Line(row.kind, when(row), why_words(row), hours, amount, exact(total * SECOND)))
            before = total
        return lines

    @property
    def limit_words(self) -> list[str]:
        """Which limit counts, and why that one."""
        clock, sentences = self.clock, []
        said = {name: limit_text(limit.amount, limit.unit) for name, limit in clock.limits.items()}
        if clock.limits.keys() == {OF_STAGE, OF_CATEGORY}:
            text = _("The shorter one counts: %(stage)s %(default)s, category %(own)s. Here it is %(chosen)s.")
            chosen = said[clock.chosen]
            sentences.append(text % {"stage": self.stage_label, "default": said[OF_STAGE], "own": said[OF_CATEGORY],
                                     "chosen": chosen})  # fmt: skip
        else:
            text = _("Time limit (%(stage)s): %(limit)s.")
            sentences.append(text % {"stage": self.stage_label, "limit": said[clock.chosen]})
        if clock.extended:
            text = ngettext(
                "Extended %(count)d time, by as much again: %(limit)s.",
                "Extended %(count)d times, each by as much again: %(limit)s.",
                clock.extended,
            )
            sentences.append(
                text % {"count": clock.extended, "limit": limit_text(clock.limit.amount, clock.limit.unit)}
            )
        return sentences

    @property
    def sum_words(self) -> str:
        """That the sum is the limit, to the second; or what is left of a paused clock."""
        limit, whole = self.clock.limit, self.clock.limit.running(self.clock.calendar)
        text = limit_text(limit.amount, limit.unit)
        if self.clock.is_paused:
            said = {"counted": exact(self.counted), "left": exact(whole - self.counted), "limit": text}
            return _("Counted %(counted)s of %(limit)s; %(left)s are left when it is resumed.") % said
        return _("Sum: %(counted)s = %(limit)s.") % {"counted": exact(self.counted), "limit": text}

    @property
    def calendar_words(self) -> list[str]:
        """Which hours and which notices were counted by; nothing for the emergency clock."""
        if not self.clock.limit.unit.is_working:
            return []
        calendar = self.clock.calendar
        hours = {"hours": hours_text(calendar), "day": exact(calendar.day)}
        text = _("Working hours: %(hours)s; a working day has %(day)s. Nights and breaks do not count.")
        return [text % hours, *(_notice_text(year, number) for year, number in self.notices)]

    @property
    def notices(self) -> list[tuple[int, str | None]]:
        """The years that the clock ran through, with the number of each notice; None without a notice."""
        calendar = self.clock.calendar
        if not self.clock.limit.unit.is_working or not self.rows:
            return []
        years = range(self.rows[0].begin.year, self.rows[-1].end.year + 1)
        return [(year, calendar.notices.get(year)) for year in years]


def _notice_text(year: int, number: str | None) -> str:
    if number is None:
        text = _("%(year)d: the holiday notice was not published; Monday to Friday were counted.")
    elif number:
        text = _("%(year)d: by the holiday notice %(number)s.")
    else:
        text = _("%(year)d: by the holiday notice (number not recorded).")
    return text % {"year": year, "number": number}


def reckon(event: Event, marks: Sequence[Mark], at: datetime) -> Reckoning | None:
    """The account of the last clock of a case, from its steps in order; None without one that can be read."""
    stage = STAGE_CHECK if event.status in (Status.RESOLVED, Status.CLOSED) else event.loop
    return _reckon(stage, marks, at, running.editions_of([last] if (last := running.last_start(marks)) else []))


def reckon_all(steps: Sequence[Step], at: datetime) -> list[Reckoning]:
    """The account of every clock that a case ever had, in order, each as it was when the next one began."""
    starts = [index for index, step in enumerate(steps) if "limit" in step.details]
    editions = running.editions_of(steps[index] for index in starts)
    found = []
    for start, after in zip_longest(starts, starts[1:]):
        if after is not None and "since" in steps[after].details:
            continue  # the same clock went on, extended, adjusted or resumed
        first = steps[start]
        stage = STAGE_CHECK if first.to_status == Status.RESOLVED else first.to_loop
        if reckoning := _reckon(stage, steps[:after], steps[after].at if after else at, editions):
            found.append(reckoning)
    return found


def _reckon(stage: str, marks: Sequence[Mark], at: datetime, editions: Mapping[str, WorkCalendar]) -> Reckoning | None:
    try:
        clock = running.read(marks, editions)
    except UnknownEdition:
        return None
    if clock is None:
        return None
    calendar, unit = clock.calendar, clock.limit.unit
    found = None if clock.is_paused else clock.deadline
    pauses = [(begin, end or at) for begin, end in clock.pauses]
    until = found.due_at if found else at
    return Reckoning(
        clock=clock,
        stage=stage,
        rows=by_day(account(clock.start, until, unit, calendar, pauses)),
        due_at=found and found.due_at,
        remind_at=found and found.remind_at,
        elapsed=elapsed(clock.start, max(at, clock.start), unit, calendar, pauses),
        unpublished_years=found.unpublished_years if found else (),
    )


# Words


def exact(span: timedelta) -> str:
    """A span in hours, minutes and seconds, rounded to the second."""
    seconds = round(span / SECOND)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = []
    if hours:
        parts.append(pgettext("exact span", "%(count)d h") % {"count": hours})
    if minutes:
        parts.append(pgettext("exact span", "%(count)d min") % {"count": minutes})
    if seconds or not parts:
        parts.append(pgettext("exact span", "%(count)d s") % {"count": seconds})
    return " ".join(parts)


def when(row: Row) -> str:
    """The day or days of a row; with the time of day where it does not follow from the hours that count."""
    begin, end = row.begin, row.end
    if row.why in (Why.SUSPENDED, Why.AROUND_THE_CLOCK):
        return f"{_day(begin)} {begin:%H:%M} – {_day(end)} {end:%H:%M}"
    last = end - timedelta(microseconds=1)
    return _day(begin) if last.date() == begin.date() else f"{_day(begin)} – {_day(last)}"


def _day(moment: datetime) -> str:
    pattern = _("M j")
    return f"{date_format(moment, pattern)} {WEEKDAYS[moment.weekday()]}"


def _hours(row: Row) -> str:
    """The hours of a day that counts in part, to the second where they begin or end with one."""
    return " ".join(f"{_time(begin)}–{_time(end)}" for begin, end in row.hours)


def _time(clock) -> str:
    return f"{clock:%H:%M:%S}" if clock.second else f"{clock:%H:%M}"


def why_words(row: Row) -> str:
    """Why a row counts or not."""
    name = {"name": row.name}
    match row.why:
        case Why.WORKING_HOURS:
            text = ngettext("%(count)d working day", "%(count)d working days", row.days)
            return text % {"count": row.days} if row.days > 1 else _("working day")
        case Why.MAKE_UP_DAY:
            return _("worked to make up for %(name)s") % name if row.name else _("worked to make up for a holiday")
        case Why.AROUND_THE_CLOCK:
            return _("around the clock")
        case Why.OUT_OF_HOURS:
            return _("outside working hours")
        case Why.WEEKEND:
            return _("weekend")
        case Why.HOLIDAY:
            return _("holiday: %(name)s") % name
        case Why.DAY_OFF:
            return _("day off")
        case Why.SUSPENDED:
            return _("suspended, the clock stands still")
