"""200 people at work for five minutes against the whole of Saihan on this machine: `make load`.

gunicorn, Celery worker and beat as the Procfile starts them, a PostgreSQL with 100,000 kept cases and a Redis of its
own, all in production's settings; Locust plays the people and the proxy in front (each resident comes from another
address, so the limits of the public pages hold). Afterwards every case is checked.
"""

import argparse
import csv
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import psycopg2

from bench import stored
from bench.__main__ import machine
from bench.serving import HOST, ROOT, free_port, memory, production, running
from tests.servers import private_redis

LOCUST = ROOT / ".venv-load/bin/locust"
CASES = 100_000
SWEEP_ON_TIME = 120  # seconds; the sweep runs every minute, and tells when it is later than two
LATEST = "SELECT coalesce(extract(epoch FROM now() - min(wake_at)), 0)::float FROM events_event WHERE wake_at <= now()"
COLUMNS = ("Request Count", "Failure Count", "Requests/s", "50%", "95%", "99%")
CHECKS = ("check_events", "check_tallies")


def main() -> None:
    given = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stored.make_stored([given.cases])
    with (
        stored.server() as url,
        stored.copy_of(url, stored.name_of(given.cases)) as database,
        private_redis() as redis,
        tempfile.TemporaryDirectory(prefix="saihan-load-") as folder,
    ):
        port = free_port()
        own = {"DATABASE_URL": database, "BROKER_URL": redis.url}
        report = _measure(os.environ | production(folder, port) | own, port, Path(folder), given)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    _show(report)
    print(f"Written to {given.json}.")
    sys.exit(0 if is_good(report) else 1)


def is_good(report: dict) -> bool:
    """No errors, the sweep on time, and every case sound."""
    checks = all(check["is_clean"] for check in report["checks"].values())
    return checks and not report["errors"] and report["sweep"]["late_by_at_most_s"] <= SWEEP_ON_TIME


def _measure(environment: dict[str, str], port: int, folder: Path, given: argparse.Namespace) -> dict:
    people = folder / "people.json"
    subprocess.run([sys.executable, "-m", "bench.loading", people], cwd=ROOT, env=environment, check=True)
    with running(environment, "web", "worker", "audit", "beat") as processes, SweepWatch(environment) as watch:
        before = machine()
        _crowd(environment | {"LOAD_PEOPLE": str(people)}, port, folder, given)
        held = {name: dict(zip(("pss_mb", "rss_mb"), memory(each), strict=True)) for name, each in processes.items()}
    kinds = list(csv.DictReader((folder / "load_stats.csv").open()))
    failures = list(csv.DictReader((folder / "load_failures.csv").open()))
    return {
        "machine": before,
        "cases": given.cases,
        "users": given.users,
        "minutes": given.minutes,
        "kinds": [{"name": kind["Name"]} | {name: float(kind[name]) for name in COLUMNS} for kind in kinds],
        "errors": [{"name": each["Name"], "error": each["Error"], "times": each["Occurrences"]} for each in failures],
        "sweep": watch.told(),
        "memory": held,
        "checks": {name: found for name in CHECKS if (found := _check(name, environment))},
    }


def _crowd(environment: dict[str, str], port: int, folder: Path, given: argparse.Namespace) -> None:
    seconds = round(given.minutes * 60)
    command = [
        LOCUST, "--locustfile", ROOT / "bench/crowd.py", "--headless", "--host", f"http://{HOST}:{port}",
        "--users", given.users, "--spawn-rate", 20, "--run-time", f"{seconds}s", "--csv", folder / "load",
        "--only-summary", "--exit-code-on-error", 0, "--reset-stats",
    ]  # fmt: skip
    subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def _check(name: str, environment: dict[str, str]) -> dict | None:
    """What a command that proves something says; None where there is no such command."""
    if not list(ROOT.glob(f"*/management/commands/{name}.py")):
        return None
    command = [sys.executable, "manage.py", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return {"is_clean": done.returncode == 0, "said": (done.stdout + done.stderr).strip()[-2000:]}


class SweepWatch(threading.Thread):
    """Every second, how long the most belated case has waited for the clock."""

    def __init__(self, environment: dict[str, str]):
        super().__init__()
        self.url, self.seconds, self.ended = environment["DATABASE_URL"], [], threading.Event()

    def run(self) -> None:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while not self.ended.wait(1):
                cursor.execute(LATEST)
                self.seconds.append(cursor.fetchone()[0])

    def __enter__(self) -> "SweepWatch":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.join()

    def told(self) -> dict[str, float]:
        found = self.seconds or [0.0]
        return {"late_by_at_most_s": max(found), "late_by_median_s": statistics.median(found), "looks": len(found)}


def _show(report: dict) -> None:
    print(f"\n{report['users']} users, {report['minutes']} minutes, {report['cases']:,} cases; {report['machine']}")
    heads = ("requests", "failed", "a second", "p50 ms", "p95 ms", "p99 ms")
    print(f"{'':36}" + "".join(f"{head:>10}" for head in heads))
    for kind in report["kinds"]:
        print(f"{kind['name']:36}" + "".join(f"{kind[name]:10,.0f}" for name in COLUMNS))
    for error in report["errors"]:
        print(f"error: {error['name']}: {error['error']} ({error['times']} times)")
    late = report["sweep"]["late_by_at_most_s"]
    print(f"the sweep was at most {late:.0f} s late (on time: {SWEEP_ON_TIME} s)")
    for name, held in report["memory"].items():
        print(f"memory of {name}: {held['pss_mb']:.0f} MB (PSS)")
    for name, check in report["checks"].items():
        print(f"{name}: {check['said'].splitlines()[-1] if check['said'] else 'clean'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--cases", type=int, default=CASES, help="kept cases to begin with")
    parser.add_argument("--json", type=Path, default=ROOT / "var/load.json", help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
