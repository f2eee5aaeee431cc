"""What a page draws: each chart with the table behind it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


@dataclass(frozen=True)
class Cell:
    """What the table says: a word, or a number with the cases behind it."""

    text: str
    value: float | None = None
    url: str = ""


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


def sankey(key: str, title: str, links: Iterable[tuple[str, str, int, str]]) -> Chart:
    rows = [[Cell(source), Cell(target), _number(count, url)] for source, target, count, url in links]
    return Chart(
        key, "sankey", title, [pgettext("chart", "From"), pgettext("chart", "To"), pgettext("chart", "Cases")], rows, {}
    )


def trend(
    key: str,
    title: str,
    days: Sequence[date],
    series: Mapping[str, Sequence[int | None]],
    urls: Mapping[str, Sequence[str]] | None = None,
) -> Chart:
    links = {label: list((urls or {}).get(label, [""] * len(days))) for label in series}
    rows = [
        [Cell(day.isoformat()), *(_number(series[label][place], links[label][place]) for label in series)]
        for place, day in enumerate(days)
    ]
    return Chart(key, "trend", title, [_("Day"), *series], rows, {})


def treemap(key: str, title: str, groups: Iterable[tuple[str, list[tuple[str, int, str]]]]) -> Chart:
    rows = [[Cell(group), Cell(name), _number(count, url)] for group, parts in groups for name, count, url in parts]
    return Chart(
        key,
        "treemap",
        title,
        [pgettext("chart", "Group"), pgettext("chart", "Of what"), pgettext("chart", "Cases")],
        rows,
        {},
    )


def bars(key: str, title: str, rows: Iterable[tuple[str, Mapping[str, int | None], str]], *, column: str = "") -> Chart:
    rows = list(rows)
    series = list(rows[0][1]) if rows else []
    table = [[Cell(label, url=url), *(_number(numbers[name], url) for name in series)] for label, numbers, url in rows]
    return Chart(key, "bars", title, [column or pgettext("chart", "Of what"), *series], table, {})


def _number(value: int | None, url: str = "") -> Cell:
    return Cell("–") if value is None else Cell(str(value), value, url)
