"""One look at the whole database while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot(name: str = "") -> Iterator[None]:
    """Everything read inside is as it stood at the first query, and nobody waits for it.

    `name` is the `shared_name` of another process's, to look at the same. Inside a transaction there is no other look
    than that transaction's own.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if name:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [name])
            yield
    else:
        with _deferred():
            yield


def shared_name() -> str:
    """The name of this snapshot for other processes. SQLite has none: each then looks at almost the same moment."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        return cursor.fetchone()[0]


@contextmanager
def _deferred() -> Iterator[None]:
    """SQLite: `atomic` would begin by locking out all who write."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
