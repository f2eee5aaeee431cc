"""Measures Saihan on this machine: `python -m bench`, or `make bench`.

Each bench runs in a process and a fresh database of its own, on SQLite and on a private PostgreSQL that is started
and stopped here; figures go to the screen, with target and verdict, and to a JSON file. Timings depend on what else
the machine does, so nothing here is a test.

    tree    bulk load, insert, move and descendants in a city of 211,511 grids, beside stock django-mptt (both engines)
    sweep   100,000 overdue events swept by a real Celery worker, beside the bare SQL (PostgreSQL)
    sheets  50,000 rows of Excel, and the 1,910 members of the district's offices, read, checked, previewed, written
            and undone by a real Celery worker (both engines)
    hotline 10,000 orders of the 12345 hotline checked, filed and brought in again by a real worker (both engines)
    pages   pages and API at 100,000 events: milliseconds and queries (PostgreSQL)
    audit   check_events over 100,000 events with some five steps each (both engines)
    what_if what_if over 100,000 cases of a year (both engines)
    figures dashboards, indicators, lists, filing and acting at 10,000, 100,000 and 1,000,000 kept events, beside SQL
            written by hand; throughput and memory of the processes (PostgreSQL; `make bench-data` makes the events)
    search  words, numbers, people and places at 1,000,000 events: milliseconds and queries (PostgreSQL)
    administration
            Django admin on that city: milliseconds and queries (PostgreSQL)

A new bench is a module with `figures(quick)` that yields `Figure`s, and a line in BENCHES.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import stored
from bench.report import Figure, growth, table
from tests.servers import postgres, private_redis

ROOT = Path(__file__).resolve().parent.parent
BENCHES = {
    "tree": ("sqlite", "postgres"),
    "sweep": ("postgres",),
    "sheets": ("sqlite", "postgres"),
    "hotline": ("sqlite", "postgres"),
    "pages": ("postgres",),
    "figures": ("postgres",),
    "search": ("postgres",),
    "administration": ("postgres",),
    "audit": ("sqlite", "postgres"),
    "what_if": ("sqlite", "postgres"),
}


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with us
    results = []
    for name, engine in _chosen(options):
        print(f"{name} on {engine}", file=sys.stderr, flush=True)
        if name == "figures":
            results += list(run_stored(name, options))
            continue
        figures = run(name, engine, options.quick)
        results.append({"bench": name, "engine": engine, "figures": [figure.as_dict() for figure in figures]})
        print(table(f"\n{name} on {engine}", figures), end="\n\n", flush=True)
    report = {"machine": machine(), "quick": options.quick, "results": results}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    print(f"{_machine_line()}\nWritten to {options.json}.")


def run(name: str, engine: str, quick: bool) -> list[Figure]:
    """The figures of one bench, measured in a fresh database of a server that ends with it."""
    with surroundings(engine) as environment:
        return _measure(name, quick, environment)


def run_stored(name: str, options: argparse.Namespace) -> Iterator[dict]:
    """The figures of a bench in a copy of each of the kept databases, and how they grow from one to the next."""
    sizes = stored.QUICK_SIZES if options.quick else options.sizes
    stored.make_stored(sizes, options.quick)
    by_size = {}
    with stored.server(quick=options.quick) as url, private_redis() as redis, _folder() as folder:
        for size in sizes:
            with stored.copy_of(url, stored.name_of(size)) as copy:
                environment = _environment(folder, copy, redis.url)
                by_size[size] = figures = _measure(name, options.quick, environment)
            print(table(f"\n{name} at {size:,} cases", figures), end="\n\n", flush=True)
            told = [figure.as_dict() for figure in figures]
            yield {"bench": name, "engine": "postgres", "cases": size, "machine": machine(), "figures": told}
    if len(sizes) > 1:
        print(growth(f"{name} by number of cases", by_size), end="\n\n", flush=True)


def _measure(name: str, quick: bool, environment: dict[str, str]) -> list[Figure]:
    command = [sys.executable, "-m", "bench.measure", name, *(["--quick"] if quick else [])]
    child = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if child.returncode:
        raise SystemExit(f"The bench {name} failed.")
    return [Figure(**json.loads(line)) for line in child.stdout.splitlines()]


@contextmanager
def surroundings(engine: str) -> Iterator[dict[str, str]]:
    """The environment of a bench: a folder, a database and a broker of its own."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        on_postgres = engine == "postgres"
        url = stack.enter_context(postgres(stored.SETTINGS)) if on_postgres else f"sqlite:///{folder}/bench.sqlite3"
        yield _environment(folder, url, stack.enter_context(private_redis()).url)


def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="saihan-bench-")


def _environment(folder: str, database_url: str, broker_url: str) -> dict[str, str]:
    own = {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "SAIHAN_VAR": folder,
        "DATABASE_URL": database_url,
        "BROKER_URL": broker_url,
    }
    return {**os.environ, **own}


def machine() -> dict[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _machine_line() -> str:
    return ", ".join(f"{name} {value}" for name, value in machine().items())


def _chosen(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for name in [options.only] if options.only else BENCHES:
        for engine in BENCHES[name]:
            if options.engine in (None, engine):
                yield name, engine


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=BENCHES, help="this bench alone")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), help="this engine alone")
    parser.add_argument(
        "--quick", action="store_true", help="small data, to see that it works; the figures mean little"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=stored.SIZES, help="numbers of cases for `figures`")
    parser.add_argument("--json", type=Path, default=ROOT / "var/bench.json", help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
