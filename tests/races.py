"""One after the other on PostgreSQL, so that the second waits for what the first has locked."""

import time
from collections.abc import Callable
from threading import Thread

from django.db import connection, transaction

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
PATIENCE = 10  # seconds


def behind(first: Callable[[], object], second: Callable[[], object]) -> object:
    """Do the first, and commit it once the second, begun meanwhile, waits for it; what the second came to."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(second())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    thread = Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        _await_lock(thread)
    thread.join()
    return found[0]


def _await_lock(thread: Thread) -> None:
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while thread.is_alive() and time.monotonic() < until:
            cursor.execute(WAITS)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
