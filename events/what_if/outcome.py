"""The difference between what was and what would have been, added up case by case."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from events.figures.scope import Scope
from events.what_if.reading import cases_of, world_of
from events.what_if.replay import Case, Held, Scenario, as_recorded, replayed
from events.workflow import LOOPS, Loop
from grids.models import Grid, load_ancestors

WAS, NOW = 0, 1
MOST_HOLDERS = 20  # told of, those with the largest difference
MOST_NUMBERS = 50  # of cases told of each
MOST_CASES = 200_000  # they are held in memory
REPORT_EVERY = 2000

Report = Callable[[str, int, int], None]  # what is being done, so many of so many, or of 0 where nobody knows
Pair = list[int]  # as recorded, and in the scenario


class TooMany(Exception):
    """More cases than are run again at once."""


def _pair() -> Pair:
    return [0, 0]


@dataclass
class LoopFigures:
    """How many cases entered a loop, ran over their limit there and were taken up by the clock; and how that moved."""

    entered: Pair = field(default_factory=_pair)
    overdue: Pair = field(default_factory=_pair)
    climbed: Pair = field(default_factory=_pair)
    stays: int = 0  # it climbed in fact, and would not have
    climbs: int = 0  # it did not, and would have
    both: int = 0


@dataclass
class HolderFigures:
    """How many cases a grid had and would have had, and numbers of those that it would have lost and gained."""

    code: str
    cases: Pair = field(default_factory=_pair)
    lost: list[str] = field(default_factory=list)
    gained: list[str] = field(default_factory=list)
    lost_count: int = 0
    gained_count: int = 0
    name: str = ""

    def add(self, number: str, was: bool, now: bool) -> None:
        self.cases[WAS] += was
        self.cases[NOW] += now
        if was == now:
            return
        numbers = self.lost if was else self.gained
        if len(numbers) < MOST_NUMBERS:
            numbers.append(number)
        self.lost_count += was
        self.gained_count += now

    @property
    def difference(self) -> int:
        return self.cases[NOW] - self.cases[WAS]


@dataclass
class Outcome:
    """Everything that is told. `spared` climbed by the clock in fact and not in the scenario, `added` the other way."""

    cases: int = 0
    unread: int = 0
    closed: int = 0
    on_time: Pair = field(default_factory=_pair)
    spared: int = 0
    added: int = 0
    loops: dict[str, LoopFigures] = field(default_factory=lambda: {loop.value: LoopFigures() for loop in LOOPS})
    # How many of those spared a loop would not have had, and of those added had besides.
    fewer: dict[str, int] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    holders: list[HolderFigures] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> "Outcome":
        loops = {loop: LoopFigures(**figures) for loop, figures in said["loops"].items()}
        holders = [HolderFigures(**figures) for figures in said["holders"]]
        return cls(**said | {"loops": loops, "holders": holders})

    @property
    def is_changed(self) -> bool:
        """Whether any case would have gone another way."""
        return bool(self.holders) or any(
            figures.overdue[WAS] != figures.overdue[NOW] or figures.stays or figures.climbs
            for figures in self.loops.values()
        )


class _Sum:
    """An outcome in the making; `holders` of all grids, by code."""

    def __init__(self):
        self.outcome = Outcome()
        self.holders: dict[str, HolderFigures] = {}

    def add(self, case: Case, was: list[Held], now: list[Held]) -> None:
        outcome = self.outcome
        outcome.cases += 1
        if case.is_closed:
            outcome.closed += 1
            for side, held in ((WAS, was), (NOW, now)):
                outcome.on_time[side] += not any(one.is_overdue for one in held)
        self._add_loops(was, now)
        before, after = ({one.holder for one in held} for held in (was, now))
        for code in before | after:
            figures = self.holders.get(code) or self.holders.setdefault(code, HolderFigures(code))
            figures.add(case.number, code in before, code in after)

    def _add_loops(self, was: list[Held], now: list[Held]) -> None:
        sides = [_by_loop(was)]
        sides.append(sides[WAS] if was == now else _by_loop(now))
        climbed = [any(one.is_climbed for one in held) for held in (was, now)]
        if climbed[WAS] and not climbed[NOW]:
            self.outcome.spared += 1
            _count(self.outcome.fewer, sides[WAS].keys() - sides[NOW].keys())
        if climbed[NOW] and not climbed[WAS]:
            self.outcome.added += 1
            _count(self.outcome.more, sides[NOW].keys() - sides[WAS].keys())
        for side, loops in enumerate(sides):
            for loop, (is_overdue, is_climbed) in loops.items():
                figures = self.outcome.loops[loop]
                figures.entered[side] += 1
                figures.overdue[side] += is_overdue
                figures.climbed[side] += is_climbed
        for loop in sides[WAS].keys() | sides[NOW].keys():
            self._add_moves(loop, *(loops.get(loop) for loops in sides))

    def _add_moves(self, loop: Loop, was: tuple[bool, bool] | None, now: tuple[bool, bool] | None) -> None:
        figures = self.outcome.loops[loop]
        climbed, climbs = bool(was and was[1]), bool(now and now[1])
        figures.stays += climbed and not climbs
        figures.climbs += climbs and not climbed
        figures.both += climbed and climbs

    def told(self) -> Outcome:
        """With the holders of the largest difference, those of most cases first among equals."""
        changed = [figures for figures in self.holders.values() if figures.lost_count or figures.gained_count]
        changed.sort(key=lambda one: (-abs(one.difference), -(one.lost_count + one.gained_count), one.code))
        self.outcome.holders = changed[:MOST_HOLDERS]
        return self.outcome


def _count(counts: dict[str, int], loops: Iterable[Loop]) -> None:
    for loop in loops:
        counts[loop.value] = counts.get(loop.value, 0) + 1


def _by_loop(held: Iterable[Held]) -> dict[Loop, tuple[bool, bool]]:
    """Whether the case ran over, and was taken up, in each loop that it came to."""
    found: dict[Loop, tuple[bool, bool]] = {}
    for one in held:
        over, up = found.get(one.loop, (False, False))
        found[one.loop] = over or one.is_overdue, up or one.is_climbed
    return found


def what_if(scope: Scope, scenario: Scenario, at: datetime, report: Report = lambda *_said: None) -> Outcome:
    """Run the cases of the scope again and say what would have been different. Nothing is written.

    Raises TooMany. `report` is told now and then what is being done, and how far it is.
    """
    cases, unread = _read(scope, report)
    world, total = world_of(scope, scenario, cases, at), _Sum()
    for done, case in enumerate(cases, start=1):
        total.add(case, as_recorded(case, at), replayed(case, scenario, world))
        if done % REPORT_EVERY == 0:
            report("replaying", done, len(cases))
    outcome = total.told()
    outcome.unread = unread
    _name(outcome.holders)
    return outcome


def _read(scope: Scope, report: Report) -> tuple[list[Case], int]:
    """The cases, and how many more there are that cannot be read."""
    cases, unread = [], 0
    for case in cases_of(scope):
        if case is None:
            unread += 1
            continue
        cases.append(case)
        if len(cases) > MOST_CASES:
            raise TooMany
        if len(cases) % REPORT_EVERY == 0:
            report("reading", len(cases), 0)
    return cases, unread


def _name(holders: list[HolderFigures]) -> None:
    grids = list(Grid.objects.filter(code__in=[one.code for one in holders]))
    load_ancestors(grids)
    names = {grid.code: grid.full_name for grid in grids}
    for one in holders:
        one.name = names.get(one.code, one.code)
