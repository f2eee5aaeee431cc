"""Proof that one case is what its steps tell: its chain, its row, its clocks."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from operator import attrgetter
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from events import calendars, running
from events.clock import WorkCalendar
from events.drafts import Rule
from events.history import REPLAYED, digest, origin, replay, report_digest
from events.models import Event
from events.routing import loop_of
from events.waking import POSTPONED_BY
from events.workflow import OPEN, Status

RUNNING = frozenset({Status.FILED, Status.HANDLING, Status.RESOLVED})
Problem = tuple[str, Any, Any]  # what, expected, found
_replayed = attrgetter(*REPLAYED)


def case_problems(
    event: NamedTuple, steps: list[NamedTuple], editions: Mapping[str, WorkCalendar], at: datetime
) -> Iterator[Problem]:
    """What is wrong with a case; both it and its steps are rows with the models' columns as attributes."""
    yield from _chain_problems(event, steps)
    yield from _row_problems(event, steps)
    yield from _report_problems(event, steps)
    yield from _place_problems(event, steps)
    yield from _deadline_problems(event, steps, editions)
    yield from _wake_problems(event, steps, at)


def _of(name: str) -> str:
    return Event._meta.get_field(name.removesuffix("_id")).verbose_name


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
    row = replay(steps)
    if tuple(row.values()) == _replayed(event):  # nearly always, and so in one comparison
        return
    for name, expected in row.items():
        if (found := getattr(event, name)) != expected:
            yield _of(name), expected, found


def _report_problems(event: NamedTuple, steps: list[NamedTuple]) -> Iterator[Problem]:
    if not steps:
        return
    first = steps[0].details
    if (found := report_digest(event)) != (expected := first.get("report")):
        yield _("what was reported"), expected, found
    if "origin" in first and (found := origin(event)["key"]) != (expected := first["origin"]["key"]):
        yield _("key of the request"), expected, found


def _place_problems(event: NamedTuple, steps: list[NamedTuple]) -> Iterator[Problem]:
    """Where it arose, what that place was called, and who holds it."""
    places = [step.details["origin"]["grid"] for step in steps[:1] if "origin" in step.details]
    places += [step.details["place"]["grid"] for step in steps if "place" in step.details]
    if places and event.grid_id != places[-1]:
        yield _of("grid"), places[-1], event.grid_id
    if event.position != event.grid_lft:
        yield _("position in the tree"), event.grid_lft, event.position
    names = [step.details["place_name"] for step in steps if "place_name" in step.details]
    if names and event.place_name != names[-1]:
        yield _of("place_name"), names[-1], event.place_name
    elif steps and not event.place_name:
        yield _of("place_name"), _("the name of its time"), None
    if event.loop != (loop := loop_of(event.holder_code)):
        yield _("loop of the holder"), loop, event.loop
    if event.status in RUNNING and event.holder_retired_at:
        yield _of("holder"), _("a grid in use"), event.holder_id
    # A case that has ended keeps its last holder, wherever its grid is moved to.
    if event.status in OPEN and not event.holder_lft <= event.position <= event.holder_rght:
        yield _of("holder"), _("a grid above where it arose"), event.holder_id


def _deadline_problems(
    event: NamedTuple, steps: list[NamedTuple], editions: Mapping[str, WorkCalendar]
) -> Iterator[Problem]:
    """Each due time follows from the limit, the start, the pauses and the calendar on record, and else stays."""
    due_at, clock, changed_at = None, None, None
    for index, step in enumerate(steps):
        expected = due_at if step.to_status in RUNNING else None
        if "limit" in step.details:
            try:
                clock = running.read(steps[: index + 1], editions)
                changed_at = step.at if "since" in step.details else None
                expected = clock.due_at()
            except (calendars.UnknownEdition, ValueError, TypeError, KeyError, AttributeError) as error:
                # Somebody wrote past the services; the step's hash tells that as well.
                yield _("limit of step %(ordinal)d") % {"ordinal": step.ordinal}, _("one to compute with"), error
                clock, expected = None, step.due_at
        if step.due_at != expected and step.to_status != Status.SUSPENDED:
            yield _("due time of step %(ordinal)d") % {"ordinal": step.ordinal}, expected, step.due_at
        due_at = step.due_at
    runs = event.status in RUNNING
    if runs and event.due_at is None:
        yield _of("due_at"), _("a time"), None
    if clock or not runs:
        yield from _clock_problems(event, clock if runs else None, changed_at)


def _clock_problems(
    event: NamedTuple, clock: running.RunningClock | None, changed_at: datetime | None
) -> Iterator[Problem]:
    """When the clock in force began and reminds; both are empty while none runs."""
    begun = clock and clock.start
    reminder = clock and clock.deadline.remind_at
    if clock and changed_at:  # what began before that is not reminded of in the past
        reminder = max(reminder, changed_at)
    if event.clock_started_at != begun:
        yield _of("clock_started_at"), begun, event.clock_started_at
    if event.remind_at != reminder:
        yield _of("remind_at"), reminder, event.remind_at


def _wake_problems(event: NamedTuple, steps: list[NamedTuple], at: datetime) -> Iterator[Problem]:
    """When the clock acts next, on the case and on the reply that is awaited; a failed sweep may have put it off."""
    if event.status == Status.SUSPENDED and event.suspended_until:
        planned = [datetime.combine(event.suspended_until, time(), timezone.get_default_timezone())]
    else:
        planned = [event.remind_at, event.due_at] if event.status in RUNNING else []
    if event.wake_at is None and event.status in OPEN and not _is_at_the_end(steps):
        yield _of("wake_at"), _("a time, or supervision at the city"), None
    if event.wake_at is not None and not _is_planned(event.wake_at, planned, at):
        yield _of("wake_at"), planned and planned[-1], event.wake_at
    if event.reply_wake_at is None and event.reply_due_at and not _is_told_of_no_reply(steps):
        yield _of("reply_wake_at"), event.reply_due_at, None
    if event.reply_wake_at is not None and not _is_planned(event.reply_wake_at, [event.reply_due_at], at):
        yield _of("reply_wake_at"), event.reply_due_at, event.reply_wake_at


def _is_planned(wake_at: datetime, planned: list[datetime | None], at: datetime) -> bool:
    times = [moment for moment in planned if moment]
    return wake_at in times or (bool(times) and min(times) + POSTPONED_BY <= wake_at <= at + POSTPONED_BY)


def _is_at_the_end(steps: list[NamedTuple]) -> bool:
    """The clock has nothing left to do: the last limit ran out where nothing is above."""
    for step in reversed(steps):
        if step.rule == Rule.TOP_OVERDUE:
            return True
        if "limit" in step.details:
            return False
    return False


def _is_told_of_no_reply(steps: list[NamedTuple]) -> bool:
    """Nobody replied in time, and the clock has said so since it was last asked for a reply."""
    for step in reversed(steps):
        if step.rule == Rule.NO_REPLY:
            return True
        if "reply_due" in step.details:
            return False
    return False
