"""Words for time left and for what is to be done."""

from datetime import timedelta

import pytest

from events.clock import Unit
from events.wording import duration, show_events, time_left
from tests.events.conftest import MONDAY, moment
from tests.factories import make_event

HOURS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("span", "unit", "words"),
    [
        (26 * HOURS, Unit.WORKING_DAY, "3 个工作日 2 小时"),
        (8 * HOURS, Unit.WORKING_HOUR, "1 个工作日"),
        (26 * HOURS, Unit.EMERGENCY_HOUR, "1 天 2 小时"),
        (timedelta(hours=3, minutes=5), Unit.EMERGENCY_DAY, "3 小时 5 分钟"),
        (timedelta(minutes=59, seconds=59), Unit.WORKING_DAY, "59 分钟"),
        (timedelta(days=2, minutes=5), Unit.EMERGENCY_DAY, "2 天"),
        (timedelta(seconds=59), Unit.WORKING_DAY, ""),
    ],
)
def test_a_span_is_said_in_its_two_largest_parts(span, unit, words):
    assert duration(span, unit) == words


@pytest.fixture
def left(cast):
    """Tells the time left of a case filed on Monday at nine, with one working day to go, at another moment."""
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)

    def at(text: str):
        show_events([event], cast.worker, moment(text))
        return event.time_left

    return at


@pytest.mark.parametrize(
    ("at", "tone", "words"),
    [
        ("2026-11-23 09:00", "calm", "剩 1 个工作日"),
        ("2026-11-23 16:00", "calm", "剩 3 小时"),
        ("2026-11-23 22:00", "soon", "剩 1 小时"),
        ("2026-11-24 09:00", "soon", "剩不到 1 分钟"),
        ("2026-11-24 12:30", "over", "超时 3 小时"),
        ("2026-11-27 09:00", "over", "超时 3 个工作日"),
    ],
)
def test_time_left_runs_on_the_clock_of_the_limit(left, at, tone, words):
    assert (left(at).tone, left(at).words) == (tone, words)


def test_the_working_clock_rests_at_noon_and_at_night(left):
    assert [left(f"2026-11-23 {clock}").is_resting for clock in ("11:00", "12:30", "14:00", "20:00")] == [
        False,
        True,
        False,
        True,
    ]


def test_an_urgent_case_counts_around_the_clock(cast):
    event = make_event(cast.worker, cast.tree.building, urgency="urgent", at=moment("2026-11-23 20:00"))
    show_events([event], cast.worker, moment("2026-11-23 21:30"))
    assert event.time_left.words == "剩 30 分钟"
    assert not event.time_left.is_resting
    assert "全天连续计时" in str(event.time_left.clock)


def test_a_voided_case_has_no_time_left(cast):
    event = make_event(cast.worker, cast.tree.building)
    event.status = "voided"
    assert time_left(event, event.due_at) is None
