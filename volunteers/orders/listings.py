"""The lists of orders, services and offers: what a row shows, on the page and in the sheet; never personal data."""

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grids.exporting import Column
from grids.models import load_ancestors
from volunteers.models import Offer, Service, ServiceOrder
from volunteers.orders.workflow import OPEN, WITH_PROVIDER, OrderRating, OrderState
from volunteers.times import describe

# The demand list: whose wish it is, and in what words, stays on the order's own page.
ORDERS = [
    Column(gettext_lazy("number"), 16, lambda order, at: order.number),
    Column(gettext_lazy("service"), 24, lambda order, at: order.title),
    Column(gettext_lazy("kind of service"), 14, lambda order, at: order.get_kind_display()),
    Column(gettext_lazy("Grid"), 36, lambda order, at: order.grid.full_name),
    Column(gettext_lazy("when it suits"), 20, lambda order, at: order.when),
    Column(gettext_lazy("state"), 12, lambda order, at: order.get_state_display()),
    Column(gettext_lazy("holder"), 18, lambda order, at: order.holder.name),
    Column(gettext_lazy("done by"), 22, lambda order, at: provider_of(order)),
    Column(gettext_lazy("ordered at"), 17, lambda order, at: order.placed_at),
    Column(gettext_lazy("due at"), 17, lambda order, at: order.due_at),
    Column(gettext_lazy("in this state since"), 17, lambda order, at: order.changed_at),
    Column(gettext_lazy("rating"), 12, lambda order, at: order.get_rating_display()),
]
# The resource list: who offered what.
OFFERS = [
    Column(gettext_lazy("skill"), 18, lambda offer, at: offer.skill.name),
    Column(gettext_lazy("kind of service"), 14, lambda offer, at: offer.skill.get_kind_display()),
    Column(gettext_lazy("offered by"), 26, lambda offer, at: giver_of(offer)),
    Column(gettext_lazy("organisation"), 26, lambda offer, at: str(organisation_of(offer))),
    Column(gettext_lazy("Grid"), 36, lambda offer, at: offer.grid.full_name),
    Column(gettext_lazy("times"), 24, lambda offer, at: describe(offer.times)),
    Column(gettext_lazy("more about it"), 30, lambda offer, at: offer.note),
]
# The project list: what can be ordered, and what came of it.
SERVICES = [
    Column(gettext_lazy("service"), 24, lambda service, at: service.name),
    Column(gettext_lazy("kind of service"), 14, lambda service, at: service.get_kind_display()),
    Column(gettext_lazy("Grid"), 36, lambda service, at: service.grid.full_name),
    Column(
        gettext_lazy("provider"), 26, lambda service, at: str(service.organisation or _("helpers of the community"))
    ),
    Column(gettext_lazy("where"), 24, lambda service, at: service.place),
    Column(gettext_lazy("times"), 24, lambda service, at: service.when),
    Column(gettext_lazy("price"), 10, lambda service, at: service.price),
    Column(gettext_lazy("orders"), 10, lambda service, at: service.ordered),
    Column(gettext_lazy("open orders"), 10, lambda service, at: service.open_orders),
    Column(gettext_lazy("done orders"), 10, lambda service, at: service.done_orders),
    Column(gettext_lazy("rated as satisfied or fair"), 14, lambda service, at: service.good_orders),
    Column(gettext_lazy("offers of this skill there"), 14, lambda service, at: service.offer_count),
]


def provider_of(order: ServiceOrder) -> str:
    """Who was asked or did it; no member is named where a sheet may go anywhere."""
    return str(order.organisation or (_("a member") if order.member_id else ""))


def giver_of(offer: Offer) -> str:
    """As `provider_of`, of an offer."""
    return str(offer.organisation_enrolment.organisation) if offer.organisation_enrolment_id else _("a member")


def organisation_of(offer: Offer):
    enrolment = offer.organisation_enrolment or offer.member_enrolment
    return enrolment.organisation


def narrowed(orders: QuerySet[ServiceOrder], state: str, kind: str, search: str, mine: QuerySet) -> QuerySet:
    """The orders of a list, by its filters."""
    if state == "open":
        orders = orders.open()
    elif state == "mine":
        orders = orders.filter(pk__in=mine.values("pk"))
    elif state:
        orders = orders.filter(state=state)
    if kind:
        orders = orders.filter(kind=kind)
    if words := search.replace("\0", "").strip():
        number = words.rpartition("-")[2]
        by_number = Q(pk=int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else Q(pk__in=[])
        found = Q(service__name__icontains=words) | Q(skill__name__icontains=words) | Q(grid__name__icontains=words)
        orders = orders.filter(found | by_number)
    return orders


def with_figures(services: QuerySet[Service]) -> QuerySet[Service]:
    """Each with how often it was ordered, and what came of it."""
    good = Q(orders__rating__in=[OrderRating.SATISFIED, OrderRating.FAIR])
    return services.annotate(
        ordered=Count("orders"),
        open_orders=Count("orders", filter=Q(orders__state__in=sorted(OPEN))),
        done_orders=Count("orders", filter=Q(orders__state=OrderState.DONE)),
        good_orders=Count("orders", filter=good),
    )


def load_services(services: Iterable[Service], offers: QuerySet[Offer]) -> list[Service]:
    """With places in full and how many offered what each takes; two queries, however many."""
    services = list(services)
    load_ancestors(service.grid for service in services)
    skills = {service.skill_id for service in services}
    found = offers.filter(skill__in=skills).values_list("skill", "position")
    by_skill: dict[int, list[int]] = {}
    for skill, position in found:
        by_skill.setdefault(skill, []).append(position)
    for service in services:
        service.offer_count = sum(_meet(service, position) for position in by_skill.get(service.skill_id, ()))
    return services


def _meet(service: Service, position: int) -> bool:
    """Whether an offer at this place serves where the service is for, or the other way round."""
    ancestors = {grid.lft for grid in (*service.grid.ancestors, service.grid)}
    return service.grid.lft <= position <= service.grid.rght or position in ancestors


def load_orders(orders: Iterable[ServiceOrder]) -> list[ServiceOrder]:
    """With places in full; one query."""
    orders = list(orders)
    load_ancestors(order.grid for order in orders)
    return orders


def load_offers(offers: Iterable[Offer]) -> list[Offer]:
    """With places in full and what each has in hand; two queries."""
    offers = list(offers)
    load_ancestors(offer.grid for offer in offers)
    members = [offer.member_enrolment.user_id for offer in offers if offer.member_enrolment_id]
    in_hand = ServiceOrder.objects.filter(state__in=sorted(WITH_PROVIDER), member__in=members)
    loads = dict(in_hand.order_by().values_list("member").annotate(Count("pk")))
    for offer in offers:
        offer.when = describe(offer.times)
        offer.in_hand = loads.get(offer.member_enrolment.user_id, 0) if offer.member_enrolment_id else None
    return offers
