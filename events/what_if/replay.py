"""What if other limits, another calendar or other staffing had held: the recorded stays of cases, run again.

It reads nothing and writes nothing; `reading` brings the cases.

A case is a list of runs; a run is its way from desk to desk until it was settled. Whoever acted is taken to have acted
as recorded, the clock to have acted by the scenario. `words` says so to the reader. The rules:

- A desk that keeps a case longer settles it when it was settled in fact (`_Run.settled_by`): the work went on elsewhere
  meanwhile, and is counted on. What was open at the end stays open.
- A desk that gets a case earlier or later than in fact needs as long as it did, in running time.
- A desk that never had it needs the median of its loop.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from events.clock import Limit, Unit, WorkCalendar, after, elapsed
from events.routing import Unroutable, climb, loop_of, path
from events.running import OF_CATEGORY, OF_STAGE, UNTOLD, RunningClock, limit_of
from events.workflow import Loop, Urgency

way_of = lru_cache(maxsize=10_000)(path)  # neighbours have it in common
SATURDAY = 5
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2101, 1, 1)  # no calendar here knows another day
# How long people take is told on the clock that their limits run on.
UNITS = {Urgency.NORMAL: Unit.WORKING_HOUR, Urgency.URGENT: Unit.EMERGENCY_HOUR}
WORKING = {Unit.EMERGENCY_HOUR: Unit.WORKING_HOUR, Unit.EMERGENCY_DAY: Unit.WORKING_DAY}

Limits = Mapping[str, Limit]  # by OF_STAGE and OF_CATEGORY, or by UNTOLD, as `running` reads them
Spans = tuple[tuple, ...]


class Left(StrEnum):
    """How a case left a desk."""

    SETTLED = "settled"  # resolved, voided or merged
    CLIMBED = "climbed"  # by the clock
    SENT = "sent"  # by a person, upward, or with its grid
    BACK = "back"  # by a person, downward
    OPEN = "open"  # not at all so far


@dataclass(slots=True)
class Term:
    """A time in which the clock of a stay ran by the same rules; `until` it was changed or stood still, or None."""

    limits: Limits
    calendar: WorkCalendar
    due_at: datetime | None
    extended: int = 0
    until: datetime | None = None


@dataclass(slots=True)
class Stay:
    """A case on one desk, as recorded. `passed` are the codes of vacant desks that it was led past."""

    loop: Loop
    holder: str
    entered_at: datetime
    terms: list[Term]
    passed: tuple[str, ...] = ()
    left_at: datetime | None = None
    left: Left = Left.OPEN
    is_resolved: bool = False


@dataclass(slots=True)
class Run:
    """The stays of a case one after the other, until it was settled; with the times in which it was suspended."""

    stays: list[Stay] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)


@dataclass(slots=True)
class Case:
    """What of a case matters: where it arose, and what happened to it."""

    number: str
    code: str
    urgency: Urgency
    is_closed: bool
    runs: list[Run]


@dataclass(frozen=True, slots=True)
class Held:
    """That a desk had a case, and whether the limit ran over there and the clock took it up."""

    loop: Loop
    holder: str
    is_overdue: bool
    is_climbed: bool


@dataclass(frozen=True)
class Scenario:
    """What would have been otherwise; what is left out is as recorded."""

    limits: Mapping[tuple[Loop, Urgency], Limit] = field(default_factory=dict)
    ignores_categories: bool = False
    saturdays: bool = False
    hours: Spans = ()
    no_emergency: bool = False
    staffed: frozenset[str] = frozenset()
    vacant: frozenset[str] = frozenset()
    _calendars: dict[str, WorkCalendar] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_as_recorded(self) -> bool:
        return self == Scenario()

    def limits_of(self, loop: Loop, urgency: Urgency, recorded: Limits) -> Limits:
        """The limits of a stay in this loop, of which the shorter one counts."""
        other = self.limits.get((loop, urgency))
        if other is None and not self.ignores_categories and not self.no_emergency:
            return recorded
        found = dict(recorded)
        if other:
            found.pop(UNTOLD, None)
            found[OF_STAGE] = other
        if self.ignores_categories and OF_STAGE in found:
            found.pop(OF_CATEGORY, None)
        if self.no_emergency:
            found = {name: limit_of(limit.amount, WORKING.get(limit.unit, limit.unit)) for name, limit in found.items()}
        return found

    def calendar_of(self, recorded: WorkCalendar) -> WorkCalendar:
        """The calendar in place of a recorded one."""
        if not self.saturdays and not self.hours:
            return recorded
        if recorded.edition not in self._calendars:
            self._calendars[recorded.edition] = self._other_calendar(recorded)
        return self._calendars[recorded.edition]

    def _other_calendar(self, recorded: WorkCalendar) -> WorkCalendar:
        """Holidays stay days off, also where they fall on a Saturday."""
        days = map(date.fromordinal, range(FIRST_DAY.toordinal(), LAST_DAY.toordinal()))
        saturdays = (day for day in days if day.weekday() == SATURDAY and day not in recorded.days)
        return WorkCalendar(
            dict.fromkeys(saturdays, True) if self.saturdays else None,
            self.hours or recorded.clock_hours,
            days=recorded.days,
            notices=recorded.notices,
        )


@dataclass(frozen=True)
class World:
    """What is known besides the cases: until when, the limits in force, who was posted where, and usual times."""

    at: datetime
    levels: Mapping[tuple[Loop, Urgency], Limit]
    was_staffed: Callable[[str, datetime], bool]
    medians: Mapping[tuple[Loop, Urgency], timedelta]


def as_recorded(case: Case, at: datetime) -> list[Held]:
    """Which desks had the case, in order."""
    return [_recorded(stay, at) for run in case.runs for stay in run.stays]


def _recorded(stay: Stay, at: datetime) -> Held:
    ends = ((term.due_at, term.until or stay.left_at or at) for term in stay.terms)
    is_climbed = stay.left is Left.CLIMBED
    is_overdue = is_climbed or any(due_at is not None and due_at <= end for due_at, end in ends)
    return Held(stay.loop, stay.holder, is_overdue, is_climbed)


def replayed(case: Case, scenario: Scenario, world: World) -> list[Held]:
    """Which desks would have had the case, in order."""
    return [held for run in case.runs for held in _Run(case, run, scenario, world).held()]


def times_taken(case: Case) -> Iterator[tuple[tuple[Loop, Urgency], timedelta]]:
    """How long each desk took that resolved the case."""
    for run in case.runs:
        for stay in run.stays:
            if stay.is_resolved:
                yield (stay.loop, case.urgency), _needed(case, run, stay, stay.left_at)


def _needed(case: Case, run: Run, stay: Stay, end: datetime) -> timedelta:
    calendar = stay.terms[0].calendar
    pauses = [(begin, stop or end) for begin, stop in run.pauses]
    return elapsed(stay.entered_at, end, UNITS[case.urgency], calendar, pauses)


@dataclass(slots=True)
class _Visit:
    """A stay in the scenario: at `holder`, after the recorded stay of that index, or after none."""

    index: int | None
    holder: str
    entered_at: datetime


class _Run:
    """One run of a case under the scenario."""

    def __init__(self, case: Case, run: Run, scenario: Scenario, world: World):
        self.case, self.run, self.scenario, self.world = case, run, scenario, world
        self.stays = run.stays

    @property
    def way(self) -> list[str]:
        return way_of(self.case.code)

    def held(self) -> Iterator[Held]:
        visit: _Visit | None = self.visit_of(0, self.stays[0].entered_at)
        # A case goes up at most once from each desk between two decisions; more visits would be a circle.
        for _turn in range(4 * len(self.stays) + 2 * len(self.way)):
            if visit is None:
                return
            held, visit = self.step(visit)
            yield held

    def visit_of(self, index: int, at: datetime) -> _Visit:
        """Where the case would have entered instead of this recorded stay: another desk is staffed, or vacant."""
        stay, scenario = self.stays[index], self.scenario
        for code in stay.passed:
            if code in scenario.staffed:
                return _Visit(index, code, at)
        if stay.holder in scenario.vacant and stay.holder in self.way[:-1]:
            above = self.way[self.way.index(stay.holder) + 1 :]
            holder = next((code for code in above if self.is_staffed(code, at)), above[-1])
            return _Visit(index, holder, at)
        return _Visit(index, stay.holder, at)

    def is_staffed(self, code: str, at: datetime) -> bool:
        if code in self.scenario.vacant:
            return False
        return code in self.scenario.staffed or self.world.was_staffed(code, at)

    def step(self, visit: _Visit) -> tuple[Held, _Visit | None]:
        """What becomes of the case on this desk, and where it goes from there."""
        last = self.settled_by(visit)
        acts_at = self.acts_at(visit, last)
        loop = self.stays[visit.index].loop if self.is_on_record(visit) else loop_of(visit.holder)
        up_at, is_overdue = self.runs_over(visit, loop, acts_at)
        if up_at and (above := self.above(visit, up_at)):
            return Held(loop, visit.holder, True, True), above
        held = Held(loop, visit.holder, is_overdue, False)
        if acts_at is None or last is None or last + 1 == len(self.stays):
            return held, None
        return held, self.visit_of(last + 1, acts_at)

    def is_on_record(self, visit: _Visit) -> bool:
        return visit.index is not None and self.stays[visit.index].holder == visit.holder

    def settled_by(self, visit: _Visit) -> int | None:
        """The recorded stay in which a person did what ends this visit.

        A case that the clock took on was worked on by the next desk, and what that one sent to this desk or below it
        would not have had to be sent.
        """
        index = visit.index
        if index is None:
            return None
        while index + 1 < len(self.stays):
            stay, after_it = self.stays[index], self.stays[index + 1]
            is_own = index == visit.index and self.is_on_record(visit)
            is_absorbed = not is_own and after_it.holder.startswith(visit.holder)
            if stay.left is not Left.CLIMBED and not is_absorbed:
                break
            index += 1
        return index

    def acts_at(self, visit: _Visit, last: int | None) -> datetime | None:
        """When a person would have acted; None where nobody has so far."""
        if visit.index is None:
            return self.usually_done_at(visit)
        first, end = self.stays[visit.index], self.stays[last].left_at
        if end is None or visit.entered_at == first.entered_at:
            return end
        return self.later(visit, _needed(self.case, self.run, first, end))

    def usually_done_at(self, visit: _Visit) -> datetime | None:
        if self.stays[-1].left is Left.OPEN:
            return None
        usual = self.world.medians.get((loop_of(visit.holder), self.case.urgency))
        if usual is None:  # nobody in this loop has resolved anything: as long as all of it took
            usual = _needed(self.case, self.run, self.stays[0], self.stays[-1].left_at)
        return self.later(visit, usual)

    def later(self, visit: _Visit, running: timedelta) -> datetime | None:
        """When so much has run since the visit began; None for what lies ahead still."""
        unit = UNITS[self.case.urgency]
        done_at = after(visit.entered_at, running, unit, self.calendar(visit), self.pauses(visit))
        return done_at if done_at <= self.world.at else None

    def calendar(self, visit: _Visit) -> WorkCalendar:
        return self.scenario.calendar_of(self.stays[visit.index or 0].terms[0].calendar)

    def pauses(self, visit: _Visit) -> Sequence[tuple[datetime, datetime]]:
        """The times of suspension, moved along with the visit; what still lasts lasts on."""
        if visit.index is None or not self.run.pauses:
            return ()
        moved = visit.entered_at - self.stays[visit.index].entered_at
        end = max(self.world.at, self.run.pauses[-1][0])
        return [(begin + moved, (stop or end) + moved) for begin, stop in self.run.pauses]

    def runs_over(self, visit: _Visit, loop: Loop, acts_at: datetime | None) -> tuple[datetime | None, bool]:
        """When the clock would have taken the case up, or None; and whether the limit ran over at all."""
        if not self.is_on_record(visit):
            due_at = self.due_at(visit, loop, self.own_limits(visit, loop), self.calendar(visit), 0)
            is_over = due_at <= (acts_at or self.world.at)
            return (due_at if is_over else None), is_over
        stay, is_overdue = self.stays[visit.index], False
        moved = visit.entered_at - stay.entered_at
        for term in stay.terms:
            end = min(term.until + moved, self.world.at) if term.until else acts_at or self.world.at
            limits = self.scenario.limits_of(loop, self.case.urgency, term.limits)
            due_at = self.due_at(visit, loop, limits, self.scenario.calendar_of(term.calendar), term.extended)
            if due_at > end:
                continue
            is_overdue = True
            if moved or term.due_at is None or due_at < term.due_at:
                return due_at, True
            if term is stay.terms[-1] and stay.left is Left.CLIMBED:
                # The system acts a little after the time that was due, as it did.
                return (stay.left_at if due_at == term.due_at else due_at), True
            # It ran over in fact as well, and the system did not act on it: nor does it here.
        return None, is_overdue

    def due_at(self, visit: _Visit, loop: Loop, limits: Limits, calendar: WorkCalendar, extended: int) -> datetime:
        return RunningClock(visit.entered_at, limits, calendar, tuple(self.pauses(visit)), extended).due_at()

    def own_limits(self, visit: _Visit, loop: Loop) -> Limits:
        """Of a desk that never had the case: those in force now, with the limit of the category as it was."""
        recorded = self.stays[visit.index or 0].terms[0].limits
        limits = {OF_STAGE: self.world.levels[loop, self.case.urgency]}
        if OF_CATEGORY in recorded:
            limits[OF_CATEGORY] = recorded[OF_CATEGORY]
        return self.scenario.limits_of(loop, self.case.urgency, limits)

    def above(self, visit: _Visit, at: datetime) -> _Visit | None:
        """Where the clock takes it: to the desk that got it in fact, or that of the way up; None at the city."""
        index = visit.index
        if self.is_on_record(visit) and self.stays[index].left is Left.CLIMBED:
            return self.visit_of(index + 1, at)
        if visit.holder not in self.way:
            return None
        try:
            route = climb(self.case.code, visit.holder, lambda code: self.is_staffed(code, at))
        except Unroutable:
            return None
        later = range(len(self.stays)) if index is None else range(index + self.is_on_record(visit), len(self.stays))
        known = None if index is None else next((n for n in later if self.stays[n].holder == route.code), None)
        return _Visit(known, route.code, at)
