"""Long tables in small transactions."""

from collections.abc import Iterator

from django.db.models import QuerySet


def keys_in_batches(rows: QuerySet, size: int) -> Iterator[list[int]]:
    """The keys of the rows, so many at a time; each batch is asked for when the one before is done."""
    last = 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]):
        yield keys
        last = keys[-1]
