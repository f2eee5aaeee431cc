"""A period cut into days, weeks or months, and how finely a trend shows it."""

from datetime import date, timedelta

import pytest

from events.figures.days import Points, fitting_points, next_month, previous_month, spans


def test_months_are_cut_at_their_beginnings():
    assert spans(date(2025, 12, 30), date(2026, 2, 1), Points.MONTH) == [
        (date(2025, 12, 30), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 1)),
    ]


def test_weeks_begin_on_mondays():
    found = spans(date(2026, 3, 1), date(2026, 3, 10), Points.WEEK)
    assert [part.first for part in found] == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 9)]
    assert [day for part in found for day in part.days] == [date(2026, 3, day) for day in range(1, 11)]


@pytest.mark.parametrize(
    ("days", "points"), [(62, Points.DAY), (63, Points.WEEK), (434, Points.WEEK), (435, Points.MONTH)]
)
def test_no_trend_has_more_points_than_it_shows_apart(days, points):
    since = date(2026, 1, 1)
    assert fitting_points(since, since + timedelta(days=days - 1)) == points


def test_months_follow_each_other_over_the_year():
    assert (previous_month(date(2026, 1, 31)), next_month(date(2025, 12, 1))) == (date(2025, 12, 1), date(2026, 1, 1))
