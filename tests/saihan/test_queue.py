"""The way to the worker: quick to give up, slow to forget."""

import re
import time
from importlib import import_module

import pytest
from django.conf import settings
from honcho.environ import parse_procfile
from kombu.exceptions import OperationalError

from events.tasks import check_daily, sweep
from saihan.broker import socket_path
from saihan.env import LONGEST_SOCKET_PATH
from tests.conftest import wait_until


def test_beat_names_tasks_that_exist():
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        module, _dot, name = entry["task"].rpartition(".")
        assert getattr(import_module(module), name).name == entry["task"]


def test_each_queue_has_a_process():
    commands = parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes.values()
    served = {queue for command in commands for queue in re.findall(r"--queues (\w+)", command)}
    assert served == {"celery", *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())}


def test_the_daily_check_keeps_nobody_waiting(private_redis):
    check_daily.delay()
    sweep.delay()
    assert [private_redis.client.llen(queue) for queue in ("audit", "celery")] == [1, 1]


def test_the_daily_check_may_take_longer_than_redis_leaves_a_task_to_one_worker():
    assert not check_daily.acks_late
    assert check_daily.soft_time_limit > settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_a_missing_broker_is_given_up_at_once(private_redis):
    private_redis.stop()
    start = time.monotonic()
    with pytest.raises(OperationalError):
        sweep.delay()
    assert time.monotonic() - start < 2


def test_the_broker_is_found_again(private_redis):
    private_redis.stop()
    with pytest.raises(OperationalError):
        sweep.delay()
    private_redis.start()
    sweep.delay()
    assert private_redis.client.llen("celery") == 1


def test_what_is_queued_survives_a_restart_of_redis(private_redis):
    sweep.delay()
    private_redis.stop()
    private_redis.start()
    assert private_redis.client.llen("celery") == 1


def test_a_long_folder_gets_a_short_socket(tmp_path):
    var = tmp_path / ("long" * 30)
    path = socket_path(var)
    assert len(str(path)) <= LONGEST_SOCKET_PATH
    assert path == socket_path(var)
    assert path != socket_path(tmp_path / ("long" * 31))


@pytest.mark.postgres
def test_a_worker_takes_what_waited(celery_worker_process):
    worker = celery_worker_process
    worker.kill()
    sweep.delay()
    worker.start()
    wait_until(lambda: "sweep" in worker.output() and "succeeded" in worker.output(), what=worker.output())
    assert worker.memory() < 300_000_000


@pytest.mark.postgres
def test_a_worker_comes_back_to_a_broker_that_was_away(celery_worker_process, private_redis):
    private_redis.stop()
    private_redis.start()
    sweep.delay()
    wait_until(lambda: "succeeded" in celery_worker_process.output(), what="the task done after the restart")
