"""Long tables in small transactions, and many things a few at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import QuerySet


def keys_in_batches(rows: QuerySet, size: int) -> Iterator[list[int]]:
    """The keys of the rows, so many at a time; each batch is asked for when the one before is done."""
    last = 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]):
        yield keys
        last = keys[-1]


def first_rows(rows: QuerySet, stop: int, start: int = 0) -> list:
    """The first ones, as a slice: keys first, so that what belongs to rows passed over or not there is never read."""
    keys = list(rows.values_list("pk", flat=True)[start:stop])
    found = {row.pk: row for row in rows.filter(pk__in=keys)} if keys else {}
    return [found[key] for key in keys if key in found]


def batched(items: Iterable, size: int) -> Iterator[list]:
    """So many of them at a time, as `itertools.batched` of Python 3.12."""
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch
