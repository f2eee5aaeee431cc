"""Service orders, as work lists and stories point to them; a resident's words are never told."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.references import OFFERED, Shown, matching, primary_keys
from grids.models import Grid, User
from volunteers.models import ServiceOrder
from volunteers.orders.access import visible_orders
from volunteers.orders.workflow import OrderState


class OrderSource:
    """An order by its key; done once it was served."""

    kind = "order"
    title = _("service order")

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        found = visible_orders(user).with_related().filter(pk__in=primary_keys(keys))
        return {str(order.pk): self._shown(order) for order in found}

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        orders = visible_orders(user).within(grid).with_related().filter(state=OrderState.DONE)
        orders = matching(orders, words, "service__name", "skill__name").order_by("-pk")
        return [self._shown(order) for order in orders[:OFFERED]]

    def _shown(self, order: ServiceOrder) -> Shown:
        url = reverse("order_detail", args=[order.pk])
        is_done = order.state == OrderState.DONE
        return Shown(self.kind, str(order.pk), str(order), order.get_state_display(), url, is_done)
