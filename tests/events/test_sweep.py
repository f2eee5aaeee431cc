"""The clock: reminders, climbing, supervision, catching up, and rows that are broken."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import services, tasks
from events.explanations import explain
from events.models import Event, ServiceLevel, Step
from grids.models import Post
from grids.services import end_post
from tests.events.conftest import MONDAY, moment, snapshot
from tests.factories import make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

REMINDED = moment("2026-11-23 17:24")  # four fifths of the eight working hours
DUE = moment("2026-11-24 09:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def event(cast):
    """Filed on Monday at nine in the grid loop: due on Tuesday at nine."""
    return make_event(cast.worker, cast.tree.unit, at=MONDAY)


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def actions(event: Event) -> list[str]:
    return [step.action for step in event.steps.order_by("ordinal")]


# Reminding


def test_nothing_happens_before_four_fifths_of_the_limit(event):
    assert services.sweep(at=REMINDED - timedelta(seconds=1)) == {}
    assert actions(event) == ["file"]


def test_at_four_fifths_the_desk_is_reminded_once(cast, event):
    assert services.sweep(at=REMINDED) == {"remind": 1}
    assert services.sweep(at=REMINDED + MINUTE) == {}
    step = event.steps.last()
    assert (step.action, step.side, step.actor, step.to_status, step.due_at) == ("remind", "system", None, "filed", DUE)
    assert [notice.recipient for notice in step.notices.all()] == [cast.chief]
    assert explain(step) == ["Four fifths of the time limit are over."]


def test_a_handler_is_reminded_rather_than_the_desk(cast, event):
    take(event, "accept", "assign", handler=cast.worker, at=MONDAY)
    services.sweep(at=REMINDED)
    assert [notice.recipient for notice in event.steps.last().notices.all()] == [cast.worker]


def test_checkers_are_reminded_of_a_check(cast, event):
    checked = take(event, "accept", "resolve", at=MONDAY)
    services.sweep(at=checked.remind_at)
    assert [notice.recipient for notice in event.steps.last().notices.all()] == [cast.worker]


def test_after_a_move_the_reminder_is_for_the_new_limit(event):
    services.sweep(at=REMINDED)
    event = take(fresh(event), "escalate", at=REMINDED)
    services.sweep(at=event.remind_at)
    assert actions(event) == ["file", "remind", "escalate", "remind"]


# Climbing


def test_overdue_it_climbs_by_itself(cast, event):
    services.sweep(at=REMINDED)
    assert services.sweep(at=DUE - timedelta(seconds=1)) == {}
    assert services.sweep(at=DUE) == {"escalate": 1}
    event, step = fresh(event), event.steps.last()
    assert (event.loop, event.holder, event.status, event.round) == ("community", cast.tree.community, "filed", 1)
    assert (step.side, step.actor, step.from_loop, step.to_loop) == ("system", None, "grid", "community")
    assert explain(step) == [
        "The time limit of the loop below ran out; it climbed by itself to 健康社区.",
        "Time limit: 3 working days.",
    ]


def test_it_climbs_out_of_handling_too(cast, event):
    take(event, "accept", "assign", handler=cast.worker, at=MONDAY)
    services.sweep(at=DUE)
    event = fresh(event)
    assert (event.status, event.handler, event.holder) == ("filed", None, cast.tree.community)
    told = {notice.recipient for notice in event.steps.last().notices.all()}
    assert told == {cast.worker, cast.chief, cast.community}


def test_left_alone_it_climbs_to_the_city_and_stays_there_supervised(event):
    seen = []
    for _turn in range(5):
        services.sweep(at=fresh(event).due_at)
        now = fresh(event)
        seen.append((now.holder.name, now.is_supervised))
    climbed = [("健康社区", False), ("人民路街道", False), ("赛罕区", False), ("呼和浩特市", False)]
    assert seen == [*climbed, ("呼和浩特市", True)]
    assert services.sweep(at=fresh(event).due_at + timedelta(days=365)) == {}
    assert explain(event.steps.last()) == ["The time limit ran out and there is no level above, so it is supervised."]
    assert fresh(event).status == "filed"


def test_in_one_round_it_climbs_from_each_loop_once(event):
    for _turn in range(8):
        services.sweep(at=fresh(event).due_at)
    climbs = event.steps.filter(action="escalate").values_list("from_loop", "round")
    assert list(climbs) == [("grid", 1), ("community", 1), ("street", 1), ("city", 1)]


def test_a_vacant_desk_above_is_passed_over(cast, event):
    for post in Post.objects.active().filter(grid=cast.tree.community):
        end_post(actor=None, post=post)
    services.sweep(at=DUE)
    assert fresh(event).holder == cast.tree.street
    assert event.steps.last().details["skipped"] == ["健康社区"]


def test_an_urgent_case_climbs_at_night(cast):
    event = make_event(cast.worker, cast.tree.unit, urgency="urgent", at=moment("2026-11-21 23:00"))
    assert services.sweep(at=moment("2026-11-22 01:00")) == {"escalate": 1}
    assert fresh(event).due_at == moment("2026-11-22 05:00")


def test_over_the_national_day_holiday_nothing_climbs(cast):
    event = make_event(cast.worker, cast.tree.unit, at=moment("2026-09-30 16:00"))
    assert services.sweep(at=moment("2026-10-07 23:59")) == {}
    assert services.sweep(at=moment("2026-10-08 16:00")) == {"escalate": 1}
    assert fresh(event).loop == "community"


def test_an_edited_limit_holds_for_the_next_clock(cast, event):
    level = ServiceLevel.objects.get(stage="community", urgency="normal")
    level.amount, level.unit = 1, "emergency_hour"
    services.save_service_level(level=level)
    assert fresh(event).due_at == DUE
    services.sweep(at=DUE)
    assert fresh(event).due_at == DUE + timedelta(hours=1)


def test_a_closed_or_voided_case_is_left_alone(cast, event):
    take(event, "accept", "resolve", "pass_check", at=MONDAY)
    void = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "void", at=MONDAY)
    before = snapshot(event), snapshot(void)
    assert services.sweep(at=MONDAY + timedelta(days=365)) == {}
    assert (snapshot(event), snapshot(void)) == before


# Catching up


def test_after_an_outage_the_step_says_how_late_the_system_was(event):
    assert services.sweep(at=DUE + timedelta(hours=3)) == {"escalate": 1}
    assert explain(event.steps.last())[-1] == "The system acted 180 minutes late."


def test_a_late_reminder_says_so_too(event):
    services.sweep(at=REMINDED + timedelta(minutes=5))
    assert explain(event.steps.last())[-1] == "The system acted 5 minutes late."


def test_a_sweep_within_two_minutes_is_punctual(event):
    services.sweep(at=DUE + 2 * MINUTE)
    assert "late" not in event.steps.last().details


def test_one_late_sweep_climbs_one_loop_and_gives_the_next_its_full_time(event):
    late = DUE + timedelta(days=30)
    assert services.sweep(at=late) == {"escalate": 1}
    assert fresh(event).due_at > late


def test_more_events_than_a_batch_are_all_taken(cast):
    events = [make_event(cast.worker, cast.tree.unit, at=MONDAY) for _turn in range(7)]
    assert services.sweep(at=DUE, batch=3) == {"escalate": 7}
    assert {fresh(event).loop for event in events} == {"community"}


def test_the_queries_of_a_sweep_do_not_grow_with_the_batch(cast):
    counts = []
    for size in (2, 12):
        for _turn in range(size):
            make_event(cast.worker, cast.tree.unit, at=MONDAY)
        with CaptureQueriesContext(connection) as queries:
            services.sweep(at=DUE)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_task_sweeps_as_of_now(cast):
    make_event(cast.worker, cast.tree.unit, at=moment("2026-01-05 09:00"))
    assert tasks.sweep() == {"escalate": 1}
    assert tasks.sweep() == {}


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="A time needs its time zone"):
        services.sweep(at=MONDAY.replace(tzinfo=None))


# Broken rows


def spoil(event: Event, **fields) -> None:
    """Write what no service writes."""
    Event.objects.filter(pk=event.pk).update(**fields)


def test_a_bad_row_is_reported_postponed_and_stops_nobody(cast, event, caplog):
    bad = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    spoil(bad, urgency="someday")
    before = snapshot(bad)[1]
    with caplog.at_level(logging.ERROR):
        assert services.sweep(at=DUE) == {"escalate": 1, "postponed": 1}
    assert f"The sweep failed for event {bad.number}" in caplog.text
    assert fresh(event).loop == "community"
    assert snapshot(bad)[1] == before
    assert services.sweep(at=DUE + timedelta(minutes=9)) == {}
    assert services.sweep(at=DUE + timedelta(minutes=10)) == {"postponed": 1}


def test_a_mended_row_is_caught_up_with_and_its_lateness_told(cast, event):
    spoil(event, urgency="someday")
    services.sweep(at=DUE)
    spoil(event, urgency="normal")
    assert services.sweep(at=DUE + timedelta(minutes=10)) == {"escalate": 1}
    assert event.steps.last().details["late"] == 600


def test_a_row_that_the_database_refuses_makes_the_batch_go_one_by_one(cast, event, caplog):
    bad = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    spoil(bad, step_count=0)  # so its next step has an ordinal that is taken
    others = [make_event(cast.worker, cast.tree.unit, at=MONDAY) for _turn in range(3)]
    with caplog.at_level(logging.ERROR):
        assert services.sweep(at=DUE) == {"escalate": 4, "postponed": 1}
    assert f"The sweep failed for the event with primary key {bad.pk}" in caplog.text
    assert {fresh(other).loop for other in [event, *others]} == {"community"}
    assert (fresh(bad).loop, Step.objects.filter(event=bad).count()) == ("grid", 1)


def test_the_database_holds_one_climb_for_each_loop_and_round(cast, event):
    services.sweep(at=DUE)
    spoil(event, loop="grid", holder=cast.tree.building, wake_at=DUE)  # as if it had been forgotten
    assert services.sweep(at=DUE + timedelta(days=30)) == {"postponed": 1}
    assert event.steps.filter(action="escalate").count() == 1


def test_when_nothing_is_left_to_do_the_sweep_complains_of_nothing(cast, event, caplog):
    assert services.sweep(at=MONDAY) == {}
    assert not caplog.records
