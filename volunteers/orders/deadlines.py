"""When a stage of an order ends. How working days run is the business of the floor that keeps the calendar."""

from collections.abc import Callable
from datetime import datetime, timedelta

from volunteers.models import OrderLimit
from volunteers.orders.workflow import OPEN, OrderStage, OrderState

DEFAULT_DAYS = {OrderStage.DISPATCH: 1, OrderStage.ANSWER: 1, OrderStage.SERVICE: 3}
Reckon = Callable[[datetime, int], datetime]

_reckon: list[Reckon] = []


def register(reckon: Reckon) -> None:
    """Have working days counted so; the app that keeps the work calendar does it when it is ready."""
    _reckon[:] = [reckon]


def due_at(state: OrderState, at: datetime) -> datetime | None:
    """Until when an order that comes into this state now may stay in it; None for one that has ended."""
    if state not in OPEN:
        return None
    days = days_of(OrderStage(state))
    return _reckon[0](at, days) if _reckon else at + timedelta(days=days)


def days_of(stage: OrderStage) -> int:
    """The working days of the stage, as they are set."""
    days = OrderLimit.objects.filter(stage=stage).values_list("days", flat=True).first()
    return days or DEFAULT_DAYS[stage]
