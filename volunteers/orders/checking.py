"""Proof that no order is lost: its history gives its row, and each open one has a holder above it and a deadline."""

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from grids.models import Grid
from volunteers.models import ServiceOrder
from volunteers.orders.replaying import Broken, Standing, replay

BATCH = 500


class Problem(NamedTuple):
    """What is wrong with an order."""

    number: str
    text: str


def check_orders() -> Iterator[Problem]:
    """All problems of all orders."""
    orders = ServiceOrder.objects.select_related("grid", "holder").prefetch_related("steps").order_by("pk")
    for order in orders.iterator(chunk_size=BATCH):
        for text in problems_of(order):
            yield Problem(order.number, text)


def problems_of(order: ServiceOrder) -> list[str]:
    """The sentences of what is wrong with one."""
    problems = []
    try:
        expected, found = replay(order.steps.all()), standing_of(order)
    except Broken as error:
        return [_("Its history is broken: %(why)s.") % {"why": error}]
    if expected != found:
        problems.append(_("Its steps say %(expected)s, its row %(found)s.") % {"expected": expected, "found": found})
    if order.is_open and not _lies_above(order.holder, order.grid):
        problems.append(_("Nobody above its grid holds it: %(holder)s.") % {"holder": order.holder})
    if order.is_open and order.wake_at is None and not order.is_late:
        problems.append(_("No clock runs for it."))
    return problems


def standing_of(order: ServiceOrder) -> Standing:
    """What the row says, in the shape in which a history is replayed."""
    return Standing(**{name: getattr(order, name) for name in Standing.__dataclass_fields__})


def _lies_above(holder: Grid, grid: Grid) -> bool:
    return holder.retired_at is None and holder.lft <= grid.lft and grid.rght <= holder.rght
