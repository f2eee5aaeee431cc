"""Suspending: asked by the desk with a date, decided above; the clock stands still and goes on where it stopped."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from events import services
from events.audit import problems
from events.clock import Unit, elapsed
from events.exceptions import ActionConflict, ActionForbidden
from events.explanations import explain
from events.models import Event, Step
from events.running import running
from grids.services import move_grid
from tests.events.conftest import MONDAY, moment, snapshot
from tests.factories import make_category, make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

UNTIL = date(2026, 11, 30)  # the Monday after
NOON = moment("2026-11-23 12:00")
MIDNIGHT = moment("2026-11-30 00:00")


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


@pytest.fixture
def asked(cast) -> Event:
    """In handling at the community, which asked at nine to suspend it for a week."""
    event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "escalate", "accept", at=MONDAY)
    return take(event, "ask_suspend", until=UNTIL, at=MONDAY)


@pytest.fixture
def suspended(cast, asked) -> Event:
    """Suspended at noon, when three of its 24 working hours had run."""
    return services.act(event=asked, action="suspend", actor=cast.district, at=NOON)


def test_asking_changes_nothing_but_tells_the_upper_side(cast, asked):
    step = asked.steps.last()
    assert (asked.status, asked.request, asked.requested_until) == ("handling", "suspend", UNTIL)
    assert [notice.recipient for notice in step.notices.all()] == [cast.district]
    assert explain(step) == ["Asked until 2026-11-30."]
    assert asked.due_at == Step.objects.filter(event=asked, action="accept").get().due_at


def test_suspended_no_clock_runs_and_nothing_is_overdue(suspended):
    assert (suspended.status, suspended.suspended_until, suspended.request) == ("suspended", UNTIL, "")
    assert (suspended.due_at, suspended.wake_at) == (None, MIDNIGHT)
    assert services.sweep(at=MIDNIGHT - timedelta(seconds=1)) == {}
    assert not Event.objects.overdue(moment("2027-11-30 09:00")).exists()
    assert not list(problems())


def test_on_the_date_it_goes_on_by_itself_where_it_stopped(cast, suspended):
    assert services.sweep(at=MIDNIGHT) == {"resume": 1}
    event, step = fresh(suspended), suspended.steps.last()
    assert (event.status, event.suspended_until, step.side) == ("handling", None, "system")
    assert event.due_at == moment("2026-12-02 15:00")  # 21 working hours from Monday at eight
    assert "The date until which it was suspended has come." in explain(step)
    assert {notice.recipient for notice in step.notices.all()} == {cast.worker, cast.community}
    clock = running(event)
    assert elapsed(clock.start, event.due_at, Unit.WORKING_HOUR, clock.calendar, clock.pauses) == timedelta(hours=24)
    assert not list(problems())


def test_after_it_the_reminder_and_the_climbing_follow_the_new_time(suspended):
    services.sweep(at=MIDNIGHT)
    event = fresh(suspended)
    assert services.sweep(at=event.remind_at) == {"remind": 1}
    assert services.sweep(at=event.due_at) == {"escalate": 1}


def test_a_reminder_that_came_before_is_not_repeated(cast, asked):
    late = asked.remind_at + timedelta(minutes=5)
    services.sweep(at=late)
    event = services.act(event=fresh(asked), action="suspend", actor=cast.district, at=late)
    services.sweep(at=MIDNIGHT)
    assert fresh(event).wake_at == fresh(event).due_at


def test_a_late_system_says_how_late_it_resumed(suspended):
    services.sweep(at=MIDNIGHT + timedelta(hours=3))
    assert "The system acted 180 minutes late." in explain(suspended.steps.last())


@pytest.mark.parametrize("who", ["community", "district"])
def test_desk_and_upper_side_resume_it_earlier(cast, suspended, who):
    event = services.act(event=suspended, action="resume", actor=getattr(cast, who), at=moment("2026-11-24 08:00"))
    assert (event.status, event.due_at) == ("handling", moment("2026-11-26 15:00"))
    assert not list(problems())


def test_it_is_suspended_once(cast, suspended):
    event = take(suspended, "resume", at=moment("2026-11-24 08:00"))
    with pytest.raises(ActionConflict, match="suspended before; that is possible once"):
        take(event, "ask_suspend", until=UNTIL, at=moment("2026-11-24 09:00"))


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        (None, "Choose the date until which it is to be suspended."),
        (date(2026, 11, 23), "Choose a date that is still to come."),
        (date(2027, 11, 24), "Choose a date within one year."),
    ],
)
def test_the_date_lies_within_one_year(cast, until, sentence):
    event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "escalate", "accept", at=MONDAY)
    before = snapshot(event)
    with pytest.raises(ValidationError) as refused:
        take(event, "ask_suspend", until=until, at=MONDAY)
    assert refused.value.message_dict == {"until": [sentence]}
    assert snapshot(event) == before
    assert take(event, "ask_suspend", until=date(2027, 11, 23), at=MONDAY).request == "suspend"


def test_a_date_that_passed_while_it_waited_is_declined(cast, asked):
    at = moment("2026-11-30 09:00")
    Event.objects.filter(pk=asked.pk).update(due_at=moment("2026-12-30 09:00"))
    with pytest.raises(ActionConflict, match="has come already"):
        services.act(event=fresh(asked), action="suspend", actor=cast.district, at=at)
    event = services.act(event=fresh(asked), action="decline", actor=cast.district, reason="日期已过", at=at)
    assert (event.request, event.requested_until) == ("", None)
    assert explain(event.steps.last()) == ["Asked for: suspension."]
    assert [notice.recipient for notice in event.steps.last().notices.all()] == [cast.community]


def test_only_the_upper_side_decides(cast, asked):
    for person in (cast.community, cast.street, cast.worker):
        with pytest.raises(ActionForbidden):
            services.act(event=asked, action="suspend", actor=person, at=NOON)


def test_the_city_and_clue_reports_have_nobody_to_ask(cast):
    event = take(make_event(cast.worker, cast.tree.unit), *["escalate"] * 4, "accept")
    with pytest.raises(ActionConflict, match="no level above it that could decide"):
        take(event, "ask_suspend", until=UNTIL, at=MONDAY)
    clue = make_category("线索举报", is_confidential=True)
    event = take(make_event(cast.worker, cast.tree.unit, category=clue), "accept")
    with pytest.raises(ActionConflict, match="Nobody above knows of a clue report"):
        take(event, "ask_suspend", until=UNTIL, at=MONDAY)


@pytest.mark.parametrize("action", ["escalate", "resolve", "send_back", "decline"])
def test_a_request_ends_with_the_stage_it_was_made_in(asked, action):
    assert take(asked, action, at=NOON).request == ""
    assert not list(problems())


def test_a_suspended_case_moves_with_its_grid_and_is_resumed_there(cast, suspended):
    move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community, at=NOON)
    assert fresh(suspended).status == "suspended"
    services.sweep(at=MIDNIGHT)
    event = fresh(suspended)
    assert (event.status, event.holder) == ("handling", cast.tree.street)  # nobody is posted in the other community
    assert not list(problems())


def test_the_request_waits_on_the_workbench_of_who_decides(cast, asked):
    assert list(Event.objects.waiting_for(cast.district)) == [asked]
    assert list(Event.objects.waiting_for(cast.city)) == [asked]
    assert not Event.objects.waiting_for(cast.street).exists()


def test_on_the_page_the_desk_asks_and_the_district_suspends(client, cast):
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "accept")
    client.force_login(cast.community)
    page = client.get(reverse("event_detail", args=[event.number])).content.decode()
    assert 'type="date" name="until"' in page
    response = client.post(
        reverse("event_act", args=[event.number, "ask_suspend"]), {"reason": "等待备件", "until": "x"}
    )
    assert response.status_code == 400
    until = timezone.localdate() + timedelta(days=30)
    client.post(
        reverse("event_act", args=[event.number, "ask_suspend"]), {"reason": "等待备件", "until": until.isoformat()}
    )
    client.force_login(cast.district)
    assert (
        reverse("event_act", args=[event.number, "suspend"])
        in client.get(reverse("event_detail", args=[event.number])).content.decode()
    )
    client.post(reverse("event_act", args=[event.number, "suspend"]), {"note": "同意"})
    assert fresh(event).suspended_until == until
    assert client.get(reverse("event_detail", args=[event.number])).status_code == 200
    assert client.get(reverse("event_print", args=[event.number])).status_code == 200
    assert client.get(reverse("event_list"), {"status": "suspended"}).status_code == 200
