from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.clock import STATUTORY, Limit, Unit, WorkCalendar, add, deadline, elapsed

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
HOURS = ((time(8), time(12)), (time(14), time(18)))

OFF_2026 = [(1, 1, 3), (2, 15, 23), (4, 4, 6), (5, 1, 5), (6, 19, 21), (9, 25, 27), (10, 1, 7)]
MAKE_UP_2026 = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]


def at(text: str) -> datetime:
    """`2026-11-23 15:00` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def working_days(amount: int) -> Limit:
    return Limit(amount, Unit.WORKING_DAY)


def working_hours(amount: int) -> Limit:
    return Limit(amount, Unit.WORKING_HOUR)


def emergency_hours(amount: int) -> Limit:
    return Limit(amount, Unit.EMERGENCY_HOUR)


# The calendar


@pytest.mark.parametrize("month, first, last", OFF_2026)
def test_every_holiday_of_2026_is_off_and_has_a_name(month, first, last):
    for day in range(first, last + 1):
        assert not STATUTORY.is_working_day(date(2026, month, day))
        assert STATUTORY.name(date(2026, month, day))


@pytest.mark.parametrize("month, day", MAKE_UP_2026)
def test_every_make_up_day_of_2026_is_worked_though_it_is_a_weekend(month, day):
    make_up = date(2026, month, day)
    assert make_up.weekday() >= 5
    assert STATUTORY.is_working_day(make_up)
    assert STATUTORY.name(make_up) == ""


def test_all_other_days_of_2026_follow_the_week():
    special = {date(2026, m, d) for m, first, last in OFF_2026 for d in range(first, last + 1)}
    special |= {date(2026, m, d) for m, d in MAKE_UP_2026}
    ordinary = {date(2026, 1, 1) + timedelta(days=n) for n in range(365)} - special
    assert len(ordinary) == 365 - 33 - 6
    assert all(STATUTORY.is_working_day(day) == (day.weekday() < 5) for day in ordinary)


def test_holidays_have_their_chinese_names():
    assert STATUTORY.name(date(2026, 10, 1)) == "国庆节"
    assert STATUTORY.name(date(2026, 2, 17)) == "春节"
    assert STATUTORY.name(date(2026, 11, 22)) == ""  # a plain Sunday


@pytest.mark.parametrize("year", [1999, 2027, 2100])
def test_a_year_without_a_notice_counts_monday_to_friday(year):
    assert not STATUTORY.has_notice(year)
    week = [date(year, 10, 1) + timedelta(days=n) for n in range(7)]
    assert [STATUTORY.is_working_day(day) for day in week] == [day.weekday() < 5 for day in week]
    assert STATUTORY.name(date(year, 10, 1)) == ""


def test_overrides_correct_the_calendar():
    calendar = WorkCalendar({date(2026, 11, 24): False, date(2026, 11, 28): True})
    assert add(at("2026-11-23 15:00"), working_days(1), calendar) == at("2026-11-25 15:00")
    assert calendar.is_working_day(date(2026, 11, 28))


def test_a_calendar_without_hours_is_refused():
    with pytest.raises(ValueError, match="in order"):
        WorkCalendar(hours=())


def test_hours_that_overlap_are_refused():
    with pytest.raises(ValueError, match="in order"):
        WorkCalendar(hours=((time(8), time(12)), (time(11), time(18))))


# Adding a limit


@pytest.mark.parametrize(
    "start, limit, due",
    [
        # a Monday
        ("2026-11-23 09:00", working_hours(2), "2026-11-23 11:00"),
        ("2026-11-23 15:00", working_days(1), "2026-11-24 15:00"),
        # lunch
        ("2026-11-23 11:00", working_hours(2), "2026-11-23 15:00"),
        ("2026-11-23 12:30", working_hours(1), "2026-11-23 15:00"),
        ("2026-11-23 11:00", working_hours(1), "2026-11-23 12:00"),
        # the edges of the day
        ("2026-11-23 03:00", working_hours(1), "2026-11-23 09:00"),
        ("2026-11-23 08:00", working_days(1), "2026-11-23 18:00"),
        ("2026-11-23 18:00", working_days(1), "2026-11-24 18:00"),
        ("2026-11-23 19:00", working_hours(1), "2026-11-24 09:00"),
        ("2026-11-23 23:59", working_hours(1), "2026-11-24 09:00"),
        ("2026-11-24 00:00", working_hours(1), "2026-11-24 09:00"),
        # weekend
        ("2026-11-27 15:00", working_days(1), "2026-11-30 15:00"),
        ("2026-11-28 10:00", working_days(1), "2026-11-30 18:00"),
        ("2026-11-27 17:00", working_hours(1), "2026-11-27 18:00"),
        # National Day 1-7 October, made up on 20 September and 10 October
        ("2026-09-30 15:00", working_days(1), "2026-10-08 15:00"),
        ("2026-10-09 15:00", working_days(1), "2026-10-10 15:00"),
        ("2026-10-10 15:00", working_days(1), "2026-10-12 15:00"),
        ("2026-09-18 15:00", working_days(1), "2026-09-20 15:00"),
        # Spring Festival 15-23 February, made up on 14 and 28 February
        ("2026-02-13 15:00", working_days(2), "2026-02-24 15:00"),
        ("2026-02-27 15:00", working_days(1), "2026-02-28 15:00"),
        # the year's end: 2027 has no notice, so its first of January, a Friday, counts
        ("2026-12-31 15:00", working_days(1), "2027-01-01 15:00"),
        ("2025-12-31 15:00", working_days(1), "2026-01-04 15:00"),
        # the emergency clock never rests
        ("2026-11-27 23:30", emergency_hours(2), "2026-11-28 01:30"),
        ("2026-09-30 17:00", Limit(2, Unit.EMERGENCY_DAY), "2026-10-02 17:00"),
        ("2026-12-31 23:00", emergency_hours(1), "2027-01-01 00:00"),
    ],
)
def test_limit_ends(start, limit, due):
    assert add(at(start), limit) == at(due)


def test_fifteen_working_days_pass_over_a_long_holiday():
    assert add(at("2026-09-21 10:00"), working_days(15)) == at("2026-10-19 10:00")


def test_the_zone_of_the_start_does_not_matter():
    start = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # 15:00 in Shanghai
    assert add(start, working_days(1)) == at("2026-11-24 15:00")


def test_seconds_and_microseconds_are_kept():
    start = at("2026-11-23 11:59:59.999999")
    assert add(start, working_hours(1)) == at("2026-11-23 14:59:59.999999")


def test_own_hours_give_the_working_day_its_length():
    short = WorkCalendar(hours=((time(9), time(12)),))
    assert add(at("2026-11-23 09:00"), working_days(2), short) == at("2026-11-24 12:00")


@pytest.mark.parametrize(
    "call", [lambda naive: add(naive, working_days(1)), lambda naive: elapsed(naive, naive, Unit.WORKING_DAY)]
)
def test_a_moment_without_a_zone_is_refused(call):
    with pytest.raises(ValueError, match="2026-11-23 09:00:00 has no time zone"):
        call(datetime(2026, 11, 23, 9, 0))


@pytest.mark.parametrize("amount", [0, -1, 1.5, "3", True])
def test_a_limit_is_a_positive_whole_number(amount):
    with pytest.raises(ValueError, match="positive whole number"):
        Limit(amount, Unit.WORKING_DAY)


def test_a_limit_takes_the_stored_name_of_its_unit():
    assert Limit(3, "working_day") == working_days(3)
    with pytest.raises(ValueError, match="fortnight"):
        Limit(3, "fortnight")


@pytest.mark.parametrize("unit", Unit)
def test_a_limit_beyond_the_calendar_is_refused(unit):
    with pytest.raises(ValueError, match="beyond the calendar"):
        add(at("9999-12-01 09:00"), Limit(10**9, unit))


# Running time between two moments


def test_elapsed_counts_only_what_runs():
    friday, monday = at("2026-11-27 16:00"), at("2026-11-30 09:30")
    assert elapsed(friday, monday, Unit.WORKING_HOUR) == timedelta(hours=3, minutes=30)
    assert elapsed(friday, monday, Unit.EMERGENCY_HOUR) == timedelta(days=2, hours=17, minutes=30)


def test_time_overdue_is_negative_time_left():
    due, now = at("2026-11-27 16:00"), at("2026-11-30 09:30")
    assert elapsed(now, due, Unit.WORKING_DAY) == -timedelta(hours=3, minutes=30)


def test_nothing_runs_at_night_or_on_a_holiday():
    assert elapsed(at("2026-09-30 18:00"), at("2026-10-08 08:00"), Unit.WORKING_DAY) == timedelta(0)


# The deadline of a stage


def test_the_earliest_limit_gives_the_deadline():
    found = deadline(at("2026-11-27 15:00"), [working_days(3), Limit(3, Unit.EMERGENCY_DAY)])
    assert found.due_at == at("2026-11-30 15:00")
    assert found.limit == Limit(3, Unit.EMERGENCY_DAY)


def test_of_two_limits_that_end_together_the_first_is_named():
    day, hours = working_days(1), working_hours(8)
    assert deadline(at("2026-11-23 15:00"), [day, hours]).limit is day
    assert deadline(at("2026-11-23 15:00"), [hours, day]).limit is hours


def test_the_reminder_comes_at_four_fifths_of_the_running_time():
    found = deadline(at("2026-11-23 15:00"), [working_days(1)])  # 6 h 24 min of work
    assert found.remind_at == at("2026-11-24 11:24")
    assert deadline(at("2026-11-23 15:00"), [emergency_hours(10)]).remind_at == at("2026-11-23 23:00")


def test_a_deadline_that_needs_an_unpublished_year_says_so():
    assert deadline(at("2026-12-30 15:00"), [working_days(1)]).unpublished_years == ()
    assert deadline(at("2026-12-31 15:00"), [working_days(1)]).unpublished_years == (2027,)
    assert deadline(at("2027-12-31 15:00"), [working_days(1)]).unpublished_years == (2027, 2028)


def test_the_emergency_clock_needs_no_notice():
    assert deadline(at("2026-12-31 23:00"), [emergency_hours(2)]).unpublished_years == ()


def test_a_deadline_needs_a_limit():
    with pytest.raises(ValueError, match="at least one limit"):
        deadline(at("2026-11-23 15:00"), [])


# Against a slow, obvious reference


def runs(minute: datetime, unit: Unit) -> bool:
    """Does the minute that begins now count?"""
    if unit in (Unit.EMERGENCY_HOUR, Unit.EMERGENCY_DAY):
        return True
    return is_worked(minute.date()) and any(a <= minute.time() < b for a, b in HOURS)


@cache
def is_worked(day: date) -> bool:
    return STATUTORY.is_working_day(day)


def slow_add(start: datetime, limit: Limit) -> datetime:
    """Minute by minute until the limit is used up."""
    hours = {Unit.EMERGENCY_HOUR: 1, Unit.EMERGENCY_DAY: 24, Unit.WORKING_HOUR: 1, Unit.WORKING_DAY: 8}
    left, minute = limit.amount * hours[limit.unit] * 60, start
    while left:
        left -= runs(minute, limit.unit)
        minute += MINUTE
    return minute


def slow_elapsed(start: datetime, end: datetime, unit: Unit) -> timedelta:
    minutes = int((end - start) / MINUTE)
    return sum(runs(start + n * MINUTE, unit) for n in range(minutes)) * MINUTE


units = st.sampled_from(Unit)
limits = st.builds(Limit, st.integers(1, 12), units)
# from the notice of 2025 across the one of 2026 into 2027, which has none
moments = st.integers(0, 700 * 24 * 60).map(lambda n: at("2025-03-01 00:00") + n * MINUTE)
instants = st.datetimes(datetime(2003, 6, 1), datetime(2030, 1, 1), timezones=st.just(SHANGHAI))


@settings(deadline=None)  # the reference is slow by design
@given(moments, limits)
def test_adding_agrees_with_counting_minutes(start, limit):
    assert add(start, limit) == slow_add(start, limit)


@settings(deadline=None)
@given(moments, st.integers(0, 20 * 24 * 60), units)
def test_elapsed_agrees_with_counting_minutes(start, minutes, unit):
    end = start + minutes * MINUTE
    assert elapsed(start, end, unit) == slow_elapsed(start, end, unit)


@given(instants, instants, limits)
def test_a_later_start_never_ends_earlier(one, other, limit):
    first, second = sorted((one, other))
    assert add(first, limit) <= add(second, limit)


@given(instants, limits)
def test_elapsed_undoes_adding(start, limit):
    end = add(start, limit)
    running = limit.running(STATUTORY)
    assert elapsed(start, end, limit.unit) == running
    assert elapsed(start, end - timedelta(microseconds=1), limit.unit) < running


@given(instants, instants, instants, units)
def test_parts_of_a_span_sum_to_the_whole(a, b, c, unit):
    assert elapsed(a, b, unit) + elapsed(b, c, unit) == elapsed(a, c, unit)


@given(instants, st.lists(limits, min_size=1, max_size=4))
def test_the_reminder_lies_between_start_and_deadline(start, several):
    found = deadline(start, several)
    assert start < found.remind_at < found.due_at == min(add(start, limit) for limit in several)
