"""Changing limits, hours and calendar: shown first, confirmed once, each case with a step; nothing jumps by itself."""

import logging
from collections import Counter
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import services, tasks
from events.clock import STATUTORY, Day, Limit, Unit
from events.exceptions import ActionForbidden
from events.explanations import explain
from events.models import CalendarDay, Category, Event, ServiceLevel, Step, TimeChange
from events.running import running
from events.services import adjusting
from tests.events.conftest import MONDAY, moment, snapshot
from tests.factories import make_category, make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

DUE = moment("2026-11-24 09:00")  # of a case filed on Monday at nine in the grid loop, one working day
NOON = moment("2026-11-23 12:00")


@pytest.fixture
def event(cast) -> Event:
    return make_event(cast.worker, cast.tree.unit, at=MONDAY)


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def level(stage: str = "grid", amount: int = 2, unit: str = "working_day", urgency: str = "normal") -> ServiceLevel:
    """The limit of a loop as a form has edited it."""
    edited = ServiceLevel.objects.get(stage=stage, urgency=urgency)
    edited.amount, edited.unit = amount, unit
    return edited


def limit(cast, at=NOON, **edited) -> TimeChange:
    return services.change_level(level=level(**edited), actor=cast.admin, at=at)


def confirm(cast, change: TimeChange, moves_open: bool = True, at=NOON) -> Counter:
    services.confirm_change(change=change, actor=cast.admin, reason="上级要求", moves_open=moves_open, at=at)
    return services.adjust_deadlines(at=at)


def assert_sound() -> None:
    call_command("check_events", stdout=StringIO(), stderr=StringIO())


# First shown


def test_a_draft_tells_what_would_move_and_moves_nothing(cast, event):
    before = snapshot(event)
    change = limit(cast)
    assert change.status == "draft"
    assert change.counts == {"open": 1, "moved": 1, "sooner": 0, "later": 1, "same": 0, "overdue": 0, "hidden": 0}
    later = moment("2026-11-25 09:00")
    assert change.planned == [[event.pk, DUE.timestamp(), later.timestamp(), False]]
    assert snapshot(event) == before
    assert ServiceLevel.objects.get(stage="grid", urgency="normal").amount == 1
    assert services.adjust_deadlines(at=NOON) == {}


def test_those_that_become_overdue_come_first(cast, event):
    second = make_event(cast.worker, cast.tree.unit, at=NOON)
    change = limit(cast, amount=2, unit="working_hour")
    assert change.counts["overdue"] == 1
    assert [(pk, overdue) for pk, _old, _new, overdue in change.planned] == [(event.pk, True), (second.pk, False)]


def test_only_the_stage_and_urgency_that_it_concerns_are_looked_at(cast, event):
    make_event(cast.worker, cast.tree.unit, urgency="urgent", at=MONDAY)
    make_event(cast.community, cast.tree.community, at=MONDAY)
    take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "accept", "resolve", at=MONDAY)
    assert limit(cast).counts["open"] == 1
    assert limit(cast, stage="check", amount=3).counts["moved"] == 1


def test_a_shorter_limit_of_the_category_keeps_a_case_where_it_is(cast):
    category = make_category("漏水", limit=2, unit="working_hour")
    make_event(cast.worker, cast.tree.unit, category=category, at=MONDAY)
    change = limit(cast)
    assert (change.status, change.counts["open"], change.counts["moved"]) == ("done", 1, 0)


def test_where_nothing_moves_it_is_done_at_once(cast):
    change = limit(cast)
    assert (change.status, change.confirmed_by) == ("done", cast.admin)
    assert ServiceLevel.objects.get(stage="grid", urgency="normal").amount == 2


def test_the_same_limit_is_no_change(cast, event):
    assert limit(cast, amount=1) is None
    assert not TimeChange.objects.exists()


def test_a_clue_report_is_counted_and_not_named(cast):
    clue = make_category("线索举报", is_confidential=True)
    make_event(cast.worker, cast.tree.unit, category=clue, at=MONDAY)
    change = limit(cast)
    assert (change.counts["moved"], change.counts["hidden"], change.planned) == (1, 1, [])


def test_a_draft_is_discarded_without_a_trace(cast, event):
    before = snapshot(event)
    change = services.discard_change(change=limit(cast), actor=cast.admin)
    assert (change.status, change.planned, snapshot(event)) == ("discarded", [], before)
    with pytest.raises(ValidationError, match=r"decided already. It is now: discarded"):
        confirm(cast, change)


def test_old_drafts_go_by_themselves(cast, event):
    first = limit(cast)
    limit(cast, at=NOON + timedelta(days=2), amount=3)
    assert not TimeChange.objects.filter(pk=first.pk).exists()


# Then confirmed


def test_on_confirmation_each_case_gets_a_step(cast, event):
    assert confirm(cast, limit(cast)) == {"adjusted": 1}
    event, step = fresh(event), event.steps.last()
    assert event.due_at == moment("2026-11-25 09:00") == step.due_at
    assert event.clock_started_at == MONDAY
    assert event.wake_at == event.remind_at == moment("2026-11-24 15:48")  # 12 h 48 min of 16 hours
    assert (step.action, step.side, step.actor, step.reason) == ("adjust", "system", cast.admin, "上级要求")
    assert step.details["limit"] == [2, "working_day"]
    assert explain(step) == [
        "The due time was 2026-11-24 09:00 and is 2026-11-25 09:00 now.",
        "Time limit: 2 working days.",
    ]
    assert_sound()


def test_or_it_holds_for_clocks_that_start_from_now_on(cast, event):
    before = snapshot(event)
    assert confirm(cast, limit(cast), moves_open=False) == {}
    assert snapshot(event) == before
    assert make_event(cast.worker, cast.tree.unit, at=MONDAY).due_at == moment("2026-11-25 09:00")
    assert_sound()


def test_a_change_needs_a_reason_and_one_that_is_short_enough(cast, event):
    change = limit(cast)
    for reason, said in ((" ", "Say why"), ("长" * 501, "at most 500")):
        with pytest.raises(ValidationError, match=said):
            services.confirm_change(change=change, actor=cast.admin, reason=reason, moves_open=True, at=NOON)
    assert fresh(event).due_at == DUE


def test_it_is_confirmed_once(cast, event):
    change = limit(cast)
    confirm(cast, change)
    with pytest.raises(ValidationError, match="decided already"):
        confirm(cast, change)
    assert event.steps.filter(action="adjust").count() == 1


def test_a_draft_of_something_that_changed_meanwhile_is_refused(cast, event):
    first, second = limit(cast, amount=2), limit(cast, amount=3)
    confirm(cast, first)
    with pytest.raises(ValidationError, match="changed this meanwhile"):
        confirm(cast, second)


def test_while_one_change_moves_the_cases_another_waits(cast, event):
    first, second = limit(cast), limit(cast, stage="community", amount=4)
    assert second.status == "done"
    services.confirm_change(change=first, actor=cast.admin, reason="一", moves_open=True, at=NOON)
    other = services.change_hours(spans="09:00-17:00", actor=cast.admin, at=NOON)
    with pytest.raises(ValidationError, match="Another change is still moving"):
        services.confirm_change(change=other, actor=cast.admin, reason="二", moves_open=True, at=NOON)


def test_moving_twice_moves_once(cast, event):
    confirm(cast, limit(cast))
    before = snapshot(event)
    TimeChange.objects.update(status="confirmed", cursor=0)
    assert services.adjust_deadlines(at=NOON) == {}
    assert snapshot(event) == before


def test_after_a_crash_it_goes_on_where_it_was(cast):
    events = [make_event(cast.worker, cast.tree.unit, at=MONDAY) for _turn in range(5)]
    change = limit(cast)
    services.confirm_change(change=change, actor=cast.admin, reason="一", moves_open=True, at=NOON)
    assert adjusting._adjust_batch(NOON, 2) == {"adjusted": 2}
    change.refresh_from_db()
    assert (change.status, change.counts["adjusted"], change.cursor) == ("confirmed", 2, events[1].pk)
    assert tasks.adjust_deadlines() == {"adjusted": 3}
    change.refresh_from_db()
    assert (change.status, change.counts["adjusted"]) == ("done", 5)
    assert Step.objects.filter(action="adjust").count() == 5
    assert_sound()


def test_a_case_that_was_being_filed_while_it_was_confirmed_is_caught_up_with(cast, event):
    """Its transaction had read the old limit, and is committed after the others have moved."""
    confirm(cast, limit(cast))
    services.save_service_level(level=level(amount=1))
    late = make_event(cast.worker, cast.tree.unit, at=NOON)
    services.save_service_level(level=level(amount=2))
    assert services.adjust_deadlines(at=NOON + timedelta(minutes=1)) == {"adjusted": 1}
    assert fresh(late).due_at == moment("2026-11-25 12:00")
    assert services.adjust_deadlines(at=NOON + timedelta(minutes=2)) == {}


def test_a_bad_row_is_reported_and_stops_nobody(cast, event, caplog):
    bad = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    Event.objects.filter(pk=bad.pk).update(step_count=0)  # so its next step has an ordinal that is taken
    with caplog.at_level(logging.ERROR):
        assert confirm(cast, limit(cast)) == {"adjusted": 1, "failed": 1}
    assert f"primary key {bad.pk}" in caplog.text
    assert fresh(event).due_at == moment("2026-11-25 09:00")
    assert fresh(bad).due_at == DUE


def test_the_queries_do_not_grow_with_the_cases(cast):
    counts = []
    for size in (2, 9):
        for _turn in range(size):
            make_event(cast.worker, cast.tree.unit, at=MONDAY)
        with CaptureQueriesContext(connection) as queries:
            confirm(cast, limit(cast, amount=len(counts) + 2))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Reminders and what is over at once


def test_what_is_over_at_once_climbs_next_and_the_system_is_not_called_late(cast, event):
    confirm(cast, limit(cast, amount=1, unit="working_hour"))
    assert fresh(event).due_at == moment("2026-11-23 10:00")
    assert [notice.recipient for notice in event.steps.last().notices.all()] == [cast.chief]
    assert services.sweep(at=NOON + timedelta(minutes=1)) == {"escalate": 1}
    assert "late" not in event.steps.last().details
    assert_sound()


def test_a_reminder_that_is_over_at_once_comes_now_and_is_not_late(cast, event):
    now = moment("2026-11-23 14:30")  # the reminder would have come at 14:12
    confirm(cast, limit(cast, amount=4, unit="working_hour", at=now), at=now)
    assert fresh(event).due_at == moment("2026-11-23 15:00")
    assert fresh(event).wake_at == fresh(event).remind_at == now
    assert services.sweep(at=now + timedelta(minutes=1)) == {"remind": 1}
    assert "late" not in event.steps.last().details


def test_who_was_reminded_is_reminded_again_only_of_a_later_end(cast, event):
    services.sweep(at=event.remind_at)
    confirm(cast, limit(cast, amount=2), at=event.remind_at)
    assert fresh(event).wake_at == fresh(event).remind_at == moment("2026-11-24 15:48")
    services.sweep(at=moment("2026-11-24 15:48"))
    confirm(cast, limit(cast, amount=17, unit="working_hour", at=moment("2026-11-24 17:50")),
            at=moment("2026-11-24 17:50"))  # fmt: skip
    assert fresh(event).due_at == moment("2026-11-25 10:00")
    assert fresh(event).wake_at == fresh(event).due_at


def test_a_later_end_is_told_to_nobody(cast, event):
    confirm(cast, limit(cast))
    assert not event.steps.last().notices.exists()


def test_at_the_end_of_its_way_a_case_rests_unless_it_gets_time_again(cast):
    event = make_event(cast.city, cast.tree.city, at=MONDAY)
    over = event.due_at + timedelta(days=1)
    services.sweep(at=over)
    before = snapshot(event)
    assert limit(cast, stage="city", amount=14, at=over).status == "done"
    assert snapshot(event) == before
    confirm(cast, limit(cast, stage="city", amount=30, at=over), at=over)
    assert fresh(event).wake_at > over
    assert_sound()


# What counts afterwards


def test_the_limit_of_a_category_is_changed_and_taken_away(cast):
    category = make_category("漏水", limit=2, unit="working_hour")
    event = make_event(cast.worker, cast.tree.unit, category=category, at=MONDAY)
    category.limit, category.minor = 4, "渗漏"
    change = services.change_category(category=category, actor=cast.admin, at=NOON)
    assert (Category.objects.get().limit, Category.objects.get().minor) == (2, "渗漏")
    confirm(cast, change)
    assert fresh(event).due_at == moment("2026-11-23 15:00")
    category = Category.objects.get()
    category.limit, category.unit = None, ""
    confirm(cast, services.change_category(category=category, actor=cast.admin, at=NOON))
    assert fresh(event).due_at == DUE
    assert running(event).limits == {"stage": Limit(1, Unit.WORKING_DAY)}
    assert_sound()


def test_each_change_moves_only_what_it_says(cast, event):
    """A case that kept its old limit keeps it when the calendar moves it."""
    confirm(cast, limit(cast, amount=3), moves_open=False)
    days = [(day, said) for day, said in STATUTORY.days.items() if day.year == 2026]
    storm = (date(2026, 11, 24), Day(is_working=False, name="暴雪停工"))
    change = services.change_calendar(year=2026, notice="更正", days=[*days, storm], actor=cast.admin, at=NOON)
    assert confirm(cast, change) == {"adjusted": 1}
    assert fresh(event).due_at == moment("2026-11-25 09:00")
    assert running(event).limit == Limit(1, Unit.WORKING_DAY)
    assert_sound()


def test_a_published_notice_moves_what_it_touches_and_settles_what_it_does_not(cast):
    moved = make_event(cast.worker, cast.tree.unit, at=moment("2026-12-31 15:00"))
    settled = make_event(cast.worker, cast.tree.unit, at=moment("2026-12-31 15:00"), urgency="urgent")
    far = make_event(cast.street, cast.tree.street, at=moment("2026-12-24 09:00"))
    assert far.due_at == moment("2027-01-04 09:00")
    days = [
        (date(2027, 1, 1), Day(is_working=False, name="元旦")),
        (date(2027, 1, 2), Day(is_working=True, name="元旦")),
    ]
    at = moment("2026-12-31 16:00")
    change = services.change_calendar(year=2027, notice="国办发明电〔2026〕9号", days=days, actor=cast.admin, at=at)
    assert (change.counts["moved"], change.counts["same"], change.counts["later"]) == (2, 1, 1)
    assert confirm(cast, change, at=at) == {"adjusted": 2}
    assert fresh(moved).due_at == moment("2027-01-02 15:00")
    assert fresh(far).due_at == far.due_at
    assert "unpublished_years" not in far.steps.last().details
    assert explain(far.steps.last())[0] == "The due time 2027-01-04 09:00 stands, and is certain now."
    assert fresh(settled).step_count == 1
    assert_sound()


def test_an_old_clock_that_does_not_tell_where_its_limit_is_from_is_read_by_what_is_in_force(cast):
    category = make_category("漏水", limit=2, unit="working_hour")
    event = make_event(cast.worker, cast.tree.unit, category=category, at=MONDAY)
    for name in ("calendar", "limits"):
        step = event.steps.get()
        Step.objects.filter(pk=step.pk).update(details={k: v for k, v in step.details.items() if k != name})
    assert running(event).limits == {"": Limit(2, Unit.WORKING_HOUR)}
    assert limit(cast, amount=3).counts["moved"] == 0
    confirm(cast, limit(cast, amount=1, unit="working_hour"))
    assert fresh(event).due_at == moment("2026-11-23 10:00")


def test_a_case_in_its_check_keeps_to_the_limit_of_checks(cast, event):
    event = take(event, "accept", "resolve", at=MONDAY)
    confirm(cast, limit(cast, stage="check", amount=3))
    assert fresh(event).due_at == moment("2026-11-26 09:00")
    assert_sound()


def test_suspended_cases_stay(cast, event):
    Event.objects.filter(pk=event.pk).update(status="suspended", suspended_until=MONDAY.date())
    assert limit(cast).counts["open"] == 0


def test_nobody_takes_this_step_by_hand(cast, event):
    with pytest.raises(ActionForbidden):
        services.act(event=event, action="adjust", actor=cast.admin)


# check_events


def complaints() -> str:
    said = StringIO()
    with pytest.raises(Exception, match="in the events"):
        call_command("check_events", stdout=StringIO(), stderr=said)
    return said.getvalue()


def test_a_due_time_that_does_not_follow_from_its_limit_is_found(cast, event):
    step = event.steps.get()
    Step.objects.filter(pk=step.pk).update(due_at=DUE + timedelta(hours=1))
    Event.objects.filter(pk=event.pk).update(due_at=DUE + timedelta(hours=1))
    assert f"{event.number}: due time of step 1: expected 2026-11-24" in complaints()


def test_a_clock_whose_start_was_moved_is_found(cast, event):
    Event.objects.filter(pk=event.pk).update(clock_started_at=MONDAY + timedelta(hours=1))
    assert f"{event.number}: clock started at: expected 2026-11-23" in complaints()


def test_a_limit_that_is_none_is_found(cast, event):
    step = event.steps.get()
    Step.objects.filter(pk=step.pk).update(details=step.details | {"limit": [-1, "working_day"]})
    assert f"{event.number}: limit of step 1: expected one to compute with" in complaints()


def test_a_calendar_changed_past_the_services_is_found(cast, event):
    CalendarDay.objects.filter(date=date(2026, 10, 1)).delete()
    assert "Work calendar: edition in force: expected" in complaints()
