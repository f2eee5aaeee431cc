"""Counting cases by measure: from the tallies where place and period say all, else from the cases themselves."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import Count, Expression, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDate

from events.figures import tallies
from events.figures.measures import PROFILE, Day, Measure
from events.figures.scope import Scope
from events.models import Event
from grids.models import Grid
from grids.tree import DIGITS, WIDTHS, whole

Counts = dict[str, int]  # by the measure's name


def totals(scope: Scope, measures: Iterable[Measure], at: datetime) -> Counts:
    """How many of each."""
    return counts(scope, list(measures), at)[()]


def counts(scope: Scope, measures: Sequence[Measure], at: datetime, *by: str) -> dict[tuple, Counts]:
    """How many of each, by columns of `PROFILE`, by `child` (a code), `day`, `category` or `organisation` (a key).

    Where none of them counts anything there is no row; where one does, the others are there with 0.
    """
    nothing = {measure.name: 0 for measure in measures}
    found: dict[tuple, Counts] = {} if by else {(): nothing.copy()}
    for row in _rows(scope, measures, at, by):
        if counted := {name[2:]: number for name, number in row.items() if name.startswith("n_") and number}:
            key = tuple(_key(name, row[f"by_{name}"]) for name in by)
            found.setdefault(key, nothing.copy()).update(counted)
    return found


def _key(name: str, value: object) -> object:
    return str(value) if name == "child" else value  # as a number it is grouped in half the time


def summed(rows: Iterable[Counts], measures: Iterable[Measure]) -> Counts:
    """How many of each in all rows; 0 of what none of them has."""
    rows = list(rows)
    return {measure.name: sum(row.get(measure.name, 0) for row in rows) for measure in measures}


def below(grid: Grid, counted: Collection[str]) -> Iterator[tuple[str, Grid | None]]:
    """The grids one level down by their codes, those out of use only where something is counted there.

    Last, without a grid, what is counted of none of them but of the grid itself: its place begins like that of a child
    with the number 0.
    """
    own = grid.code.ljust(DIGITS[grid.level + 1], "0")
    children = {child.code: child for child in Grid.objects.filter(parent=grid).order_by("lft")}
    for code, child in children.items():
        if not child.retired_at or code in counted:
            yield code, child
    if own in counted and own not in children:
        yield own, None


def _rows(scope: Scope, measures: Sequence[Measure], at: datetime, by: Sequence[str]) -> Iterable[dict]:
    """One statement for each day that measures are dated by, and for each of the two places to read them from.

    What depends on the time of looking no tally knows.
    """
    asked = defaultdict(list)
    for measure in measures:
        asked[measure.day, measure.moment is None and tallies.answers(scope, by)].append(measure)
    for (day, is_tallied), some in asked.items():
        yield from _tallied(scope, day, by, some) if is_tallied else _counted(scope, day, by, some, at)


def _tallied(scope: Scope, day: Day, by: Sequence[str], measures: list[Measure]) -> Iterable[dict]:
    sums = {measure.name: _sum(measure) for measure in measures}
    columns = {"child": lambda: tallies.child_code(scope.grid), "day": lambda: F("day")}
    return _grouped(tallies.rows_of(scope, day, by), by, columns, sums)


def _sum(measure: Measure) -> Expression:
    number = F(measure.weight) * F("count") if measure.weight else F("count")
    return Coalesce(Sum(number, filter=measure.condition or None), 0)


def _counted(scope: Scope, day: Day, by: Sequence[str], measures: list[Measure], at: datetime) -> Iterable[dict]:
    events = Event.objects.profiled().filter(scope.condition(day)).order_by()
    if is_open := all(measure.moment for measure in measures):
        events = events.open()  # few of all, and an index has only them
    width = WIDTHS[scope.grid.level + 1] if "child" in by else 1
    columns = {
        "child": lambda: whole(F("position"), "/", width),
        "day": lambda: TruncDate(f"{day}_at"),
        "category": lambda: F("category"),
        "organisation": lambda: F("organisation"),
    }
    conditions = {measure: measure.among_open(at) if is_open else measure.at(at) for measure in measures}
    return _grouped(events, by, columns, {measure.name: _number(measure, conditions[measure]) for measure in measures})


def _number(measure: Measure, condition: Q) -> Expression:
    condition = condition or None
    if measure.weight:
        return Coalesce(Sum(measure.weight, filter=condition), 0)
    return Count(Value(1), filter=condition)  # of no column, so that an index alone can answer


def _grouped(rows: QuerySet, by: Sequence[str], columns: dict, aggregates: dict[str, Expression]) -> Iterable[dict]:
    named = {f"n_{name}": aggregate for name, aggregate in aggregates.items()}
    if not by:
        return [rows.aggregate(**named)]
    return rows.values(**{f"by_{name}": _column(name, columns) for name in by}).annotate(**named)


def _column(name: str, columns: dict) -> Expression:
    if name in columns:
        return columns[name]()
    if name in PROFILE:
        return F(name)
    raise ValueError(name)
