"""The clock: reminders, cases that climb or are resumed by themselves, checks that move up, missing replies."""

import logging
from collections import Counter
from datetime import datetime
from operator import itemgetter

from django.db import transaction

from events.drafts import Draft, Limits
from events.models import Event
from events.routing import Staffing
from events.running import RunningClock, running_of
from events.services.storing import store
from events.waking import POSTPONED_BY, wake, wake_reply
from events.workflow import Status
from grids.moments import aware_now

logger = logging.getLogger(__name__)

WINDOW, BATCH = 10_000, 500
GRIDS = [Event._meta.get_field(name) for name in ("grid", "holder", "checker")]
# What the clock acts on, each by the time in a field of its own: the stage of a case, and the reply to who urged it.
STAGE, REPLY = "wake_at", "reply_wake_at"


def sweep(*, at: datetime | None = None, batch: int = BATCH) -> Counter:
    """Do what the clock asks for at that time, batch by batch; returns how many steps of each action were taken.

    Safe to run beside itself and again: rows are locked, those that another sweep holds are passed over.
    """
    at = aware_now(at)
    done: Counter = Counter()
    for clock in (STAGE, REPLY):
        while taken := _sweep_window(at, batch, clock):
            done += taken
    return done


def _sweep_window(at: datetime, batch: int, clock: str) -> Counter:
    """The events that have waited longest, in the order of their places: neighbours share their holders and desks."""
    waiting = Event.objects.filter(**{f"{clock}__lte": at}).order_by(clock)
    due = sorted(waiting.values_list("pk", "grid__code")[:WINDOW], key=itemgetter(1))
    done: Counter = Counter()
    for start in range(0, len(due), batch):
        done += _sweep_batch(due[start : start + batch], at, clock)
    return done


def _sweep_batch(due: list[tuple[int, str]], at: datetime, clock: str) -> Counter:
    try:
        return _wake(due, at, clock)
    except Exception:
        logger.exception("A batch of the sweep failed; its events are taken one by one.")
    done: Counter = Counter()
    for one in due:
        try:
            done += _wake([one], at, clock)
        except Exception:
            # One bad row must neither stop the others nor vanish: it is reported and tried again later.
            logger.exception("The sweep failed for the event with primary key %s; it is postponed.", one[0])
            done += _postpone([one[0]], at, clock)
    return done


@transaction.atomic
def _wake(due: list[tuple[int, str]], at: datetime, clock: str) -> Counter:
    """Wake these events, given as primary key and grid code, but for those that changed or are held elsewhere.

    Grids are locked before events, as a reorganisation does it, so that neither waits for the other.
    """
    codes = dict(due)
    staffing, limits = Staffing.above(codes.values()), Limits()
    locked = Event.objects.filter(**{"pk__in": codes, f"{clock}__lte": at}).select_for_update(skip_locked=True)
    events = _read(list(locked.values_list("pk", flat=True)), codes, staffing)
    suspended = [event.pk for event in events if event.status == Status.SUSPENDED] if clock == STAGE else []
    clocks = running_of(suspended) if suspended else {}
    drafts, failed = [], []
    for event in events:
        try:
            drafts.append(_woken(clock, event, at, staffing, limits, clocks))
        except Exception:
            logger.exception("The sweep failed for event %s; it is postponed.", event.number)
            failed.append(event.pk)
    if drafts:
        store(drafts)
    return Counter(draft.action for draft in drafts) + _postpone(failed, at, clock)


def _woken(
    clock: str, event: Event, at: datetime, staffing: Staffing, limits: Limits, clocks: dict[int, RunningClock]
) -> Draft:
    if clock == REPLY:
        return wake_reply(event, at, staffing, limits)
    return wake(event, at, staffing, limits, clocks.get(event.pk))


def _read(locked: list[int], codes: dict[int, str], staffing: Staffing) -> list[Event]:
    """The locked events but for those in a grid that was moved meanwhile, which the next window takes.

    Their grids are the held ones; joining them once more would cost as much as all the rest of reading.
    """
    held = {grid.pk: grid for grid in staffing.grids.values()}
    events = []
    for event in Event.objects.filter(pk__in=locked).prefetch_related(
        "category", "handler", "partner", "organisation__representatives"
    ):
        for field in GRIDS:
            if grid := held.get(getattr(event, field.attname)):
                field.set_cached_value(event, grid)
        if event.grid.code == codes[event.pk]:
            events.append(event)
    return events


def _postpone(pks: list[int], at: datetime, clock: str) -> Counter:
    if pks:
        # Not what somebody has brought forward meanwhile.
        Event.objects.filter(**{"pk__in": pks, f"{clock}__lte": at}).update(**{clock: at + POSTPONED_BY})
    return Counter({"postponed": len(pks)}) if pks else Counter()
