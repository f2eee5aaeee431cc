"""Saihan's own processes for a measurement, as the Procfile starts them: web, and with them worker and beat."""

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from honcho.environ import parse_procfile

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 120
# What a proxy in front of it would add.
HEADERS = {"X-Forwarded-Proto": "https", "Host": "saihan.example"}


def production(folder: str, port: int) -> dict[str, str]:
    """The settings of a production server, with keys for this once."""

    def key() -> str:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()

    return {
        "DJANGO_SETTINGS_MODULE": "saihan.settings",
        "SAIHAN_ENV": "production",
        "SAIHAN_VAR": folder,
        "SECRET_KEY": secrets.token_hex(40),
        "FIELD_KEYS": key(),
        "AUDIT_KEYS": key(),
        "ALLOWED_HOSTS": HEADERS["Host"],
        "PORT": str(port),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def running(environment: Mapping[str, str], *names: str) -> Iterator[dict[str, subprocess.Popen]]:
    """These processes of the Procfile, by name, until the block ends; the web server answers when it begins."""
    commands = parse_procfile((ROOT / "Procfile").read_text()).processes
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    with ExitStack() as stack:
        processes = {}
        for name in names:
            log = stack.enter_context(open(Path(environment["SAIHAN_VAR"]) / f"{name}.log", "wb"))
            processes[name] = subprocess.Popen(
                commands[name].split(), cwd=ROOT, env={**environment, "PATH": path}, stdout=log, stderr=log
            )
            stack.callback(_stop, processes[name])
        _wait(int(environment["PORT"]), processes["web"])
        yield processes


def _stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()


def _wait(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + START_SECONDS
    request = urllib.request.Request(f"http://{HOST}:{port}/healthz", headers=HEADERS)
    while True:
        try:
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  our own server
            return
        except (urllib.error.URLError, OSError) as error:
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit("The web server did not start.") from error
            time.sleep(0.2)


def memory(process: subprocess.Popen) -> tuple[float, float]:
    """Megabytes of a process and its children: shared pages divided among those who share them (PSS), and RSS."""
    pids = [process.pid]
    for pid in pids:
        pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    text = "".join(Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    lines = [line.split() for line in text.splitlines()]
    pss, rss = (sum(int(line[1]) for line in lines if line[0] == name) / 1024 for name in ("Pss:", "Rss:"))
    return pss, rss
