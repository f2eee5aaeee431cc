"""Extending: asked by the desk, decided above; each time the original limit once more, at most twice, in time."""

from datetime import timedelta

import pytest

from events import services
from events.audit import problems
from events.exceptions import ActionConflict
from events.explanations import explain
from events.models import Event
from tests.events.conftest import MONDAY, moment
from tests.factories import make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

DUE = moment("2026-11-24 09:00")


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


@pytest.fixture
def event(cast) -> Event:
    """Filed on Monday at nine in the grid loop: due on Tuesday at nine."""
    return make_event(cast.worker, cast.tree.unit, at=MONDAY)


def extended(event: Event, cast, at=MONDAY) -> Event:
    asked = take(fresh(event), "ask_extend", at=at)
    return services.act(event=asked, action="extend", actor=cast.district, at=at)


def test_extended_it_has_its_limit_once_more(cast, event):
    event = extended(event, cast)
    assert (event.due_at, event.extensions, event.request) == (moment("2026-11-25 09:00"), 1, "")
    assert explain(event.steps.last()) == [
        "The due time was 2026-11-24 09:00 and is 2026-11-25 09:00 now.",
        "Time limit: 2 working days.",
    ]
    assert [notice.recipient for notice in event.steps.last().notices.all()] == [cast.chief]
    assert not list(problems())


def test_twice_adds_the_original_limit_twice_and_a_third_time_is_refused(cast, event):
    event = extended(extended(event, cast), cast)
    assert (event.due_at, event.extensions) == (moment("2026-11-26 09:00"), 2)
    assert not list(problems())
    with pytest.raises(ActionConflict, match="extended twice already"):
        take(event, "ask_extend", at=MONDAY)


def test_once_overdue_neither_asking_nor_granting_is_possible(cast, event):
    late = DUE + timedelta(seconds=1)
    with pytest.raises(ActionConflict, match="Its time limit is over already"):
        take(event, "ask_extend", at=late)
    asked = take(event, "ask_extend", at=MONDAY)
    with pytest.raises(ActionConflict, match="Its time limit is over already"):
        services.act(event=asked, action="extend", actor=cast.district, at=late)


def test_without_a_request_nothing_is_granted(cast, event):
    with pytest.raises(ActionConflict, match="Nobody has asked to extend"):
        services.act(event=event, action="extend", actor=cast.district, at=MONDAY)
    with pytest.raises(ActionConflict, match="No request waits"):
        services.act(event=event, action="decline", actor=cast.district, reason="不行", at=MONDAY)


def test_a_second_request_waits_for_the_first(event):
    asked = take(event, "ask_extend", at=MONDAY)
    with pytest.raises(ActionConflict, match="waits for its decision already"):
        take(asked, "ask_extend", at=MONDAY)


def test_it_is_reminded_of_the_new_time(cast, event):
    services.sweep(at=event.remind_at)
    event = extended(event, cast, at=event.remind_at)
    assert services.sweep(at=DUE) == {}
    assert services.sweep(at=event.remind_at) == {"remind": 1}
    assert services.sweep(at=event.due_at) == {"escalate": 1}
    assert fresh(event).request == ""


def test_extended_and_suspended_it_keeps_what_it_was_given(cast, event):
    event = take(extended(event, cast), "accept", at=MONDAY)
    asked = take(event, "ask_suspend", until=moment("2026-11-30 00:00").date(), at=MONDAY)
    services.act(event=asked, action="suspend", actor=cast.district, at=MONDAY)
    services.sweep(at=moment("2026-11-30 00:00"))
    assert fresh(event).due_at == moment("2026-12-01 18:00")  # sixteen working hours from eight o'clock
    assert not list(problems())


def test_a_decision_stands_in_the_way_of_a_page_of_before(cast, event):
    asked = take(event, "ask_extend", at=MONDAY)
    services.act(event=asked, action="decline", actor=cast.district, reason="抓紧办理", at=MONDAY)
    with pytest.raises(ActionConflict):
        services.act(event=fresh(event), action="extend", actor=cast.district, at=MONDAY)
