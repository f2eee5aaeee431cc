"""What becomes of a service order as one table, without the ORM: pages, services and the clock ask it."""

from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from volunteers.workflow import Move, table_of

RATED_WITHIN = timedelta(days=7)
DECLINES_BEFORE_CLIMBING = 2  # with one holder: then the level above, which knows more people, looks for somebody


class OrderState(TextChoices):
    PLACED = "placed", pgettext_lazy("order", "to be dispatched")
    DISPATCHED = "dispatched", pgettext_lazy("order", "to be accepted")
    ACCEPTED = "accepted", pgettext_lazy("order", "being done")
    DONE = "done", pgettext_lazy("order", "done")
    REFUSED = "refused", pgettext_lazy("order", "cannot be served")
    WITHDRAWN = "withdrawn", pgettext_lazy("order", "withdrawn")
    TURNED = "turned", pgettext_lazy("order", "became a case")


class OrderAction(TextChoices):
    PLACE = "place", pgettext_lazy("order action", "order")
    DISPATCH = "dispatch", pgettext_lazy("order action", "dispatch")
    ACCEPT = "accept", pgettext_lazy("order action", "accept")
    DECLINE = "decline", pgettext_lazy("order action", "decline")
    RECALL = "recall", pgettext_lazy("order action", "take back")
    FINISH = "finish", pgettext_lazy("order action", "done")
    CLIMB = "climb", pgettext_lazy("order action", "pass to the level above")
    HAND_UP = "hand_up", pgettext_lazy("order action", "late: the level above sees to it")
    SUPERVISE = "supervise", pgettext_lazy("order action", "late on the last level")
    TURN = "turn", pgettext_lazy("order action", "file as a case")
    REFUSE = "refuse", pgettext_lazy("order action", "cannot be served")
    WITHDRAW = "withdraw", pgettext_lazy("order action", "withdraw")
    RATE = "rate", pgettext_lazy("order action", "rate")
    COMPLAIN = "complain", pgettext_lazy("order action", "rate as unsatisfied")
    REOPEN = "reopen", pgettext_lazy("order action", "take up again")
    REHOME = "rehome", pgettext_lazy("order action", "follow the tree")


class OrderSide(TextChoices):
    """Where somebody stands towards an order."""

    DESK = "desk", _("who acts for the grid that holds it")
    PROVIDER = "provider", _("who was asked to do it")
    RESIDENT = "resident", _("who ordered, or wrote it down for them")
    CLOCK = "clock", _("the clock")


class OrderStage(TextChoices):
    """What has a time limit; each by the state in which its clock runs."""

    DISPATCH = "placed", _("until somebody is asked")
    ANSWER = "dispatched", _("until who was asked answers")
    SERVICE = "accepted", _("until it is done")


class OrderRating(TextChoices):
    SATISFIED = "satisfied", pgettext_lazy("rating", "satisfied")
    FAIR = "fair", pgettext_lazy("rating", "fair")
    UNSATISFIED = "unsatisfied", pgettext_lazy("rating", "unsatisfied")


class OrderRule(TextChoices):
    """Why the order is where it is, when no person decided it."""

    NEAREST = "nearest", _("It goes to the nearest grid whose desk or branch somebody holds.")
    LATE_DISPATCH = "late_dispatch", _("Nobody was asked in time, so it goes to the level above by itself.")
    LATE_ANSWER = "late_answer", _("Who was asked did not answer in time, so it goes to the level above by itself.")
    LATE_SERVICE = "late_service", _("It was not done in time, so the level above sees to it as well.")
    DECLINED = "declined", _("It was declined for the second time here, so it goes to the level above at once.")
    LAST_LEVEL = "last_level", _("There is no level above the district, so it stays there, marked as late.")
    REORGANISED = "reorganised", _("The grids were reorganised; it goes on with what took their place.")


OPEN = frozenset({OrderState.PLACED, OrderState.DISPATCHED, OrderState.ACCEPTED})
WITH_PROVIDER = frozenset({OrderState.DISPATCHED, OrderState.ACCEPTED})
SERVED = WITH_PROVIDER | {OrderState.DONE}
LATE = {
    OrderState.PLACED: OrderRule.LATE_DISPATCH,
    OrderState.DISPATCHED: OrderRule.LATE_ANSWER,
    OrderState.ACCEPTED: OrderRule.LATE_SERVICE,
}
_ENDED_OTHERWISE = frozenset({OrderState.DONE, OrderState.REFUSED, OrderState.TURNED})


def _in(*states: OrderState) -> frozenset[OrderState]:
    return frozenset(states)


def _of(*sides: OrderSide) -> frozenset[OrderSide]:
    return frozenset(sides)


_DESK, _PROVIDER, _RESIDENT, _CLOCK = (_of(side) for side in OrderSide)
_UNANSWERED = _in(OrderState.PLACED, OrderState.DISPATCHED)

TABLE = table_of(
    Move(OrderAction.DISPATCH, _UNANSWERED, OrderState.DISPATCHED, _DESK),
    Move(OrderAction.ACCEPT, _in(OrderState.DISPATCHED), OrderState.ACCEPTED, _PROVIDER),
    Move(OrderAction.DECLINE, WITH_PROVIDER, OrderState.PLACED, _PROVIDER, True),
    Move(OrderAction.FINISH, _in(OrderState.ACCEPTED), OrderState.DONE, _DESK | _PROVIDER),
    Move(OrderAction.RECALL, WITH_PROVIDER, OrderState.PLACED, _DESK, True),
    Move(OrderAction.CLIMB, _UNANSWERED, OrderState.PLACED, _DESK | _CLOCK, True),
    Move(OrderAction.HAND_UP, _in(OrderState.ACCEPTED), None, _CLOCK),
    Move(OrderAction.SUPERVISE, OPEN, None, _CLOCK),
    Move(OrderAction.TURN, OPEN, OrderState.TURNED, _DESK),
    Move(OrderAction.REFUSE, OPEN, OrderState.REFUSED, _DESK, True),
    Move(OrderAction.WITHDRAW, OPEN, OrderState.WITHDRAWN, _RESIDENT),
    Move(OrderAction.RATE, _in(OrderState.DONE), None, _RESIDENT),
    Move(OrderAction.COMPLAIN, _in(OrderState.DONE), OrderState.PLACED, _RESIDENT, True),
    Move(OrderAction.REOPEN, _ENDED_OTHERWISE, OrderState.PLACED, _DESK, True),
    Move(OrderAction.REHOME, OPEN, None, _CLOCK),
)
