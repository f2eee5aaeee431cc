"""A change of limits beside the sweep, people and other administrators, on PostgreSQL and with a real worker."""

from datetime import date, timedelta
from functools import partial
from io import StringIO

import pytest
from celery import current_app
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction

from events import calendars, services
from events.clock import STATUTORY, Day
from events.models import CalendarEdition, Event, ServiceLevel, Step, TimeChange
from tests.conftest import wait_until
from tests.events.conftest import MONDAY, moment
from tests.events.test_races import (
    assert_sound,
    at_once,
    beside,
    first,
    make_overdue,
    nobody_else_is_in_a_transaction,
)
from tests.factories import make_event, take

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]

DUE = moment("2026-11-24 09:00")


def limit(cast, amount: int = 2, at=MONDAY) -> TimeChange:
    level = ServiceLevel.objects.get(stage="grid", urgency="normal")
    level.amount = amount
    return services.change_level(level=level, actor=cast.admin, at=at)


def confirm(cast, change: TimeChange, at=MONDAY) -> TimeChange:
    return services.confirm_change(change=change, actor=cast.admin, reason="上级要求", moves_open=True, at=at)


def test_two_runs_at_once_move_each_case_once(cast, pool):
    events = [make_event(cast.worker, cast.tree.building, at=MONDAY) for _turn in range(40)]
    confirm(cast, limit(cast))
    run = partial(services.adjust_deadlines, at=MONDAY, batch=7)
    done = at_once(pool, run, run, run)
    assert sum(one["adjusted"] for one in done) == 40
    assert Step.objects.filter(action="adjust").count() == 40
    assert_sound(*events)


def test_beside_the_sweep_each_case_climbs_or_gets_more_time(cast, pool):
    events = [make_event(cast.worker, cast.tree.building, at=MONDAY) for _turn in range(60)]
    confirm(cast, limit(cast, at=DUE), at=DUE)
    sweep = partial(services.sweep, at=DUE, batch=7)
    run = partial(services.adjust_deadlines, at=DUE, batch=11)
    done = at_once(pool, sweep, run, sweep)
    assert not [one for one in done if isinstance(one, Exception)]
    for event in Event.objects.all():
        actions = list(event.steps.order_by("ordinal").values_list("action", flat=True))
        assert actions in (["file", "escalate"], ["file", "adjust"])
        assert (event.loop, event.due_at) in (("community", event.due_at), ("grid", moment("2026-11-25 09:00")))
    assert_sound(*events)
    call_command("check_events", stdout=StringIO())


def test_a_case_that_climbs_meanwhile_keeps_its_new_clock(cast, pool):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    confirm(cast, limit(cast))
    with first(pool, services.adjust_deadlines, at=MONDAY) as waiting:
        take(event, "escalate", at=MONDAY)
    assert waiting[0].result(20) == {}
    assert [step.action for step in event.steps.order_by("ordinal")] == ["file", "escalate"]
    assert_sound(event)


def test_a_remark_that_is_being_written_does_not_keep_a_case_from_moving(cast, pool):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    confirm(cast, limit(cast))
    with first(pool, services.adjust_deadlines, at=MONDAY) as waiting:
        take(event, "comment", at=MONDAY)
    assert waiting[0].result(20) == {"adjusted": 1}
    assert Event.objects.get().due_at == moment("2026-11-25 09:00")
    assert_sound(event)


def test_a_case_filed_while_it_is_confirmed_is_caught_up_with(cast, pool):
    make_event(cast.worker, cast.tree.building, at=MONDAY)
    change = limit(cast)
    with transaction.atomic():
        late = make_event(cast.worker, cast.tree.building, at=MONDAY)
        beside(pool, confirm, cast=cast, change=change).result(20)
        assert beside(pool, services.adjust_deadlines, at=MONDAY).result(20) == {"adjusted": 1}
    assert services.adjust_deadlines(at=MONDAY + timedelta(minutes=1)) == {"adjusted": 1}
    assert Event.objects.get(pk=late.pk).due_at == moment("2026-11-25 09:00")


def test_of_two_changes_confirmed_at_once_one_waits(cast, pool):
    make_event(cast.worker, cast.tree.building, at=MONDAY)
    make_event(cast.community, cast.tree.community, at=MONDAY)
    level = ServiceLevel.objects.get(stage="community", urgency="normal")
    level.amount = 4
    drafts = [limit(cast), services.change_level(level=level, actor=cast.admin, at=MONDAY)]
    done = at_once(pool, *(partial(confirm, cast, draft) for draft in drafts))
    refused = [one for one in done if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [ValidationError]
    assert "still moving the open cases" in str(refused[0])
    assert sorted(TimeChange.objects.values_list("status", flat=True)) == ["confirmed", "draft"]


def test_of_two_years_published_at_once_none_is_lost(cast, pool):
    CalendarEdition.objects.create(digest=STATUTORY.edition, content=STATUTORY.content(), created_at=MONDAY)

    def publish(year: int):
        days = [(date(year, 1, 1), Day(is_working=False, name="元旦"))]
        return services.change_calendar(year=year, notice=f"{year}号", days=days, actor=cast.admin, at=MONDAY)

    done = at_once(pool, partial(publish, 2031), partial(publish, 2032), partial(publish, 2033))
    assert not [one for one in done if isinstance(one, Exception)]
    assert {2031, 2032, 2033} <= set(calendars.current().notices)


def test_an_edit_is_seen_by_a_process_that_runs_already(cast, pool):
    """What another process keeps of the calendar is never older than the edition in force."""
    filed = partial(make_event, cast.worker, cast.tree.building, at=MONDAY)
    assert beside(pool, filed).result(20).due_at == DUE
    services.change_hours(spans="09:00-17:00", actor=cast.admin, at=MONDAY)
    change = TimeChange.objects.last()
    if change.status == "draft":
        services.confirm_change(change=change, actor=cast.admin, reason="试行", moves_open=False, at=MONDAY)
    assert beside(pool, filed).result(20).due_at == moment("2026-11-23 17:00")


def test_a_killed_worker_loses_and_doubles_nothing(cast, celery_worker_process):
    events = make_overdue(cast, 3000)
    at = events[0].filed_at
    Event.objects.update(wake_at=None)  # the sweep of this worker is another story
    Event.objects.update(wake_at=MONDAY + timedelta(days=400))
    confirm(cast, limit(cast, amount=400, at=at), at=at)
    moved = Step.objects.filter(action="adjust")
    wait_until(lambda: moved.count() > 0, 60, what="the cases begin to move")
    celery_worker_process.kill()
    wait_until(nobody_else_is_in_a_transaction, what="the database noticed that the worker is dead")
    assert moved.count() < 3000, "it was killed too late to tell anything"
    celery_worker_process.start()
    current_app.send_task("events.tasks.adjust_deadlines")
    wait_until(lambda: TimeChange.objects.filter(status="done").exists(), 120, what="all have moved")
    assert moved.count() == Event.objects.filter(due_at__gt=MONDAY).count() == 3000
    assert TimeChange.objects.get().counts["adjusted"] == 3000
    assert_sound(*events[:50])
