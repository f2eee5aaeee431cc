"""Service orders on other pages: those of a grid, what waits for a person, those that arose from a case."""

from django import template
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from grids.models import Grid, Level, User
from volunteers.models import Service
from volunteers.orders.access import own_orders, visible_orders, waiting_orders
from volunteers.orders.sources import orders_from
from volunteers.orders.workflow import OPEN, WITH_PROVIDER, OrderState

register = template.Library()

# The shapes and colours of the cases' states, which people know already.
LOOKS = {
    OrderState.PLACED: "filed",
    OrderState.DISPATCHED: "handling",
    OrderState.ACCEPTED: "handling",
    OrderState.DONE: "closed",
    OrderState.REFUSED: "voided",
    OrderState.WITHDRAWN: "voided",
    OrderState.TURNED: "merged",
}


@register.filter
def order_state(state: str) -> SafeString:
    """The state in colour, shape and word."""
    return format_html('<span class="state state-{}">{}</span>', LOOKS[OrderState(state)], OrderState(state).label)


@register.inclusion_tag("volunteers/_orders_here.html")
def orders_here(grid: Grid) -> dict:
    """For the public page of a grid: the ways to order and to follow; no query, the same for everybody."""
    return {"grid": grid, "is_possible": grid.level >= Level.STREET and not grid.retired_at}


@register.inclusion_tag("volunteers/_orders_of.html")
def orders_of(grid: Grid, user: User) -> dict:
    """For the page of a grid or of a branch's seat: its open orders as the user may see them; two queries."""
    orders = visible_orders(user).within(grid)
    open_ones, late = Q(state__in=sorted(OPEN)), Q(due_at__lt=timezone.now())
    counts = orders.order_by().aggregate(
        open=Count("pk", filter=open_ones, distinct=True),
        to_dispatch=Count("pk", filter=Q(state=OrderState.PLACED), distinct=True),
        late=Count("pk", filter=open_ones & late, distinct=True),
    )
    services = Service.objects.in_use().within(grid).count()
    return {"grid": grid, "counts": counts, "services": services}


@register.inclusion_tag("volunteers/_orders_waiting.html")
def orders_waiting(user: User) -> dict:
    """For the first page of those who help: what waits for this person; two queries."""
    mine = own_orders(user).filter(state__in=sorted(WITH_PROVIDER))
    return {"mine": mine.count(), "desk": waiting_orders(user).count()}


@register.inclusion_tag("volunteers/_orders_from.html")
def orders_from_here(kind: str, key: object, user: User, may_order: bool = True) -> dict:
    """On the page of a case: the way to write an order down, and those in sight that were; two queries at most."""
    found = list(orders_from(kind, str(key)))
    seen = set(visible_orders(user).filter(pk__in=[order.pk for order in found]).values_list("pk", flat=True))
    return {"source": f"{kind}-{key}", "orders": [one for one in found if one.pk in seen], "may_order": may_order}
