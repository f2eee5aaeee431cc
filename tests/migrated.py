"""A database that is migrated once and copied from then on: migrating takes longer than most test files do.

It is kept beside pytest's cache, under a name that follows from all that it was made of.
"""

import fcntl
import hashlib
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

BASE = Path(__file__).parents[1]
KEPT = BASE / ".pytest_cache" / "migrated"


def ingredients() -> list[Path]:
    """The migrations, what they import of ours, the data they may read, and the versions of the packages."""
    migrations = sorted(BASE.glob("*/migrations/*.py"))
    apps = "|".join(sorted({path.parts[-3] for path in migrations}))
    imported = re.compile(rf"^(?:from|import) ((?:{apps})[\w.]*)", re.MULTILINE)
    modules = {name.replace(".", "/") for path in migrations for name in imported.findall(path.read_text())}
    files = [BASE / f"{name}{ending}" for name in sorted(modules) for ending in (".py", "/__init__.py")]
    data = sorted(BASE.glob("*/data/*"))
    return [*migrations, *(path for path in files if path.exists()), *data, BASE / "constraints.txt"]


def _kept(ending: str, make: Callable[[Path], None]) -> Path:
    """The file of these ingredients; who asks first makes it, and the others wait."""
    whole = hashlib.sha256()
    for path in ingredients():
        whole.update(str(path.relative_to(BASE)).encode() + hashlib.sha256(path.read_bytes()).digest())
    file = KEPT / f"{whole.hexdigest()[:16]}.{ending}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / f"{ending}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            for older in KEPT.glob(f"*.{ending}"):
                older.unlink()
            make(file.with_suffix(".part"))
            file.with_suffix(".part").rename(file)
    return file


def _migrate(url: str) -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE, env=environment, check=True)


def sqlite() -> Path:
    """The file of a migrated SQLite database; not in WAL mode, which a copy in memory could not have."""

    def make(file: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="saihan-migrated-") as folder:
            _migrate(f"sqlite:///{folder}/migrated.sqlite3")
            with closing(sqlite3.connect(f"{folder}/migrated.sqlite3")) as database:
                database.execute("VACUUM INTO ?", [str(file)])

    return _kept("sqlite3", make)


def fill_postgres(programs: Path, url: str) -> None:
    """Bring an empty PostgreSQL database to where the migrations lead."""

    def make(file: Path) -> None:
        _migrate(url)
        subprocess.run([programs / "pg_dump", "--format=custom", f"--file={file}", url], check=True)
        filled.append(file)

    filled: list[Path] = []
    file = _kept("pgdump", make)
    if not filled:
        subprocess.run([programs / "pg_restore", "--exit-on-error", f"--dbname={url}", file], check=True)


@contextmanager
def copies_of(template: Path) -> Iterator[Callable[..., None]]:
    """A receiver of `connection_created` that begins an empty SQLite database in memory with a copy."""
    with closing(sqlite3.connect(f"file:{template}?mode=ro", uri=True)) as source:

        def begin(connection, **_signal: object) -> None:
            database = connection.connection
            if connection.is_in_memory_db() and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
                source.backup(database)

        yield begin
