"""Stopwatches."""

import statistics
import time
from collections.abc import Callable, Iterable

from django.db import connection


def seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def milliseconds(calls: Iterable[Callable[[], object]]) -> list[float]:
    """How long each call took; the calls may be made lazily, outside of the clock."""
    return [seconds(call) * 1000 for call in calls]


def median_ms(calls: Iterable[Callable[[], object]]) -> float:
    return statistics.median(milliseconds(calls))


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)]


def analyze() -> None:
    """What autovacuum does by itself a minute after a large load."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
