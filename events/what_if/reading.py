"""The cases of a period as `replay` runs them again, read from their steps in the order of their keys."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import median
from typing import Any

from django.db.models import Q

from events import calendars
from events.clock import Limit, WorkCalendar
from events.drafts import Rule
from events.figures.measures import Day
from events.figures.scope import Scope
from events.models import Event, ServiceLevel, Step
from events.routing import loop_of
from events.running import limits_of
from events.what_if.replay import Case, Left, Run, Scenario, Stay, Term, World, times_taken, way_of
from events.workflow import DESK_ROLES, LOOPS, Action, Loop, Status, Urgency
from grids.models import Post
from grids.tree import ancestor_codes

CHUNK = 2000  # cases whose steps are read at once
# What may start, change or end the clock of a stay; the others only tell.
CLOCKED = (
    Action.FILE, Action.RESOLVE, Action.SEND_BACK, Action.ESCALATE, Action.FAIL_CHECK, Action.RATE, Action.REOPEN,
    Action.VOID, Action.SUSPEND, Action.RESUME, Action.EXTEND, Action.MERGE, Action.SEPARATE, Action.REHOME,
    Action.ADJUST,
)  # fmt: skip
ENDINGS = frozenset({Action.RESOLVE, Action.VOID, Action.MERGE})


@dataclass(frozen=True, slots=True)
class Line:
    """What of a step matters here."""

    event: int
    at: datetime
    action: str
    rule: str
    to_status: str
    to_loop: str
    holder: str
    details: dict[str, Any]
    due_at: datetime | None


def cases_of(scope: Scope) -> Iterator[Case | None]:
    """The cases filed in the scope, never a confidential one; None for one whose calendar is not on record."""
    rows = (
        Event.objects.filter(scope.condition(Day.FILED))
        .order_by("pk")
        .values_list("pk", "number", "grid__code", "urgency", "status", "category__lowest_loop")
    )
    rows = rows.iterator(CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        lines = _lines_of([pk for pk, *_rest in chunk])
        editions = calendars.of_all({line.details.get("calendar", "") for of_one in lines.values() for line in of_one})
        for pk, number, code, urgency, status, lowest in chunk:
            runs = _Reader(code, Loop(lowest), editions).runs(lines.get(pk, ()))
            yield runs and Case(number, code, Urgency(urgency), status == Status.CLOSED, runs)


def _lines_of(pks: list[int]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    rows = Step.objects.filter(event__in=pks, action__in=CLOCKED).order_by("event", "ordinal")
    for row in rows.values_list(
        "event", "at", "action", "rule", "to_status", "to_loop", "holder__code", "details", "due_at"
    ):
        found[row[0]].append(Line(*row))
    return found


class _Reader:
    """Follows the steps of one case."""

    def __init__(self, code: str, lowest: Loop, editions: dict[str, WorkCalendar]):
        self.code, self.lowest, self.editions = code, lowest, editions
        self.found: list[Run] = []
        self.stay: Stay | None = None  # where the case is now, while it is handled

    def runs(self, lines: Iterable[Line]) -> list[Run] | None:
        """None where a step names a calendar that is not on record, or there is no step."""
        for line in lines:
            if "limit" in line.details and line.details.get("calendar", "") not in self.editions:
                return None
            self.follow(line)
        return self.found or None

    def follow(self, line: Line) -> None:
        if line.action in ENDINGS:
            self.leave(line, Left.SETTLED)
            return
        if line.to_status == Status.RESOLVED:  # the clock of a check
            return
        if line.action == Action.SUSPEND and self.stay:
            self.stay.terms[-1].until = line.at
            self.found[-1].pauses.append((line.at, None))
        if line.action == Action.RESUME and self.found and self.found[-1].pauses:
            begin, _end = self.found[-1].pauses.pop()
            self.found[-1].pauses.append((begin, line.at))
        if "limit" in line.details:
            self.change(line) if "since" in line.details and self.stay else self.enter(line)
        elif self.stay:
            self.stay.holder = line.holder  # the grids were reorganised, the clock ran on

    def leave(self, line: Line, left: Left) -> None:
        if self.stay:
            self.stay.left_at, self.stay.left = line.at, left
            self.stay.is_resolved = line.action == Action.RESOLVE
        self.stay = None

    def change(self, line: Line) -> None:
        """The clock was extended, adjusted or resumed."""
        last = self.stay.terms[-1]
        last.until = last.until or line.at
        self.stay.terms.append(self.term(line))
        self.stay.holder = line.holder

    def enter(self, line: Line) -> None:
        """A desk got the case, with a clock of its own."""
        before = self.stay
        passed = self.passed(line, before) if "skipped" in line.details else ()
        self.leave(line, _how(line))
        if before is None:
            self.found.append(Run())
        self.stay = Stay(Loop(line.to_loop), line.holder, line.at, [self.term(line)], passed)
        self.found[-1].stays.append(self.stay)

    def term(self, line: Line) -> Term:
        limits, extended = limits_of(line.details)
        return Term(limits, self.editions[line.details.get("calendar", "")], line.due_at, extended)

    def passed(self, line: Line, before: Stay | None) -> tuple[str, ...]:
        """The desks on its way that were vacant then; the step has their names, the way has their codes."""
        way = way_of(self.code)
        if line.holder not in way:
            return ()
        below = way[: way.index(line.holder)]
        if line.action == Action.ESCALATE and before and before.holder in below:
            below = below[below.index(before.holder) + 1 :]
        return tuple(code for code in below if self.might_hold(code, line, before))[-len(line.details["skipped"]) :]

    def might_hold(self, code: str, line: Line, before: Stay | None) -> bool:
        loop = loop_of(code)
        if line.action == Action.ESCALATE and before:
            return loop != before.loop or loop == Loop.CITY
        return LOOPS.index(loop) >= LOOPS.index(self.lowest)


def _how(line: Line) -> Left:
    if line.action == Action.ESCALATE and line.rule == Rule.OVERDUE:
        return Left.CLIMBED
    return Left.BACK if line.action == Action.SEND_BACK else Left.SENT


def world_of(scope: Scope, scenario: Scenario, cases: Iterable[Case], at: datetime) -> World:
    """What is known besides the cases."""
    levels: dict[tuple[Loop, Urgency], Limit] = {
        (Loop(level.stage), Urgency(level.urgency)): level.time_limit()
        for level in ServiceLevel.objects.filter(stage__in=LOOPS)
    }
    taken = defaultdict(list)
    for case in cases:
        for key, time in times_taken(case):
            taken[key].append(time)
    return World(at, levels, staffed_by_posts(scope), {key: median(times) for key, times in taken.items()})


def staffed_by_posts(scope: Scope):
    """Whether somebody was posted to the desk of a grid at a time, by the history of posts."""
    inside = Q(position__range=(scope.grid.lft, scope.grid.rght)) | Q(grid__code__in=ancestor_codes(scope.grid.code))
    held: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    posts = Post.objects.filter(inside, role__in=DESK_ROLES, user__is_active=True)
    for code, since, until in posts.values_list("grid__code", "started_at", "ended_at"):
        held[code].append((since, until))
    return lambda code, at: any(since <= at and (until is None or at < until) for since, until in held.get(code, ()))
