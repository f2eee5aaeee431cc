"""`make run`: bring the database up to date, fill an empty one with the demo, run the Procfile's processes."""

import os
import socket
import sys
from pathlib import Path

import django
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections
from honcho.environ import parse_procfile
from honcho.manager import Manager

from saihan import broker, env

BASE_DIR = Path(__file__).resolve().parent.parent
STOPPED_BY_HAND = (130, 143)  # honcho's status after Ctrl-C or SIGTERM


def main() -> int:
    port = env.port("PORT", 8000)
    _refuse_taken_port(port)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saihan.settings")
    django.setup()
    from django.conf import settings

    embedded = settings.CELERY_BROKER_URL == settings.EMBEDDED_BROKER_URL
    if embedded and broker.answers(settings.SOCKET):
        env.stop("SAIHAN_VAR", f"is {str(settings.VAR)!r}, and a Saihan already runs with this folder.")
    try:
        _prepare()
    except DatabaseError as error:
        env.stop("DATABASE_URL", f"names a database that cannot be used: {str(error).splitlines()[0]}.")
    except CommandError as error:
        raise SystemExit(str(error)) from error
    _greet(port)
    return _run(port, embedded)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  as gunicorn will listen
        except OSError as error:
            env.stop(
                "PORT", f"is {port}, and cannot be listened on ({error.strerror}); another one is given as PORT=8001."
            )


def _prepare() -> None:
    from django.conf import settings

    from grids.models import Grid

    call_command("migrate", verbosity=0, interactive=False)
    if settings.PRODUCTION:
        call_command("collectstatic", verbosity=0, interactive=False)
    elif not Grid.objects.exists():
        call_command("load_demo")
    connections.close_all()


def _greet(port: int) -> None:
    from django.conf import settings
    from django.utils.translation import gettext as _

    lines = [_("Saihan is at http://127.0.0.1:%(port)s/ (Ctrl-C ends it)") % {"port": port}]
    if settings.DEMO_ALLOWED:
        accounts = "  ".join(f"{username} {title}" for username, title in settings.DEMO_ACCOUNTS.items())
        lines += [_("Demo accounts: %(accounts)s") % {"accounts": accounts}]
        lines += [_("The password of all of them: %(password)s") % {"password": settings.DEMO_PASSWORD}]
    print("", *lines, "", sep="\n", flush=True)


def _run(port: int, embedded: bool) -> int:
    """Run the processes until Ctrl-C, or until one of them ends by itself, which is a failure."""
    manager = Manager()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    for name, command in parse_procfile((BASE_DIR / "Procfile").read_text()).processes.items():
        if embedded or name != "redis":
            manager.add_process(name, f"exec {command}", env=environment, cwd=str(BASE_DIR))
    manager.loop()
    return 0 if manager.returncode in STOPPED_BY_HAND else 1


if __name__ == "__main__":
    sys.exit(main())
