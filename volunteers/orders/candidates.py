"""Whom an order can be dispatched to: who offered something where it is held, and whose service it is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from branches.references import matching
from grids.models import Grid, Level, Organisation, User
from grids.tree import community_code
from volunteers.models import Offer, OrderStep, ServiceOrder
from volunteers.orders.matching import Helper, Match, Wish, match
from volunteers.orders.workflow import OrderAction

MEMBER, ORGANISATION = "member", "organisation"


@dataclass(frozen=True)
class Candidate:
    """Somebody to dispatch to, with what speaks for it."""

    provider: User | Organisation
    match: Match
    note: str = ""

    @property
    def key(self) -> str:
        return self.match.helper.who


def key_of(provider: User | Organisation) -> str:
    """As forms name somebody to dispatch to: `member-12`."""
    return f"{ORGANISATION if isinstance(provider, Organisation) else MEMBER}-{provider.pk}"


def area_of(order: ServiceOrder) -> Grid:
    """Where those who offered are looked for: the holder, but at least the community, to which offers are made."""
    if order.holder.level <= Level.COMMUNITY:
        return order.holder
    return Grid.objects.get(code=community_code(order.holder.code))


def offers_for(order: ServiceOrder, at: datetime):
    """The open offers of the area, of people whose account is open and organisations that are there."""
    offers = Offer.objects.open_on(timezone.localdate(at)).within(area_of(order)).with_givers()
    closed = Q(member_enrolment__user__is_active=False) | Q(
        organisation_enrolment__organisation__dissolved_at__isnull=False
    )
    return offers.exclude(closed).select_related("member_enrolment__place")


def candidates_for(order: ServiceOrder, at: datetime, words: str = "") -> list[Candidate]:
    """All who can be asked, the best suited first; six queries at most, however many there are."""
    offers = offers_for(order, at)
    if words:
        names = ("skill__name", "member_enrolment__user__name", "organisation_enrolment__organisation__name")
        offers = matching(offers, words, *names)
    offers = list(offers)
    providers = {key_of(offer.giver): offer.giver for offer in offers}
    notes = {(key_of(offer.giver), offer.skill_id): offer.note for offer in offers}
    own = order.service and order.service.organisation
    if own and own.dissolved_at is None and not words:
        providers.setdefault(key_of(own), own)
    loads, declined = _loads(), _declined(order)
    helpers = [_helper(offer, loads, declined) for offer in offers]
    if own and key_of(own) in providers:
        helpers.append(_own(order, own, loads, declined))
    found = match(_wish(order), helpers)
    return [
        Candidate(providers[one.helper.who], one, notes.get((one.helper.who, one.helper.skill), "")) for one in found
    ]


def is_candidate(order: ServiceOrder, provider: User | Organisation, at: datetime) -> bool:
    """Whether the order can be dispatched to them."""
    if order.service and order.service.organisation == provider:
        return provider.dissolved_at is None
    name = "organisation_enrolment__organisation" if isinstance(provider, Organisation) else "member_enrolment__user"
    return offers_for(order, at).filter(**{name: provider}).exists()


def _wish(order: ServiceOrder) -> Wish:
    own = order.service and order.service.organisation
    skill_name = order.skill.name if order.skill else ""
    return Wish(
        order.skill_id, order.kind, order.grid.code, order.times, skill_name, provider=key_of(own) if own else ""
    )


def _helper(offer: Offer, loads: Counter, declined: set[str]) -> Helper:
    enrolment, who = offer.member_enrolment, key_of(offer.giver)
    where = enrolment.place if enrolment and enrolment.place else offer.grid
    return Helper(
        who, offer.skill_id, offer.skill.kind, where.code, offer.times, loads[who], who in declined, offer.skill.name
    )


def _own(order: ServiceOrder, own: Organisation, loads: Counter, declined: set[str]) -> Helper:
    who, service = key_of(own), order.service
    return Helper(
        who, service.skill_id, service.kind, order.grid.code, service.times, loads[who], who in declined, service.name
    )


def _loads() -> Counter:
    """How many orders each has in hand."""
    loads: Counter = Counter()
    for member, organisation in ServiceOrder.objects.in_hand().values_list("member", "organisation"):
        loads[f"{MEMBER}-{member}" if member else f"{ORGANISATION}-{organisation}"] += 1
    return loads


def _declined(order: ServiceOrder) -> set[str]:
    """Who declined this order; the step after which nobody is asked names them still."""
    steps = OrderStep.objects.filter(order=order, action=OrderAction.DECLINE).order_by("pk")
    before = OrderStep.objects.filter(order=order, action=OrderAction.DISPATCH).order_by("pk")
    found, asked = set(), list(before.values_list("pk", "member", "organisation"))
    for pk in steps.values_list("pk", flat=True):
        _pk, member, organisation = [one for one in asked if one[0] < pk][-1]
        found.add(f"{MEMBER}-{member}" if member else f"{ORGANISATION}-{organisation}")
    return found
