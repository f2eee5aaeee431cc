"""What orders that nobody does yet need somebody for, and which offers an order has used."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from grids.models import Grid, User
from volunteers.enrolments.needs import Need
from volunteers.models import ServiceOrder
from volunteers.orders.access import visible_orders
from volunteers.orders.workflow import OrderState


def needs_of(user: User, grid: Grid, at: datetime) -> Iterable[Need]:
    """The orders on the grid and below that wait to be dispatched and say what they take; one query besides rights."""
    waiting = visible_orders(user).within(grid).filter(state=OrderState.PLACED).exclude(skill=None)
    for order in waiting.with_related().distinct():
        url = reverse("order_detail", args=[order.pk])
        yield Need(order.skill_id, order.skill.name, order.grid, str(order), url, order.due_at)


def use() -> Exists:
    """Whether whoever made the offer of the outer query was ever asked for it by an order."""
    of_member = Q(member__isnull=False, member=OuterRef("member_enrolment__user"))
    of_organisation = Q(organisation__isnull=False, organisation=OuterRef("organisation_enrolment__organisation"))
    return Exists(ServiceOrder.objects.filter(of_member | of_organisation, skill=OuterRef("skill")))
