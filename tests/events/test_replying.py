"""Urging and supervising ask for a reply within a limit; one that is missing is told to the upper side, once."""

from datetime import timedelta

import pytest

from events import services
from events.audit import problems
from events.exceptions import ActionConflict
from events.explanations import explain
from events.models import Event, ServiceLevel
from tests.events.conftest import MONDAY, moment
from tests.factories import make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

DUE = moment("2026-11-24 09:00")


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


@pytest.fixture
def urged(cast) -> Event:
    """At the community with three working days; urged on Monday at nine."""
    event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "escalate", at=MONDAY)
    return services.act(event=event, action="urge", actor=cast.district, note="请尽快", at=MONDAY)


def test_a_reply_is_due_within_one_working_day(cast, urged):
    assert (urged.reply_to, urged.reply_due_at) == (cast.district, DUE)
    assert explain(urged.steps.last()) == ["A reply is due by 2026-11-24 09:00."]
    assert list(Event.objects.waiting_for(cast.community)) == [urged]


def test_urgent_ones_are_due_in_four_hours_around_the_clock(cast):
    night = moment("2026-11-21 22:00")
    event = make_event(cast.worker, cast.tree.community, urgency="urgent", at=night)
    event = services.act(event=event, action="supervise", actor=cast.district, at=night)
    assert (event.reply_due_at, event.is_supervised) == (moment("2026-11-22 02:00"), True)


def test_the_limit_is_editable(cast):
    ServiceLevel.objects.filter(stage="reply", urgency="normal").update(amount=2, unit="working_hour")
    event = make_event(cast.worker, cast.tree.community, at=MONDAY)
    event = services.act(event=event, action="urge", actor=cast.district, at=MONDAY)
    assert event.reply_due_at == moment("2026-11-23 11:00")


def test_a_reply_ends_the_waiting_and_is_told_to_who_asked(cast, urged):
    event = take(urged, "reply", note="明日完成", at=MONDAY)
    assert (event.reply_to, event.reply_due_at, event.reply_wake_at) == (None, None, None)
    assert [notice.recipient for notice in event.steps.last().notices.all()] == [cast.district]
    assert services.sweep(at=DUE) == {}
    with pytest.raises(ActionConflict, match="Nobody waits for a reply"):
        take(event, "reply", at=MONDAY)
    assert not list(problems())


def test_a_missing_reply_is_told_above_once_and_the_case_supervised(cast, urged):
    assert services.sweep(at=DUE - timedelta(seconds=1)) == {}
    assert services.sweep(at=DUE) == {"supervise": 1}
    assert services.sweep(at=DUE + timedelta(minutes=1)) == {}
    event, step = fresh(urged), urged.steps.last()
    assert (event.is_supervised, event.reply_to, step.side) == (True, cast.district, "system")
    assert {notice.recipient for notice in step.notices.all()} == {cast.community, cast.district}
    assert explain(step) == ["No reply came in time, so it is supervised, and the upper level was told."]
    assert take(event, "reply", at=DUE).reply_to is None
    assert not list(problems())


def test_the_clock_of_the_stage_runs_on_beside_it(urged):
    due = urged.due_at
    services.sweep(at=DUE)
    assert fresh(urged).due_at == due
    assert services.sweep(at=due) == {"escalate": 1}
    assert fresh(urged).reply_to is None
    assert not list(problems())


def test_urging_again_does_not_put_off_the_reply(cast, urged):
    event = services.act(event=urged, action="urge", actor=cast.city, at=MONDAY + timedelta(hours=2))
    assert (event.reply_to, event.reply_due_at) == (cast.city, DUE)


def test_nobody_waits_for_a_reply_in_a_closed_case(urged):
    event = take(urged, "accept", "resolve", "pass_check", at=MONDAY)
    assert (event.reply_to, event.reply_wake_at) == (None, None)
    assert not list(problems())


def test_a_reply_missing_in_a_suspended_case_is_told_too(cast, urged):
    event = take(urged, "accept", at=MONDAY)
    event = take(event, "ask_suspend", until=moment("2026-12-10 00:00").date(), at=MONDAY)
    services.act(event=event, action="suspend", actor=cast.district, at=MONDAY)
    assert services.sweep(at=DUE) == {"supervise": 1}
    assert fresh(event).status == "suspended"
    assert not list(problems())
