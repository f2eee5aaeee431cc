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


def first_rows(rows: QuerySet, count: int) -> list:
    """The first so many, their keys first: what belongs to them is looked for only where there are any."""
    keys = list(rows.values_list("pk", flat=True)[:count])
    found = {row.pk: row for row in rows.filter(pk__in=keys)} if keys else {}
    return [found[key] for key in keys if key in found]


def batched(items: Iterable, size: int) -> Iterator[list]:
    """So many of them at a time, as `itertools.batched` of Python 3.12."""
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch
