"""A monthly report as its page shows it: what was kept, in words, rates and pictures, linked to the cases of now."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from events.figures import charts
from events.figures.charts import Cell, Chart
from events.figures.measures import MEASURES, OPEN_NOW, OVERDUE, RECEIVED, SETTLED, Measure
from events.figures.reporting import FLOWS, compared
from events.figures.scope import Scope
from events.indicators import IN_GRID, INDICATORS, ON_TIME, REWORK, SATISFACTION, Indicator
from events.models import MonthlyReport
from events.workflow import LOOPS, OPEN, Loop, Status
from grids.models import Grid, Level

STOCKS = (OPEN_NOW, OVERDUE)
RATES_SIDE_BY_SIDE = (ON_TIME, REWORK, SATISFACTION, IN_GRID)
TENTH = Decimal("0.1")
Counts = dict[str, int]


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
        self.made: dict[str, dict[str, Any]] = {each["name"]: each for each in self.data["indicators"]}
        self.weights = {name: Decimal(weight) for name, weight in self.data["weights"].items()}

    # What is kept, in words

    @property
    def month_names(self) -> list[str]:
        return [date_format(month.first, "Y-m") for month in self.months]

    def rate(self, name: str, counts: Counts) -> Decimal | None:
        """The indicator by the formula of its time; None where there are no cases."""
        made = self.made[name]
        below = sum(counts[measure] for measure in made["below"])
        if not below:
            return None
        return sum(counts[measure] * self.weights.get(measure, Decimal(1)) for measure in made["above"]) / Decimal(
            below
        )

    def formula(self, name: str) -> str:
        """The same in words."""
        made = self.made[name]
        above = [self._weighted(measure) for measure in made["above"] if self.weights.get(measure, 1)]
        return f"{_sum(above)} ÷ {_sum([title(measure) for measure in made['below']])}"

    def _weighted(self, measure: str) -> str:
        weight = self.weights.get(measure, Decimal(1))
        return title(measure) if weight == 1 else f"{weight.normalize():f} × {title(measure)}"

    @property
    def indicators(self) -> list[str]:
        """Their names, in the order of the report."""
        return list(self.made)

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
                indicator_title(name),
                [Cell(percent(self.rate(name, period["counts"]))) for period in self.periods],
                self.formula(name),
            )
            for name in self.indicators
        ]

    @property
    def parts(self) -> list[Row]:
        """What stands above and below the lines of the rates, to be reckoned again."""
        shown = {measure.name for measure in FLOWS}
        names = dict.fromkeys(name for made in self.made.values() for name in (*made["above"], *made["below"]))
        return [
            Row(title(name), [self._part(name, place) for place in range(3)]) for name in names if name not in shown
        ]

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
        climbed, ended = Counter(), Counter()
        for start, top, loop, status, count in self.data["flow"]:
            climbed[start, top] += count
            ended[top, _end(loop, status)] += count
        up = [(_filed(start), _highest(top), count, "") for (start, top), count in _ranked(climbed)]
        out = [(_highest(top), end, count, "") for (top, end), count in _ranked(ended)]
        return charts.sankey("flow", _("Through the four loops: filed, highest, ended"), [*up, *out])

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
        return [Cell(percent(self.rate(each.name, counts))) for each in RATES_SIDE_BY_SIDE]

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
        share = Decimal(own + inherited) / total if total else None
        cells = [number(own), number(inherited), number(none), Cell(percent(share, _("no buildings")))]
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
        due = sum(counts[name] for name in self.made["closing"]["below"])
        others = counts["received"] - due - sum(counts[name] for name in named)
        rows = [Row(title(name), [self._part(name, 0)]) for name in named]
        return [*rows, Row(_("open inside the limit, or not accepted yet"), [number(others)])]


def title(name: str) -> str:
    """What a measure is called; one that there is no more by its name."""
    return str(MEASURES[name].title) if name in MEASURES else name


def indicator_title(name: str) -> str:
    known: Indicator | None = INDICATORS.get(name)
    return str(known.title) if known else name


def own_name() -> str | Promise:
    """What arose on the grid itself and on none below."""
    return _("on the grid itself")


def number(count: int, url: str = "") -> Cell:
    return Cell(str(count), count, url or "")


def percent(value: Decimal | None, nothing: str = "") -> str:
    """To a tenth; 100 is only said of all: what is rounded, is rounded down. Of nothing there is no rate."""
    if value is None:
        return nothing or _("no cases")
    return f"{(100 * value).quantize(TENTH, ROUND_DOWN)}%"


def _sum(terms: Sequence[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def _filed(loop: str) -> str:
    return _("filed: %(loop)s") % {"loop": Loop(loop).label}


def _highest(loop: str) -> str:
    return _("highest: %(loop)s") % {"loop": Loop(loop).label}


def _end(loop: str, status: str) -> str:
    if status == Status.CLOSED:
        return _("closed: %(loop)s") % {"loop": Loop(loop).label}
    return _("open then") if status in OPEN else _("voided or merged")


def _ranked(flows: Counter) -> Iterable[tuple[tuple[str, str], int]]:
    """From the lowest loop up."""
    ranks = {loop: rank for rank, loop in enumerate(LOOPS)}
    return sorted(flows.items(), key=lambda flow: (ranks[flow[0][0]], ranks.get(flow[0][1], len(ranks)), flow[0][1]))
