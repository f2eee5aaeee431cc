"""check_events over 100,000 cases with some five steps each: seconds on the clock, and of the processor."""

import os
import resource
import time
from collections.abc import Iterator

from django.utils import timezone

from bench.cases import fill
from bench.city import build_city
from bench.pages import EVENTS, QUICK_EVENTS
from bench.report import Figure
from events.audit import Tally, problems_by_many
from events.services import make_digest

EVENTS_A_SECOND = 5_000


def figures(quick: bool) -> Iterator[Figure]:
    """Every case is sound, so that what is measured is the proof and not the telling."""
    fill(build_city(quick), QUICK_EVENTS if quick else EVENTS)
    for processes in (1, 2):
        yield _check(processes, "")
    begin = time.perf_counter()
    digest = make_digest()
    yield Figure(
        f"the first daily digest, {digest.content['heads']['count']:,} heads", time.perf_counter() - begin, "s"
    )
    yield _check(2, ", against the digest")


def _check(processes: int, what: str) -> Figure:
    tally, begin, cpu = Tally(), time.perf_counter(), _cpu()
    found = list(problems_by_many(processes=processes, at=timezone.now(), read_files=False, tally=tally))
    took, cpu = time.perf_counter() - begin, _cpu() - cpu
    if found:
        raise SystemExit("\n".join(found[:20]))
    details = {"events a second": tally.events / took, "CPU s": cpu, "load": os.getloadavg()[0]}
    what = f"check of {tally.events:,} events ({tally.steps:,} steps), {processes} processes{what}"
    return Figure(what, took, "s", tally.events / EVENTS_A_SECOND, details=details)


def _cpu() -> float:
    """Seconds of the processor, of this process and those that it started."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
