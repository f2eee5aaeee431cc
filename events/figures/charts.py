"""What a page draws: each chart with the table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Cell:
    text: str
    value: float | None = None
    url: str = ""


@dataclass(frozen=True)
class Chart:
    key: str
    kind: str
    title: str
    columns: list[str]
    rows: list[list[Cell]]
    option: dict = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no case at all."""
        return not any(cell.value for row in self.rows for cell in row)


def sankey(key: str, title: str, links: Sequence[tuple[str, str, int, str]]) -> Chart:
    rows = [[Cell(source), Cell(target), _number(count, url)] for source, target, count, url in links]
    return Chart(key, "sankey", title, [_("from"), _("to"), _("cases")], rows)


def trend(
    key: str, title: str, days: Sequence[date], series: dict[str, list[int | None]], urls: dict[str, list[str]]
) -> Chart:
    rows = [
        [Cell(day.isoformat()), *(_number(counts[place], urls[label][place]) for label, counts in series.items())]
        for place, day in enumerate(days)
    ]
    return Chart(key, "trend", title, [_("day"), *series], rows)


def treemap(key: str, title: str, groups: Sequence[tuple[str, list[tuple[str, int, str]]]]) -> Chart:
    rows = [[Cell(group), Cell(label), _number(count, url)] for group, parts in groups for label, count, url in parts]
    return Chart(key, "treemap", title, [_("major"), _("minor"), _("cases")], rows)


def heat_calendar(key: str, title: str, counts: dict[date, int], urls: dict[date, str]) -> Chart:
    rows = [[Cell(day.isoformat()), _number(count, urls[day])] for day, count in counts.items()]
    return Chart(key, "heat_calendar", title, [_("day"), _("cases")], rows)


def _number(count: int | None, url: str) -> Cell:
    return Cell("" if count is None else str(count), count, url)
