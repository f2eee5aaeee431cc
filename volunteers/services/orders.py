"""What people do with a service order: order, dispatch, accept, decline, finish, rate."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from branches.cases import VOIDED
from branches.exceptions import StateConflict
from branches.services.checking import check_text
from grids.encryption import Secret
from grids.models import Grid, Level, Organisation, User
from grids.moments import aware_now
from grids.phones import plain_phone, validate_phone
from grids.readable import code_of, plain_code
from grids.services import PublicLimit, limits
from grids.text import plain_text, says_nothing
from grids.tree import community_code
from volunteers.models import OrderContact, Service, ServiceKind, ServiceOrder, Skill
from volunteers.orders.access import may_write_for
from volunteers.orders.candidates import is_candidate
from volunteers.orders.deadlines import due_at
from volunteers.orders.routing import Way, next_station, stations_of
from volunteers.orders.workflow import (
    DECLINES_BEFORE_CLIMBING,
    OrderAction,
    OrderRating,
    OrderRule,
    OrderSide,
    OrderState,
)
from volunteers.services.order_moves import (
    check_actor,
    check_open,
    clean_text,
    climb,
    locked,
    people_of,
    take_step,
    tell,
    tell_desk,
    way_up,
)
from volunteers.times import ANY_TIME

CODE_LENGTH = 10
CODE_SALT = "volunteers.order_code"
NAME_LENGTH, ADDRESS_LENGTH = 32, 120


@dataclass(frozen=True)
class OrderReceipt:
    """A placed order, and the code that opens it; the code is kept nowhere and shown once."""

    order: ServiceOrder
    code: str


class Person(NamedTuple):
    """How to reach a resident, encrypted from the beginning."""

    name: Secret | None = None
    phone: Secret | None = None
    address: Secret | None = None


class Origin(NamedTuple):
    """What an order arose from, as of `branches.references`, with whose wish it is, if that is known."""

    kind: str
    key: str
    person: Person = Person()


# Ordering


@transaction.atomic
def place_as_resident(
    *,
    grid: Grid,
    text: str = "",
    service: Service | None = None,
    times: int = ANY_TIME,
    name: str = "",
    phone: str = "",
    address: str = "",
    idempotency_key: str = "",
    source: str = "",
    at: datetime | None = None,
) -> OrderReceipt:
    """Order without an account; the same key again returns the same receipt, and stores nothing twice.

    `source` is `source_of` the sender's address. Raises ValidationError by field, PublicLimit when too many came.
    """
    at = aware_now(at)
    key = f"resident.{idempotency_key or secrets.token_hex(16)}"
    code = code_of(CODE_SALT, key, CODE_LENGTH)
    if before := ServiceOrder.objects.filter(idempotency_key=key).first():
        return OrderReceipt(before, code)
    person = _person(name, phone, address, needs_phone=True)
    order = _drafted(grid, text, service, None, "", times)
    neighbourhood = community_code(grid.code) or grid.code
    if not (limits.spend("order", source, at) and limits.spend("order_in_grid", neighbourhood, at)):
        raise PublicLimit(_("Very many orders have come in within an hour. Try again later, or call the community."))
    return _placed(order, key, code, person, source, at)


@transaction.atomic
def place_order(
    *,
    actor: User | None,
    grid: Grid,
    text: str = "",
    service: Service | None = None,
    skill: Skill | None = None,
    kind: str = "",
    times: int = ANY_TIME,
    name: str = "",
    phone: str = "",
    address: str = "",
    origin: Origin | None = None,
    idempotency_key: str = "",
    at: datetime | None = None,
) -> OrderReceipt:
    """Write down what a resident orders; the same key of the same person again returns the same receipt.

    What is not given of the resident is taken over, encrypted as it is, from what the order arose from.
    """
    at = aware_now(at)
    key = f"{actor.pk if actor else ''}.{idempotency_key or secrets.token_hex(16)}"
    code = code_of(CODE_SALT, key, CODE_LENGTH)
    if before := ServiceOrder.objects.filter(idempotency_key=key).first():
        return OrderReceipt(before, code)
    if actor and not may_write_for(actor, grid):
        raise PermissionDenied(_("You write down orders for the grids where you work."))
    person = _person(name, phone, address)
    if origin and person == Person():
        person = origin.person
    order = _drafted(grid, text, service, skill, kind, times)
    order.placed_by = actor
    if origin:
        order.source_kind, order.source_key = origin.kind, origin.key
    return _placed(order, key, code, person, "", at)


def _drafted(
    grid: Grid, text: str, service: Service | None, skill: Skill | None, kind: str, times: int
) -> ServiceOrder:
    """The order, not yet stored, if it is one; ValidationError by field."""
    order = ServiceOrder(grid=grid, text=text.strip(), service=service, skill=skill, times=times)
    order.kind = kind or (skill.kind if skill else ServiceKind.VOLUNTEER)
    if service:
        order.skill, order.kind = service.skill, service.kind
    errors = {}
    if grid.level < Level.COMMUNITY or grid.retired_at:
        errors["grid"] = [_("Choose the community or the building where it is needed.")]
    if service and not Service.objects.in_use().serving(grid).filter(pk=service.pk).exists():
        errors["service"] = [_("This service is not offered there any more. Choose another, or say what you need.")]
    if not 0 < times <= ANY_TIME:
        errors["times"] = [_("Choose at least one time that suits.")]
    if not service and says_nothing(order.text):
        errors["text"] = [_("Say in a few words what is needed.")]
    if errors:
        raise ValidationError(errors)
    check_text(order, "text", "kind")
    return order


def _person(name: str, phone: str, address: str, *, needs_phone: bool = False) -> Person:
    name, phone, address = name.strip(), plain_phone(phone), address.strip()
    errors = {}
    for field, value, most in (("name", name, NAME_LENGTH), ("address", address, ADDRESS_LENGTH)):
        if problems := _problems(value, plain_text):
            errors[field] = problems
        elif len(value) > most:
            errors[field] = [_("At most %(length)d characters.") % {"length": most}]
    if problems := _problems(phone, [validate_phone]):
        errors["phone"] = problems
    if needs_phone and not phone:
        errors["phone"] = [_("Give a phone number: who comes has to arrange a time with you.")]
    if errors:
        raise ValidationError(errors)
    return Person(*(Secret.of(value) if value else None for value in (name, phone, address)))


def _problems(text: str, validators: Iterable) -> list[str]:
    problems = []
    for validate in validators:
        try:
            validate(text)
        except ValidationError as error:
            problems += error.messages
    return problems


def _placed(order: ServiceOrder, key: str, code: str, person: Person, source: str, at: datetime) -> OrderReceipt:
    """Store the order with the nearest desk that somebody holds."""
    order.grid = Grid.objects.settle(order.grid)
    way = next_station(stations_of(order.grid))
    order.holder, order.idempotency_key = way.grid, key
    order.placed_at = order.changed_at = at
    order.due_at = order.wake_at = due_at(OrderState.PLACED, at)
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError:  # the same was sent beside this one
        return OrderReceipt(ServiceOrder.objects.with_related().get(idempotency_key=key), code)
    OrderContact.objects.create(
        order=order, code_hash=_code_hash(code), source=source, created_at=at, **person._asdict()
    )
    step = take_step(order, OrderAction.PLACE, at=at, actor=order.placed_by, rule=OrderRule.NEAREST, way=way)
    tell_desk(order, step, _("A service order has come in: %(order)s."))
    return OrderReceipt(order, code)


def find_order(*, code: str, source: str, at: datetime | None = None) -> ServiceOrder | None:
    """The order that this code opens; raises PublicLimit after many wrong ones."""
    at = aware_now(at)
    if not limits.spend("order_code", source, at):
        raise PublicLimit(_("There were too many wrong codes. Try again later."))
    found = OrderContact.objects.filter(code_hash=_code_hash(plain_code(code)), erased_at=None).first()
    if found is None:
        return None
    limits.give_back("order_code", source, at)
    return ServiceOrder.objects.with_related().get(pk=found.order_id)


def _code_hash(code: str) -> str:
    return limits.hashed("order_code", code)


# The desk


@transaction.atomic
def dispatch_order(
    *,
    order: ServiceOrder,
    actor: User | None,
    provider: User | Organisation,
    text: str = "",
    at: datetime | None = None,
) -> ServiceOrder:
    """Ask one of those who offered to do it. Asking the same once more changes nothing."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.DISPATCH, text)
    check_actor(order, OrderAction.DISPATCH, actor)
    before = order.provider
    if before == provider:
        return order
    if not is_candidate(order, provider, at):
        raise ValidationError({"provider": [_("Choose somebody who offered something there.")]})
    is_organisation = isinstance(provider, Organisation)
    order.organisation = provider if is_organisation else None
    order.member = None if is_organisation else provider
    step = take_step(order, OrderAction.DISPATCH, at=at, actor=actor, text=text)
    tell(order, step, people_of(provider), _("You are asked to do a service order: %(order)s."), "provider")
    tell(order, step, people_of(before), _("You need not answer this service order any more: %(order)s."), "asked")
    return order


@transaction.atomic
def recall_order(*, order: ServiceOrder, actor: User | None, text: str, at: datetime | None = None) -> ServiceOrder:
    """Take the order back from who was asked, to ask somebody else."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.RECALL, text)
    check_actor(order, OrderAction.RECALL, actor)
    asked = order.provider
    step = take_step(order, OrderAction.RECALL, at=at, actor=actor, text=text, about=asked)
    tell(order, step, people_of(asked), _("This service order was taken back: %(order)s."), "asked")
    return order


@transaction.atomic
def climb_order(*, order: ServiceOrder, actor: User | None, text: str, at: datetime | None = None) -> ServiceOrder:
    """Pass the order to the level above, which knows more people."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.CLIMB, text)
    check_actor(order, OrderAction.CLIMB, actor)
    if (way := way_up(order)) is None:
        raise StateConflict(
            _("There is no level above that takes orders. Ask somebody, or say why it cannot be served.")
        )
    climb(order, way, at=at, actor=actor, text=text)
    return order


@transaction.atomic
def refuse_order(*, order: ServiceOrder, actor: User | None, text: str, at: datetime | None = None) -> ServiceOrder:
    """Answer that it cannot be served; the resident reads why."""
    return _end(order, OrderAction.REFUSE, actor, text, at)


@transaction.atomic
def turn_order(*, order: ServiceOrder, actor: User | None, at: datetime | None = None) -> ServiceOrder:
    """Let the order end because it goes on as a case; called where the case is filed, within its transaction."""
    if locked(order).state == OrderState.TURNED:  # its first case was voided, and another is filed
        return order
    return _end(order, OrderAction.TURN, actor, "", at)


def _end(order: ServiceOrder, action: OrderAction, actor: User | None, text: str, at: datetime | None) -> ServiceOrder:
    at, order, text = aware_now(at), locked(order), clean_text(action, text)
    check_actor(order, action, actor)
    step = take_step(order, action, at=at, actor=actor, text=text)
    tell(order, step, people_of(order.provider), _("This service order has ended: %(order)s."), "asked")
    return order


@transaction.atomic
def reopen_order(*, order: ServiceOrder, actor: User | None, text: str, at: datetime | None = None) -> ServiceOrder:
    """Take up again what has ended, as long as it is known whose it is."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.REOPEN, text)
    check_actor(order, OrderAction.REOPEN, actor)
    if order.contact.erased_at:
        raise StateConflict(_("Nothing is known of this order any more: its contact was erased. Write down a new one."))
    if order.state == OrderState.TURNED and order.occasions.exclude(event__status=VOIDED).exists():
        raise StateConflict(
            _("It goes on as a case. Handle that one; only if it is voided, the order is taken up again.")
        )
    step = take_step(order, OrderAction.REOPEN, at=at, actor=actor, text=text, way=_way_now(order))
    tell_desk(order, step, _("A service order was taken up again: %(order)s."))
    return order


def _way_now(order: ServiceOrder) -> Way | None:
    """Where it stands as long as somebody acts there; else as if it were placed now."""
    stations = stations_of(order.grid)
    here = [one for one in stations if one.grid.pk == order.holder_id and one.is_staffed]
    return next_station(here or stations)


# Who does it


@transaction.atomic
def accept_order(
    *, order: ServiceOrder, actor: User | None, text: str = "", at: datetime | None = None
) -> ServiceOrder:
    """Say that one does it; from now on one may see how to reach the resident."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.ACCEPT, text)
    if order.state == OrderState.ACCEPTED and actor and actor in people_of(order.provider):
        return order
    check_actor(order, OrderAction.ACCEPT, actor)
    take_step(order, OrderAction.ACCEPT, at=at, actor=actor, text=text)
    return order


@transaction.atomic
def decline_order(*, order: ServiceOrder, actor: User | None, text: str, at: datetime | None = None) -> ServiceOrder:
    """Say why one does not do it, or gives it back. Declined twice with one holder, it climbs at once."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.DECLINE, text)
    check_actor(order, OrderAction.DECLINE, actor)
    asked = order.provider
    order.declines += 1
    step = take_step(order, OrderAction.DECLINE, at=at, actor=actor, text=text, about=asked)
    if order.declines >= DECLINES_BEFORE_CLIMBING and (way := way_up(order)):
        climb(order, way, at=at, rule=OrderRule.DECLINED)
    else:
        tell_desk(order, step, _("A service order was declined: %(order)s."))
    return order


@transaction.atomic
def finish_order(
    *, order: ServiceOrder, actor: User | None, text: str = "", at: datetime | None = None
) -> ServiceOrder:
    """Say that it is done; the resident may rate it for seven days."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.FINISH, text)
    check_actor(order, OrderAction.FINISH, actor)
    step = take_step(order, OrderAction.FINISH, at=at, actor=actor, text=text)
    tell(
        order, step, [order.placed_by] if order.placed_by else [], _("This service order is done: %(order)s."), "placer"
    )
    return order


# The resident, or who wrote it down for them: `actor` is None for a resident, who has shown the code


@transaction.atomic
def withdraw_order(
    *, order: ServiceOrder, actor: User | None, text: str = "", at: datetime | None = None
) -> ServiceOrder:
    """Take back what is not needed any more."""
    at, order, text = aware_now(at), locked(order), clean_text(OrderAction.WITHDRAW, text)
    if order.state == OrderState.WITHDRAWN:
        return order
    _check_resident(order, OrderAction.WITHDRAW, actor)
    asked = people_of(order.provider)
    step = take_step(order, OrderAction.WITHDRAW, at=at, actor=actor, text=text)
    tell(order, step, asked, _("The resident has withdrawn this service order: %(order)s."), "asked")
    return order


@transaction.atomic
def rate_order(
    *, order: ServiceOrder, actor: User | None, rating: str, text: str = "", at: datetime | None = None
) -> ServiceOrder:
    """Rate what was done, once, within seven days. What was not good is taken up again, with the words for it."""
    at, order = aware_now(at), locked(order)
    if rating not in OrderRating:
        raise ValidationError({"rating": [_("Choose how satisfied you are.")]})
    if order.rating == rating and order.steps.filter(rating=rating, text=text.strip()).exists():
        return order
    action = OrderAction.COMPLAIN if rating == OrderRating.UNSATISFIED else OrderAction.RATE
    text = clean_text(action, text)
    _check_resident(order, action, actor)
    if order.rating:
        raise StateConflict(_("It was rated already; an order is rated once."))
    if at > order.rated_until:
        raise StateConflict(_("The seven days for rating are over. Call the community if something is not good."))
    about = order.provider
    way = _way_now(order) if action == OrderAction.COMPLAIN else None
    step = take_step(order, action, at=at, actor=actor, text=text, rating=rating, about=about, way=way)
    if action == OrderAction.COMPLAIN:
        tell_desk(order, step, _("A resident is not satisfied; it waits for you again: %(order)s."))
    tell(order, step, people_of(about), _("The resident has rated this service order: %(order)s."), "provider")
    return order


def _check_resident(order: ServiceOrder, action: OrderAction, actor: User | None) -> None:
    if actor:
        check_actor(order, action, actor)
    else:
        check_open(order, action, {OrderSide.RESIDENT})
