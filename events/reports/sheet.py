"""A monthly report as an Excel workbook: what was counted as numbers, all that is reckoned from it as formulas."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events.figures.counting import Counts
from events.figures.showing import rate_text
from events.figures.standing import STOCKS
from events.indicators import Indicator
from events.models import MonthlyReport
from events.reports.pages import Reading, own_name, title
from grids.models import Level, User
from grids.xlsx import Formula, Heading, Sheet, book, letters

Lines = list[Sequence[object]]
MONTHS = ("B", "C", "D")  # the columns of the three months


def report_book(report: MonthlyReport, user: User, at: datetime) -> Iterator[bytes]:
    """The bytes of the workbook; `at` is when it is exported."""
    reading = Reading(report)
    return book(
        [
            (Sheet(_("Indicators"), (30, 14, 14, 14, 16, 16)), _figures(reading, user, at)),
            (Sheet(_("Grids below side by side"), (22, 20, *[12] * 40), frozen=1), _children(reading)),
            (Sheet(_("Offices"), (32, *[12] * 40), frozen=1), _offices(reading)),
            (Sheet(_("By day"), (14, 12, 12, 20), frozen=1), _days(reading)),
            (Sheet(_("Categories"), (24, 36, 12, 12), frozen=1), _categories(reading)),
            (Sheet(_("Posts and branches"), (24, 14, 14, 14, 14, 14)), _posts(reading)),
        ]
    )


def _figures(reading: Reading, user: User, at: datetime) -> Lines:
    """Counts and stocks of the three months, the weights, and the rates over them."""
    lines: Lines = [*_about(reading.report, user, at), ()]
    headings = [_("What is counted"), *reading.month_names, _("than the month before"), _("than the year before")]
    lines.append(Heading(headings))
    places: dict[str, int] = {}
    for name in reading.data["measures"]:
        places[name] = len(lines) + 1
        lines.append(_compared(title(name), [period["counts"][name] for period in reading.periods], places[name]))
    lines += [(), Heading([_("As the month ended"), *headings[1:]])]
    for name in STOCKS:
        numbers = [period["stocks"][name] for period in reading.periods]
        lines.append(_compared(title(name), numbers, len(lines) + 1))
    lines += [(), Heading([_("Weight of a rating"), ""])]
    weights = {}
    for name, weight in reading.weights.items():
        lines.append([title(name), weight])
        weights[name] = f"$B${len(lines)}"
    lines += [(), Heading([_("Indicator"), *reading.month_names, _("Formula")])]
    for indicator in reading.indicators.values():
        cells = ({name: f"{column}{row}" for name, row in places.items()} for column in MONTHS)
        rates = [
            _rate(reading, indicator, period["counts"], of_month, weights)
            for period, of_month in zip(reading.periods, cells, strict=True)
        ]
        lines.append([str(indicator.title), *rates, indicator.formula(reading.weights)])
    return lines


def _about(report: MonthlyReport, user: User, at: datetime) -> list[tuple]:
    said = [
        (_("Grid"), report.grid_name),
        (_("Month"), date_format(report.month, "Y-m")),
        (_("Made at"), report.made_at),
        (_("Counted"), _("Rates are of the cases filed in the month, as they stood when the report was made.")),
        (_("Left out"), _("Clue reports are in no figure.")),
        (_("Exported at"), at),  # the figures are of when it was made
        (_("Exported by"), str(user)),
    ]
    return [(_("Monthly report"),), *said]


def _compared(name: str, numbers: list[int], row: int) -> list[object]:
    """A count of three months, and what it has more than the two others."""
    now, before, year = numbers
    more = [Formula(f"B{row}-C{row}", now - before), Formula(f"B{row}-D{row}", now - year)]
    return [name, *numbers, *more]


def _rate(
    reading: Reading, indicator: Indicator, counts: Counts, cells: dict[str, str], weights: dict[str, str]
) -> Formula:
    """The indicator over the `cells` that hold what it is reckoned from; `weights` are cells or numbers."""
    names = [measure.name for measure in indicator.above]
    above = "+".join(f"{cells[name]}*{weights[name]}" if name in weights else cells[name] for name in names)
    below = "+".join(cells[measure.name] for measure in indicator.below)
    value, nothing = indicator.value(counts, reading.weights), rate_text(None)
    shown = nothing if value is None else value
    return Formula(f'IF(({below})=0,"{nothing}",({above})/({below}))', shown, is_rate=True)


def _side_by_side(reading: Reading, first: list[str], names: list[str], rows: list[tuple[list[str], Counts]]) -> Lines:
    """Counts of many by these names, then their rates; the last line has the sums, and the rates of all."""
    lines: Lines = [Heading([*first, *map(title, names), *(str(each.title) for each in reading.indicators.values())])]
    columns = {name: letters(len(first) + place) for place, name in enumerate(names)}
    sums = {name: sum(counts[name] for _first, counts in rows) for name in names}
    weights = {name: f"{weight.normalize():f}" for name, weight in reading.weights.items()}

    def rates(counts: Counts, row: int) -> list[Formula]:
        cells = {name: f"{column}{row}" for name, column in columns.items()}
        return [_rate(reading, each, counts, cells, weights) for each in reading.indicators.values()]

    for row, (called, counts) in enumerate(rows, start=2):
        lines.append([*called, *(counts[name] for name in names), *rates(counts, row)])
    if rows:
        last = len(rows) + 1
        added = [Formula(f"SUM({columns[name]}2:{columns[name]}{last})", sums[name]) for name in names]
        lines.append([_("Total"), *[""] * (len(first) - 1), *added, *rates(sums, last + 1)])
    return lines


def _children(reading: Reading) -> Lines:
    rows = [
        ([child["name"] or own_name(), child["code"]], child["counts"] | child["stocks"])
        for child in reading.data["children"]
    ]
    return _side_by_side(reading, [reading.below, _("code")], [*reading.data["measures"], *STOCKS], rows)


def _offices(reading: Reading) -> Lines:
    offices = reading.data["offices"]
    rows = [([office["name"]], office["counts"]) for office in offices["rows"]]
    lines = _side_by_side(reading, [_("Organisation that handles it")], offices["measures"], rows)
    if offices["more"]:
        lines.append([_("%(count)d more offices are left out.") % {"count": offices["more"]}])
    return lines


def _days(reading: Reading) -> Lines:
    lines: Lines = [Heading([_("Day"), _("filed"), _("closed"), _("open as the day began")])]
    lines += reading.data["days"]
    last = len(lines)
    sums = [sum(day[place] for day in reading.data["days"]) for place in (1, 2)]
    added = [Formula(f"SUM({column}2:{column}{last})", found) for column, found in zip("BC", sums, strict=True)]
    return [*lines, [_("Total"), *added]]


def _categories(reading: Reading) -> Lines:
    rows = [row[1:] for row in reading.data["categories"]]
    total, last = sum(count for *_names, count in rows), len(rows) + 1
    lines: Lines = [Heading([_("major"), _("minor"), pgettext("chart", "Cases"), _("share")])]
    for row, (major, minor, count) in enumerate(rows, start=2):
        lines.append([major, minor, count, Formula(f"C{row}/SUM(C$2:C${last})", Decimal(count) / total, is_rate=True)])
    return [*lines, [_("Total"), "", Formula(f"SUM(C2:C{last})", total)]] if rows else lines


def _posts(reading: Reading) -> Lines:
    """As the report was made."""
    names = [_("level"), _("Grids in use"), _("with a chief"), _("vacant"), _("with staff"), _("with a chief, %")]
    lines: Lines = [Heading(names)]
    for row, (level, in_use, chief, staff) in enumerate(reading.data["posts"], start=2):
        vacant = Formula(f"B{row}-C{row}", in_use - chief)
        share = Formula(f"C{row}/B{row}", Decimal(chief) / in_use, is_rate=True)
        lines.append([Level(level).label, in_use, chief, vacant, staff, share])
    own, inherited, none = (reading.data["branches"][name] for name in ("own", "inherited", "none"))
    row, total = len(lines) + 3, own + inherited + none
    covered = [_("Buildings"), _("with a branch of their own"), _("with that of a grid above"), _("without a branch")]
    lines += [(), Heading([*covered, _("with a branch, %")])]
    nothing = _("no buildings")
    share = Decimal(own + inherited) / total if total else nothing
    formula = Formula(f'IF(A{row}=0,"{nothing}",(B{row}+C{row})/A{row})', share, is_rate=True)
    lines.append([Formula(f"B{row}+C{row}+D{row}", total), own, inherited, none, formula])
    return lines
