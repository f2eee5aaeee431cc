"""How a step is taken with an order: the row locked, the table asked, row and history written together, people told."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from grids.models import Grid, Organisation, User
from grids.services import notify
from grids.text import long_text, says_nothing
from volunteers.models import OrderStep, ServiceOrder
from volunteers.orders.access import sides_of
from volunteers.orders.deadlines import due_at
from volunteers.orders.routing import DESK_ROLES, Way, next_station, stations_of
from volunteers.orders.workflow import TABLE, OrderAction, OrderSide, OrderState
from volunteers.services.moving import check_move

NAME_LENGTH = OrderStep._meta.get_field("provider_name").max_length
SKIPPED_LENGTH = OrderStep._meta.get_field("skipped").max_length
CHANGED = [
    "state", "holder", "member", "organisation", "declines", "due_at", "wake_at", "is_late", "rating", "rated_at",
    "changed_at",
]  # fmt: skip


def locked(order: ServiceOrder) -> ServiceOrder:
    """The order as it is now, nobody else changing it until the end of the transaction.

    Its grid first, as a reorganisation locks them, so that neither waits for the other.
    """
    Grid.objects.settle(order.grid)
    # Locked first, then read: who waited for the lock would see what is joined to it as it was before.
    ServiceOrder.objects.select_for_update(no_key=True).values_list("pk").get(pk=order.pk)
    return ServiceOrder.objects.with_related().get(pk=order.pk)


def check_open(order: ServiceOrder, action: OrderAction, sides: Iterable[OrderSide]) -> None:
    """PermissionDenied to who may not take the step, StateConflict where it is not open now."""
    check_move(TABLE, OrderState(order.state), action, sides)


def check_actor(order: ServiceOrder, action: OrderAction, actor: User | None) -> None:
    """As `check_open`, for a person; a command, actor None, may whatever the table knows."""
    check_open(order, action, sides_of(actor, order) if actor else OrderSide)


def clean_text(action: OrderAction, text: str) -> str:
    """What goes with the step; ValidationError at `text` where it says nothing and must."""
    text = text.strip()
    if TABLE[action].needs_text and says_nothing(text):
        raise ValidationError({"text": [_("Say why, in a few words.")]})
    for validate in long_text:
        try:
            validate(text)
        except ValidationError as error:
            raise ValidationError({"text": error.messages}) from error
    return text


def take_step(
    order: ServiceOrder,
    action: OrderAction,
    *,
    at: datetime,
    actor: User | None = None,
    text: str = "",
    rule: str = "",
    way: Way | None = None,
    about: User | Organisation | None = None,
    rating: str = "",
) -> OrderStep:
    """Store the locked order as the step leaves it, with its line of history; `way` is where it goes, `about` whom."""
    move = TABLE.get(action)
    _enter(order, (move and move.to) or OrderState(order.state), action, at)
    if way and way.grid.pk != order.holder_id:
        order.holder, order.declines = way.grid, 0
    if rating:
        order.rating, order.rated_at = rating, at
    order.save(update_fields=CHANGED)
    return _write(order, action, at, actor, text, rule, way, about or order.provider, rating)


def _enter(order: ServiceOrder, state: OrderState, action: OrderAction, at: datetime) -> None:
    """The state, with a new time limit unless the step leaves the stage and its clock as they are."""
    if action in (OrderAction.RATE, OrderAction.REHOME):
        return
    order.is_late = action == OrderAction.SUPERVISE
    if action == OrderAction.SUPERVISE:
        order.wake_at = None  # the level above is none; a person has to act now
        return
    if state != order.state:
        order.changed_at = at
    order.state = state
    order.due_at = order.wake_at = due_at(state, at)
    if state == OrderState.PLACED:
        order.member = order.organisation = None


def _write(
    order: ServiceOrder,
    action: OrderAction,
    at: datetime,
    actor: User | None,
    text: str,
    rule: str,
    way: Way | None,
    about: User | Organisation | None,
    rating: str,
) -> OrderStep:
    return OrderStep.objects.create(
        order=order,
        action=action,
        to_state=order.state,
        text=text,
        rule=rule,
        skipped="、".join(grid.name for grid in way.skipped)[:SKIPPED_LENGTH] if way else "",
        holder=order.holder,
        holder_name=order.holder.name,
        member=order.member,
        organisation=order.organisation,
        provider_name=str(about or "")[:NAME_LENGTH],
        due_at=order.due_at,
        rating=rating,
        by=actor,
        at=at,
    )


def way_up(order: ServiceOrder) -> Way | None:
    """The next level above the holder whose desk is held; None on the last one."""
    return next_station(stations_of(order.grid), above=order.holder)


def climb(
    order: ServiceOrder, way: Way, *, at: datetime, rule: str = "", actor: User | None = None, text: str = ""
) -> OrderStep:
    """Pass the locked order on; who has accepted it goes on with it, who has not answered is asked no more."""
    action = OrderAction.HAND_UP if order.state == OrderState.ACCEPTED else OrderAction.CLIMB
    asked = order.provider
    step = take_step(order, action, at=at, actor=actor, text=text, rule=rule, way=way, about=asked)
    tell_desk(order, step, _("A service order has come to you: %(order)s."))
    if asked and action == OrderAction.CLIMB:
        tell(order, step, people_of(asked), _("You need not answer this service order any more: %(order)s."), "asked")
    return step


# Telling


def tell_desk(order: ServiceOrder, step: OrderStep, text: str) -> None:
    """Those whose post on the holder acts for it."""
    desk = User.objects.filter(
        posts__ended_at=None, posts__grid=order.holder, posts__role__in=DESK_ROLES, is_active=True
    )
    tell(order, step, desk.distinct(), text, "desk")


def tell(order: ServiceOrder, step: OrderStep, users: Iterable[User], text: str, part: str) -> None:
    """Tell this part of the people, but for who took the step; `%(order)s` in the text is its number and title."""
    others = [user for user in users if user.pk != step.by_id]
    url = reverse("order_detail", args=[order.pk])
    notify(users=others, text=text % {"order": order}, url=url, key=f"order-step-{step.pk}-{part}", at=step.at)


def people_of(provider: User | Organisation | None) -> list[User]:
    """Who answers for somebody who was asked."""
    if isinstance(provider, Organisation):
        return list(provider.representatives.filter(is_active=True))
    return [provider] if provider else []
