"""The clock: reminders, cases that climb by themselves, checks that move up."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction

from events.models import Event
from events.routing import Staffing
from events.services.storing import aware_now, store
from events.transitions import Limits, wake

logger = logging.getLogger(__name__)

BATCH = 500
POSTPONED_BY = timedelta(minutes=10)


def sweep(*, at: datetime | None = None, batch: int = BATCH) -> Counter:
    """Do what the clock asks for at that time, batch by batch; returns how many steps of each action were taken.

    Safe to run beside itself and again: rows are locked, those that another sweep holds are passed over.
    """
    at = aware_now(at)
    done: Counter = Counter()
    while taken := _sweep_batch(at, batch):
        done += taken
    return done


def _sweep_batch(at: datetime, batch: int) -> Counter:
    due = list(Event.objects.filter(wake_at__lte=at).order_by("wake_at").values_list("pk", "grid__code")[:batch])
    if not due:
        return Counter()
    try:
        return _wake(due, at)
    except Exception:
        logger.exception("A batch of the sweep failed; its events are taken one by one.")
    done: Counter = Counter()
    for one in due:
        try:
            done += _wake([one], at)
        except Exception:
            # One bad row must neither stop the others nor vanish: it is reported and tried again later.
            logger.exception("The sweep failed for the event with primary key %s; it is postponed.", one[0])
            done += _postpone([one[0]], at)
    return done


@transaction.atomic
def _wake(due: list[tuple[int, str]], at: datetime) -> Counter:
    """Wake these events, given as primary key and grid code, but for those that changed or are held elsewhere.

    Grids are locked before events, as a reorganisation does it, so that neither waits for the other.
    """
    codes = dict(due)
    staffing, limits = Staffing.above(codes.values()), Limits()
    locked = Event.objects.filter(pk__in=codes, wake_at__lte=at).select_for_update(skip_locked=True)
    # Read after the lock: PostgreSQL joins a row that has just changed to its old holder, handler and checker.
    events = Event.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).with_people()
    drafts, failed = [], []
    for event in events:
        if event.grid.code != codes[event.pk]:  # moved meanwhile; the next batch takes it
            continue
        try:
            drafts.append(wake(event, at, staffing, limits))
        except Exception:
            logger.exception("The sweep failed for event %s; it is postponed.", event.number)
            failed.append(event.pk)
    if drafts:
        store(drafts)
    return Counter(draft.action for draft in drafts) + _postpone(failed, at)


def _postpone(pks: list[int], at: datetime) -> Counter:
    if pks:
        # Not what somebody has brought forward meanwhile.
        Event.objects.filter(pk__in=pks, wake_at__lte=at).update(wake_at=at + POSTPONED_BY)
    return Counter({"postponed": len(pks)}) if pks else Counter()
