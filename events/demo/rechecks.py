"""Second eyes on the demo's closed cases: a sample with some results, and a look at what was closed too fast."""

from datetime import datetime, time, timedelta

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from events import services
from events.clock import STATUTORY
from events.demo.simulation import Simulation
from events.models import QuickClosing, Sample, SampleItem
from grids.models import Grid, User

PERIOD = timedelta(days=30)
SIZE = 12
ANNOUNCED = "双色球 2025133 期 04 09 12 21 26 33 + 10"
FINDINGS = (
    ("holds", "现场查看，已处理到位。"),
    ("holds", ""),
    ("fails", "现场查看，问题依旧，居民称无人来过。"),
    ("holds", "已电话回访居民，属实。"),
    ("holds", ""),
    ("unclear", "天黑，现场看不清，改日再去。"),
    ("holds", "物业陪同查看，已修好。"),
)
IN_ORDER = "已与网格员核实：路过时顺手清理，处理前后均有照片。"


def plan_rechecks(simulation: Simulation, district: Grid) -> None:
    """A draw some days ago by the district's official, and the look that the clock takes every night."""
    official = simulation.staff.users["district"]
    simulation.at(_clock(simulation, 3, time(9)), lambda: _draw_and_recheck(simulation, district, official))
    simulation.at(_clock(simulation, 1, time(4, 10)), lambda: services.list_quick_closings(at=simulation.now))
    simulation.at(_clock(simulation, 1, time(9, 30)), lambda: _look(simulation, official))


def _clock(simulation: Simulation, days: int, clock: time) -> datetime:
    """That time of the day, so many days before the end."""
    return datetime.combine(timezone.localdate(simulation.end) - timedelta(days=days), clock, STATUTORY.tz)


def _draw_and_recheck(simulation: Simulation, district: Grid, official: User) -> None:
    until = timezone.localdate(simulation.now)
    sample = services.draw_sample(
        actor=official,
        grid=district,
        period_from=until - PERIOD,
        period_until=until,
        size=SIZE,
        announced=ANNOUNCED,
        at=simulation.now,
    )
    _recheck(sample, official)


def _recheck(sample: Sample, official: User) -> None:
    """An hour for each; what the official resolved or checked is left to somebody else."""
    findings, at = iter(FINDINGS), sample.drawn_at
    finding = next(findings)
    for item in SampleItem.objects.filter(sample=sample).order_by("place"):
        at += timedelta(hours=1)
        try:
            services.recheck(item=item, actor=official, finding=finding[0], note=finding[1], at=at)
        except PermissionDenied:
            continue
        finding = next(findings, None)
        if finding is None:
            return


def _look(simulation: Simulation, official: User) -> None:
    for closing in QuickClosing.objects.waiting().order_by("pk"):
        if not services.why_no_recheck(closing.event, official):
            services.look_again(closing=closing, actor=official, note=IN_ORDER, at=simulation.now)
            return
