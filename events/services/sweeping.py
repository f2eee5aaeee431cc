"""The clock: reminders, cases that climb by themselves, checks that move up."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

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
    due = Event.objects.filter(wake_at__lte=at).order_by("wake_at")
    try:
        with transaction.atomic():
            return _wake(due.select_for_update(of=("self",), skip_locked=True).with_related()[:batch], at)
    except DatabaseError:
        logger.exception("A batch of the sweep failed; its events are taken one by one.")
    done: Counter = Counter()
    for pk in list(due.values_list("pk", flat=True)[:batch]):
        try:
            with transaction.atomic():
                one = Event.objects.filter(pk=pk, wake_at__lte=at).select_for_update(of=("self",), skip_locked=True)
                done += _wake(one.with_related(), at)
        except DatabaseError:
            logger.exception("The sweep failed for the event with primary key %s; it is postponed.", pk)
            done += _postpone([pk], at)
    return done


def _wake(locked, at: datetime) -> Counter:
    events = list(locked)
    if not events:
        return Counter()
    staffing, limits = Staffing.above({event.grid.code for event in events}), Limits()
    drafts, failed = [], []
    for event in events:
        try:
            drafts.append(wake(event, at, staffing, limits))
        except Exception:
            # One bad row must neither stop the others nor vanish: it is reported and tried again later.
            logger.exception("The sweep failed for event %s; it is postponed.", event.number)
            failed.append(event.pk)
    if drafts:
        store(drafts)
    return Counter(draft.action for draft in drafts) + _postpone(failed, at)


def _postpone(pks: list[int], at: datetime) -> Counter:
    if pks:
        Event.objects.filter(pk__in=pks).update(wake_at=at + POSTPONED_BY)
    return Counter({"postponed": len(pks)}) if pks else Counter()
