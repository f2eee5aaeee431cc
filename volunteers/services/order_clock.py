"""The clock of orders: what is late goes to the level above, and says by which rule."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction

from grids.batches import keys_in_batches
from grids.models import Grid
from grids.moments import aware_now
from volunteers.models import ServiceOrder
from volunteers.orders.workflow import LATE, OPEN, OrderAction, OrderRule, OrderState
from volunteers.services.order_moves import climb, take_step, way_up

logger = logging.getLogger(__name__)

BATCH = 500
POSTPONED_BY = timedelta(minutes=10)


def sweep_orders(*, at: datetime | None = None, batch: int = BATCH) -> Counter:
    """Let late orders climb; returns how many steps of each action were taken.

    Safe to run beside itself and again: rows are locked, those that another sweep holds are passed over. One that
    fails is reported and postponed, and does not stop the others.
    """
    at, done = aware_now(at), Counter()
    for due in keys_in_batches(_due(at), batch):
        for pk in due:
            done += _wake_or_postpone(pk, at)
    return done


def _due(at: datetime):
    return ServiceOrder.objects.filter(wake_at__lte=at, state__in=sorted(OPEN))


def _wake_or_postpone(pk: int, at: datetime) -> Counter:
    try:
        return _wake(pk, at)
    except Exception:
        logger.exception("The sweep failed for the order with primary key %s; it is postponed.", pk)
        _due(at).filter(pk=pk).update(wake_at=at + POSTPONED_BY)
        return Counter(postponed=1)


@transaction.atomic
def _wake(pk: int, at: datetime) -> Counter:
    """Its grid is locked first, as everywhere; nothing to do for one that changed or is held elsewhere."""
    grid = Grid.objects.filter(serviceorders=pk).first()
    if grid is None:
        return Counter()
    Grid.objects.settle(grid)
    rows = _due(at).select_for_update(of=("self",), no_key=True, skip_locked=True)
    order = rows.with_related().filter(pk=pk, grid=grid).first()
    if order is None:
        return Counter()
    if (way := way_up(order)) is None:
        step = take_step(order, OrderAction.SUPERVISE, at=at, rule=OrderRule.LAST_LEVEL)
    else:
        step = climb(order, way, at=at, rule=LATE[OrderState(order.state)])
    return Counter([step.action])
