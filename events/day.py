"""What cases ask of a person: to accept, handle, check or decide, and a second look at closed ones."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from events.rechecks.inspecting import rechecks_of
from events.wording import show_events
from grids.day import MOST, Due
from grids.models import User


def day_of(user: User, at: datetime) -> list[Due]:
    """What waits for the person as the workbench shows it, checks included, and the re-checks as a count."""
    waiting = Event.objects.waiting_for(user).with_related().order_by("due_at", "pk")[:MOST]
    return [_case(event, at) for event in show_events(waiting, user, at)] + _rechecks(user)


def _case(event: Event, at: datetime) -> Due:
    left = event.time_left.words if event.time_left else ""
    return Due(
        event.due_at,
        "case",
        event.duty or _("Case"),
        event.title,
        reverse("event_detail", args=[event.number]),
        " · ".join(filter(None, [event.place, left])),
        event.is_overdue(at),
    )


def _rechecks(user: User) -> list[Due]:
    counts = rechecks_of(user)
    drawn, fast = counts.get("drawn", 0), counts.get("fast", 0)
    to_draw = ngettext("%(count)d sampled case", "%(count)d sampled cases", drawn)
    to_look = ngettext("%(count)d case that was closed fast", "%(count)d cases that were closed fast", fast)
    found = [("sample_list", drawn, to_draw), ("second_look_list", fast, to_look)]
    return [
        Due(None, "recheck", _("Re-checks"), said % {"count": count}, reverse(name))
        for name, count, said in found
        if count
    ]
