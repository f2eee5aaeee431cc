"""`make test`: see to what the tests need, then the whole suite on SQLite and on PostgreSQL."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.servers import CHROMIUM, postgres_programs

# Debian package: (is it there, what is left out without it)
NEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "postgresql": (postgres_programs, "the whole run on PostgreSQL, with every race"),
    "chromium": (lambda: os.path.exists(CHROMIUM), "the tests in a browser"),
    "fonts-noto-cjk": (lambda: [*Path("/usr/share/fonts").rglob("*CJK*")], "nothing, but pictures show boxes"),
    "gettext": (lambda: shutil.which("xgettext"), "the test that every string is translated"),
}


def missing() -> list[str]:
    return [package for package, (present, _) in NEEDS.items() if not present()]


def install(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False)


def main(options: list[str]) -> int:
    packages = missing()
    if packages and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing what the tests need:", *packages, flush=True)
        install(packages)
        packages = missing()
    for package in packages:
        print(f"The Debian package {package} is missing; left out: {NEEDS[package][1]}.", file=sys.stderr, flush=True)
    if packages and os.environ.get("CI"):
        print("In CI nothing may be left out.", file=sys.stderr)
        return 1

    suite = [sys.executable, "-m", "pytest", "-n", "2", *options]
    failed = 0
    print("== The suite on SQLite", flush=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    failed |= subprocess.run(suite, env=environment).returncode
    if "postgresql" not in packages:
        print("== The suite on PostgreSQL", flush=True)
        suite.append("--database-only")
        failed |= subprocess.run([sys.executable, "-m", "tests.servers", "--", *suite], env=environment).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
