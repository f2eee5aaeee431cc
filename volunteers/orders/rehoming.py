"""What becomes of orders and of the catalogue when the tree is reorganised."""

from datetime import datetime
from itertools import count

from django.db.models import F, Q
from django.utils.translation import gettext as _

from grids.models import Grid, GridChange
from volunteers.models import Service, ServiceOrder
from volunteers.orders.routing import next_station, stations_of
from volunteers.orders.workflow import OrderAction, OrderRule
from volunteers.rehoming import Moved
from volunteers.services.order_moves import take_step, tell_desk

NAME_LENGTH = Service._meta.get_field("name").max_length


def rehome(*, change: GridChange, successors: list[Grid], moved: Moved, at: datetime) -> None:
    """Let orders and services go on with what took their grid's place, and open orders be held above their own grid."""
    ended = change.grid
    if ended.retired_at and successors:
        _hand_services_on(ended, successors[0])
        ServiceOrder.objects.filter(grid=ended).update(grid=successors[0], position=successors[0].lft)
    for order in _astray():
        _find_holder(order, at)


def _hand_services_on(ended: Grid, successor: Grid) -> None:
    """Both catalogues go on as one; a service whose name is taken there says from where it came."""
    taken = set(Service.objects.in_use().filter(grid=successor).values_list("name", flat=True))
    for service in Service.objects.in_use().filter(grid=ended, name__in=taken).order_by("pk").select_for_update():
        service.name = _free(service.name, ended, taken)
        taken.add(service.name)
        service.save(update_fields=["name"])
    Service.objects.filter(grid=ended).update(grid=successor, position=successor.lft)


def _free(name: str, ended: Grid, taken: set[str]) -> str:
    for number in count(1):
        mark = f"（{ended.name[: NAME_LENGTH // 2]}{number if number > 1 else ''}）"
        if (free := name[: NAME_LENGTH - len(mark)] + mark) not in taken:
            return free


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
