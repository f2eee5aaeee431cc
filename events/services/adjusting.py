"""Moving the deadlines of open cases after a limit, the working hours or the calendar was changed.

`plan` says what a change would do, `adjust_deadlines` does it once it is confirmed. Only clocks that run follow: what
is suspended takes up the calendar in force when it is resumed, and keeps its limit.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from events import calendars
from events.clock import Day, Limit, WorkCalendar, unpublished_years
from events.drafts import STAGE_CHECK, Draft, Limits
from events.models import Category, Event, ServiceLevel, TimeChange, parse_spans
from events.routing import Staffing
from events.running import OF_CATEGORY, OF_STAGE, UNTOLD, RunningClock, running_of
from events.services.storing import store
from events.transitions import adjust
from events.workflow import Action, Status
from grids.moments import aware_now

logger = logging.getLogger(__name__)

CHUNK = 2000  # cases read at once
BATCH = 500  # cases moved in one transaction
FEW = 200  # cases moved while the administrator waits
# A case that was filed or moved on while a change was being confirmed may still have got the old limit.
STRAGGLING = timedelta(minutes=10)
HANDLED = (Status.FILED, Status.HANDLING)
RUNNING = (*HANDLED, Status.RESOLVED)


class Reorganised(Exception):
    """A grid got another code between reading it and locking it."""


@dataclass(frozen=True)
class Effect:
    """Which open cases a change may concern, and what becomes of the clock of each."""

    scope: Q
    apply: Callable[[Event, RunningClock], RunningClock]


def _effect(change: TimeChange) -> Effect:
    after = change.after
    match change.kind:
        case TimeChange.Kind.LEVEL:
            level = ServiceLevel.objects.get(pk=after["pk"])
            of_check = level.stage == STAGE_CHECK
            stage = Q(status=Status.RESOLVED) if of_check else Q(status__in=HANDLED, loop=level.stage)
            return Effect(stage & Q(urgency=level.urgency), _with_limit(OF_STAGE, Limit(*after["limit"])))
        case TimeChange.Kind.CATEGORY:
            limit = Limit(*after["limit"]) if after["limit"] else None
            return Effect(Q(status__in=HANDLED, category=after["pk"]), _with_limit(OF_CATEGORY, limit))
        case _calendar:
            calendar = calendars.of(change.edition.digest) if change.edition else _drafted_calendar(change)
            return Effect(Q(status__in=RUNNING), lambda event, clock: replace(clock, calendar=calendar))


def _with_limit(name: str, limit: Limit | None) -> Callable[[Event, RunningClock], RunningClock]:
    """Put another limit in the place of the one of this name. Of an old clock the limits are those in force now."""
    levels = {(level.stage, level.urgency): level.time_limit() for level in ServiceLevel.objects.all()}
    categories = {category.pk: category.time_limit() for category in Category.objects.all()}

    def apply(event: Event, clock: RunningClock) -> RunningClock:
        limits = dict(clock.limits)
        if UNTOLD in limits:
            of_check = event.status == Status.RESOLVED
            limits = {OF_STAGE: levels[STAGE_CHECK if of_check else event.loop, event.urgency]}
            if not of_check and (own := categories[event.category_id]):
                limits[OF_CATEGORY] = own
        limits.pop(name, None)
        return replace(clock, limits=limits | ({name: limit} if limit else {}))

    return apply


def _drafted_calendar(change: TimeChange) -> WorkCalendar:
    """The calendar as it would be."""
    now, after = calendars.as_edited(), change.after
    if change.kind == TimeChange.Kind.HOURS:
        return WorkCalendar(hours=parse_spans(after["spans"]), days=now.days, notices=now.notices)
    year = after["year"]
    days = {day: said for day, said in now.days.items() if day.year != year}
    days |= {date.fromisoformat(day): Day(is_working, name) for day, is_working, name in after["days"]}
    notices = now.notices | {year: after["notice"]}
    return WorkCalendar(hours=now.clock_hours, days=days, notices=dict(sorted(notices.items())))


def _moved(effect: Effect, event: Event, clock: RunningClock | None, at: datetime) -> RunningClock | None:
    """The clock that the case goes on with, None when the change leaves its due time as it is.

    A due time that counted a year without its notice, and stands all the same, becomes a certain one: that is told.
    """
    if clock is None or clock.is_paused:
        return None
    changed = effect.apply(event, clock)
    if (due := changed.due_at()) == event.due_at and _unpublished(changed, due) == _unpublished(clock, event.due_at):
        return None
    if event.wake_at is None and due <= at:
        return None  # its time ran out at the city, where nothing is left for the clock to do
    return changed


def _unpublished(clock: RunningClock, due: datetime) -> tuple[int, ...]:
    return unpublished_years(clock.start, due, clock.limit.unit, clock.calendar)


def _open(effect: Effect) -> Iterator[list[tuple[Event, RunningClock | None]]]:
    """The cases that a change may concern with their clocks, so many at once."""
    last = 0
    while events := _following(effect, last, CHUNK):
        last = events[-1].pk
        clocks = running_of(event.pk for event in events)
        yield [(event, clocks.get(event.pk)) for event in events]


def _following(effect: Effect, last: int, count: int) -> list[Event]:
    events = Event.objects.filter(effect.scope, due_at__isnull=False, pk__gt=last).order_by("pk")
    return list(events.only("due_at", "wake_at", "urgency", "loop", "status", "is_confidential", "category_id")[:count])


def plan(change: TimeChange, at: datetime) -> tuple[dict, list]:
    """How many open cases would move and how, and the list of them: key, due before and after in seconds.

    Clue reports are counted; which they are is nobody's business here.
    """
    effect, counts, rows = _effect(change), Counter(open=0, moved=0, sooner=0, later=0, same=0, overdue=0, hidden=0), []
    for event, clock in (pair for chunk in _open(effect) for pair in chunk):
        counts["open"] += 1
        if (changed := _moved(effect, event, clock, at)) is None:
            continue
        due = changed.due_at()
        counts["moved"] += 1
        counts["sooner" if due < event.due_at else "later" if due > event.due_at else "same"] += 1
        is_overdue = event.due_at > at >= due
        counts["overdue"] += is_overdue
        counts["hidden"] += event.is_confidential
        if not event.is_confidential:
            rows.append([event.pk, event.due_at.timestamp(), due.timestamp(), is_overdue])
    rows.sort(key=lambda row: (not row[3], row[2], row[0]))
    return dict(counts), rows


def adjust_deadlines(*, at: datetime | None = None, batch: int = BATCH) -> Counter:
    """Let the open cases follow what was confirmed, batch by batch; returns how many were moved, and failed.

    Safe to run twice, beside itself and after a crash: the change keeps how far it came, and a case that has moved
    stays where it is.
    """
    at = aware_now(at)
    done: Counter = Counter()
    while (taken := _adjust_batch(at, batch)) is not None:
        done += taken
    return done + _adjust_stragglers(at)


def _adjust_batch(at: datetime, batch: int) -> Counter | None:
    """Move the next ones; None when there is no change to carry out, or another process is at it."""
    with transaction.atomic():
        change = _confirmed()
        if change is None:
            return None
        effect = _effect(change)
        events = _following(effect, change.cursor, batch)
        done: Counter = Counter()
        if events:
            done = _adjust_events(change, effect, events, at)
            change.cursor = events[-1].pk
            change.counts |= {what: change.counts.get(what, 0) + count for what, count in done.items()}
        else:
            change.status, change.done_at = TimeChange.Status.DONE, at
        change.save(update_fields=["cursor", "counts", "status", "done_at"])
    return done


def _confirmed() -> TimeChange | None:
    found = TimeChange.objects.filter(status=TimeChange.Status.CONFIRMED).defer("planned")
    return found.select_for_update(skip_locked=True).first()


def _adjust_stragglers(at: datetime) -> Counter:
    """Look again, for a while after the last change, at what began while it was being confirmed."""
    done: Counter = Counter()
    change = TimeChange.objects.defer("planned").exclude(confirmed_at=None).order_by("-confirmed_at", "-pk").first()
    if not change or not change.moves_open or change.status != TimeChange.Status.DONE:
        return done
    if at > change.confirmed_at + STRAGGLING:
        return done
    late = (change.confirmed_at - STRAGGLING, change.confirmed_at + timedelta(minutes=1))
    effect = _effect(change)
    effect = replace(effect, scope=effect.scope & Q(clock_started_at__range=late))
    last = 0
    while events := _following(effect, last, BATCH):
        last = events[-1].pk
        done += _adjust_events(change, effect, events, at)
    return done


def _adjust_events(change: TimeChange, effect: Effect, events: list[Event], at: datetime) -> Counter:
    """Move those that must; one that fails is reported and counted, and does not stop the others."""
    clocks = running_of(event.pk for event in events)
    touched = [event for event in events if _can_move(effect, event, clocks.get(event.pk), at)]
    if not touched:
        return Counter()
    try:
        with transaction.atomic():
            return _adjust_locked(change, effect, touched, at)
    except Exception:
        logger.exception("A batch of moved deadlines failed; its cases are taken one by one.")
    done: Counter = Counter()
    for event in touched:
        try:
            with transaction.atomic():
                done += _adjust_locked(change, effect, [event], at)
        except Exception:
            logger.exception("The deadline of the case with primary key %s could not be moved.", event.pk)
            done["failed"] += 1
    return done


def _can_move(effect: Effect, event: Event, clock: RunningClock | None, at: datetime) -> bool:
    try:
        return _moved(effect, event, clock, at) is not None
    except Exception:
        logger.exception("The deadline of the case with primary key %s could not be computed.", event.pk)
        return False


def _adjust_locked(change: TimeChange, effect: Effect, events: list[Event], at: datetime) -> Counter:
    """Grids are locked before events, as everywhere, and what was read before is read again after the lock."""
    codes = dict(Event.objects.filter(pk__in=[event.pk for event in events]).values_list("pk", "grid__code"))
    staffing, limits = Staffing.above(codes.values()), Limits()
    locked = Event.objects.filter(effect.scope, pk__in=codes).order_by("pk").select_for_update(of=("self",))
    pks = list(locked.values_list("pk", flat=True))
    clocks, drafts = running_of(pks), []
    for event in Event.objects.filter(pk__in=pks).with_people():
        if event.grid.code != codes[event.pk]:
            raise Reorganised(event.grid.code)
        if clock := _moved(effect, event, clocks.get(event.pk), at):
            draft = Draft(event, Action.ADJUST, at, staffing, limits, clock=clock, details={"time_change": change.pk})
            draft.actor, draft.reason = change.confirmed_by, change.reason
            adjust(draft)
            drafts.append(draft)
    if not drafts:
        return Counter()
    store(drafts)
    return Counter(adjusted=len(drafts))
