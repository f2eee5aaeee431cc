"""When somebody can help: parts of the days of a week, kept as the bits of one number. No ORM."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


class Part(NamedTuple):
    """A part of a day, from its first hour up to its last, which is not in it; here, in local time."""

    label: str
    begins: time
    ends: time


PARTS = (
    Part(_("morning"), time(6), time(12)),
    Part(_("afternoon"), time(12), time(18)),
    Part(_("evening"), time(18), time(22)),
)
ANY_TIME = (1 << len(DAYS) * len(PARTS)) - 1


def bit(day: int, part: int) -> int:
    """Of a day (Monday is 0) and a part of it (the morning is 0)."""
    return 1 << (day * len(PARTS) + part)


def times_of(slots: Iterable[tuple[int, int]]) -> int:
    """The number that holds these days and parts."""
    return sum({bit(day, part) for day, part in slots})


def slots_of(times: int) -> list[tuple[int, int]]:
    """The days and parts that it holds, in their order."""
    return [(day, part) for day in range(len(DAYS)) for part in range(len(PARTS)) if times & bit(day, part)]


def is_within(times: int, at: datetime) -> bool:
    """Whether the moment lies in one of the parts."""
    local = timezone.localtime(at)
    return any(
        times & bit(local.weekday(), index) and part.begins <= local.time() < part.ends
        for index, part in enumerate(PARTS)
    )


def describe(times: int) -> str:
    """周一至周五上午、周六全天: equal neighbouring days together."""
    if times == ANY_TIME:
        return str(_("any time"))
    spans = []
    for day in range(len(DAYS)):
        parts = tuple(part for part in range(len(PARTS)) if times & bit(day, part))
        if spans and spans[-1][2] == parts:
            spans[-1][1] = day
        else:
            spans.append([day, day, parts])
    return "、".join(_in_words(*span) for span in spans if span[2])


def _in_words(first: int, last: int, parts: tuple[int, ...]) -> str:
    days = (
        str(DAYS[first]) if first == last else _("%(first)s to %(last)s") % {"first": DAYS[first], "last": DAYS[last]}
    )
    labels = _("all day") if len(parts) == len(PARTS) else "、".join(str(PARTS[part].label) for part in parts)
    return f"{days}{labels}"
