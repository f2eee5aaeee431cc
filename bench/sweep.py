"""100,000 overdue events swept by a real Celery worker, beside the bare SQL that writes the same rows."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bench.cases import OPEN, add_cases
from bench.city import build_city
from bench.report import Figure
from bench.timing import seconds
from events.models import Event, Notice, Step
from events.services.storing import CHANGING
from saihan.celery import app

EVENTS, QUICK_EVENTS = 100_000, 2_000
# Old enough for every limit, the city's 15 working days among them.
FILED = (timedelta(days=90), timedelta(days=60))
PATIENCE = 900
BESIDE = "bare SQL"


def figures(quick: bool) -> Iterator[Figure]:
    """Makes the events, lets the worker sweep them, then repeats what it wrote as plain SQL."""
    count = QUICK_EVENTS if quick else EVENTS
    at = timezone.now()
    add_cases(build_city(quick), count, (at - FILED[0], at - FILED[1]), OPEN)
    _execute("VACUUM ANALYZE", "CREATE TABLE before_event AS TABLE events_event")
    last_step, last_notice = _last(Step), _last(Notice)
    with worker() as process:
        idle = worker_cpu(process.pid)
        swept = _time_sweep(at)
        cpu = worker_cpu(process.pid) - idle
        delivered = _time_delivery()
        memory = peak_memory(process.pid)
    _check(count, last_step)
    steps, notices = (
        model.objects.filter(pk__gt=last).count() for model, last in ((Step, last_step), (Notice, last_notice))
    )
    bare = _time_bare_sql(last_step, last_notice)
    what = f"sweep of {count:,} overdue events ({steps:,} steps, {notices:,} notices)"
    yield Figure(what, swept, "s", 60, bare, BESIDE, {"worker CPU s": cpu})
    yield Figure("peak memory of the worker, parent and child", memory, "MB", 300)
    yield Figure(f"notices still to be delivered afterwards: all {notices:,}", delivered, "s")


@contextmanager
def worker() -> Iterator[subprocess.Popen]:
    """A worker as the Procfile starts it, on this database and broker."""
    log = settings.VAR / "worker.log"
    with open(log, "w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "saihan", "worker", "-l", "INFO", "--concurrency", "1"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "saihan.settings"},
            stdout=output,
            stderr=output,
        )
    try:
        _wait(lambda: " ready." in log.read_text() or process.poll() is not None)
        if process.poll() is not None:
            raise SystemExit(f"The worker did not start:\n{log.read_text()}")
        yield process
    finally:
        process.terminate()
        process.wait(60)


def peak_memory(pid: int) -> float:
    """Megabytes: the highest resident size of each process of the worker, added up (pages they share count twice)."""
    status = "".join(Path(f"/proc/{one}/status").read_text() for one in _family(pid))
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def worker_cpu(pid: int) -> float:
    """Seconds of processor time so far; unlike the seconds on the clock they do not grow with what else runs here."""
    return sum(int(Path(f"/proc/{one}/schedstat").read_text().split()[0]) for one in _family(pid)) / 1e9


def _family(pid: int) -> list[int]:
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def _time_sweep(at: datetime) -> float:
    waiting = Event.objects.filter(wake_at__lte=at)
    return seconds(lambda: (app.send_task("events.tasks.sweep"), _wait(lambda: not waiting.exists())))


def _time_delivery() -> float:
    return seconds(lambda: _wait(lambda: not Notice.objects.filter(delivered_at=None).exists()))


def _time_bare_sql(last_step: int, last_notice: int) -> float:
    """Put everything back as it was and write the rows that the sweep wrote, in one UPDATE and two INSERTs."""
    _execute(
        "CREATE TABLE after_event AS TABLE events_event",
        "CREATE TABLE after_step AS SELECT * FROM events_step WHERE id > %(step)s",
        "CREATE TABLE after_notice AS SELECT * FROM events_notice WHERE id > %(notice)s",
        "DELETE FROM events_notice WHERE id > %(notice)s",
        "DELETE FROM events_step WHERE id > %(step)s",
        _update_from("before_event"),
        "VACUUM FULL ANALYZE events_event",
        "VACUUM FULL ANALYZE events_step",
        "VACUUM FULL ANALYZE events_notice",
        step=last_step,
        notice=last_notice,
    )

    @transaction.atomic
    def write() -> None:
        _execute(
            _update_from("after_event"),
            "INSERT INTO events_step SELECT * FROM after_step",
            "INSERT INTO events_notice SELECT * FROM after_notice",
        )

    return seconds(write)


def _update_from(table: str) -> str:
    columns = [Event._meta.get_field(name).column for name in CHANGING]
    assignments = ", ".join(f"{column} = other.{column}" for column in columns)
    return f"UPDATE events_event SET {assignments} FROM {table} other WHERE events_event.id = other.id"  # noqa: S608 (our own names)


def _check(count: int, last_step: int) -> None:
    """A fast sweep that does not do its work would be no news."""
    moved = Step.objects.filter(pk__gt=last_step).values("event").distinct().count()
    if moved != count:
        raise SystemExit(f"The sweep took {moved:,} of {count:,} events a step further.")


def _last(model: type[Step] | type[Notice]) -> int:
    return model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _execute(*statements: str, **parameters: int) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, parameters)


def _wait(condition) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"Nothing came of it within {PATIENCE} s.")
        time.sleep(0.1)
