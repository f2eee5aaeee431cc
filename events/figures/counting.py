"""Counting cases by measure: from the tallies where place and period say all, else from the cases themselves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import CharField, Count, F, Sum
from django.db.models.functions import Cast, Coalesce, TruncDate

from events.figures.measures import PROFILE, Day, Measure
from events.figures.scope import Scope
from events.models import Event
from grids.tree import WIDTHS

Counts = dict[str, int]  # by the measure's name


def totals(scope: Scope, measures: Iterable[Measure], at: datetime) -> Counts:
    """How many of each."""
    return counts(scope, list(measures), at).get((), {})


def counts(scope: Scope, measures: Sequence[Measure], at: datetime, *by: str) -> dict[tuple, Counts]:
    """How many of each, by columns of `PROFILE`, or by `child` (a code), `day` (a date here) or `category` (a key).

    Where there is no case there is no row.
    """
    found: dict[tuple, Counts] = defaultdict(dict)
    for day in Day:
        if asked := [measure for measure in measures if measure.day == day]:
            for row in _rows(scope, day, by, _aggregates(asked, at)):
                key = tuple(row[f"by_{name}"] for name in by)
                found[key] |= {measure.name: row[f"n_{measure.name}"] for measure in asked}
    return dict(found)


def _rows(scope: Scope, day: Day, by: tuple[str, ...], aggregates: dict) -> Iterable[dict]:
    events = Event.objects.profiled().filter(scope.condition(day)).order_by()
    if not by:
        return [events.aggregate(**aggregates)]
    return events.values(**{f"by_{name}": _column(name, scope, day) for name in by}).annotate(**aggregates)


def _column(name: str, scope: Scope, day: Day):
    match name:
        case "child":
            return Cast(F("position") / WIDTHS[scope.grid.level + 1], CharField(max_length=18))
        case "day":
            return TruncDate(f"{day}_at")
        case "category":
            return F("category")
        case name if name in PROFILE:
            return F(name)
    raise ValueError(name)


def _aggregates(measures: list[Measure], at: datetime) -> dict:
    return {f"n_{measure.name}": _aggregate(measure, at) for measure in measures}


def _aggregate(measure: Measure, at: datetime):
    condition = measure.at(at)
    if measure.weight:
        return Coalesce(Sum(measure.weight, filter=condition), 0)
    return Count("pk", filter=condition) if condition else Count("pk")
