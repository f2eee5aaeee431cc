"""An order told to the resident: plain words, nobody's name but of who comes, nothing that is internal."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from volunteers.models import OrderStep, ServiceOrder
from volunteers.orders.workflow import OrderAction, OrderState

# What became of it; how the desks pass it among each other is told in one word.
TOLD: dict[str, str | Promise] = {
    OrderAction.PLACE: gettext_lazy("Your order has arrived"),
    OrderAction.DISPATCH: gettext_lazy("Somebody was asked to do it"),
    OrderAction.ACCEPT: gettext_lazy("Somebody has accepted it"),
    OrderAction.DECLINE: gettext_lazy("Who was asked cannot do it; somebody else is looked for"),
    OrderAction.RECALL: gettext_lazy("Somebody else is looked for"),
    OrderAction.CLIMB: gettext_lazy("Passed on to the level above, which knows more people"),
    OrderAction.HAND_UP: gettext_lazy("It has taken long; the level above sees to it as well"),
    OrderAction.FINISH: gettext_lazy("Done"),
    OrderAction.TURN: gettext_lazy("It is a problem to be solved, and goes on as a case"),
    OrderAction.REFUSE: gettext_lazy("It cannot be served"),
    OrderAction.WITHDRAW: gettext_lazy("Withdrawn"),
    OrderAction.RATE: gettext_lazy("You rated it"),
    OrderAction.COMPLAIN: gettext_lazy("You are not satisfied; it is taken up again"),
    OrderAction.REOPEN: gettext_lazy("Taken up again"),
}
WITH_TEXT = frozenset({OrderAction.FINISH, OrderAction.REFUSE, OrderAction.RATE, OrderAction.COMPLAIN})


class Line(NamedTuple):
    """One line of the course."""

    action: str
    at: datetime
    title: str | Promise
    words: str


def course(steps: Iterable[OrderStep]) -> list[Line]:
    """What happened, in the order of the steps."""
    return [
        Line(step.action, step.at, TOLD[step.action], step.text if step.action in WITH_TEXT else "")
        for step in steps
        if step.action in TOLD
    ]


def standing(order: ServiceOrder) -> str:
    """Where the order stands, in one sentence."""
    said = {"holder": order.holder.name, "provider": order.provider or ""}
    match order.state:
        case OrderState.PLACED:
            return _("%(holder)s looks for somebody to do it.") % said
        case OrderState.DISPATCHED:
            return _("%(holder)s has asked somebody, who has not answered yet.") % said
        case OrderState.ACCEPTED:
            return _("%(provider)s does it, and will arrange a time with you.") % said
        case OrderState.DONE:
            return _("It has been done.")
        case OrderState.TURNED:
            return _("%(holder)s has filed it as a case, which is handled further.") % said
        case OrderState.WITHDRAWN:
            return _("You have withdrawn it.")
        case _other:
            return _("It cannot be served; the reason stands below.")
