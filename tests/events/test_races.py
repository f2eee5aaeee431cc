"""Two connections at once, on PostgreSQL: who is first, who waits, and what the other one sees then."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Barrier
from time import monotonic

import pytest
from celery import current_app
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Count
from django.utils import translation

from events import services
from events.drafts import Draft, Limits
from events.exceptions import StaleEvent
from events.history import replay
from events.models import Attachment, Event, Notice, ResidentContact, Step
from events.routing import Staffing, entry
from events.services import sweeping
from events.services.storing import store
from events.transitions import file
from events.workflow import Action, Loop
from grids.models import Grid
from grids.services import PublicLimit, merge_grids, move_grid, retire_grid
from tests.conftest import Worker, wait_until
from tests.events.conftest import MONDAY, moment
from tests.factories import make_category, make_event, make_post, make_uploads, make_user, take
from tests.pictures import picture

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]

LONG_AFTER = moment("2026-12-01 09:00")


def beside(pool: ThreadPoolExecutor, work: Callable, **inputs) -> Future:
    """Run `work` on a connection of its own."""

    def run():
        try:
            with translation.override("en"):
                return work(**inputs)
        finally:
            connection.close()

    return pool.submit(run)


def somebody_waits_for_us() -> bool:
    """Whether another connection waits for a lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0] > 0


def nobody_else_is_in_a_transaction() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' AND xact_start IS NOT NULL"
        )
        return cursor.fetchone()[0] == 0


@contextmanager
def first(pool: ThreadPoolExecutor, work: Callable, **inputs):
    """What is done inside is committed only when `work`, beside it, waits for a lock that it holds."""
    with transaction.atomic():
        futures = []
        yield futures
        futures.append(beside(pool, work, **inputs))
        wait_until(lambda: somebody_waits_for_us() or futures[0].done(), what="the second one waits or is through")


def at_once(pool: ThreadPoolExecutor, *works: Callable) -> list:
    """Start them at the same moment; what each returned or raised."""
    barrier = Barrier(len(works))

    def started_together(one):
        barrier.wait(10)
        return one()

    futures = [beside(pool, started_together, one=work) for work in works]
    return [future.exception(60) or future.result() for future in futures]


def assert_sound(*events: Event) -> None:
    """The row is what its steps say, and nothing climbed twice from one loop in one round."""
    for event in Event.objects.filter(pk__in=[event.pk for event in events]).prefetch_related("steps"):
        steps = list(event.steps.all())
        assert {name: getattr(event, name) for name in replay(steps)} == replay(steps)
        climbs = [(step.from_loop, step.round) for step in steps if step.action == "escalate"]
        assert len(climbs) == len(set(climbs))


# Acting


def test_of_two_who_accept_at_once_one_wins_and_the_other_learns_what_is_open(cast, pool):
    event, second = make_event(cast.worker, cast.tree.community), make_user("值班员")
    make_post(second, cast.tree.community, "dispatcher")
    results = at_once(
        pool,
        lambda: services.act(event=event, action="accept", actor=cast.community),
        lambda: services.act(event=event, action="accept", actor=second),
    )
    winner, loser = sorted(results, key=lambda result: isinstance(result, Exception))
    assert winner.status == "handling"
    assert isinstance(loser, StaleEvent)
    assert (loser.event.status, loser.event.step_count) == ("handling", 2)
    assert [move.action for move in loser.moves] == [
        "assign", "resolve", "escalate", "ask_suspend", "ask_extend", "merge", "ask", "comment", "join",
    ]  # fmt: skip
    assert event.steps.filter(action="accept").count() == 1
    assert_sound(event)


def test_who_waited_while_it_climbed_away_learns_that_somebody_was_faster(cast, pool):
    event = make_event(cast.worker, cast.tree.unit)
    with first(pool, services.act, event=event, action="accept", actor=cast.chief) as waiting:
        services.act(event=event, action="escalate", actor=cast.chief, reason="太难")
    refused = waiting[0].exception(20)
    assert isinstance(refused, StaleEvent)
    assert refused.event.holder == cast.tree.community
    assert event.steps.count() == 2
    assert_sound(event)


def test_a_remark_that_waited_for_an_assignment_does_not_undo_it(cast, pool):
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    with first(pool, services.act, event=event, action="comment", actor=cast.police, note="我也看到了") as waiting:
        services.act(event=event, action="assign", actor=cast.chief, handler=cast.worker)
    assert waiting[0].result(20).handler == cast.worker
    assert event.steps.last().handler == cast.worker
    assert_sound(event)


def test_a_remark_that_waited_for_the_resolution_keeps_its_checker(cast, pool):
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    with first(pool, services.act, event=event, action="comment", actor=cast.police, note="我也看到了") as waiting:
        services.act(event=event, action="resolve", actor=cast.chief, note="换了灯泡")
    assert waiting[0].result(20).checker == cast.tree.building
    assert_sound(event)


def test_a_remark_that_waited_while_it_climbed_is_written_at_the_new_holder(cast, pool):
    event = make_event(cast.worker, cast.tree.unit)
    with first(pool, services.act, event=event, action="comment", actor=cast.worker, note="还在漏水") as waiting:
        services.act(event=event, action="escalate", actor=cast.chief, reason="太难")
    assert waiting[0].result(20).holder == cast.tree.community
    assert event.steps.last().holder_name == "健康社区"
    assert_sound(event)


# Filing


def test_the_same_request_twice_at_once_files_one_event(cast, pool):
    category = make_category()
    works = [
        lambda: make_event(cast.worker, cast.tree.unit, category=category, idempotency_key="k-1") for _turn in range(4)
    ]
    results = at_once(pool, *works)
    assert len({event.pk for event in results}) == 1
    assert Event.objects.count() == Step.objects.count() == 1
    assert_sound(results[0])


def test_filing_that_waited_for_a_move_lands_at_the_new_place(cast, pool):
    category, building = make_category(), cast.tree.building
    with first(pool, make_event, reporter=cast.street, grid=building, category=category) as waiting:
        moved = move_grid(actor=None, grid=Grid.objects.get(pk=building.pk), new_parent=cast.tree.other_community)
    event = Event.objects.select_related("grid").get(pk=waiting[0].result(20).pk)
    assert (event.grid.code, event.position) == (moved.code, moved.lft)
    assert_sound(event)


def test_filing_that_waited_for_a_move_out_of_ones_area_is_refused(cast, pool):
    category, building = make_category(), cast.tree.building
    with first(pool, make_event, reporter=cast.community, grid=building, category=category) as waiting:
        move_grid(actor=None, grid=Grid.objects.get(pk=building.pk), new_parent=cast.tree.other_community)
    refused = waiting[0].exception(20)
    assert isinstance(refused, ValidationError)
    assert refused.message_dict == {"grid": ["This grid is outside your area."]}
    assert not Event.objects.exists()


def test_acting_that_waited_for_a_merge_goes_on_at_the_successor(cast, pool):
    event = make_event(cast.worker, cast.tree.building)
    given = {"event": event, "action": "comment", "actor": cast.worker, "note": "再看看"}
    with first(pool, services.act, **given) as waiting:
        merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    acted = waiting[0].result(20)
    assert (acted.grid, acted.step_count) == (cast.tree.second_building, 3)
    assert_sound(acted)


def test_filing_that_waited_for_a_retirement_is_refused(cast, pool):
    category, building = make_category(), cast.tree.second_building
    with first(pool, make_event, reporter=cast.worker, grid=building, category=category) as waiting:
        retire_grid(actor=None, grid=Grid.objects.get(pk=building.pk))
    assert isinstance(waiting[0].exception(20), ValidationError)
    assert not Event.objects.exists()


def test_a_move_that_waited_for_a_filing_takes_the_new_event_along(cast, pool):
    category, building = make_category(), Grid.objects.get(pk=cast.tree.building.pk)
    move = {"actor": None, "grid": building, "new_parent": cast.tree.other_community}
    with first(pool, move_grid, **move) as waiting:
        event = make_event(cast.worker, cast.tree.unit, category=category)
    moved = waiting[0].result(20)
    event = Event.objects.select_related("grid").get(pk=event.pk)
    assert event.position == event.grid.lft
    assert event.grid.code.startswith(moved.code)
    assert_sound(event)


def test_acting_beside_a_move_of_the_grid_neither_deadlocks_nor_loses_anything(cast, pool):
    events = [make_event(cast.worker, cast.tree.unit) for _turn in range(5)]
    here, there = cast.tree.community, cast.tree.other_community

    def move_to_and_fro():
        for parent in (there, here, there):
            move_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), new_parent=parent)

    def talk(event):
        for _turn in range(5):
            services.act(event=Event.objects.get(pk=event.pk), action="comment", actor=cast.worker, note="再看看")

    def sweep():
        for day in range(5):
            services.sweep(at=LONG_AFTER.replace(day=1 + day))

    results = at_once(pool, move_to_and_fro, sweep, *[lambda event=event: talk(event) for event in events])
    assert [result for result in results if result is not None] == []
    assert_sound(*events)
    for event in Event.objects.select_related("grid", "holder"):
        assert event.grid.code.startswith(event.holder.code)
        assert event.position == event.grid.lft
        assert event.steps.filter(action="comment").count() == 5


# The sweep


@pytest.fixture
def overdue(cast):
    """Sixty events that climb at the next sweep."""
    return [make_event(cast.worker, cast.tree.unit, at=MONDAY) for _turn in range(60)]


def assert_climbed_once(events: list[Event]) -> None:
    climbs = Step.objects.filter(event__in=events, action="escalate").values("event").annotate(times=Count("pk"))
    assert sorted(climb["times"] for climb in climbs) == [1] * len(events)
    assert_sound(*events)
    notices = Notice.objects.filter(step__action="escalate", event__in=events)
    assert notices.count() == 2 * len(events)  # the desk that lost it and the desk that got it


def test_two_sweeps_at_once_escalate_each_case_once(overdue, pool):
    sweep = partial(services.sweep, at=LONG_AFTER, batch=7)
    done = at_once(pool, sweep, sweep, sweep)
    assert sum((Counter(one) for one in done), Counter()) == {"escalate": 60}
    assert_climbed_once(overdue)


def test_a_case_that_somebody_works_on_is_left_to_the_next_sweep(cast, overdue, pool):
    with transaction.atomic():
        take(overdue[0], "accept", at=MONDAY)
        done = beside(pool, services.sweep, at=LONG_AFTER).result(20)
    assert done == {"escalate": 59}
    assert Event.objects.get(pk=overdue[0].pk).status == "handling"
    assert services.sweep(at=LONG_AFTER) == {"escalate": 1}
    assert_climbed_once(overdue)


def test_a_case_closed_while_the_sweep_looked_is_left_alone(cast, overdue, pool, monkeypatch):
    """Between listing what is due and locking it, somebody voids one."""
    original = sweeping._wake

    def void_one_first(due, at, clock):
        if Event.objects.get(pk=overdue[0].pk).status == "filed":
            beside(pool, partial(take, overdue[0], "void", at=MONDAY)).result(20)
        return original(due, at, clock)

    monkeypatch.setattr(sweeping, "_wake", void_one_first)
    assert services.sweep(at=LONG_AFTER) == {"escalate": 59}
    assert Event.objects.get(pk=overdue[0].pk).status == "voided"
    assert_climbed_once(overdue[1:])


def test_two_deliveries_at_once_send_each_mail_once(cast, overdue, pool):
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    deliver = partial(services.deliver_notices, at=LONG_AFTER)
    done = at_once(pool, deliver, deliver)
    services.deliver_notices(at=LONG_AFTER)  # what one had handed on when the other had looked already
    assert sum(counts["delivered"] for counts in done) <= len(mail.outbox) == 60
    assert not Notice.objects.filter(delivered_at=None).exists()


# A real broker and a real worker


def test_a_task_delivered_twice_escalates_once(overdue, celery_worker_process):
    long_ago = MONDAY - timedelta(days=365)
    Event.objects.update(wake_at=long_ago, due_at=long_ago)
    Step.objects.update(due_at=long_ago)
    for _turn in range(3):
        current_app.send_task("events.tasks.sweep")
    wait_until(lambda: celery_worker_process.output().count("events.tasks.sweep") >= 6, what="three sweeps are done")
    assert_climbed_once(overdue)


def test_a_worker_killed_in_the_middle_of_a_sweep_loses_and_doubles_nothing(cast, celery_worker_process):
    events = make_overdue(cast, 3000)
    current_app.send_task("events.tasks.sweep")
    climbed = Step.objects.filter(action="escalate")
    wait_until(lambda: climbed.count() > 0, what="the sweep has begun")
    celery_worker_process.kill()
    wait_until(nobody_else_is_in_a_transaction, what="the database noticed that the worker is dead")
    assert climbed.count() < 3000, "it was killed too late to tell anything"
    celery_worker_process.start()
    current_app.send_task("events.tasks.sweep")
    wait_until(lambda: climbed.count() >= 3000, 60, what="the second worker has finished")
    assert_climbed_once(events)


def make_overdue(cast, number: int) -> list[Event]:
    """So many events filed long ago, by what filing does, in one statement."""
    at, grid, category = MONDAY - timedelta(days=300), cast.tree.building, make_category()
    staffing, limits, drafts = Staffing.above([grid.code]), Limits(), []
    for turn in range(number):
        event = Event(
            number=f"20260127-{turn:06}", category=category, grid=grid, position=grid.lft, title="旧事", filed_at=at
        )
        draft = Draft(event, Action.FILE, at, staffing, limits)
        file(draft, entry(grid.code, Loop.GRID, staffing.is_staffed))
        drafts.append(draft)
    with transaction.atomic():
        store(drafts)
    return [draft.event for draft in drafts]


# Without a broker


def test_without_redis_filing_and_acting_work_promptly_and_what_waited_goes_out(cast, private_redis, tmp_path):
    make_event(cast.worker, cast.tree.unit)  # a connection to the broker stands open
    private_redis.stop()
    started = monotonic()
    event = make_event(cast.worker, cast.tree.unit)
    take(event, "escalate", "accept")
    assert monotonic() - started < 5
    assert Notice.objects.filter(delivered_at=None).count() == 3
    private_redis.start()
    worker = Worker(private_redis.url, tmp_path)
    worker.start()
    try:
        make_event(cast.worker, cast.tree.unit)
        wait_until(lambda: not Notice.objects.filter(delivered_at=None).exists(), what="what waited is delivered")
    finally:
        worker.stop()


# Photos


def test_a_photo_goes_with_the_first_of_two_steps(cast, pool):
    one, two = (make_event(cast.worker, cast.tree.building) for _time in range(2))
    photos, inputs = make_uploads(cast.worker), {"action": "comment", "actor": cast.worker, "note": "as shown"}
    with first(pool, services.act, event=two, attachments=list(photos), **inputs) as futures:
        services.act(event=one, attachments=list(photos), **inputs)
    with pytest.raises(ValidationError, match="went with a step already"):
        futures[0].result()
    assert (one.attachments.count(), two.attachments.count(), two.steps.count()) == (1, 0, 1)


def test_cleaning_passes_over_a_photo_that_is_just_being_used(cast, pool):
    event = make_event(cast.worker, cast.tree.building)
    photos = make_uploads(cast.worker)
    with first(pool, services.discard_uploads, attachments=photos) as futures:
        services.act(event=event, action="comment", actor=cast.worker, note="as shown", attachments=photos)
    assert futures[0].result() == 0
    assert default_storage.exists(event.attachments.get().file.name)


def test_the_same_filing_twice_at_once_stores_its_photos_once(cast, pool):
    category = make_category("路灯")

    def file_once() -> Event:
        photos = make_uploads(cast.worker, picture((200, 200)))
        given = {"category": category, "grid": cast.tree.building, "title": "The lamp is out", "attachments": photos}
        return services.file_event(actor=cast.worker, idempotency_key="tap", **given)

    numbers = {event.number for event in at_once(pool, *[file_once] * 4)}
    assert len(numbers) == Event.objects.count() == Attachment.objects.count() == 1


def test_one_page_sent_at_the_same_moments_is_one_report_with_one_code(cast, pool):
    start = Barrier(6)

    def send():
        start.wait()
        return services.file_resident_report(
            grid=cast.tree.unit, text="楼道灯坏了", phone="13812345678", idempotency_key="k"
        )

    receipts = [one.result() for one in [beside(pool, send) for _time in range(6)]]
    assert len({(receipt.event.pk, receipt.code) for receipt in receipts}) == 1
    assert (Event.objects.count(), ResidentContact.objects.count()) == (1, 1)


def test_a_limit_is_kept_by_processes_that_count_at_the_same_moments(cast, pool, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"report": (3, 3600)}
    start = Barrier(8)

    def send():
        start.wait()
        try:
            services.file_resident_report(grid=cast.tree.unit, text="楼道灯坏了", source="a", at=MONDAY)
        except PublicLimit:
            return "refused"
        return "filed"

    assert Counter(one.result() for one in [beside(pool, send) for _time in range(8)]) == {"filed": 3, "refused": 5}
    assert Event.objects.count() == 3


def test_a_case_that_is_reopened_at_this_moment_keeps_its_contact(cast, pool):
    event = file_for_resident(cast)
    event = take(event, "accept", "resolve", "pass_check", at=MONDAY)
    with transaction.atomic():
        services.act(event=event, action="reopen", actor=cast.district, reason="又坏了", at=MONDAY)
        erasing = beside(pool, services.erase_contacts, at=MONDAY + timedelta(days=181))
        wait_until(somebody_waits_for_us, what="the erasing waits for the case")
    assert erasing.result()["contacts"] == 0
    assert ResidentContact.objects.get().phone.reveal() == "13812345678"


def file_for_resident(cast) -> Event:
    return services.file_resident_report(grid=cast.tree.unit, text="楼道灯坏了", phone="13812345678", at=MONDAY).event
