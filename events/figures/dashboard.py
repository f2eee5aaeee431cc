"""What the dashboard of a grid shows: one function for each section, all over the same scope and moment.

Every figure has the list of exactly the cases behind it. What stands open is shown as it stands now, whenever it was
filed; rates are of the cases filed in the period.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from events.figures import charts, loops
from events.figures.charts import Chart
from events.figures.counting import Counts, below, counts, summed, totals
from events.figures.days import WEEK, Points, Span, midnight, spans
from events.figures.explaining import Formula, formulas_of
from events.figures.measures import (
    AGEING,
    DUE_TODAY,
    OPEN_NOW,
    OVERDUE,
    OVERDUE_ACCEPTED,
    RECEIVED,
    SETTLED,
    SETTLED_LATE,
    Day,
    Measure,
)
from events.figures.scope import Scope
from events.figures.showing import Compared, Figure
from events.figures.standing import standing
from events.hot_spots import HotSpot, find_hot_spots
from events.indicators import (
    IN_GRID,
    INDICATORS,
    ON_TIME,
    REWORK,
    SATISFACTION,
    Indicator,
    measures_of,
    weights,
)
from events.models import Category, Event
from grids.models import Grid, Level

YEAR = timedelta(days=364)  # and the last day make 52 whole weeks and one day
STOCK = (OVERDUE, DUE_TODAY, OPEN_NOW)
CHILD_RATES = (ON_TIME, REWORK, SATISFACTION, IN_GRID)


@dataclass(frozen=True)
class Child:
    """A row of the table of what lies below. Without `code` it is what arose on the grid itself."""

    name: str
    code: str
    figures: dict[str, Figure]
    bars: dict[str, int] = field(default_factory=dict)  # percent of the largest, or of all

    @property
    def cells(self) -> list[tuple[Figure, int]]:
        """Each figure with its bar."""
        return [(figure, self.bars[name]) for name, figure in self.figures.items()]


class Dashboard:
    """The figures of one grid, each section read once when it is asked for."""

    def __init__(self, scope: Scope, at: datetime, *, points: Points, categories: Sequence[Category]):
        """`scope` has a first and a last day; `categories` are all there are."""
        self.scope, self.at, self.points, self.categories = scope, at, points, categories
        self.today = timezone.localdate(at)
        self.now = scope.during(None, None)
        self.weights = weights()

    # What is counted, once for all sections

    @cached_property
    def stock(self) -> dict[str, Counts]:
        """What stands open now, by the code of the child.

        All of it is asked with the time of looking, for which the open cases alone are read; so is how many they are.
        With it what `period` needs of them, so that they are read once.
        """
        filed = self.scope.days(Day.FILED)
        due = replace(OVERDUE_ACCEPTED, moment=lambda at: OVERDUE_ACCEPTED.moment(at) & filed)
        rows = _by_child(self.now, [OVERDUE, DUE_TODAY, due, *AGEING], self.at)
        return {code: row | {OPEN_NOW.name: sum(row[age.name] for age in AGEING)} for code, row in rows.items()}

    @cached_property
    def period(self) -> dict[str, Counts]:
        """What the rates of the period are reckoned from, by the code of the child."""
        rows = _by_child(self.scope, [each for each in measures_of(CHILD_RATES) if not each.moment], self.at)
        for code, row in self.stock.items():
            if due := row[OVERDUE_ACCEPTED.name]:
                rows.setdefault(code, {})[OVERDUE_ACCEPTED.name] = due
        return rows

    @cached_property
    def daily(self) -> dict[date, Counts]:
        """Filed and settled by day, in the period, today, and on the same day a week ago."""
        first, last = min(self.scope.since, self.today - WEEK), max(self.scope.until, self.today)
        return self._by_day(first, last, RECEIVED, SETTLED, SETTLED_LATE)

    def _by_day(self, first: date, last: date, *measures: Measure) -> dict[date, Counts]:
        rows = counts(self.scope.during(first, last), measures, self.at, "day")
        return {day: found for (day,), found in rows.items()}

    def _on(self, measure: Measure, days: Iterable[date]) -> int:
        return sum(self.daily.get(day, {}).get(measure.name, 0) for day in days)

    # Sections

    @cached_property
    def top(self) -> list[Compared]:
        """What an official looks at first, each against the week before."""
        return [*self._stocks(), *self._flows(), *self._rates()]

    def _stocks(self) -> list[Compared]:
        day = self.today - WEEK
        before, stood = _("a week ago at midnight"), standing(self.now, midnight(day))
        now = summed(self.stock.values(), STOCK)
        return [
            Compared(
                _count(self.now, measure, now[measure.name]),
                _count(self.now, measure, stood[measure.name], on=day),
                before,
                is_more_better=None if measure is DUE_TODAY else False,
            )
            for measure in STOCK
        ]

    def _flows(self) -> list[Compared]:
        titles = {RECEIVED: _("filed today"), SETTLED: _("closed today")}
        return [
            Compared(
                _count(self.scope.during(self.today, self.today), measure, self._on(measure, [self.today]), title),
                _count(self.scope.during(before, before), measure, self._on(measure, [before]), title),
                _("the same day a week ago"),
                is_more_better=True if measure is SETTLED else None,
            )
            for before in [self.today - WEEK]
            for measure, title in titles.items()
        ]

    def _rates(self) -> list[Compared]:
        shown = (ON_TIME, SATISFACTION)
        earlier = self.scope.during(self.scope.since - WEEK, self.scope.until - WEEK)
        measures = measures_of(shown)
        now, before = summed(self.period.values(), measures), totals(earlier, measures, self.at)
        return [
            Compared(
                self._rate(self.scope, indicator, now),
                self._rate(earlier, indicator, before),
                _("the period seven days earlier"),
                is_more_better=True,
            )
            for indicator in shown
        ]

    def _rate(self, scope: Scope, indicator: Indicator, found: Counts, **further: str) -> Figure:
        given = {measure.name: found.get(measure.name, 0) for measure in indicator.measures}
        value = indicator.value(given, self.weights)
        return Figure(indicator.name, indicator.title, value, scope.link(indicator, **further), is_rate=True)

    @cached_property
    def ageing(self) -> list[Figure]:
        """How long the open cases have been open."""
        found = summed(self.stock.values(), AGEING)
        return [_count(self.now, measure, found[measure.name]) for measure in AGEING]

    @property
    def most_aged(self) -> int:
        """The largest of these, for the bars."""
        return max(figure.value for figure in self.ageing)

    @cached_property
    def flow(self) -> Chart:
        """Where cases were filed, how high they climbed, and where they closed."""
        rows = counts(self.scope, [RECEIVED], self.at, *loops.BY)
        found = ((kind, row[RECEIVED.name]) for kind, row in rows.items())
        return charts.sankey(
            "flow", _("Through the four loops: filed, highest, ended"), loops.flows(found, self.scope.link)
        )

    @cached_property
    def trend_totals(self) -> list[Figure]:
        """What the trend adds up to."""
        days = list(Span(self.scope.since, self.scope.until).days)
        titles = {RECEIVED: _("filed"), SETTLED: _("closed"), SETTLED_LATE: _("of these late")}
        return [_count(self.scope, measure, self._on(measure, days), title) for measure, title in titles.items()]

    @cached_property
    def trend(self) -> Chart:
        """Filed, closed, and closed late."""
        parts = spans(self.scope.since, self.scope.until, self.points)
        titles = {RECEIVED: _("filed"), SETTLED: _("closed"), SETTLED_LATE: _("closed late")}
        return charts.trend(
            "trend",
            _("Filed and closed"),
            [part.first for part in parts],
            {title: [self._on(measure, part.days) for part in parts] for measure, title in titles.items()},
            {title: self.scope.links(measure, parts) for measure, title in titles.items()},
        )

    @cached_property
    def children(self) -> list[Child]:
        """What lies directly below side by side, in the order of the tree, and last what arose on the grid itself."""
        grid = self.scope.grid
        if grid.level == Level.UNIT:
            return []
        rows = []
        for code, child in below(grid, self.stock.keys() | self.period.keys()):
            if child:
                rows.append(Child(child.name, code, self._figures(code, grid=child)))
            else:
                rows.append(Child(_("directly on this grid"), "", self._figures(code, directly="true")))
        return _with_bars(rows)

    def _figures(self, code: str, grid: Grid | None = None, **further: str) -> dict[str, Figure]:
        now, period = (scope.of(grid) if grid else scope for scope in (self.now, self.scope))
        stock, found = self.stock.get(code, {}), self.period.get(code, {})
        figures = [_count(now, measure, stock.get(measure.name, 0), **further) for measure in (OPEN_NOW, OVERDUE)]
        figures += [self._rate(period, indicator, found, **further) for indicator in CHILD_RATES]
        return {figure.name: figure for figure in figures}

    @cached_property
    def majors(self) -> list[tuple[Figure, list[Figure]]]:
        """What was filed by category: each major with its minors, the most frequent first."""
        found = {key: row["received"] for (key,), row in counts(self.scope, [RECEIVED], self.at, "category").items()}
        groups: dict[str, list[Figure]] = defaultdict(list)
        for category in self.categories:
            if count := found.get(category.pk):
                scope = self.scope.about(str(category.pk))
                groups[category.major].append(_count(scope, RECEIVED, count, category.minor))
        majors = []
        for major, minors in groups.items():
            whole = sum(minor.value for minor in minors)
            # Of a page narrowed to one minor, its major is no more than that.
            scope = self.scope if self.scope.category else self.scope.about(major)
            majors.append((_count(scope, RECEIVED, whole, major), sorted(minors, key=lambda minor: -minor.value)))
        return sorted(majors, key=lambda row: -row[0].value)

    @cached_property
    def treemap(self) -> Chart:
        groups = [
            (str(major.title), [(str(minor.title), minor.value, minor.url) for minor in minors])
            for major, minors in self.majors
        ]
        return charts.treemap("categories", _("By category"), groups)

    @cached_property
    def heat(self) -> Chart:
        """What was filed on each day of the year that ends with the period."""
        first, last = self.scope.until - YEAR, self.scope.until
        filed, days = self._by_day(first, last, RECEIVED), list(Span(first, last).days)
        return charts.heat_calendar(
            "heat",
            _("Filed on each day of a year"),
            {day: filed.get(day, {}).get(RECEIVED.name, 0) for day in days},
            dict(zip(days, self.scope.links(RECEIVED, [(day, day) for day in days]), strict=True)),
        )

    @cached_property
    def hot_spots(self) -> list[HotSpot]:
        """Many cases of one category in one community within a few days."""
        return find_hot_spots(Event.objects.filter(self.now.condition(Day.FILED)), self.at)

    # What the page says besides

    @property
    def late_url(self) -> str:
        """All that is overdue now, worst first."""
        return self.now.link(OVERDUE, sort="due")

    @property
    def is_without_cases(self) -> bool:
        """Whether nothing was filed or closed in the period."""
        return not any(figure.value for figure in self.trend_totals)

    @property
    def explained(self) -> list[Formula]:
        """Each rate with its formula and what is left out."""
        return [formula for each in CHILD_RATES for formula in formulas_of(each, self.weights)]


def in_order(children: list[Child], sort: str) -> list[Child]:
    """By one of their figures, the largest first, the other way round with a minus; no cases and the grid last."""
    name = sort.removeprefix("-")
    own = [child for child in children if not child.code]
    rows = [child for child in children if child.code]
    if name in (rows[0].figures if rows else {}):
        known = [child for child in rows if child.figures[name].value is not None]
        unknown = [child for child in rows if child.figures[name].value is None]
        rows = [*sorted(known, key=lambda child: child.figures[name].value, reverse=not sort.startswith("-")), *unknown]
    return [*rows, *own]


def _count(scope: Scope, measure: Measure, value: int, title: str = "", **further: str) -> Figure:
    return Figure(measure.name, title or measure.title, value, scope.link(measure, **further))


def _by_child(scope: Scope, measures: Sequence[Measure], at: datetime) -> dict[str, Counts]:
    """By code; a unit has nothing below and is its own only part."""
    if scope.grid.level == Level.UNIT:
        return {scope.grid.code: totals(scope, measures, at)}
    return {code: found for (code,), found in counts(scope, measures, at, "child").items()}


def _with_bars(rows: list[Child]) -> list[Child]:
    """A count's bar is its part of the largest count, a rate's the rate."""
    for name in rows[0].figures if rows else ():
        values = [row.figures[name].value or 0 for row in rows]
        largest = 1 if name in INDICATORS else max(values)
        for row, value in zip(rows, values, strict=True):
            row.bars[name] = min(100, round(100 * value / largest)) if largest else 0
    return rows
