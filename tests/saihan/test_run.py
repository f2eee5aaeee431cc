"""`make run` from its greeting to Ctrl-C, on a database that is not empty."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from urllib.request import urlopen

import pytest
from django.conf import settings

from tests import migrated
from tests.conftest import wait_until


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder and a port of its own, and a database with one grid: an empty one would be filled for a minute."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    variables = {"SAIHAN_VAR": str(tmp_path), "PORT": str(port), "DJANGO_SETTINGS_MODULE": "saihan.settings"}
    shutil.copy(migrated.sqlite(), tmp_path / "saihan.sqlite3")
    city = "from grids.services import create_grid; create_grid(actor=None, code='1501', name='呼和浩特市')"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", city]
    subprocess.run(command, cwd=settings.BASE_DIR, env=clean | variables, check=True)
    return clean | variables


@pytest.fixture
def running(environment, tmp_path) -> Iterator[subprocess.Popen]:
    with open(tmp_path / "out", "w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "saihan.run"], cwd=settings.BASE_DIR, env=environment, stdout=out, stderr=out
        )
    yield process
    if process.poll() is None:
        process.terminate()
        process.wait(20)


def contents(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "saihan.sqlite3") as database:
        return sorted(database.iterdump())


def health(environment) -> dict | None:
    try:
        with urlopen(f"http://127.0.0.1:{environment['PORT']}/healthz", timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def test_it_greets_serves_and_ends_cleanly(running, environment, tmp_path):
    before = contents(tmp_path)
    wait_until(lambda: (health(environment) or {}).get("broker") == "ok", 40, "web and Redis answer")
    greeting = (tmp_path / "out").read_text()
    assert f"http://127.0.0.1:{environment['PORT']}/" in greeting
    assert settings.DEMO_PASSWORD in greeting
    assert all(username in greeting for username in settings.DEMO_ACCOUNTS)

    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 0
    assert health(environment) is None
    assert "Traceback" not in (tmp_path / "out").read_text()
    assert contents(tmp_path) == before


def test_a_second_start_in_the_same_folder_is_refused(running, environment):
    wait_until(lambda: (health(environment) or {}).get("broker") == "ok", 40, "web and Redis answer")
    second = subprocess.run(
        [sys.executable, "-m", "saihan.run"],
        cwd=settings.BASE_DIR,
        env=environment | {"PORT": "18998"},
        capture_output=True,
        text=True,
    )
    assert second.returncode != 0
    assert second.stderr.startswith("SAIHAN_VAR is ")
    assert second.stderr.endswith("and a Saihan already runs with this folder.\n")
