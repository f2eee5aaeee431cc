"""Proof that the events are what their steps tell: replay, hash chain, clocks, outbox and balance."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Count, F, Model
from django.utils.translation import gettext as _

from events import calendars, running
from events.attachment_audit import attachment_problems
from events.clock import WorkCalendar
from events.drafts import Rule
from events.history import digest, replay, report_digest
from events.models import CalendarEdition, Event, Notice, Step
from events.workflow import OPEN, Action, Loop, Status
from grids.models import Grid

CHUNK = 1000
RUNNING = frozenset({Status.FILED, Status.HANDLING, Status.RESOLVED})
COUNTED = (*OPEN, Status.CLOSED, Status.VOIDED, Status.MERGED)


def problems(*, read_files: bool = False) -> Iterator[str]:
    """One sentence for each thing wrong: which case, what, what was expected and what was found.

    Photos and files must be there; `read_files` also reads every one and compares its hash, which takes its time.
    """
    for event, steps, editions in _histories():
        found = (*_chain_problems(event, steps), *_row_problems(event, steps), *_clock_problems(event))
        for what, expected, seen in (*found, *_deadline_problems(event, steps, editions)):
            yield _sentence(event.number, what, expected, seen)
    yield from _place_problems()
    for problem in attachment_problems(read_files=read_files):
        yield _sentence(*problem)
    yield from _notice_problems()
    yield from _calendar_problems()
    yield from _balance_problems()


Problem = tuple[str, Any, Any]  # what, expected, found


def _sentence(subject: str, what: str, expected: Any, found: Any) -> str:
    return _("%(subject)s: %(what)s: expected %(expected)s, found %(found)s") % {
        "subject": subject,
        "what": what,
        "expected": _shown(expected),
        "found": _shown(found),
    }


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _("nothing")
    return f"{value:%Y-%m-%d %H:%M:%S.%f%z}" if hasattr(value, "strftime") else str(value)


def _histories() -> Iterator[tuple[NamedTuple, list[NamedTuple], Mapping[str, WorkCalendar]]]:
    """Every event with its steps in order, and the calendars that they name, a chunk at a time.

    Both are rows with the models' columns as attributes: an audit reads millions, and a model instance takes as long
    to make as its hash does to prove.
    """
    around = {
        "holder_retired_at": F("holder__retired_at"),
        "holder_lft": F("holder__lft"),
        "holder_rght": F("holder__rght"),
    }
    rows = Event.objects.annotate(**around).order_by("pk").values_list(*_columns(Event), *around, named=True)
    all_steps = Step.objects.order_by("event_id", "ordinal").values_list(*_columns(Step), named=True)
    last = 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        first, last = chunk[0].id, chunk[-1].id
        steps: dict[int, list[NamedTuple]] = defaultdict(list)
        for step in all_steps.filter(event__gte=first, event__lte=last):
            steps[step.event_id].append(step)
        # Read for all of them at once; each is then known to this process.
        editions = calendars.of_all({step.details.get("calendar", "") for of_one in steps.values() for step in of_one})
        for event in chunk:
            yield event, steps[event.id], editions


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _chain_problems(event: NamedTuple, steps: list[NamedTuple]) -> Iterator[Problem]:
    previous = ""
    for ordinal, step in enumerate(steps, start=1):
        if step.ordinal != ordinal:
            yield _("number of the step"), ordinal, step.ordinal
        if step.previous_hash != previous:
            yield _("hash before step %(ordinal)d") % {"ordinal": step.ordinal}, previous, step.previous_hash
        if step.hash != (right := digest(step, event.number)):
            yield _("hash of step %(ordinal)d") % {"ordinal": step.ordinal}, right, step.hash
        previous = step.hash


def _row_problems(event: NamedTuple, steps: list[NamedTuple]) -> Iterator[Problem]:
    for name, expected in replay(steps).items():
        if (found := getattr(event, name)) != expected:
            yield Event._meta.get_field(name.removesuffix("_id")).verbose_name, expected, found
    if steps and (found := report_digest(event)) != (expected := steps[0].details.get("report")):
        yield _("what was reported"), expected, found
    if steps and not event.place_name:
        yield Event._meta.get_field("place_name").verbose_name, _("the name of its time"), None
    places = [step.details["place"]["grid"] for step in steps if "place" in step.details]
    if places and event.grid_id != places[-1]:
        yield Event._meta.get_field("grid").verbose_name, places[-1], event.grid_id
    if event.status in OPEN and event.wake_at is None and not _is_at_the_end(steps):
        yield Event._meta.get_field("wake_at").verbose_name, _("a time, or supervision at the city"), None


def _is_at_the_end(steps: list[NamedTuple]) -> bool:
    """The clock has nothing left to do: the last limit ran out where nothing is above."""
    for step in reversed(steps):
        if step.rule == Rule.TOP_OVERDUE:
            return True
        if "limit" in step.details:
            return False
    return False


def _clock_problems(event: NamedTuple) -> Iterator[Problem]:
    if event.status in RUNNING and event.due_at is None:
        yield Event._meta.get_field("due_at").verbose_name, _("a time"), None
    if event.status not in OPEN and event.wake_at is not None:
        yield Event._meta.get_field("wake_at").verbose_name, None, event.wake_at
    if event.status in RUNNING and event.holder_retired_at:
        yield Event._meta.get_field("holder").verbose_name, _("a grid in use"), event.holder_id
    # A case that has ended keeps its last holder, wherever its grid is moved to.
    if event.status in OPEN and not event.holder_lft <= event.position <= event.holder_rght:
        yield Event._meta.get_field("holder").verbose_name, _("a grid above where it arose"), event.holder_id


def _place_problems() -> Iterator[str]:
    """Open cases on a grid that went out of use although others took its place."""
    stranded = Event.objects.open().filter(grid__retired_at__isnull=False).select_related("grid").order_by("pk")
    stranded = list(stranded)
    ways = Grid.objects.resolve(event.grid.code for event in stranded)
    for event in stranded:
        if any(grid.pk != event.grid_id for grid in ways[event.grid.code]):
            successors = "、".join(map(str, ways[event.grid.code]))
            yield _sentence(event.number, Event._meta.get_field("grid").verbose_name, successors, event.grid)


def _deadline_problems(
    event: NamedTuple, steps: list[NamedTuple], editions: Mapping[str, WorkCalendar]
) -> Iterator[Problem]:
    """Each due time follows from the limit, the start, the pauses and the calendar on record, and else stays."""
    due_at, clock = None, None
    for index, step in enumerate(steps):
        expected = due_at if step.to_status in RUNNING else None
        if "limit" in step.details:
            try:
                clock = running.read(steps[: index + 1], editions)
                expected = clock.due_at()
            except (calendars.UnknownEdition, ValueError, TypeError, KeyError, AttributeError) as error:
                # Somebody wrote past the services; the step's hash tells that as well.
                yield _("limit of step %(ordinal)d") % {"ordinal": step.ordinal}, _("one to compute with"), error
                expected = step.due_at
        if step.due_at != expected and step.to_status != Status.SUSPENDED:
            yield _("due time of step %(ordinal)d") % {"ordinal": step.ordinal}, expected, step.due_at
        due_at = step.due_at
    if clock and event.status in RUNNING and event.clock_started_at != clock.start:
        yield Event._meta.get_field("clock_started_at").verbose_name, clock.start, event.clock_started_at


def _calendar_problems() -> Iterator[str]:
    """No edition was changed, and the one in force is what the calendar's tables hold."""
    last = None
    for last in CalendarEdition.objects.order_by("pk").iterator():
        if (right := WorkCalendar.from_content(last.content).edition) != last.digest:
            yield _sentence(str(last), CalendarEdition._meta.get_field("digest").verbose_name, last.digest, right)
    if last and (edited := calendars.as_edited().edition) != last.digest:
        yield _sentence(_("Work calendar"), _("edition in force"), last.digest, edited)


def _notice_problems() -> Iterator[str]:
    strays = Notice.objects.exclude(event=F("step__event")).order_by("pk")
    for pk, number, other in strays.values_list("pk", "event__number", "step__event__number").iterator():
        yield _sentence(number, _("event of the step of notice %(notice)d") % {"notice": pk}, number, other)


def _balance_problems() -> Iterator[str]:
    """For each grid and loop where cases start: received = open + closed + voided + merged."""
    received, accounted = Counter(), Counter()
    filed = Step.objects.filter(action=Action.FILE).order_by()
    for code, loop, count in filed.values_list("event__grid__code", "to_loop").annotate(Count("pk")):
        received[code, loop] = count
    known = Event.objects.filter(status__in=COUNTED).order_by()
    for code, loop, count in known.values_list("grid__code", "start_loop").annotate(Count("pk")):
        accounted[code, loop] = count
    for code, loop in sorted(received.keys() | accounted.keys()):
        if received[code, loop] != accounted[code, loop]:
            what = _("received in the %(loop)s, against open, closed, voided and merged") % {"loop": Loop(loop).label}
            yield _sentence(code, what, received[code, loop], accounted[code, loop])
