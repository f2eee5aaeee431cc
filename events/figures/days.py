"""Days here, and a period cut into days, weeks or months."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MOST_POINTS = 62  # that a trend of days, or of weeks, still shows apart


class Points(models.TextChoices):
    """What each point of a trend stands for."""

    DAY = "day", _("by day")
    WEEK = "week", _("by week")
    MONTH = "month", _("by month")

    def first(self, day: date) -> date:
        """The first day of the week or month that this one lies in."""
        match self:
            case Points.WEEK:
                return day - day.weekday() * DAY
            case Points.MONTH:
                return day.replace(day=1)
            case _:
                return day


class Span(NamedTuple):
    """Some whole days, the last one included."""

    first: date
    last: date

    @property
    def days(self) -> Iterator[date]:
        return (self.first + number * DAY for number in range((self.last - self.first).days + 1))


def spans(since: date, until: date, points: Points) -> list[Span]:
    """The period cut at the beginnings of weeks or months; its ends may be parts of one."""
    found: list[Span] = []
    for day in Span(since, until).days:
        if found and points.first(day) <= found[-1].last:
            found[-1] = Span(found[-1].first, day)
        else:
            found.append(Span(day, day))
    return found


def fitting_points(since: date, until: date) -> Points:
    """The finest that a trend still shows apart."""
    days = (until - since).days + 1
    if days <= MOST_POINTS:
        return Points.DAY
    return Points.WEEK if days <= 7 * MOST_POINTS else Points.MONTH


def midnight(day: date) -> datetime:
    """The beginning of the day here."""
    return timezone.make_aware(datetime.combine(day, time.min))


def this_month(at: datetime) -> date:
    """The first day of the month here at that time."""
    return timezone.localdate(at).replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after that of the day."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def previous_month(day: date) -> date:
    """The first day of the month before that of the day."""
    return (day.replace(day=1) - DAY).replace(day=1)
