"""Databases that are made once and kept in `var/bench`: the staffed city, and copies of it with so many cases.

    make bench-data     makes those that are missing or out of date: 10,000, 100,000 and 1,000,000 cases

What was made by other code, by other migrations, or more than a week ago (what is open would all be overdue) is made
anew. A bench measures in a copy, so that each finds the same.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg2

from tests import migrated
from tests.servers import DATABASE, postgres, postgres_programs

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var/bench"
SIZES, QUICK_SIZES = (10_000, 100_000, 1_000_000), (2_000,)
CITY = "city"
DAYS_KEPT = 7
# What the rows follow from, besides the migrations.
SOURCES = (
    "bench/cases.py", "bench/city.py", "bench/copying.py", "bench/data.py", "bench/making.py",
    "events/clock.py", "events/drafts.py", "events/history.py", "events/routing.py", "events/transitions.py",
)  # fmt: skip
# As Debian ships it, durable, but for the memory of a small server.
SETTINGS = {"listen_addresses": "", "shared_buffers": "512MB", "timezone": "UTC"}
# Nothing that is lost while they are made is worth a disk's waiting.
MAKING = SETTINGS | {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "8GB",
    "maintenance_work_mem": "1GB",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of cases")
    make_stored(parser.parse_args().sizes)


def make_stored(sizes: Iterable[int], quick: bool = False) -> None:
    """Make what is missing or out of date; `quick` has a small city."""
    with server(MAKING, quick) as url:
        for name, count in [(CITY, 0), *((name_of(size), size) for size in sizes)]:
            if not _is_current(url, name):
                _make(url, name, count, quick)


@contextmanager
def server(settings: dict[str, str] = SETTINGS, quick: bool = False) -> Iterator[str]:
    """The PostgreSQL over the kept data, and the DATABASE_URL of an empty database in it."""
    version = postgres_programs().parent.name
    with postgres(settings, kept=FOLDER / f"postgres-{version}{'-quick' if quick else ''}") as url:
        yield url


@contextmanager
def copy_of(url: str, name: str) -> Iterator[str]:
    """The DATABASE_URL of a copy, which is gone afterwards."""
    _execute(url, "DROP DATABASE IF EXISTS measured", f"CREATE DATABASE measured TEMPLATE {name} STRATEGY file_copy")
    try:
        yield of(url, "measured")
    finally:
        _execute(url, "DROP DATABASE measured WITH (FORCE)")


def name_of(size: int) -> str:
    return f"cases_{size}"


def of(url: str, name: str) -> str:
    """The DATABASE_URL of another database of that server."""
    return url.replace(f"/{DATABASE}?", f"/{name}?")


def _make(url: str, name: str, count: int, quick: bool) -> None:
    began, stamp = time.monotonic(), _stamp()  # of what it is made by, whatever is changed meanwhile
    template = CITY if count else "template1"
    _execute(url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DATABASE_URL": of(url, name),
        "SAIHAN_VAR": str(FOLDER),
    }
    command = [sys.executable, "-m", "bench.making", str(count), *(["--quick"] if quick else [])]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    _execute(url, f"COMMENT ON DATABASE {name} IS '{stamp} {datetime.now(UTC).date()}'")
    print(f"{name} made in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _is_current(url: str, name: str) -> bool:
    question = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    found = _execute(url, (question, [name]))
    stamp, _space, day = ((found and found[0][0]) or " 2000-01-01").partition(" ")
    return stamp == _stamp() and (datetime.now(UTC).date() - datetime.fromisoformat(day).date()).days <= DAYS_KEPT


def _stamp() -> str:
    whole = hashlib.sha256()
    for path in [*migrated.ingredients(), *(ROOT / name for name in SOURCES)]:
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def _execute(url: str, *statements: str | tuple) -> list[tuple]:
    """Each by itself, since no transaction may hold the making of a database; the rows of the last one."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(*([statement] if isinstance(statement, str) else statement))
        return cursor.fetchall() if cursor.description else []


if __name__ == "__main__":
    main()
