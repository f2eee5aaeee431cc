"""A monthly report as its page shows it: what was kept, in words, rates and pictures, linked to the cases of now."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.figures import charts, loops
from events.figures.charts import Cell, Chart
from events.figures.counting import Counts
from events.figures.measures import MEASURES, OPEN_NOW, OVERDUE, RECEIVED, SETTLED, Measure
from events.figures.scope import Scope
from events.figures.showing import rate_text
from events.indicators import IN_GRID, INDICATORS, ON_TIME, REWORK, SATISFACTION, Indicator
from events.models import MonthlyReport
from events.reports.gathering import FLOWS, compared
from grids.models import Grid, Level

STOCKS = (OPEN_NOW, OVERDUE)
RATES_SIDE_BY_SIDE = (ON_TIME, REWORK, SATISFACTION, IN_GRID)


@dataclass(frozen=True)
class Row:
    """A figure and its values; `note` is the formula, or what it means."""

    title: str
    cells: list[Cell]
    note: str = ""


class Reading:
    """One report. `periods` are the month, the one before and that of the year before, in this order."""

    def __init__(self, report: MonthlyReport):
        self.report, self.data = report, report.data
        self.periods: list[dict[str, Any]] = self.data["periods"]
        self.months = compared(report.month)
        self.weights = {name: Decimal(weight) for name, weight in self.data["weights"].items()}

    # What is kept, in words

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """By the formulas of its time, in the order of the report."""
        return {
            made["name"]: Indicator(
                made["name"], indicator_title(made["name"]), _measures(made["above"]), _measures(made["below"]), ""
            )
            for made in self.data["indicators"]
        }

    @property
    def month_names(self) -> list[str]:
        return [date_format(month.first, "Y-m") for month in self.months]

    # Rows of the page

    @cached_property
    def is_linked(self) -> bool:
        """A grid that went out of use leads to others by now, whose cases these are not."""
        return self.report.grid.retired_at is None

    def link(self, measure: Measure | None, scope: Scope, **further: str | date) -> str:
        return scope.link(measure, **further) if measure and self.is_linked else ""

    @property
    def period(self) -> str:
        """The month, as the address of a dashboard says it."""
        return urlencode(self.months[0].of(self.report.grid).query())

    @property
    def stocks(self) -> list[Row]:
        """As each month ended."""
        return [Row(title(measure.name), [self._stock(measure, place) for place in range(3)]) for measure in STOCKS]

    def _stock(self, measure: Measure, place: int) -> Cell:
        url = self.link(measure, Scope(self.report.grid), on=self.months[place].end)
        return number(self.periods[place]["stocks"][measure.name], url)

    @property
    def flows(self) -> list[Row]:
        """Of the cases filed in each month, but for those closed in it."""
        return [Row(title(measure.name), [self._count(measure, place) for place in range(3)]) for measure in FLOWS]

    def _count(self, measure: Measure, place: int) -> Cell:
        url = self.link(measure, self.months[place].of(self.report.grid))
        return number(self.periods[place]["counts"][measure.name], url)

    @property
    def rates(self) -> list[Row]:
        return [
            Row(
                str(indicator.title),
                [self._rate(name, period["counts"]) for period in self.periods],
                indicator.formula(self.weights),
            )
            for name, indicator in self.indicators.items()
        ]

    def _rate(self, name: str, counts: Counts) -> Cell:
        return Cell(rate_text(self.indicators[name].value(counts, self.weights)))

    @property
    def parts(self) -> list[Row]:
        """What stands above and below the lines of the rates, to be reckoned again."""
        shown = {measure.name for measure in FLOWS}
        parts = [part.name for each in self.indicators.values() for part in (*each.above, *each.below)]
        names = [name for name in dict.fromkeys(parts) if name not in shown]
        return [Row(title(name), [self._part(name, place) for place in range(3)]) for name in names]

    def _part(self, name: str, place: int) -> Cell:
        url = self.link(MEASURES.get(name), self.months[place].of(self.report.grid))
        return number(self.periods[place]["counts"][name], url)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was filed, closed or open in this month."""
        month = self.periods[0]
        return not any([*month["counts"].values(), *month["stocks"].values(), *(day[3] for day in self.data["days"])])

    # Pictures

    @property
    def trend(self) -> Chart:
        days = [date.fromisoformat(day) for day, *_counts in self.data["days"]]
        grid, columns = self.report.grid, list(zip(*self.data["days"], strict=True))
        names = [_("filed"), _("closed"), _("open as the day began")]
        series = dict(zip(names, columns[1:], strict=True))
        urls = [
            [self.link(RECEIVED, Scope(grid, day, day)) for day in days],
            [self.link(SETTLED, Scope(grid, day, day)) for day in days],
            [self.link(OPEN_NOW, Scope(grid), on=day) for day in days],
        ]
        return charts.trend("trend", _("By day"), days, series, dict(zip(names, urls, strict=True)))

    @property
    def flow(self) -> Chart:
        """Where cases were filed, how high they climbed, and what became of them."""
        found = ((kind, number) for *kind, number in self.data["flow"])
        return charts.sankey("flow", _("Through the four loops: filed, highest, ended"), loops.flows(found))

    @property
    def categories(self) -> Chart:
        scope, groups = self.months[0].of(self.report.grid), defaultdict(list)
        for key, major, minor, count in self.data["categories"]:
            groups[major].append((minor, count, self.link(RECEIVED, scope, category=str(key))))
        return charts.treemap("categories", _("Categories"), groups.items())

    # Side by side

    @cached_property
    def _codes_in_use(self) -> set[str]:
        codes = [child["code"] for child in self.data["children"]]
        return set(Grid.objects.active().filter(code__in=codes).values_list("code", flat=True))

    @property
    def below(self) -> str:
        """What the grids below are called."""
        return Level(self.data["grid"]["level"] + 1).label

    @property
    def side_by_side(self) -> list[str]:
        """The headings of the two tables that follow."""
        return [title(RECEIVED.name), title(SETTLED.name), *(str(each.title) for each in RATES_SIDE_BY_SIDE)]

    @property
    def office_columns(self) -> list[str]:
        return [title(RECEIVED.name), *self.side_by_side[2:]]

    @property
    def children(self) -> list[Row]:
        """Each grid below; the last two columns are its stocks."""
        return [self._child(child) for child in self.data["children"]]

    def _child(self, child: dict[str, Any]) -> Row:
        scope, grid = self.months[0].of(self.report.grid), {"grid": child["code"]}
        is_linked = child["code"] in self._codes_in_use
        counts = [
            number(child["counts"][measure.name], is_linked and self.link(measure, scope, **grid))
            for measure in (RECEIVED, SETTLED)
        ]
        stocks = [
            number(child["stocks"][measure.name],
                   is_linked and self.link(measure, Scope(self.report.grid), on=self.months[0].end, **grid))
            for measure in STOCKS
        ]  # fmt: skip
        return Row(child["name"] or own_name(), [*counts, *self._rates(child["counts"]), *stocks])

    @property
    def offices(self) -> list[Row]:
        scope = self.months[0].of(self.report.grid)
        return [
            Row(
                office["name"],
                [
                    number(office["counts"][RECEIVED.name], self.link(RECEIVED, scope, organisation=str(office["pk"]))),
                    *self._rates(office["counts"]),
                ],
            )
            for office in self.data["offices"]["rows"]
        ]

    def _rates(self, counts: Counts) -> list[Cell]:
        return [self._rate(each.name, counts) for each in RATES_SIDE_BY_SIDE]

    @property
    def children_chart(self) -> Chart:
        names = [title(measure.name) for measure in STOCKS]
        rows = [
            (row.title, dict(zip(names, (int(cell.value) for cell in row.cells[-2:]), strict=True)), row.cells[-2].url)
            for row in self.children
        ]
        return charts.bars(
            "children",
            _("Open and overdue as the month ended"),
            rows,
            column=self.below,
            colours=dict(zip(names, ("open", "late"), strict=True)),
        )

    # Posts and branches

    @property
    def posts(self) -> list[Row]:
        return [
            Row(Level(level).label, [number(in_use), number(chief), number(in_use - chief), number(staff)])
            for level, in_use, chief, staff in self.data["posts"]
        ]

    @property
    def post_columns(self) -> list[str]:
        return [_("Grids in use"), _("with a chief"), _("vacant"), _("with staff")]

    @property
    def branches(self) -> list[Row]:
        """How many buildings have a branch, and whose."""
        own, inherited, none = (self.data["branches"][name] for name in ("own", "inherited", "none"))
        total = own + inherited + none
        share = rate_text(Decimal(own + inherited) / total) if total else _("no buildings")
        cells = [number(own), number(inherited), number(none), Cell(share)]
        return [Row(str(total), cells)]

    @property
    def branch_columns(self) -> list[str]:
        return [
            _("with a branch of their own"),
            _("with that of a grid above"),
            _("without a branch"),
            _("with a branch, %"),
        ]

    # What is left out

    @property
    def this_month(self) -> list[str]:
        return self.month_names[:1]

    @property
    def left_out(self) -> list[Row]:
        """What the closing rates leave out of the cases that were filed in the month, and what is left of them."""
        counts = self.periods[0]["counts"]
        named = ("suspended", "voided", "merged")
        due = sum(counts[measure.name] for measure in self.indicators["closing"].below)
        others = counts["received"] - due - sum(counts[name] for name in named)
        rows = [Row(title(name), [self._part(name, 0)]) for name in named]
        return [*rows, Row(_("open inside the limit, or not accepted yet"), [number(others)])]


def title(name: str) -> str:
    """What a measure is called; one that there is no more by its name."""
    return str(MEASURES[name].title) if name in MEASURES else name


def indicator_title(name: str) -> str:
    return str(INDICATORS[name].title) if name in INDICATORS else name


def _measures(names: Iterable[str]) -> tuple[Measure, ...]:
    return tuple(MEASURES.get(name) or Measure(name, name) for name in names)


def own_name() -> str:
    """What arose on the grid itself and on none below."""
    return _("directly on this grid")


def number(count: int, url: str = "") -> Cell:
    return Cell(str(count), count, url or "")
