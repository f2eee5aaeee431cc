"""What the report of a month holds: counted once, as of the moment when it is made, and kept as plain data.

Rates are of the cases filed in the month, as they stood at that moment; so are those of the months that it is compared
with. Stocks are those of the end of each month. `pages` and `sheet` read it.

What has an order is a list: PostgreSQL keeps none among the keys of an object.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count

from branches.coverage import Coverage
from events.figures import loops
from events.figures.counting import below, counts, summed, totals
from events.figures.days import DAY, Span, midnight, next_month, previous_month
from events.figures.measures import CLOSED_LATE, MERGED, RECEIVED, SETTLED, SUSPENDED, VOIDED, Day, Measure
from events.figures.scope import Scope
from events.figures.standing import STOCKS, open_by_day, standing, standing_below
from events.indicators import INDICATORS, measures_of, weights
from events.models import Category, Event
from grids.coverage import Census
from grids.models import Grid, Organisation

VERSION = 1
MOST_OFFICES = 100
FLOWS = (RECEIVED, SETTLED, CLOSED_LATE, SUSPENDED, VOIDED, MERGED)
KEPT: tuple[Measure, ...] = tuple(dict.fromkeys([*FLOWS, *measures_of(INDICATORS.values())]))
OF_OFFICES = tuple(measure for measure in KEPT if measure.day == Day.FILED)


@dataclass(frozen=True)
class Month:
    """A month by its first day."""

    first: date

    @property
    def end(self) -> date:
        """The first day after it, as which begins its stocks are counted."""
        return next_month(self.first)

    @property
    def days(self) -> list[date]:
        return list(Span(self.first, self.end - DAY).days)

    def of(self, grid: Grid) -> Scope:
        return Scope(grid, self.first, self.end - DAY)


def compared(month: date) -> list[Month]:
    """The month, the one before, and the same of the year before."""
    return [Month(month), Month(previous_month(month)), Month(month.replace(year=month.year - 1))]


def gather(grid: Grid, month: date, at: datetime) -> dict[str, Any]:
    """All that the report says. To be true of cases at work it is to be read inside of one snapshot."""
    this = Month(month)
    return {
        "grid": {"code": grid.code, "name": grid.full_name, "level": grid.level},
        "weights": {name: str(weight) for name, weight in weights().items()},
        "measures": _names(KEPT),
        "indicators": [
            {"name": name, "above": _names(indicator.above), "below": _names(indicator.below)}
            for name, indicator in INDICATORS.items()
        ],
        "periods": [_period(grid, one, at) for one in compared(month)],
        "days": _days(grid, this, at),
        "flow": _flow(this.of(grid), at),
        "children": _children(grid, this, at),
        "offices": _offices(this.of(grid), at),
        "categories": _categories(this.of(grid), at),
        "posts": _posts(grid),
        "branches": _branches(grid),
    }


def _names(measures: Iterable[Measure]) -> list[str]:
    return [measure.name for measure in measures]


def _period(grid: Grid, month: Month, at: datetime) -> dict[str, Any]:
    return {
        "month": month.first.isoformat(),
        "counts": totals(month.of(grid), KEPT, at),
        "stocks": standing(Scope(grid), midnight(month.end)),
    }


def _days(grid: Grid, month: Month, at: datetime) -> list[list]:
    """The day, what came and what was closed on it, and what stood open as it began."""
    found = {day: each for (day,), each in counts(month.of(grid), [RECEIVED, SETTLED], at, "day").items()}
    stood = open_by_day(Scope(grid), month.days)
    flows = {day: summed([found.get(day, {})], [RECEIVED, SETTLED]) for day in month.days}
    return [[day.isoformat(), *each.values(), stood[day]] for day, each in flows.items()]


def _flow(scope: Scope, at: datetime) -> list[list]:
    """How many of each kind, as `loops.flows` draws them."""
    found = counts(scope, [RECEIVED], at, *loops.BY)
    return sorted([*key, each[RECEIVED.name]] for key, each in found.items())


def _children(grid: Grid, month: Month, at: datetime) -> list[dict[str, Any]]:
    """A row for each grid below; last, without a name and a code, what arose on the grid itself."""
    found = {code: each for (code,), each in counts(month.of(grid), KEPT, at, "child").items()}
    stood = standing_below(Scope(grid), midnight(month.end))
    return [
        {
            "name": child.name if child else "",
            "code": child.code if child else "",
            "counts": summed([found.get(code, {})], KEPT),
            "stocks": summed([stood.get(code, {})], STOCKS.values()),
        }
        for code, child in below(grid, found.keys() | stood.keys())
    ]


def _offices(scope: Scope, at: datetime) -> dict[str, Any]:
    """The organisations that handle most cases of the month, and how many more there are."""
    handled = Event.objects.filter(scope.condition(Day.FILED)).exclude(organisation=None).order_by()
    ranked = handled.values_list("organisation").annotate(count=Count("pk")).order_by("-count", "organisation")
    keys = [key for key, _count in ranked]
    found = Organisation.objects.in_bulk(keys[:MOST_OFFICES])
    rows = [
        {"pk": key, "name": found[key].name, "counts": totals(scope.handled_by(found[key]), OF_OFFICES, at)}
        for key in keys[:MOST_OFFICES]
    ]
    return {"measures": _names(OF_OFFICES), "rows": rows, "more": len(keys) - len(rows)}


def _categories(scope: Scope, at: datetime) -> list[list]:
    """Key, major, minor, how many; the most frequent first."""
    found = {key: each[RECEIVED.name] for (key,), each in counts(scope, [RECEIVED], at, "category").items()}
    categories = Category.objects.in_bulk(found)
    rows = [[key, categories[key].major, categories[key].minor, count] for key, count in found.items()]
    return sorted(rows, key=lambda row: (-row[3], row[0]))


def _posts(grid: Grid) -> list[list[int]]:
    """Of each level: grids in use, with a chief, with staff."""
    census = Census(grid)
    found = ((level, census.of_level(level)) for level in census.levels())
    return [[int(level), cover.in_use, cover.chief, cover.staff] for level, cover in found]


def _branches(grid: Grid) -> dict[str, int]:
    """The buildings with a branch of their own, with that of a grid above, and without."""
    total = Coverage(grid).total
    return {"own": total.own, "inherited": total.inherited, "none": total.none}
