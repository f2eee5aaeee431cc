"""What orders ask of a person today."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from grids.day import MOST, Due
from grids.models import User
from volunteers.models import ServiceOrder
from volunteers.orders.access import own_orders, waiting_orders
from volunteers.orders.workflow import WITH_PROVIDER, OrderState


def day_of(user: User, at: datetime) -> list[Due]:
    """Orders to answer or to do, and those that wait for the user's own desk; one query."""
    mine = Q(pk__in=own_orders(user).filter(state__in=sorted(WITH_PROVIDER)).values("pk"))
    desk = Q(pk__in=waiting_orders(user).values("pk"))
    orders = ServiceOrder.objects.filter(mine | desk).select_related("grid", "service", "skill", "member")
    return [_due(order, at) for order in orders.order_by("due_at", "pk")[:MOST]]


def _due(order: ServiceOrder, at: datetime) -> Due:
    labels = {
        OrderState.PLACED: _("Order to dispatch"),
        OrderState.DISPATCHED: _("Order to answer"),
        OrderState.ACCEPTED: _("Order to do"),
    }
    return Due(
        at=order.due_at,
        kind="order",
        label=labels[OrderState(order.state)],
        title=f"{order.title} · {order.grid.name}",
        url=reverse("order_detail", args=[order.pk]),
        detail=order.number,
        is_late=order.due_at <= at,
    )
