"""What a person has to do, each kind of thing in the same shape, so that one list can hold all of it. No ORM."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import NamedTuple

from django.utils import timezone

AHEAD = timedelta(days=7)  # that what is planned is shown before it comes
MOST = 30  # of one kind: nobody does more in a day, and the kind's own list shows all


class Due(NamedTuple):
    """One entry of somebody's day. `at` is when it begins or falls due; None for what has no hour."""

    at: datetime | None
    kind: str  # such as `visit`; chooses the picture beside it
    label: str  # the kind in words
    title: str
    url: str  # opens it ready to be done
    detail: str = ""
    is_late: bool = False
    has_hour: bool = True  # False: `at` is a `whole_day`


# Gives what one kind of thing asks of a person, the first due first, at most MOST, in a fixed number of queries.
Source = Callable[[object, datetime], list[Due]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Add a kind to everybody's day; apps do so in `AppConfig.ready`."""
    if source not in _sources:
        _sources.append(source)


def dues_of(user, at: datetime) -> list[Due]:
    """All that a person has to do: what is late first, then by time, and what has no hour last."""
    found = chain.from_iterable(source(user, at) for source in _sources)
    return sorted(found, key=lambda due: (due.at is None, not due.is_late, due.at or at))


def whole_day(day: date) -> datetime:
    """The beginning of a day here, for what is due on it without an hour."""
    return timezone.make_aware(datetime.combine(day, time.min))
