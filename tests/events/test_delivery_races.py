"""Several who deliver at once, and a worker killed in the middle: on PostgreSQL, with real servers."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from events import services
from events.models import Delivery, Notice
from tests.conftest import Worker, wait_until
from tests.events.receivers import identities
from tests.factories import make_event

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CASES = 60


@pytest.fixture
def told(cast, robot, mail_server) -> list[tuple[int, int]]:
    """Cases with two notices each to one person, by mail and robot: the ids of each pair in their order."""
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    services.save_preference(
        user=cast.chief, by_mail=True, digest=False, robot="wecom", webhook=robot.url,
        quiet_from=time(0), quiet_until=time(0),
    )  # fmt: skip
    pairs = []
    for _turn in range(CASES):
        event = make_event(cast.worker, cast.tree.unit)
        services.act(event=event, action="urge", actor=cast.city)
        pairs.append(tuple(event.notices.order_by("pk").values_list("pk", flat=True)))
    return pairs


def assert_arrived_in_order(came: list[int], pairs: list[tuple[int, int]]) -> None:
    """Each at least once; of a pair the first came first, whatever was repeated later."""
    assert set(came) == {pk for pair in pairs for pk in pair}
    for first, second in pairs:
        assert came.index(first) < came.index(second)


def test_four_at_once_deliver_each_notice_once_and_in_order(told, robot, mail_server):
    def deliver(_turn: int) -> None:
        try:
            services.deliver_notices()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, range(4)))
    services.deliver_notices()
    for texts in (robot.texts, mail_server.texts):
        came = identities(texts)
        assert max(Counter(came).values()) == 1
        assert_arrived_in_order(came, told)


def test_four_at_once_make_one_digest(cast, told, mail_server, robot):
    services.save_preference(
        user=cast.chief, by_mail=True, digest=True, robot="wecom", quiet_from=time(0), quiet_until=time(0)
    )
    services.deliver_notices()
    assert not mail_server.letters
    Delivery.objects.update(next_try_at=timezone.now())

    def deliver(_turn: int) -> None:
        try:
            services.deliver_notices()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, range(4)))
    assert (len(mail_server.letters), len(robot.said)) == (1, 1)


def test_no_lock_is_held_while_a_server_is_slow(told, robot, mail_server):
    """While the robot lets us wait, anybody may read the notices and change their choice."""
    robot.drip = 0.2
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: (services.deliver_notices(), connection.close()))
        wait_until(lambda: robot.asked["post"] > 0, what="the first message is on its way")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND state = 'idle in transaction'"
            )
            (held,) = cursor.fetchone()
        Delivery.objects.pending().update(withdrawn_at=timezone.now())
        robot.drip = 0
        running.result(60)
    assert held == 0


def test_a_worker_killed_again_and_again_loses_nothing(told, robot, mail_server, private_redis, tmp_path):
    worker = Worker(private_redis.url, tmp_path, {"EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}"})
    kills = 0
    try:
        for goal in (15, 60, 120):
            worker.start()
            current_app.send_task("events.tasks.deliver_notices")
            wait_until(lambda goal=goal: len(robot.said) >= goal or not Delivery.objects.pending().exists(), 60)
            worker.kill()
            kills += 1
            # What it had taken would be due again in five minutes.
            Delivery.objects.pending().filter(attempts__gt=0).update(next_try_at=timezone.now())
        assert Delivery.objects.pending().exists() or Notice.objects.pending().exists(), "it was killed too late"
        worker.start()
        current_app.send_task("events.tasks.deliver_notices")
        wait_until(lambda: not Delivery.objects.pending().exists() and not Notice.objects.pending().exists(), 90)
    finally:
        worker.stop()
    for texts in (robot.texts, mail_server.texts):
        came = identities(texts)
        assert_arrived_in_order(came, told)
        assert len(came) - len(set(came)) <= kills
    letters = Counter(letter["Message-ID"] for letter in mail_server.letters)
    assert len(letters) == 2 * CASES
    assert not Delivery.objects.exclude(given_up_at=None).exists()


def test_without_a_broker_nothing_is_lost(cast, told, robot, private_redis):
    private_redis.stop()
    event = make_event(cast.worker, cast.tree.unit)
    private_redis.start()
    services.deliver_notices()
    assert identities(robot.texts).count(event.notices.get().pk) == 1
