"""The moment that something happens at: a parameter, read once."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format


def aware_now(at: datetime | None) -> datetime:
    """The moment that was given, or else now; ValueError for one without a time zone."""
    at = at or timezone.now()
    if timezone.is_naive(at):
        raise ValueError("A time needs its time zone.")
    return at


def shown_time(time: datetime) -> str:
    """In sentences: the day and the minute, here."""
    return date_format(timezone.localtime(time), "Y-m-d H:i")
