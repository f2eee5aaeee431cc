"""Keeping the tallies in step with the cases: entered with every change, folded each minute, made anew when told to."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet, Value

from events.drafts import Draft
from events.figures.measures import Day
from events.figures.tallies import FOLDED, KEY, LEVELS, Key, cases_by_key, key_of, keys_of, rolled_up
from events.models import Event, Grain, Tally, TallyFold
from grids.batches import batched
from grids.models import Level
from grids.moments import aware_now
from grids.tree import WIDTHS

BATCH = 2000  # entries folded in one transaction, and rows written by one statement
ARMS = 200  # days asked for in one statement
ATTEMPTS = 5


def enter_changes(drafts: Iterable[Draft]) -> None:
    """One less of what each case was, one more of what it is now. Runs in the transaction that stores the cases."""
    first = {}  # of the drafts of a case, that which knows what it was before all of them
    for draft in drafts:
        first.setdefault(id(draft.event), draft)
    change: Counter[Key] = Counter()
    for draft in first.values():
        change.subtract(draft.counted)
        change.update(keys_of(draft.event))
    _enter(change)


def enter_moves(moved: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """The cases of intervals that were shifted go from their old streets to the new ones.

    Runs in the transaction of the reorganisation, after it has shifted them and before anything else changes them.
    """
    change: Counter[Key] = Counter()
    for old, new in moved:
        if _street(old[0]) == _street(new[0]):
            continue
        events = Event.objects.filter(position__range=new)
        for dated_by in Day:
            for row in cases_by_key(dated_by, shift=new[0] - old[0], events=events).iterator(BATCH):
                change[key_of(row, dated_by)] += row["n"]
                change[key_of(row, dated_by, "k_was")] -= row["n"]
    _enter(change)


def _street(position: int) -> int:
    return position // WIDTHS[Level.STREET]


def _enter(change: Counter[Key]) -> None:
    _write((Grain.ENTRY, *key, count) for key, count in change.items())


def _write(rows: Iterable[tuple]) -> None:
    """Rows of grain, key and count; what comes to nothing is left out."""
    kept = (Tally(**dict(zip(("grain", *KEY, "count"), row, strict=True))) for row in rows if row[-1])
    for some in batched(kept, BATCH):
        Tally.objects.bulk_create(some)


def fold_tallies(*, at: datetime | None = None) -> int:
    """Put the sums of days and months in the place of the entries; returns how many entries there were.

    Safe to run beside itself, while others write and after a crash; who reads meanwhile finds the same figures.
    """
    at, folded = aware_now(at), 0
    TallyFold.objects.get_or_create(pk=1)
    while (count := _fold_batch(at)) == BATCH:
        folded += count
    return folded + count


@transaction.atomic
def _fold_batch(at: datetime) -> int:
    """Rows are never changed: what is folded is taken away with the sums that it belongs to, and they are written."""
    if not _has_lock():
        return 0  # another fold is at it
    entries = Tally.objects.filter(grain=Grain.ENTRY).order_by("pk").values_list("pk", *KEY, "count")[:BATCH]
    gone, sums = [], Counter()
    for pk, *key, count in entries:
        gone.append(pk)
        for row in rolled_up(tuple(key)):
            sums[row] += count
    count = len(gone)
    for pk, *row, number in _folded_before(sums):
        if tuple(row) in sums:
            gone.append(pk)
            sums[tuple(row)] += number
    for some in batched(gone, BATCH):
        Tally.objects.filter(pk__in=some).delete()
    _write((*row, number) for row, number in sums.items())
    TallyFold.objects.update(folded_at=at)
    return count


def _has_lock() -> bool:
    return bool(TallyFold.objects.select_for_update(skip_locked=True).filter(pk=1).values_list("pk"))


def _folded_before(sums: Iterable[tuple]) -> Iterator[tuple]:
    """The folded rows of the places and days of these; not all of them have one of these profiles."""
    places: dict[tuple[str, str, date], set[int]] = {}
    for grain, code, dated_by, day, *_profile in sums:
        places.setdefault((grain, dated_by, day), set()).add(code)
    for some in batched(places.items(), ARMS):
        arms = [Q(grain=grain, dated_by=dated_by, day=day, code__in=codes) for (grain, dated_by, day), codes in some]
        yield from Tally.objects.filter(reduce(or_, arms)).order_by().values_list("pk", "grain", *KEY, "count")


def rebuild_tallies(*, at: datetime | None = None) -> int:
    """Make the tallies anew from the cases; returns how many rows they have.

    Others go on meanwhile: what they commit later than the one look that this takes is in their own entries, which
    are not seen here and stay. Only a fold that runs at that moment makes it begin again.
    """
    at = aware_now(at)
    TallyFold.objects.get_or_create(pk=1)
    for _attempt in range(ATTEMPTS - 1):
        with suppress(OperationalError), _one_look():
            return _rebuild(at)
    with _one_look():
        return _rebuild(at)


@contextmanager
def _one_look() -> Iterator[None]:
    """All statements see the database as it was at the first of them; SQLite has one writer at a time anyway."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _rebuild(at: datetime) -> int:
    list(TallyFold.objects.select_for_update().filter(pk=1))
    Tally.objects.all().delete()
    for dated_by in Day:
        for level in LEVELS:
            for grain in FOLDED:
                _write_sums(cases_by_key(dated_by, level=level, grain=grain), grain, dated_by)
    TallyFold.objects.update(folded_at=at)
    return Tally.objects.count()


def _write_sums(cases: QuerySet, grain: str, dated_by: str) -> None:
    """In the database from end to end: a million cases of two years have 1.7 million rows."""
    columns = {"grain": "g", "dated_by": "d", "count": "n", **{name: f"k_{name}" for name in KEY if name != "dated_by"}}
    rows, params = cases.annotate(g=Value(grain), d=Value(str(dated_by))).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Tally._meta.db_table} ({', '.join(columns)}) "  # noqa: S608 (our own names)
            f"SELECT {', '.join(columns.values())} FROM ({rows}) AS sums",
            params,
        )
