"""A private PostgreSQL and a private Redis that live as long as a test run.

    python -m tests.servers -- pytest tests/events

runs the command with DATABASE_URL and BROKER_URL set to them. Both listen on Unix sockets only. The database is
migrated, and TEST_TEMPLATE tells the tests that theirs may begin as its copies.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import redis

from saihan import broker
from tests import migrated

START_SECONDS = 30
STOP_SECONDS = 120  # with much in memory that is still to be written
DATABASE = "saihan"
CHROMIUM = "/usr/bin/chromium"
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    # The data dies with the run, so nothing needs to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It would find the rolled-back rows of earlier tests, note that the tables are empty, and the planner would then
    # join thousands of rows of a running test by nested loops, for hours.
    "autovacuum": "off",
    "timezone": "UTC",
}


def postgres_programs() -> Path | None:
    """The folder of the newest installed PostgreSQL, or None."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root: root lends it Debian's `postgres` user."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def postgres(settings: Mapping[str, str] = POSTGRES_SETTINGS, kept: Path | None = None) -> Iterator[str]:
    """Start a PostgreSQL and give its DATABASE_URL; it is gone afterwards, with its data unless they are `kept`."""
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed (Debian package postgresql).")
    base = Path(tempfile.mkdtemp(prefix="saihan-pg-"))
    try:
        data = (kept or base) / "data"
        data.parent.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            for folder in (base, data.parent):
                os.chown(folder, account.pw_uid, account.pw_gid)
        if not (data / "PG_VERSION").exists():
            command = [programs / "initdb", "-D", data, "-U", "saihan", "-A", "trust", "-E", "UTF8", "-N"]
            subprocess.run(
                [*command, "--locale=C.UTF-8"], check=True, cwd=base, stdout=subprocess.DEVNULL, **_unprivileged()
            )
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(base / "log", "w") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", base, *options],
                cwd=base, stdout=log, stderr=log, start_new_session=True, **_unprivileged(),
            )  # fmt: skip
        try:
            _wait_for_postgres(server, base)
            yield f"postgres://saihan@/{DATABASE}?host={base}"
        finally:
            server.send_signal(signal.SIGINT)  # "fast": open connections are cut
            server.wait(STOP_SECONDS)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _wait_for_postgres(server: subprocess.Popen, base: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = psycopg2.connect(host=str(base), user="saihan", dbname="postgres")
        except psycopg2.OperationalError as error:
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"PostgreSQL did not start:\n{(base / 'log').read_text()}") from error
            time.sleep(0.1)
        else:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.rowcount:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
            connection.close()
            return


class Redis:
    """A private Redis that a test can take away and bring back; what was queued survives `stop` and `start`."""

    def __init__(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="saihan-redis-"))
        self.socket = self.base / "redis.sock"
        self.url = f"redis+socket://{self.socket}"
        self.client = redis.Redis(unix_socket_path=str(self.socket))
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            broker.command(self.socket, self.base / "data"), stdout=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.client.ping()
                return
            except redis.RedisError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(START_SECONDS)
            self.process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.base, ignore_errors=True)


@contextmanager
def private_redis() -> Iterator[Redis]:
    """A running Redis of one's own."""
    server = Redis()
    try:
        server.start()
        yield server
    finally:
        server.remove()


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        raise SystemExit(__doc__)
    # Ctrl-C reaches the command as well; the servers end after it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with postgres() as database_url, private_redis() as queue:
        migrated.fill_postgres(postgres_programs(), database_url)
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "BROKER_URL": queue.url,
            "TEST_TEMPLATE": DATABASE,
        }
        process = subprocess.Popen(command, env=environment)
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
