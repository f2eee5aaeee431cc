"""How many cases stood open, overdue or due at a past moment: what the last step of each before it tells."""

from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from events.figures.measures import DUE_TODAY, OPEN_NOW, OVERDUE, Day, is_due_today, is_over
from events.figures.scope import Scope
from events.models import Event, Step
from events.workflow import OPEN, Status

STOCKS = {measure.name: measure for measure in (OPEN_NOW, OVERDUE, DUE_TODAY)}


def standing(scope: Scope, at: datetime) -> dict[str, int]:
    """How many stood open, overdue, and due from then until the end of that day here."""
    conditions = {name: _due(name, at) for name in STOCKS}
    return _stood(Event.objects.filter(scope.condition(Day.FILED)), at).aggregate(
        **{name: Count("pk", filter=due) if due else Count("pk") for name, due in conditions.items()}
    )


def stood(figure: str, at: datetime) -> Q:
    """The condition of exactly the cases that `standing` counts under this name, for a list of them."""
    found = _stood(Event.objects.filter(is_confidential=False), at).filter(_due(figure, at))
    return Q(pk__in=found.values("pk"))


def _stood(events: QuerySet[Event], at: datetime) -> QuerySet[Event]:
    last = Step.objects.filter(event=OuterRef("pk"), at__lte=at).order_by("-ordinal")
    events = events.filter(filed_at__lte=at).exclude(status=Status.CLOSED, closed_at__lte=at)
    then = Subquery(last.values("to_status")[:1])
    return (
        events.alias(then=then, due_then=Subquery(last.values("due_at")[:1])).filter(then__in=sorted(OPEN)).order_by()
    )


def _due(figure: str, at: datetime) -> Q:
    match figure:
        case OVERDUE.name:
            return is_over(at, "due_then")
        case DUE_TODAY.name:
            return is_due_today(at, "due_then")
        case _open:
            return Q()
