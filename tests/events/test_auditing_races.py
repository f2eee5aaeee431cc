"""The check while others go on working, and shared by several processes: on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag

import pytest
from django.db import connection
from django.utils import timezone

from events import audit, services
from events.audit.snapshots import snapshot
from events.models import AuditDigest, Event
from tests.factories import make_category, make_event, take

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def checked(processes: int) -> tuple[list[str], audit.Tally]:
    tally = audit.Tally()
    found = audit.problems_by_many(processes=processes, at=timezone.now(), read_files=False, tally=tally)
    return sorted(found), tally


def test_several_processes_find_what_one_finds(cast):
    events = [make_event(cast.worker, cast.tree.building) for _turn in range(20)]
    Event.objects.filter(pk__in=[events[3].pk, events[17].pk]).update(title="改过的标题")
    alone, together = checked(1), checked(3)
    assert len(alone[0]) == 2
    assert alone == together


def test_a_check_amid_work_raises_no_false_alarm(cast):
    """Between reading a case and its steps others file and act; a snapshot does not see it."""
    category, over = make_category(), Flag()

    def work() -> None:
        while not over.is_set():
            take(make_event(cast.worker, cast.tree.building, category=category), "accept", "resolve")
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(work) for _person in range(2)]
        try:
            for _turn in range(10):
                with snapshot():
                    assert not list(audit.problems())
                assert not checked(2)[0]
        finally:
            over.set()
        for one in busy:
            one.result(60)


def test_two_who_make_the_digest_make_one(cast):
    make_event(cast.worker, cast.tree.building)
    at = timezone.now()

    def make(_turn: int) -> int:
        try:
            return services.make_digest(at=at).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(4)))) == 1
    assert AuditDigest.objects.count() == 1
