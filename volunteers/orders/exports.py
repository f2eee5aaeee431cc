"""Service orders as rows of sheets for other departments; neither the resident nor who does it is named."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from grids.exports import Field, Kind, rough_place
from grids.models import User, load_ancestors
from grids.tree import community_code
from volunteers.models import ServiceOrder
from volunteers.orders.access import visible_orders
from volunteers.orders.workflow import OrderState


def _find(user: User) -> QuerySet[ServiceOrder]:
    return visible_orders(user).with_related()


def _prepare(orders: list[ServiceOrder]) -> None:
    load_ancestors(order.grid for order in orders)


ORDERS = Kind(
    key="order",
    title=gettext_lazy("Service orders"),
    find=_find,
    day="placed_at",
    states=tuple(OrderState.choices),
    prepare=_prepare,
    fields=(
        Field("number", gettext_lazy("number"), 16, lambda order, at: order.number),
        Field("kind", gettext_lazy("kind of service"), 12, lambda order, at: order.get_kind_display()),
        Field("title", gettext_lazy("service"), 24, lambda order, at: order.title),
        Field("grid", gettext_lazy("Grid"), 36, lambda order, at: rough_place(order.grid)),
        Field("code", gettext_lazy("code of the community"), 18, lambda order, at: community_code(order.grid.code)),
        Field("placed_at", gettext_lazy("ordered at"), 17, lambda order, at: order.placed_at),
        Field("state", gettext_lazy("state"), 10, lambda order, at: order.get_state_display()),
        Field("holder", gettext_lazy("holder"), 24, lambda order, at: order.holder.name),
        Field("due_at", gettext_lazy("due at"), 17, lambda order, at: order.due_at),
        Field("rating", gettext_lazy("rating"), 10, lambda order, at: order.get_rating_display()),
        Field("rated_at", gettext_lazy("rated at"), 17, lambda order, at: order.rated_at),
    ),
)
