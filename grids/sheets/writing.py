"""Sheets that we write: exports, empty templates, and an uploaded sheet with its errors beside the rows.

Whatever stands in a cell is text or a plain number, never a formula: no name can make Excel run anything.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill

from grids.sheets import cells
from grids.sheets.cells import Raw
from grids.sheets.kinds import Kind
from grids.sheets.reading import Layout

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
BOM = "\ufeff"
RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
TEXT = "@"  # Excel's number format for text
LOOKS_ESCAPED = re.compile("_x(?=[0-9A-Fa-f]{4}_)")
BOLD, GREY, RED = Font(bold=True), Font(italic=True, color="808080"), Font(color="B3131F")
RED_FILL = PatternFill("solid", start_color="FDE8E8")
WIDTH, WIDE = 18, 60
EXAMPLE = "示例"

Values = dict[str, object]


# Exports


def csv_export(kind: Kind, rows: Iterable[Values]) -> Iterator[str]:
    """Lines of a CSV file that Excel opens by a double click."""
    yield BOM
    yield _line(column.title for column in kind.columns)
    for row in rows:
        yield _line(_safe(value) for value in _written(kind, row))


def xlsx_export(kind: Kind, rows: Iterable[Values], head: Sequence[Sequence[str]] = ()) -> BinaryIO:
    """A workbook in a temporary file, at its beginning. What `head` tells of the list stands above the header."""
    workbook = Workbook(write_only=True)
    sheet = _new_sheet(workbook, str(kind.title), [str(column.title) for column in kind.columns], head)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in _written(kind, row)])
    return _saved(workbook)


def _written(kind: Kind, row: Values) -> list[object]:
    return [column.write(row[column.key]) if row.get(column.key) is not None else "" for column in kind.columns]


# Templates


def csv_template(kind: Kind) -> Iterator[str]:
    """The instructions stand above the header, where they are no rows."""
    yield BOM
    for line in _instructions(kind):
        yield _line([" ".join(line)])
    columns = _fillable(kind)
    yield _line(column.title for column in columns)
    yield _line(_examples(columns))


def xlsx_template(kind: Kind) -> BinaryIO:
    """A sheet to fill, with an example that is passed over, and a sheet that explains the columns."""
    columns = _fillable(kind)
    workbook = Workbook(write_only=True)
    sheet = _new_sheet(workbook, str(kind.title), [str(column.title) for column in columns])
    sheet.append([_cell(sheet, value, GREY) for value in _examples(columns)])
    help_sheet = workbook.create_sheet(_("Instructions"))
    for letter, width in zip("ABC", (WIDTH, WIDTH, WIDE), strict=True):
        help_sheet.column_dimensions[letter].width = width
    for line in _instructions(kind):
        help_sheet.append([_cell(help_sheet, value) for value in line])
    return _saved(workbook)


def _fillable(kind: Kind) -> list:
    return [column for column in kind.columns if not column.is_history]


def _examples(columns: list) -> list[str]:
    return [f"{EXAMPLE} {column.example}" if number == 0 else column.example for number, column in enumerate(columns)]


def _instructions(kind: Kind) -> Iterator[list[str]]:
    yield [_("How to fill in: %(kind)s") % {"kind": kind.title}]
    yield [_("Rows that begin with 示例, and notes below the table, are not imported.")]
    for column in _fillable(kind):
        need = _("(required)") if column.is_required else _("(optional)")
        yield [str(column.title), need, str(column.help)]


# The sheet that was uploaded, with its errors


def error_sheet(layout: Layout, rows: Iterable[tuple[int, list[Raw], str]]) -> BinaryIO:
    """The rows where they stood, each (number, cells, what is wrong with it); the wrong ones are marked."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(_sheet_name(layout.sheet or _("Sheet")))
    width = max(len(layout.header), 1)
    for index in range(width):
        sheet.column_dimensions[_letter(index)].width = WIDTH
    sheet.column_dimensions[_letter(width)].width = WIDE
    at = 0
    for number, row in layout.above:
        at = _advance(sheet, at, number)
        sheet.append([_cell(sheet, _raw(raw)) for raw in row])
    at = _advance(sheet, at, layout.number)
    sheet.append([_cell(sheet, name, BOLD) for name in [*layout.header, "错误说明"]])
    for number, row, problem in rows:
        at = _advance(sheet, at, number)
        sheet.append(_marked(sheet, row, width, problem) if problem else [_cell(sheet, _raw(raw)) for raw in row])
    return _saved(workbook)


def _advance(sheet, at: int, number: int) -> int:
    """Leave the rows empty that were, so that every row keeps its number."""
    for _empty in range(number - at - 1):
        sheet.append([])
    return number


def _marked(sheet, row: list[Raw], width: int, problem: str) -> list[WriteOnlyCell]:
    padded = [*row[:width], *[None] * (width - len(row))]
    marked = [_cell(sheet, _raw(raw), fill=RED_FILL) for raw in padded]
    return [*marked, _cell(sheet, problem, RED, RED_FILL)]


def _raw(raw: Raw) -> object:
    if isinstance(raw, dict) and "date" in raw and len(raw["date"]) == 19:
        with suppress(ValueError):  # a span of time may be as long, and stays the text that it is
            return datetime.fromisoformat(raw["date"])
    return raw if isinstance(raw, int | float) else cells.shown(raw)


# Cells


def _new_sheet(workbook: Workbook, name: str, header: list[str], head: Sequence[Sequence[str]] = ()):
    sheet = workbook.create_sheet(_sheet_name(name))
    sheet.freeze_panes = f"A{len(head) + 2}"
    for index in range(len(header)):
        sheet.column_dimensions[_letter(index)].width = WIDTH
    for line in head:
        sheet.append([_cell(sheet, text, BOLD) for text in line])
    sheet.append([_cell(sheet, title, BOLD) for title in header])
    return sheet


def _cell(sheet, value: object, font: Font | None = None, fill: PatternFill | None = None):
    """A cell with this very text, or this number or date."""
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell = WriteOnlyCell(sheet, LOOKS_ESCAPED.sub("_x005F_x", text))
        cell.data_type = "s"  # openpyxl takes = for a formula and #N/A for an error
        cell.number_format = TEXT
    else:
        cell = WriteOnlyCell(sheet, value)
    if font:
        cell.font = font
    if fill:
        cell.fill = fill
    return cell


def _saved(workbook: Workbook) -> BinaryIO:
    file = TemporaryFile()  # noqa: SIM115  the response closes it
    workbook.save(file)
    file.seek(0)
    return file


def _sheet_name(text: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", text)[:31] or "1"


def _letter(index: int) -> str:
    return chr(65 + index) if index < 26 else chr(64 + index // 26) + chr(65 + index % 26)


def _line(values: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()


def _safe(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe, which our reader takes off again."""
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value
