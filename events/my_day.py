"""My day: what cases, meetings and everything else ask of a person, in one list ordered by time."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grids.day import MOST, Due, dues_of


class Part(NamedTuple):
    """A part of the list under its heading."""

    key: str
    heading: str
    dues: list[Due]


@require_safe
def my_day(request: HttpRequest) -> HttpResponse:
    """What I have to do today, tomorrow and after; each entry opens ready to be done."""
    at = timezone.now()
    dues = dues_of(request.user, at)
    kinds = [due.kind for due in dues]
    context = {
        "parts": parts_of(dues, at),
        "count": len(dues),
        "late": sum(due.is_late for due in dues),
        "is_cut": any(kinds.count(kind) >= MOST for kind in set(kinds)),
        "most": MOST,
        "at": at,
    }
    return render(request, "events/my_day.html", context)


def parts_of(dues: Iterable[Due], at: datetime) -> list[Part]:
    """Today with all that is late, tomorrow, later, and what has no hour; empty parts are left out."""
    headings = {
        "today": _("Today"),
        "tomorrow": _("Tomorrow"),
        "later": _("Later"),
        "untimed": _("Without an hour"),
    }
    found: dict[str, list[Due]] = {key: [] for key in headings}
    today = timezone.localdate(at)
    for due in dues:
        found[_part_of(due, today)].append(due)
    return [Part(key, headings[key], found[key]) for key in headings if found[key]]


def _part_of(due: Due, today: date) -> str:
    if due.at is None:
        return "untimed"
    day = timezone.localdate(due.at)
    if due.is_late or day <= today:
        return "today"
    return "tomorrow" if day == today + timedelta(days=1) else "later"
