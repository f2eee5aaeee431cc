"""Parts of the days of a week, as the bits of one number."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteers.times import ANY_TIME, bit, describe, is_within, slots_of, times_of

HERE = ZoneInfo("Asia/Shanghai")
SLOTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), unique=True)


@given(SLOTS)
def test_a_number_holds_exactly_the_slots_that_it_was_made_of(slots):
    assert slots_of(times_of(slots)) == sorted(slots)


@given(st.integers(0, ANY_TIME))
def test_each_number_is_that_of_its_slots(times):
    assert times_of(slots_of(times)) == times


@pytest.mark.parametrize("hour, part", [(6, 0), (11, 0), (12, 1), (17, 1), (18, 2), (21, 2)])
def test_a_moment_lies_in_one_part_of_its_day(hour, part):
    wednesday = datetime(2026, 3, 4, hour, 59, tzinfo=HERE)
    assert is_within(bit(2, part), wednesday)
    assert not is_within(ANY_TIME - bit(2, part), wednesday)


def test_at_night_nobody_is_asked():
    assert not is_within(ANY_TIME, datetime(2026, 3, 4, 22, 0, tzinfo=HERE))


@pytest.mark.parametrize(
    "slots, words",
    [
        ([], ""),
        ([(5, 0)], "周六上午"),
        ([(day, 2) for day in range(5)], "周一至周五晚上"),
        ([(5, part) for part in range(3)] + [(6, 1)], "周六全天、周日下午"),
        (slots_of(ANY_TIME), "随时"),
    ],
)
def test_times_are_said_in_few_words(slots, words):
    assert describe(times_of(slots)) == words
