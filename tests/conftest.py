"""Fixtures that start real things: a broker, a worker, a browser."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client, TransactionTestCase
from kombu import pools

from events.services import notices
from saihan.celery import app
from tests import migrated, servers
from tests.cast import cast  # noqa: F401 - a fixture for all
from tests.servers import CHROMIUM

# A busy machine is slow, not wrong: examples have no deadline.
hypothesis.settings.register_profile("saihan", deadline=None)
hypothesis.settings.load_profile("saihan")

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out the tests without a database: the run on the other engine has proved them",
    )


def uses_database(item: pytest.Item) -> bool:
    """Whether the engine may matter to this test: it has a database, or asks for a certain one."""
    if item.get_closest_marker("django_db") or item.get_closest_marker("postgres"):
        return True
    is_case = issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    return is_case or not {"db", "transactional_db", "live_server"}.isdisjoint(item.fixturenames)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On SQLite the tests that need PostgreSQL are left to its own run; without a Chromium its tests are named."""
    missing_browser = pytest.mark.skip(reason=f"no Chromium at {CHROMIUM} (Debian package chromium)")
    left = []
    for item in items:
        needs_other = item.get_closest_marker("postgres") and connection.vendor != "postgresql"
        if needs_other or (config.getoption("--database-only") and not uses_database(item)):
            left.append(item)
        elif item.get_closest_marker("browser") and not os.path.exists(CHROMIUM):
            if os.environ.get("CI"):
                raise pytest.UsageError(f"no Chromium at {CHROMIUM}: in CI nothing may be left out")
            item.add_marker(missing_browser)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def pytest_collection_finish() -> None:
    """What was imported stays until the end, so the garbage collector need not look at it again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix) -> Iterator[None]:
    """On SQLite the database begins as a copy of the migrated one; PostgreSQL has its template."""
    if connection.vendor == "postgresql":
        yield
        return
    with migrated.copies_of(migrated.sqlite()) as begin:
        connection_created.connect(begin)
        yield
        connection_created.disconnect(begin)


@pytest.fixture
def as_():
    """A browser in which this person is logged in."""

    def browser(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return browser


def wait_until(condition: Callable[[], object], seconds: float = 20, what: str = "") -> None:
    """Poll until `condition` holds; fail with `what` when it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            pytest.fail(f"after {seconds} s still not: {what or condition}")
        time.sleep(0.05)


def _use_broker(url: str) -> None:
    """Point the Celery app of this process to another broker and forget the connections to the old one."""
    app.loader.import_default_modules()  # a closed app takes no new tasks
    pools.reset()  # they are kept by address, and a closed one would be handed out again for the same address
    app.close()
    app.amqp._producer_pool = None
    app.conf.broker_url = url
    notices.asked_until = 0.0  # what the old one was asked for is gone with it


@pytest.fixture
def private_redis() -> Iterator[servers.Redis]:
    """A Redis for this test and its Celery; `.stop()` takes it away, `.start()` brings it back."""
    before = app.conf.broker_url
    with servers.private_redis() as server:
        _use_broker(server.url)
        yield server
        _use_broker(before)


class Worker:
    """A real `celery worker` process on the database of the running test."""

    def __init__(self, broker_url: str, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.log = folder / "worker.log"
        self.broker_url = broker_url
        self.environment = environment or {}
        self.process: subprocess.Popen | None = None

    def start(self, *options: str) -> None:
        """Start it and wait until it takes tasks."""
        seen = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "saihan", "worker", "-l", "INFO", "-c", "1", *options],
                cwd=settings.BASE_DIR,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "saihan.settings",
                    "DATABASE_URL": database_url(),
                    "BROKER_URL": self.broker_url,
                    **self.environment,
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: " ready." in self.output()[seen:] or self.process.poll() is not None, 40, "worker ready")
        assert self.process.poll() is None, self.output()

    def output(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        """SIGKILL to the worker and its children at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def memory(self) -> int:
        """Bytes resident now, the worker and its children together."""
        pids = [self.process.pid]
        for pid in pids:
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids) * os.sysconf("SC_PAGE_SIZE")


def database_url() -> str:
    """The DATABASE_URL of the database that this test runs on, for a process of its own."""
    now = connection.settings_dict
    assert connection.vendor == "postgresql", "a second process needs a database that it can reach: mark it postgres"
    return f"postgres://{quote(now['USER'])}@/{quote(now['NAME'])}?host={quote(now['HOST'])}"


@pytest.fixture
def celery_worker_process(transactional_db, private_redis: servers.Redis, tmp_path: Path) -> Iterator[Worker]:
    """A running worker on the test's database and `private_redis`; `.kill()`, `.start()`, `.stop()`, `.memory()`."""
    worker = Worker(private_redis.url, tmp_path)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the session."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser, live_server) -> Iterator[Callable]:
    """Opens a page of a new person, with cookies of its own: `new_page(width=390)`. A script error fails the test."""
    contexts, errors = [], []

    def open_page(width: int = 390, **options):
        context = browser.new_context(
            base_url=live_server.url,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 844 if width < 600 else 900},
            is_mobile=width < 600,
            has_touch=width < 600,
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture
def page_of(new_page, as_, live_server):
    """A page on which this person is logged in: `page_of(cast.chief, width=1280)`."""

    def open_page(person, **options):
        page = new_page(**options)
        session = as_(person).cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        return page

    return open_page


@pytest.fixture
def browser_page(new_page):
    """A phone's page on the live server."""
    return new_page()
