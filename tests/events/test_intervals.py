"""How a deadline came about: told as people read it, and minute by minute as a slow, obvious reference counts."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from events.clock import HOURS, STATUTORY, Day, Limit, Unit, WorkCalendar, add, elapsed
from events.intervals import Kind, Why, account, by_day
from tests.events.test_clock import MINUTE, at, emergency_hours, working_days, working_hours


def rows(start: str, limit: Limit, calendar: WorkCalendar = STATUTORY, pauses=()) -> list[tuple]:
    """The account of a limit as people read it: first and last day, why, days, counted hours."""
    begin = at(start)
    end = add(begin, limit, calendar, pauses=pauses)
    return [
        (f"{row.begin:%m-%d}", row.why.value + row.name, row.days, row.counted / timedelta(hours=1))
        for row in by_day(account(begin, end, limit.unit, calendar, pauses))
    ]


def test_a_working_day_over_a_weekend_is_told_in_three_rows():
    assert rows("2026-11-27 15:00", working_days(1)) == [
        ("11-27", "working_hours", 1, 3),
        ("11-28", "weekend", 2, 0),
        ("11-30", "working_hours", 1, 5),
    ]


def test_fifteen_working_days_over_the_national_day_stay_readable():
    assert rows("2026-09-18 15:00", working_days(15)) == [
        ("09-18", "working_hours", 1, 3),
        ("09-19", "weekend", 1, 0),
        ("09-20", "make_up_day国庆节", 1, 8),
        ("09-21", "working_hours", 4, 32),
        ("09-25", "holiday中秋", 3, 0),
        ("09-28", "working_hours", 3, 24),
        ("10-01", "holiday国庆节", 7, 0),
        ("10-08", "working_hours", 2, 16),
        ("10-10", "make_up_day国庆节", 1, 8),
        ("10-11", "weekend", 1, 0),
        ("10-12", "working_hours", 3, 24),
        ("10-15", "working_hours", 1, 5),
    ]


def test_the_emergency_clock_is_one_row_over_night_and_new_year():
    assert rows("2026-12-31 20:00", emergency_hours(24)) == [("12-31", "around_the_clock", 1, 24)]


def test_a_suspension_is_a_row_of_its_own_and_moves_the_end():
    pause = (at("2026-11-24 10:00"), at("2026-11-26 15:00"))
    assert rows("2026-11-23 15:00", working_days(2), pauses=[pause]) == [
        ("11-23", "working_hours", 1, 3),
        ("11-24", "working_hours", 1, 2),
        ("11-24", "suspended", 1, 0),
        ("11-26", "working_hours", 1, 3),
        ("11-27", "working_hours", 1, 8),
    ]
    assert add(at("2026-11-23 15:00"), working_days(2), pauses=[pause]) == at("2026-11-27 18:00")


def test_an_evening_and_a_weekday_off_are_named():
    calendar = WorkCalendar({date(2026, 11, 24): False})
    assert rows("2026-11-23 19:00", working_hours(1), calendar) == [
        ("11-23", "out_of_hours", 1, 0),
        ("11-24", "day_off", 1, 0),
        ("11-25", "working_hours", 1, 1),
    ]


def test_a_pause_that_begins_when_the_limit_ends_changes_nothing():
    start, pause = at("2026-11-23 15:00"), (at("2026-11-24 15:00"), at("2026-12-24 15:00"))
    assert add(start, working_days(1), pauses=[pause]) == at("2026-11-24 15:00")


def test_a_calendar_goes_through_its_content_unchanged():
    calendar = WorkCalendar(
        hours=((time(9), time(12)), (time(13, 30), time(18))),
        days={date(2027, 2, 6): Day(is_working=False, name="春节"), date(2027, 2, 20): Day(is_working=True)},
        notices={2027: "国办发明电〔2026〕9号"},
    )
    again = WorkCalendar.from_content(calendar.content())
    assert (again.days, again.notices, again.clock_hours) == (calendar.days, calendar.notices, calendar.clock_hours)
    assert again.edition == calendar.edition != STATUTORY.edition


# The account and the pauses, against the reference

PLACES = (  # working hours as somewhere else may have them, to the minute
    HOURS,
    ((time(0), time(23, 59)),),
    ((time(9, 30), time(12)), (time(13, 15), time(17, 5)), (time(20), time(22))),
)
FIRST_DAY = date(2025, 12, 20)  # across the year's end into a year that begins with a holiday and a make-up day


@st.composite
def calendars(draw):
    """With other hours and with days that somebody has changed, named or not."""
    offsets = st.integers(0, 30).map(lambda n: FIRST_DAY + timedelta(days=n))
    changed = st.dictionaries(offsets, st.builds(Day, st.booleans(), st.sampled_from(["", "特别假"])), max_size=6)
    return WorkCalendar(hours=draw(st.sampled_from(PLACES)), days={**STATUTORY.days, **draw(changed)})


def counts(minute: datetime, unit: Unit, calendar: WorkCalendar, pauses) -> bool:
    """Does the minute that begins now count, obviously?"""
    if any(begin <= minute < end for begin, end in pauses):
        return False
    if not unit.is_working:
        return True
    day = minute.date()
    worked = calendar.days[day].is_working if day in calendar.days else day.weekday() < 5
    return worked and any(begin <= minute.time() < end for begin, end in calendar.clock_hours)


starts = st.integers(0, 14 * 24 * 60).map(lambda n: at("2025-12-22 00:00") + n * MINUTE)
small_limits = st.one_of(
    st.builds(Limit, st.integers(1, 40), st.sampled_from([Unit.EMERGENCY_HOUR, Unit.WORKING_HOUR])),
    st.builds(Limit, st.integers(1, 4), st.sampled_from([Unit.EMERGENCY_DAY, Unit.WORKING_DAY])),
)


@st.composite
def stages(draw):
    """A start, a limit, a calendar, and up to three suspensions, the first perhaps at the very start."""
    start, edge, pauses = draw(starts), timedelta(), []
    for _number in range(draw(st.integers(0, 3))):
        edge += draw(st.integers(0, 3 * 24 * 60)) * MINUTE
        length = draw(st.integers(1, 4 * 24 * 60)) * MINUTE
        pauses.append((start + edge, start + edge + length))
        edge += length
    return start, draw(small_limits), draw(calendars()), tuple(pauses)


def slow_due(start: datetime, limit: Limit, calendar: WorkCalendar, pauses) -> datetime:
    left, minute = limit.running(calendar), start
    while left:
        left -= counts(minute, limit.unit, calendar, pauses) * MINUTE
        minute += MINUTE
    return minute


@settings(max_examples=60)
@given(stages())
def test_a_deadline_with_suspensions_agrees_with_counting_minutes(stage):
    start, limit, calendar, pauses = stage
    assert add(start, limit, calendar, pauses=pauses) == slow_due(start, limit, calendar, pauses)


@settings(max_examples=60)
@given(stages())
def test_every_minute_of_the_account_is_what_the_reference_says(stage):
    start, limit, calendar, pauses = stage
    end = add(start, limit, calendar, pauses=pauses)
    intervals = account(start, end, limit.unit, calendar, pauses)
    for interval in intervals:
        minute = interval.begin
        while minute < interval.end:
            assert counts(minute, limit.unit, calendar, pauses) == (interval.kind is Kind.COUNTED)
            paused = any(begin <= minute < stop for begin, stop in pauses)
            assert paused == (interval.why is Why.SUSPENDED)
            minute += MINUTE


@settings(max_examples=150)
@given(stages(), st.timedeltas(timedelta(), timedelta(hours=1)))
def test_the_account_has_no_gaps_and_sums_up_to_the_limit_exactly(stage, odd):
    start, limit, calendar, pauses = stage
    start += odd  # microseconds too
    pauses = tuple((begin + odd, end + odd) for begin, end in pauses)
    end = add(start, limit, calendar, pauses=pauses)
    intervals = account(start, end, limit.unit, calendar, pauses)
    assert (intervals[0].begin, intervals[-1].end) == (start, end)
    assert all(one.end == other.begin for one, other in pairwise(intervals))
    assert all(one[1:] != other[1:] for one, other in pairwise(natures(intervals)))
    assert sum((interval.counted for interval in intervals), timedelta()) == limit.running(calendar)
    assert intervals[-1].total == limit.running(calendar) == elapsed(start, end, limit.unit, calendar, pauses)


def natures(intervals) -> list[tuple]:
    return [(number, interval.why, interval.name) for number, interval in enumerate(intervals)]


@settings(max_examples=150)
@given(stages())
def test_rows_by_day_lose_nothing(stage):
    start, limit, calendar, pauses = stage
    end = add(start, limit, calendar, pauses=pauses)
    intervals = account(start, end, limit.unit, calendar, pauses)
    told = by_day(intervals)
    assert (told[0].begin, told[-1].end, told[-1].total) == (start, end, limit.running(calendar))
    assert all(one.end == other.begin for one, other in pairwise(told))
    assert sum((row.counted for row in told), timedelta()) == limit.running(calendar)
    paused = [(row.begin, row.end) for row in told if row.kind is Kind.PAUSED]
    assert paused == [(i.begin, i.end) for i in intervals if i.kind is Kind.PAUSED]
    for row in told:
        if row.why in (Why.WORKING_HOURS, Why.MAKE_UP_DAY):
            assert row.counted == row.days * sum((length(span) for span in row.hours), timedelta())


def length(span: tuple[time, time]) -> timedelta:
    begin, end = (datetime.combine(FIRST_DAY, clock) for clock in span)
    return end - begin


@given(stages(), st.integers(0, 30 * 24 * 60))
def test_elapsed_and_a_pause_that_starts_now_leave_the_rest_to_run(stage, minutes):
    """What was left when it was suspended is what runs after it is resumed."""
    start, limit, calendar, _pauses = stage
    due = add(start, limit, calendar)
    suspended = start + minutes * MINUTE
    if suspended >= due:
        return
    resumed = suspended + timedelta(days=3, hours=5)
    left = limit.running(calendar) - elapsed(start, suspended, limit.unit, calendar)
    again = add(start, limit, calendar, pauses=[(suspended, resumed)])
    assert elapsed(resumed, again, limit.unit, calendar) == left
