"""Sheets of the hotline through real workers: a power cut in the middle, and the same orders from two sides at once."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from events import services
from events.audit import problems
from events.models import Event, HotlineImport, HotlineOrder, ResidentContact
from events.services.hotline_filing import PATIENCE
from tests.conftest import wait_until
from tests.events.hotline_sheets import fresh, line, settled
from tests.events.test_races import beside
from tests.factories import make_category

pytestmark = pytest.mark.postgres

MANY = 300


@pytest.fixture
def desk(transactional_db, cast):
    make_category()
    return cast.street


def test_a_worker_killed_in_the_middle_files_each_order_once(desk, celery_worker_process, private_redis):
    worker = celery_worker_process
    found = settled(desk, *(line(f"HH{number:04}") for number in range(MANY)))
    services.confirm_hotline(actor=desk, hotline_import=found)
    for filed in (20, 80, 150):
        wait_until(lambda: HotlineOrder.objects.count() >= filed, 60, worker.output())  # noqa: B023  it is called before the next round
        worker.kill()
        # The note that somebody is at it, and the message of the dead worker, would have the next one wait.
        private_redis.client.flushall()
        worker.start()
        services.continue_hotlines(at=timezone.now() + PATIENCE * 2)
    wait_until(lambda: fresh(found).status == "done", 120, worker.output())
    assert fresh(found).counts == {"filed": MANY}
    assert Event.objects.count() == HotlineOrder.objects.count() == ResidentContact.objects.count() == MANY
    assert not list(problems())


def test_two_workers_and_two_sheets_make_one_case_of_an_order(desk):
    lines = [line(f"HH{number:04}") for number in range(40)]
    sheets = [settled(desk, *lines), settled(desk, *reversed(lines))]
    for found in sheets:
        services.confirm_hotline(actor=desk, hotline_import=found)
    filers = [threading.Thread(target=file, args=(found.pk,)) for found in [*sheets, *sheets]]
    for filer in filers:
        filer.start()
    for filer in filers:
        filer.join(120)
    for pk in HotlineImport.objects.filter(status="confirmed").values_list("pk", flat=True):
        file(pk)  # where one gave way to the other's lock, the beat asks again
    assert Event.objects.count() == HotlineOrder.objects.count() == 40
    counts = [fresh(found).counts for found in sheets]
    assert sum(count.get("filed", 0) for count in counts) == 40
    assert sum(count.get("known", 0) for count in counts) == 40
    assert not list(problems())


def test_a_sheet_that_is_confirmed_while_old_ones_are_cleaned_is_filed(desk, pool):
    found, other = settled(desk, line("HH1")), settled(desk, line("HH2"))
    later = timezone.now() + timedelta(days=settings.HOTLINE_KEPT_DAYS + 1)
    with transaction.atomic():
        services.confirm_hotline(actor=desk, hotline_import=found)
        beside(pool, services.continue_hotlines, at=later).result(30)
    file(found.pk)
    assert (fresh(found).status, fresh(found).counts) == ("done", {"filed": 1})
    assert (fresh(other).status, other.rows.count()) == ("cancelled", 0)


def file(pk: int) -> None:
    try:
        services.file_hotline(pk=pk)
    finally:
        connections.close_all()
