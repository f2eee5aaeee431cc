"""What becomes of orders and of the catalogue when the tree is reorganised."""

from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext as _

from grids.models import Grid, GridChange
from volunteers.models import Service, ServiceOrder
from volunteers.orders.routing import next_station, stations_of
from volunteers.orders.workflow import OrderAction, OrderRule
from volunteers.rehoming import Moved
from volunteers.services.order_moves import take_step, tell_desk


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """Let orders and services go on with what took their grid's place, and open orders be held above their own grid."""
    ended = change.grid
    if ended.retired_at and successors:
        for model in (Service, ServiceOrder):
            model.objects.filter(grid=ended).update(grid=successors[0], position=successors[0].lft)
    for order in _astray():
        _find_holder(order, at)


def _astray():
    """Open orders whose holder went out of use, or does not lie above their grid any more."""
    away = Q(grid__lft__lt=F("holder__lft")) | Q(grid__rght__gt=F("holder__rght"))
    retired = Q(holder__retired_at__isnull=False)
    return (
        ServiceOrder.objects.open().filter(away | retired).with_related().select_for_update(of=("self",), no_key=True)
    )


def _find_holder(order: ServiceOrder, at: datetime) -> None:
    """On the level where it was held, or the nearest above it that somebody holds."""
    stations = [one for one in stations_of(order.grid) if one.grid.level <= order.holder.level]
    step = take_step(order, OrderAction.REHOME, at=at, rule=OrderRule.REORGANISED, way=next_station(stations))
    tell_desk(order, step, _("A service order has come to you: %(order)s."))
