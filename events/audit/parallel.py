"""The same proof by several processes at once, all of them looking at the same snapshot."""

import gc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from itertools import pairwise
from multiprocessing import get_context

from django.db import connection, connections
from django.db.models import Max

from events.audit.everything import Tally, history_problems, lost_files, whole_problems
from events.audit.snapshots import shared_name, snapshot
from events.models import Event

PARTS = 8  # for each process, so that none waits long for the last one


def problems_by_many(*, processes: int, at: datetime, read_files: bool, tally: Tally) -> Iterator[str]:
    """As `problems`; inside of a transaction, which other processes cannot look into, this one does it alone."""
    if processes < 2 or connection.in_atomic_block:
        with snapshot():
            yield from history_problems(at, tally)
            yield from whole_problems()
        yield from lost_files(read_files)
        return
    connections.close_all()  # two processes must never talk on one connection
    with ProcessPoolExecutor(processes, get_context("fork"), initializer=_begin) as pool:
        list(pool.map(int, range(processes)))  # all are there before this one connects again
        with snapshot():
            parts = [pool.submit(_part, at, shared_name(), *part) for part in _ranges(processes * PARTS)]
            yield from whole_problems()
            for part in parts:
                sentences, found = part.result()
                tally.add(found)
                yield from sentences
    yield from lost_files(read_files)


def _begin() -> None:
    """A process takes over no connection, also none that this thread had opened before an event loop ran in it."""
    for inherited in connections.all(initialized_only=True):
        inherited.connection = None  # closing it would end the talk of the process that it belongs to
    # Rows refer to nothing in circles, and looking for circles would take a fifth of the time.
    gc.disable()


def _ranges(count: int) -> list[tuple[int, int]]:
    """All primary keys, in so many parts."""
    last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    edges = [last * number // count for number in range(count + 1)]
    return list(pairwise(edges))


def _part(at: datetime, name: str, after: int, upto: int) -> tuple[list[str], Tally]:
    tally = Tally()
    with snapshot(name):
        return list(history_problems(at, tally, after, upto)), tally
