"""Proof of what no single case can tell: what hangs in the air, places out of use, the calendar, and the balance."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from events import calendars
from events.audit.sentences import Problem
from events.clock import WorkCalendar
from events.models import AuditHead, CalendarEdition, Delivery, Event, Notice, Step
from events.workflow import OPEN, Action, Loop, Status
from grids.models import Grid

COUNTED = (*OPEN, Status.CLOSED, Status.VOIDED, Status.MERGED)


def orphan_problems() -> Iterator[Problem]:
    """What hangs on a case that is not there any more."""
    for model in (Step, Notice, Delivery, AuditHead):
        gone = model.objects.exclude(event=None).exclude(Exists(Event.objects.filter(pk=OuterRef("event"))))
        for pk, count in gone.order_by().values_list("event").annotate(Count("pk")):
            subject = _("Case with primary key %(pk)d") % {"pk": pk}
            yield subject, _("the case itself, for %(what)s") % {"what": model._meta.verbose_name_plural}, count, None


def place_problems() -> Iterator[Problem]:
    """Open cases on a grid that went out of use although others took its place."""
    stranded = Event.objects.open().filter(grid__retired_at__isnull=False).select_related("grid").order_by("pk")
    stranded = list(stranded)
    ways = Grid.objects.resolve(event.grid.code for event in stranded)
    for event in stranded:
        if any(grid.pk != event.grid_id for grid in ways[event.grid.code]):
            successors = "、".join(map(str, ways[event.grid.code]))
            yield event.number, Event._meta.get_field("grid").verbose_name, successors, event.grid


def calendar_problems() -> Iterator[Problem]:
    """No edition was changed, and the one in force is what the calendar's tables hold."""
    last = None
    for last in CalendarEdition.objects.order_by("pk").iterator():
        if (right := WorkCalendar.from_content(last.content).edition) != last.digest:
            yield str(last), CalendarEdition._meta.get_field("digest").verbose_name, last.digest, right
    if last and (edited := calendars.as_edited().edition) != last.digest:
        yield _("Work calendar"), _("edition in force"), last.digest, edited


def balance_problems() -> Iterator[Problem]:
    """For each grid and loop where cases start: received = open + closed + voided + merged."""
    received, accounted = Counter(), Counter()
    filed = Step.objects.filter(action=Action.FILE).order_by()
    for code, loop, count in filed.values_list("event__grid__code", "to_loop").annotate(Count("pk")):
        received[code, loop] = count
    known = Event.objects.filter(status__in=COUNTED).order_by()
    for code, loop, count in known.values_list("grid__code", "start_loop").annotate(Count("pk")):
        accounted[code, loop] = count
    names = dict(Loop.choices)
    for code, loop in sorted(received.keys() | accounted.keys()):
        if received[code, loop] != accounted[code, loop]:
            what = _("received in the %(loop)s, against open, closed, voided and merged") % {
                "loop": names.get(loop, loop)
            }
            yield code, what, received[code, loop], accounted[code, loop]


def balance() -> dict[str, int]:
    """The same for all of them together, by what became of the cases."""
    known = Event.objects.order_by().values_list("status").annotate(Count("pk"))
    states: Counter[str] = Counter()
    for status, count in known:
        states["open" if status in OPEN else status] += count
    received = Step.objects.filter(action=Action.FILE).count()
    return {"received": received} | {name: states[name] for name in ("open", "closed", "voided", "merged")}
