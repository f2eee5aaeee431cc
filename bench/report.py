"""A figure, and how figures are shown."""

import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field


@dataclass
class Figure:
    """One measured value beside its target (at most, or `at_least`) and what it is compared with, all in `unit`."""

    what: str
    value: float
    unit: str
    target: float | None = None
    beside: float | None = None
    beside_what: str = ""
    details: dict[str, float] = field(default_factory=dict)  # what else was measured, by name with its unit
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    def as_dict(self) -> dict:
        return asdict(self) | {"met": self.met}


def table(title: str, figures: Iterable[Figure]) -> str:
    """The figures as lines of text, in columns."""
    rows = [("", "Saihan", "target", "", "beside it", "")]
    rows += [_row(figure) for figure in figures]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(_pad(cell, width, n) for n, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in rows
    ]
    return "\n".join([title, "─" * max(map(_width, lines)), *(line.rstrip() for line in lines)])


def growth(title: str, by_size: dict[int, list[Figure]]) -> str:
    """How each figure grows with the number of cases, a column for each number."""
    names = list(dict.fromkeys(figure.what for figures in by_size.values() for figure in figures))
    found = {(size, figure.what): figure for size, figures in by_size.items() for figure in figures}
    rows = [("", *(f"{size:,}" for size in by_size))]
    for name in names:
        cells = [found.get((size, name)) for size in by_size]
        rows.append((name, *(f"{_number(figure.value)} {figure.unit}" if figure else "–" for figure in cells)))
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    pairs = [[*zip(row, widths, strict=True)] for row in rows]
    lines = ["  ".join(_pad(cell, width, 1 if n else 0) for n, (cell, width) in enumerate(row)) for row in pairs]
    return "\n".join([title, "─" * max(map(_width, lines)), *lines])


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "pass", False: "MISS", None: ""}[figure.met]
    sign = "≥" if figure.at_least else "≤"
    target = "" if figure.target is None else f"{sign} {_number(figure.target)} {figure.unit}"
    beside = "" if figure.beside is None else f"{_number(figure.beside)} {figure.unit}"
    ratio = f"{figure.beside / figure.value:,.1f}×" if figure.beside and figure.value else ""
    details = ", ".join(f"{name} {_number(value)}" for name, value in figure.details.items())
    return (
        figure.what,
        f"{_number(figure.value)} {figure.unit}",
        target,
        verdict,
        beside,
        " ".join(filter(None, [figure.beside_what, ratio, details])),
    )


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def _pad(cell: str, width: int, column: int) -> str:
    space = " " * (width - _width(cell))
    return space + cell if column in (1, 2, 4) else cell + space


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
