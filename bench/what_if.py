"""What if over 100,000 cases of a year, some five steps each, under four scenarios: seconds, and memory it takes."""

import os
import resource
import time
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from bench.cases import CLOSED, OPEN, add_cases
from bench.city import build_city
from bench.report import Figure
from bench.timing import analyze
from events.clock import Limit, Unit
from events.figures.scope import Scope
from events.models import Step
from events.what_if.outcome import what_if
from events.what_if.replay import Scenario
from events.workflow import Loop, Urgency
from grids.models import Grid

CASES, QUICK_CASES = 100_000, 2_000
SHARE_OPEN = 0.05
YEAR, RECENTLY = timedelta(days=364), timedelta(days=10)
TARGET = 60  # seconds
GRID = (Loop.GRID, Urgency.NORMAL)
SCENARIOS = {
    "two days in the grid loop": Scenario({GRID: Limit(2, Unit.WORKING_DAY)}, ignores_categories=True),
    "two hours in the grid loop": Scenario({GRID: Limit(2, Unit.WORKING_HOUR)}),
    "Saturdays worked": Scenario(saturdays=True),
    "a street and its communities vacant": Scenario(vacant=frozenset({"150105001", "150105001001"})),
}


def figures(quick: bool) -> Iterator[Figure]:
    """The whole city, with what the sweep did to what was overdue."""
    city, count, now = build_city(quick), QUICK_CASES if quick else CASES, timezone.now()
    still_open = round(count * SHARE_OPEN)
    add_cases(city, count - still_open, (now - YEAR, now - RECENTLY), CLOSED, swept=True)
    add_cases(city, still_open, (now - RECENTLY, now), OPEN, swept=True)
    analyze()
    steps = Step.objects.count()
    today = timezone.localdate(now)
    scope = Scope(Grid.objects.get(code="1501"), today - YEAR - timedelta(days=1), today)
    for what, scenario in SCENARIOS.items():
        before, begin, cpu = _memory(), time.perf_counter(), time.process_time()
        outcome = what_if(scope, scenario, now)
        took, cpu = time.perf_counter() - begin, time.process_time() - cpu
        if outcome.cases != count or outcome.unread:
            raise SystemExit(f"{outcome.cases} of {count} cases were run again.")
        details = {
            "steps": steps,
            "CPU s": cpu,
            "MB more": _memory() - before,
            "climbed": outcome.loops["grid"].climbed[0],
            "would have": outcome.loops["grid"].climbed[1],
            "load": os.getloadavg()[0],
        }
        yield Figure(f"{outcome.cases:,} cases, {what}", took, "s", TARGET, details=details)


def _memory() -> float:
    """The most that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
