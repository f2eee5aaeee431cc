"""How a due time came about, on the page of the case and in the API."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from events import services
from events.clock import Limit, Unit, WorkCalendar
from events.intervals import Kind
from events.models import CalendarEdition, Event, Step
from events.reckoning import exact, reckon
from events.running import Mark, RunningClock, marks_of, running
from events.workflow import Status
from tests.events.conftest import MONDAY, moment
from tests.factories import make_category, make_event, take

pytestmark = pytest.mark.django_db

FRIDAY = moment("2026-11-27 15:00:30")


@pytest.fixture
def event(cast) -> Event:
    return make_event(cast.worker, cast.tree.unit, at=FRIDAY)


@pytest.fixture
def told(event):
    """The account of the case at a time, in English."""

    def tell(at=FRIDAY, of: Event = event):
        with translation.override("en"):
            found = reckon(of, marks_of([of.pk])[of.pk], at)
            return found, [(line.when, line.why, line.hours, line.amount, line.total) for line in found.lines]

    return tell


def test_each_day_is_told_with_what_it_adds(told):
    _found, lines = told()
    assert lines == [
        ("Nov 27 Fri", "working day", "15:00:30–18:00", "2 h 59 min 30 s", "2 h 59 min 30 s"),
        ("Nov 28 Sat – Nov 29 Sun", "weekend", "", "", "2 h 59 min 30 s"),
        ("Nov 30 Mon", "working day", "08:00–12:00 14:00–15:00:30", "5 h 30 s", "8 h"),
    ]


def test_sum_limit_and_calendar_are_said(told):
    with translation.override("en"):
        found, _lines = told()
        assert found.limit_words == ["Time limit (grid loop): 1 working days."]
        assert found.sum_words == "Sum: 8 h = 1 working days."
        assert found.calendar_words == [
            "Working hours: 8:00–12:00 and 14:00–18:00; a working day has 8 h. Nights and breaks do not count.",
            "2026: by the holiday notice 国办发明电〔2025〕7号.",
        ]


def test_the_shorter_limit_is_told_with_the_other(cast, told):
    category = make_category("漏水", limit=4, unit="working_hour")
    event = make_event(cast.worker, cast.tree.unit, category=category, at=MONDAY)
    with translation.override("en"):
        found, _lines = told(of=event)
        said = "The shorter one counts: grid loop 1 working days, category 4 working hours. Here it is 4 working hours."
        assert found.limit_words == [said]


def test_a_year_without_a_notice_is_named(cast, told):
    event = make_event(cast.worker, cast.tree.unit, at=moment("2026-12-31 15:00"))
    with translation.override("en"):
        found, _lines = told(of=event)
        assert "2027: the holiday notice was not published; Monday to Friday were counted." in found.calendar_words
    assert found.unpublished_years == (2027,)


def test_the_emergency_clock_needs_no_calendar(cast, told):
    event = make_event(cast.worker, cast.tree.unit, urgency="urgent", at=moment("2026-12-31 23:00"))
    found, lines = told(of=event)
    assert lines == [("Dec 31 Thu 23:00 – Jan 1 Fri 01:00", "around the clock", "", "2 h", "2 h")]
    assert found.calendar_words == []


def suspend(event: Event, at, resumed=None) -> None:
    """As suspending and resuming will record it."""
    clock = running(event)
    last = event.steps.last()
    rows = [(at, "handling", "suspended", {})]
    if resumed:
        pauses = ((at, resumed),)
        again = RunningClock(clock.start, clock.limits, clock.calendar, pauses)
        rows.append((resumed, "suspended", "handling", again.details_later(again.deadline)))
    for number, (when, before, after, details) in enumerate(rows, start=1):
        Step.objects.create(
            event=event, ordinal=last.ordinal + number, at=when, action="comment", side="upper", from_status=before,
            to_status=after, to_loop=event.loop, holder=event.holder, round=1, details=details,
        )  # fmt: skip
    Event.objects.filter(pk=event.pk).update(status=rows[-1][2], suspended_until=at.date())


def test_a_suspension_is_told_and_what_was_left_runs_after_it(event, told):
    suspend(event, moment("2026-11-27 17:00:30"), moment("2026-12-01 10:00"))
    found, lines = told()
    assert [line[1] for line in lines] == ["working day", "suspended, the clock stands still", "working day"]
    assert found.due_at == moment("2026-12-01 18:00")
    assert running(event).deadline.due_at == found.due_at


def test_while_it_is_suspended_the_rest_is_told(event, told):
    suspend(event, moment("2026-11-27 17:00:30"))
    event.refresh_from_db()
    with translation.override("en"):
        found, lines = told(at=moment("2026-12-01 09:00"))
        assert found.sum_words == "Counted 2 h of 1 working days; 6 h are left when it is resumed."
    assert (found.due_at, found.rows[-1].kind) == (None, Kind.PAUSED)
    assert lines[-1][0] == "Nov 27 Fri 17:00 – Dec 1 Tue 09:00"


def test_an_extended_clock_tells_how_often(event):
    clock = running(event)
    twice = RunningClock(clock.start, clock.limits, clock.calendar, extended=2)
    details = twice.details_later(twice.deadline)
    assert (details["limit"], details["extended"]) == ([3, "working_day"], 2)
    mark = Mark(FRIDAY + timedelta(hours=1), Status.HANDLING, Status.HANDLING, details)
    with translation.override("en"):
        found = reckon(event, [mark], FRIDAY)
        assert found.limit_words[-1] == "Extended 2 times, each by as much again: 3 working days."
    assert found.clock == twice
    assert found.counted == Limit(3, Unit.WORKING_DAY).running(WorkCalendar())


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=25), "25 h"),
        (timedelta(hours=1, minutes=1, seconds=1), "1 h 1 min 1 s"),
        (timedelta(milliseconds=400), "0 s"),
    ],
)
def test_a_span_is_said_to_the_second(span, words, in_english):
    assert exact(span) == words


# The page


def page(client, event: Event) -> str:
    return client.get(reverse("event_detail", args=[event.number])).content.decode()


def test_the_page_tells_it_in_chinese(client, cast, event):
    client.force_login(cast.worker)
    text = page(client, event)
    assert "时限是怎么算的" in text
    for words in ("11月27日", "周末", "国办发明电〔2025〕7号", "合计"):
        assert words in text, words


def test_a_closed_case_has_no_account_on_its_page(client, cast, event):
    take(event, "accept", "resolve", "pass_check")
    client.force_login(cast.worker)
    assert "时限是怎么算的" not in page(client, event)


def test_a_lost_edition_leaves_the_page_readable(client, cast, event):
    step = event.steps.get()
    Step.objects.filter(pk=step.pk).update(details=step.details | {"calendar": "0123456789abcdef"})
    client.force_login(cast.worker)
    text = page(client, event)
    assert "时限是怎么算的" not in text
    assert event.title in text


def test_an_adjusted_case_tells_both_times_in_its_history(client, cast, event):
    change = services.change_hours(spans="09:00-11:00", actor=cast.admin)
    services.confirm_change(change=change, actor=cast.admin, reason="冬季作息", moves_open=True)
    services.adjust_deadlines()
    client.force_login(cast.worker)
    text = page(client, event)
    assert "时限调整" in text
    assert "冬季作息" in text
    assert "截止时间由 2026-11-30 15:00 调整为 2026-11-30 11:00。" in text


# The API


@pytest.fixture
def clock(cast, event):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=cast.worker).key}")
    return lambda of=event: client.get(f"/api/v1/events/{of.number}/clock/")


def test_the_api_gives_every_interval_and_they_sum_up_to_the_limit(clock):
    said = clock().json()
    assert (said["stage"], said["is_running"], said["is_paused"]) == ("grid", True, False)
    assert said["limit"] == {"origin": "stage", "amount": 1, "unit": "working_day"}
    assert said["limit_seconds"] == sum(interval["counted_seconds"] for interval in said["intervals"]) == 8 * 3600
    assert [(one["kind"], one["why"], one["days"]) for one in said["intervals"]] == [
        ("counted", "working_hours", 1),
        ("skipped", "weekend", 2),
        ("counted", "working_hours", 1),
    ]
    assert said["intervals"][0]["hours"] == [{"begin": "15:00:30", "end": "18:00:00"}]
    assert said["calendar"]["notices"] == [{"year": 2026, "number": "国办发明电〔2025〕7号"}]
    assert said["calendar"]["edition"] == CalendarEdition.objects.get().digest
    assert re.match("[\u4e00-\u9fff]", said["intervals"][1]["why_label"])


def test_a_closed_case_tells_its_last_clock(clock, event):
    take(event, "accept", "resolve", "pass_check", at=FRIDAY)
    said = clock().json()
    assert (said["stage"], said["is_running"], said["limit"]["amount"]) == ("check", False, 2)


def test_a_clock_that_cannot_be_read_is_not_there(clock, event):
    step = event.steps.get()
    Step.objects.filter(pk=step.pk).update(details=step.details | {"calendar": "0123456789abcdef"})
    assert (clock().status_code, clock().json()["code"]) == (404, "not_found")


def test_it_takes_three_queries(clock, django_assert_num_queries):
    with django_assert_num_queries(4):  # token, posts, event, steps
        clock()


def test_a_holiday_is_named(cast, clock):
    event = make_event(cast.worker, cast.tree.unit, at=moment("2026-09-30 15:00"))
    said = clock(event).json()["intervals"]
    assert [(one["name"], one["days"]) for one in said] == [("", 1), ("国庆节", 7), ("", 1)]
    assert said[1]["begin"].startswith(str(date(2026, 10, 1)))
