"""1,000 filings while web, workers and broker are killed at random: nothing is lost, doubled, or told out of order.

Everything is real: gunicorn, Celery, Redis, PostgreSQL, an SMTP server and a robot's HTTP server. `KILL_SEED` gives
other moments; a failure names the one it had.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import time as clock
from datetime import timedelta
from http.client import HTTPException
from io import StringIO
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from rest_framework.authtoken.models import Token

from events import services
from events.models import Delivery, Event, Notice, Step
from tests.conftest import Worker, database_url, wait_until
from tests.events.receivers import free_port, identities
from tests.factories import make_category

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

SEED = int(os.environ.get("KILL_SEED", "2026"))
BY_WEB, OVERDUE = 800, 200  # filings by HTTP, and those that were due long ago when they came
CLIENTS = 4
REPEATED = 0.1  # of the filings are sent again although they were answered
FEWEST_KILLS = 3  # of each: worker, broker and web
PATIENCE = 240


class Web:
    """A real gunicorn on the database of the test, as the Procfile starts it."""

    def __init__(self, broker_url: str, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "web.log"
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "saihan.settings",
            "DATABASE_URL": database_url(),
            "BROKER_URL": broker_url,
            "PORT": str(self.port),
        }

    def start(self) -> None:
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "saihan.wsgi"],
                cwd=settings.BASE_DIR, env=os.environ | self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(self.answers, 60, "the web server answers")

    def answers(self) -> bool:
        with suppress(OSError):
            return urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).status == 200
        return False

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL to one of the processes that answer; gunicorn puts another one in its place."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            with suppress(ProcessLookupError):
                os.kill(int(chance.choice(children)), 9)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


class Filings:
    """People who file by HTTP and ask again with the same key until they are answered."""

    def __init__(self, web: Web, token: str, category: int, grid: str) -> None:
        self.url = f"http://127.0.0.1:{web.port}/api/v1/events/"
        self.token, self.category, self.grid = token, category, grid
        self.numbers: dict[str, str] = {}  # by key: what the first answer said
        self.differing: list[str] = []
        self.asked_again = 0

    def file(self, number: int) -> None:
        key, chance = f"kill-{number}", random.Random(f"{SEED}-{number}")
        for _time in range(2 if chance.random() < REPEATED else 1):
            answer = self._ask_until_answered(key, number)
            if self.numbers.setdefault(key, answer) != answer:
                self.differing.append(key)

    def _ask_until_answered(self, key: str, number: int) -> str:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                return self._ask(key, number)
            except (HTTPException, OSError) as error:  # cut off, refused, or an error of the server: who knows
                if getattr(error, "code", 500) < 500:
                    raise
                self.asked_again += 1
                time.sleep(0.2)
        raise TimeoutError(key)

    def _ask(self, key: str, number: int) -> str:
        body = {"category": self.category, "grid": self.grid, "title": f"第 {number} 件"}
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        request = Request(self.url, json.dumps(body).encode(), headers)  # noqa: S310  it is our own
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)["number"]


class Mayhem:
    """Kills worker, broker and web in turn at random moments and starts them again; and ticks as beat does."""

    def __init__(self, worker: Worker, redis, web: Web) -> None:
        self.worker, self.redis, self.web = worker, redis, web
        self.chance, self.kills = random.Random(SEED), Counter()
        self.over = threading.Event()

    def beat(self) -> None:
        """Each second what beat asks for each minute."""
        while not self.over.wait(1):
            for task in ("sweep", "deliver_notices"):
                with suppress(BrokerError, OSError):
                    current_app.send_task(f"events.tasks.{task}", retry=False, expires=20)

    def run(self) -> None:
        while not self.over.wait(self.chance.uniform(0.3, 2.5)):
            victim = self.chance.choice(["worker", "broker", "web", "web"])
            getattr(self, f"kill_{victim}")()
            self.kills[victim] += 1
        connection.close()

    def kill_worker(self) -> None:
        self.worker.kill()
        hasten()
        self.worker.start()

    def kill_broker(self) -> None:
        self.redis.process.kill()
        self.redis.process.wait()
        time.sleep(self.chance.uniform(0, 1))
        self.redis.start()

    def kill_web(self) -> None:
        self.web.kill_one(self.chance)


def hasten() -> None:
    """What a killed worker had taken would be due again in five minutes, what failed in one or more."""
    Delivery.objects.pending().filter(attempts__gt=0).update(next_try_at=timezone.now())


@pytest.fixture
def told(cast, robot, mail_server) -> None:
    """The chief hears of all by robot, and the community of what climbs by mail; neither has quiet hours."""
    awake = {"digest": False, "quiet_from": clock(0), "quiet_until": clock(0)}
    cast.community.email = "li@example.org"
    cast.community.save()
    services.save_preference(user=cast.chief, by_mail=False, robot="wecom", webhook=robot.url, **awake)
    services.save_preference(user=cast.community, by_mail=True, robot="", **awake)


@pytest.fixture
def mayhem(cast, told, private_redis, mail_server, tmp_path) -> Iterator[Mayhem]:
    worker = Worker(private_redis.url, tmp_path, {"EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}"})
    web = Web(private_redis.url, tmp_path)
    try:
        web.start()
        worker.start()
        yield Mayhem(worker, private_redis, web)
    finally:
        worker.stop()
        web.stop()


def file_overdue(cast, category) -> None:
    """Filed long ago by a system that was away; due at once, so that each sweep has something to let climb."""
    for number in range(OVERDUE):
        key, at = f"late-{number}", timezone.now() - timedelta(days=10)
        for _time in range(2):  # asked again, as who was cut off does
            services.file_event(
                actor=cast.worker, category=category, grid=cast.tree.unit, title=f"迟到的第 {number} 件",
                idempotency_key=key, at=at,
            )  # fmt: skip
        time.sleep(0.02)
    connection.close()


def test_nothing_is_lost_whatever_is_killed(cast, robot, mail_server, mayhem):
    print(f"KILL_SEED={SEED}")
    category = make_category()
    token = Token.objects.create(user=cast.worker).key
    filings = Filings(mayhem.web, token, category.pk, cast.tree.unit.code)
    mayhem.chance.seed(SEED)
    begun = time.monotonic()
    with ThreadPoolExecutor(CLIENTS + 3) as pool:
        around = [pool.submit(mayhem.beat), pool.submit(mayhem.run)]
        late = pool.submit(file_overdue, cast, category)
        answered = [pool.submit(filings.file, number) for number in range(BY_WEB)]
        try:
            for each in (*answered, late):
                each.result(PATIENCE)
            wait_until(lambda: min(mayhem.kills[one] for one in ("worker", "broker", "web")) >= FEWEST_KILLS, 60)
        finally:
            mayhem.over.set()
        for each in around:
            each.result(60)
    print(f"filed in {time.monotonic() - begun:.0f} s, killed {dict(mayhem.kills)}, asked again {filings.asked_again}")
    settle(mayhem)
    came = {"robot": len(robot.said), "mail": len(mail_server.letters)}
    print(f"settled after {time.monotonic() - begun:.0f} s, came {came}")

    assert not filings.differing
    assert Event.objects.count() == BY_WEB + OVERDUE
    assert dict(Event.objects.filter(idempotency_key__in=filings.numbers).values_list("idempotency_key", "number")) == (
        filings.numbers
    )
    assert len(filings.numbers) == BY_WEB
    assert Step.objects.filter(action="escalate").count() == OVERDUE
    assert_told_in_order(cast.chief, identities(robot.texts), mayhem.kills["worker"])
    assert_told_in_order(cast.community, identities(mail_server.texts), mayhem.kills["worker"])
    assert len({letter["Message-ID"] for letter in mail_server.letters}) == OVERDUE
    call_command("check_events", stdout=StringIO())
    assert services.make_digest().problem_count == 0


def settle(mayhem: Mayhem) -> None:
    """Nobody is killed any more: what waits is done."""

    def is_done() -> bool:
        for task in ("sweep", "deliver_notices"):
            current_app.send_task(f"events.tasks.{task}", retry=False, expires=5)
        hasten()
        late = Event.objects.filter(wake_at__lte=timezone.now()).exists()
        return not late and not Notice.objects.pending().exists() and not Delivery.objects.pending().exists()

    until = time.monotonic() + PATIENCE
    while not is_done():
        assert time.monotonic() < until, mayhem.worker.output()[-3000:]
        time.sleep(1)


def assert_told_in_order(person, came: list[int], kills: int) -> None:
    """Each notice at least once, of each case the earlier first, and no more repeated than were on their way."""
    cases = defaultdict(list)
    for pk, event in Notice.objects.filter(recipient=person).order_by("pk").values_list("pk", "event"):
        cases[event].append(pk)
    assert set(came) == {pk for of_one in cases.values() for pk in of_one}
    first = {pk: place for place, pk in reversed(list(enumerate(came)))}
    assert all(sorted(of_one, key=first.get) == of_one for of_one in cases.values())
    assert len(came) - len(set(came)) <= kills
