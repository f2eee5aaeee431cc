"""Pictures of figures: the table that says all, and what ECharts draws of the very same numbers.

The option is plain data; the links are in the table alone, where a click finds them. Colours are named after the
palette in `static/saihan/charts.css`, and formatters after the functions in `static/saihan/charts.js`, which also says
how large and how dark everything is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import TopologicalSorter
from html import escape
from itertools import chain, count, cycle

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from events.figures.days import Span

Links = Iterable[tuple[str, str, int, str]]  # from, to, how many, and where they are listed
Leaves = Sequence[tuple[str, int, str]]  # of what, how many, and where they are listed
Colours = Mapping[str, str]  # by the label: "late" for `--chart-late`; where a colour has a meaning

LEAVES = 8  # of a group of a treemap; the smaller ones would be too small to read
DAYS_WITH_MARKS = 62  # of a line; with more the marks would hide it
# Lines and bars also differ without their colours.
MARKS = ("circle", "rect", "triangle", "diamond")
DASHES = ("solid", "dashed", "dotted")
PALETTE = ("1", "2", "3", "4", "5")
SHADES = ["--chart-heat-0", "--chart-heat-1", "--chart-heat-2", "--chart-heat-3", "--chart-heat-4"]
INSIDE = {"outerBoundsMode": "same", "outerBoundsContain": "axisLabel"}  # the names beside an axis are never cut off


@dataclass(frozen=True)
class Cell:
    """What the table says: a word, or a number with the cases behind it."""

    text: str
    value: float | None = None
    url: str = ""

    @property
    def html(self) -> str:
        """It opens the cases behind it. Escaped by hand, like all of the table: that is four times as fast."""
        text = escape(self.text)
        return f'<a href="{escape(self.url)}">{text}</a>' if self.url else text


@dataclass(frozen=True)
class Chart:
    """A picture and its table; `key` is unique on a page."""

    key: str
    kind: str
    title: str
    columns: list[str]
    rows: list[list[Cell]]
    option: dict

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no case at all."""
        return not any(cell.value for row in self.rows for cell in row)

    @property
    def body(self) -> SafeString:
        """The rows of the table; no template of their own, for a year has hundreds."""
        return mark_safe("\n".join(map(_line, self.rows)))  # noqa: S308  each cell is escaped


def _line(row: list[Cell]) -> str:
    first, *others = (cell.html for cell in row)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{other}</td>" for other in others)}</tr>'


def sankey(key: str, title: str, links: Links, *, colours: Colours | None = None) -> Chart:
    """How cases went from one to the other. Labels tell the columns apart: what flows in a circle has no picture."""
    links = [(str(source), str(target), number, url) for source, target, number, url in links if number]
    _refuse_circles(links)
    ends = {target for _source, target, *_rest in links} - {source for source, *_rest in links}
    names = dict.fromkeys(chain.from_iterable(link[:2] for link in links))
    palette = dict(zip(names, cycle(PALETTE), strict=False)) | _by_text(colours)
    nodes = [_node(name, name in ends, palette) for name in names]
    option = _option(
        tooltip={"trigger": "item", "formatter": "flow"},
        series=[
            {
                "type": "sankey",
                "layoutIterations": 0,  # they stand in the order of the links
                "nodes": nodes,
                "links": [
                    {"source": source, "target": target, "value": number} for source, target, number, _url in links
                ],
                "cursor": _cursor(url for *_rest, url in links),
                "label": {"formatter": "{b} {c}"},
                "labelLayout": {"hideOverlap": True},
                "lineStyle": {"color": "source"},
                "emphasis": {"focus": "adjacency"},
            }
        ],
    )
    rows = [[Cell(source), Cell(target), _number(number, url)] for source, target, number, url in links]
    return Chart(
        key,
        "sankey",
        title,
        [pgettext("chart", "From"), pgettext("chart", "To"), pgettext("chart", "Cases")],
        rows,
        option,
    )


def _refuse_circles(links: list[tuple[str, str, int, str]]) -> None:
    """CycleError, a ValueError that names the circle."""
    before: dict[str, set[str]] = {}
    for source, target, *_rest in links:
        before.setdefault(target, set()).add(source)
    TopologicalSorter(before).prepare()


def _node(name: str, is_end: bool, colours: Colours) -> dict:
    node = {"name": name} | _coloured(name, colours)
    return node | {"label": {"position": "left"}} if is_end else node


def trend(
    key: str,
    title: str,
    days: Sequence[date],
    series: Mapping[str, Sequence[int | None]],
    urls: Mapping[str, Sequence[str]] | None = None,
    *,
    colours: Colours | None = None,
) -> Chart:
    """Lines over days, or over the first days of weeks or months; None is a gap. `urls` by series, as the numbers."""
    series = {str(label): list(numbers) for label, numbers in series.items()}
    links = {label: list((urls or {}).get(label, [""] * len(days))) for label in series}
    palette = _by_text(colours)
    styles = zip(series.items(), cycle(MARKS), cycle(DASHES), strict=False)
    option = _option(
        tooltip={"trigger": "axis"},
        legend={"show": len(series) > 1},
        grid=INSIDE,
        xAxis={
            "type": "category",
            "boundaryGap": False,
            "data": [day.isoformat() for day in days],
            "axisLabel": {"formatter": "day", "hideOverlap": True},
        },
        yAxis={"type": "value", "minInterval": 1},
        series=[
            {
                "type": "line",
                "name": label,
                "symbol": mark,
                "showSymbol": len(days) <= DAYS_WITH_MARKS,
                "lineStyle": {"type": dash},
                "cursor": _cursor(links[label]),
                "data": numbers,
            }
            | _coloured(label, palette)
            for (label, numbers), mark, dash in styles
        ],
    )
    rows = [
        [Cell(day.isoformat()), *(_number(series[label][place], links[label][place]) for label in series)]
        for place, day in enumerate(days)
    ]
    return Chart(key, "trend", title, [_("Day"), *series], rows, option)


def treemap(key: str, title: str, groups: Iterable[tuple[str, Leaves]]) -> Chart:
    """Areas in groups, the largest of each group; the smaller ones are one area together."""
    groups = [(str(label), _largest(leaves)) for label, leaves in groups]
    groups = sorted((group for group in groups if group[1]), key=lambda group: -_sum(group[1]))
    option = _option(
        tooltip={"trigger": "item", "formatter": "area"},
        series=[
            {
                "type": "treemap",
                "roam": False,
                "nodeClick": False,
                "breadcrumb": {"show": False},
                "label": {"formatter": "{b}\n{c}"},
                "upperLabel": {"show": True},
                "levels": [{"upperLabel": {"show": False}}],  # the root has no name
                "data": _areas(groups),
            }
        ],
    )
    rows = [[Cell(label), Cell(name), _number(number, url)] for label, leaves in groups for name, number, url in leaves]
    columns = [pgettext("chart", "Group"), pgettext("chart", "Of what"), pgettext("chart", "Cases")]
    return Chart(key, "treemap", title, columns, rows, option)


def _areas(groups: list[tuple[str, Leaves]]) -> list[dict]:
    """Each area knows its row of the table."""
    row = count()
    return [
        {
            "name": label,
            "value": _sum(leaves),
            "children": [{"name": name, "value": number, "row": next(row)} for name, number, _url in leaves],
        }
        for label, leaves in groups
    ]


def _largest(leaves: Leaves) -> list[tuple[str, int, str]]:
    """The largest first, and after `LEAVES` of them the sum of the others; one alone is not worth a sum."""
    found = sorted(((str(name), number, url) for name, number, url in leaves if number), key=lambda leaf: -leaf[1])
    others = found[LEAVES:]
    if len(others) < 2:
        return found
    label = ngettext("%(count)s other", "%(count)s others", len(others)) % {"count": len(others)}
    return [*found[:LEAVES], (label, _sum(others), "")]


def _sum(leaves: Leaves) -> int:
    return sum(number for _name, number, _url in leaves)


def heat_calendar(key: str, title: str, counts: Mapping[date, int], urls: Mapping[date, str] | None = None) -> Chart:
    """The days from the first to the last that is counted, in weeks; a day between them without a count has none."""
    days = list(Span(min(counts), max(counts)).days) if counts else []
    numbers = [(day, counts.get(day, 0), (urls or {}).get(day, "")) for day in days]
    option = _option(
        tooltip={"trigger": "item", "formatter": "day_count"},
        visualMap={
            "type": "continuous",
            "min": 0,
            "max": max(1, *counts.values()) if counts else 1,
            "orient": "horizontal",
            "inRange": {"color": SHADES},
        },
        calendar={
            "range": [day.isoformat() for day in (days[0], days[-1])] if days else [],
            "dayLabel": {"firstDay": 1, "nameMap": _("Su Mo Tu We Th Fr Sa").split()},
            "monthLabel": {"formatter": "month"},
            "yearLabel": {"show": False},
        },
        series=[
            {
                "type": "heatmap",
                "coordinateSystem": "calendar",
                "cursor": _cursor(url for _day, _number, url in numbers),
                "data": [[day.isoformat(), number] for day, number, _url in numbers],
            }
        ],
    )
    rows = [[Cell(day.isoformat()), _number(number, url)] for day, number, url in numbers]
    return Chart(key, "calendar", title, [_("Day"), pgettext("chart", "Cases")], rows, option)


def bars(
    key: str,
    title: str,
    rows: Iterable[tuple[str, Mapping[str, int | None], str]],
    *,
    column: str = "",
    colours: Colours | None = None,
) -> Chart:
    """Bars beside each other, for each row those of its series; `column` says what the rows are."""
    rows = [(str(label), {str(name): number for name, number in numbers.items()}, url) for label, numbers, url in rows]
    palette = _by_text(colours)
    series = list(dict.fromkeys(chain.from_iterable(numbers for _label, numbers, _url in rows)))
    option = _option(
        decal=len(series) > 1,
        tooltip={"trigger": "axis", "axisPointer": {"type": "shadow"}},
        legend={"show": len(series) > 1},
        grid=INSIDE,
        xAxis={"type": "value", "minInterval": 1},
        yAxis={"type": "category", "inverse": True, "data": [label for label, *_rest in rows]},
        series=[
            {
                "type": "bar",
                "name": name,
                "label": {"show": True, "position": "right"},
                "cursor": _cursor(url for *_rest, url in rows),
                "data": [numbers.get(name) for _label, numbers, _url in rows],
            }
            | _coloured(name, palette)
            for name in series
        ],
    )
    table = [
        [Cell(label, url=url), *(_number(numbers.get(name), url) for name in series)] for label, numbers, url in rows
    ]
    return Chart(key, "bars", title, [column or pgettext("chart", "Of what"), *series], table, option)


def _option(*, decal: bool = False, **parts) -> dict:
    """The page names the picture itself; ECharts would describe it in words of its own."""
    return {"aria": {"enabled": True, "label": {"enabled": False}, "decal": {"show": decal}}} | parts


def _number(value: int | None, url: str = "") -> Cell:
    return Cell("–") if value is None else Cell(str(value), value, url)


def _by_text(colours: Colours | None) -> Colours:
    return {str(label): name for label, name in (colours or {}).items()}


def _coloured(label: str, colours: Colours) -> dict:
    return {"itemStyle": {"color": f"--chart-{colours[label]}"}} if label in colours else {}


def _cursor(urls: Iterable[str]) -> str:
    return "pointer" if any(urls) else "default"
