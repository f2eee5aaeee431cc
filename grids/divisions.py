"""Reading a file of divisions: CSV with the columns code, name, level, parent, as `grids/data/` has it.

A column households may follow; it is taken for new grids.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from grids import tree

COLUMNS = ("code", "name", "level", "parent")
LEVELS = ("city", "district", "street", "community", "building", "unit")
NAME_LENGTH = 64


@dataclass(frozen=True)
class Division:
    """One row of the file; `number` counts the header as row 1, as a spreadsheet does."""

    number: int
    code: str
    name: str
    level: str
    parent: str
    households: str = ""

    def error(self, column: str, rule: str) -> ValidationError:
        """What is wrong with this row: its number, the value and the rule."""
        return ValidationError(
            _("Row %(number)d, %(column)s “%(value)s”: %(rule)s")
            % {"number": self.number, "column": column, "value": getattr(self, column), "rule": rule}
        )


def read_divisions(path: Path | str) -> list[Division]:
    """The rows of the file, checked one by one and against each other, parents first.

    ValidationError says what is wrong with the file or names the row, the value and the rule.
    """
    rows = list(_rows(_text(Path(path))))
    if not rows:
        raise ValidationError(_("The file has a header but no rows."))
    first: dict[str, Division] = {}
    for row in rows:
        _check(row)
        other = first.setdefault(row.code, row)
        if other is not row:
            raise row.error("code", _("row %(number)d has the same code.") % {"number": other.number})
    return sorted(rows, key=lambda row: len(row.code))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValidationError(
            _("The file %(path)s cannot be read: %(reason)s.") % {"path": path, "reason": error.strerror}
        ) from error
    if not content.strip():
        raise ValidationError(_("The file is empty."))
    if b"\0" in content:
        raise ValidationError(_("The file is no CSV text: it contains NUL bytes."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValidationError(
            _("Row %(number)d is not UTF-8. Save the file as “CSV UTF-8” and try again.") % {"number": line}
        ) from error


def _rows(text: str) -> Iterable[Division]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(reader.line_num, header, cells)
    except csv.Error as error:
        raise ValidationError(
            _("Row %(number)d is no CSV: %(reason)s.") % {"number": reader.line_num, "reason": error}
        ) from error


def _check_header(header: list[str]) -> None:
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise ValidationError(
            _("The first row must name the columns code, name, level, parent; missing: %(missing)s.")
            % {"missing": ", ".join(missing)}
        )


def _row(number: int, header: list[str], cells: list[str]) -> Division:
    if len(cells) != len(header):
        raise ValidationError(
            _("Row %(number)d has %(cells)d cells, the first row %(columns)d.")
            % {"number": number, "cells": len(cells), "columns": len(header)}
        )
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    return Division(number, *(values[column] for column in COLUMNS), households=values.get("households", ""))


def _check(row: Division) -> None:
    try:
        level = tree.level_of(row.code)
    except ValueError as error:
        raise row.error("code", str(error)) from error
    if row.level != LEVELS[level]:
        raise row.error(
            "level",
            _("a code of %(digits)d digits belongs to a %(level)s.")
            % {"digits": len(row.code), "level": LEVELS[level]},
        )
    if row.parent != (tree.parent_code(row.code) or ""):
        raise row.error(
            "parent",
            _("the code %(code)s belongs under “%(parent)s”.")
            % {"code": row.code, "parent": tree.parent_code(row.code) or ""},
        )
    if not row.name or len(row.name) > NAME_LENGTH or not row.name.isprintable():
        raise row.error("name", _("a name has 1 to 64 printable characters."))
    if row.households and not (row.households.isascii() and row.households.isdigit() and len(row.households) < 7):
        raise row.error("households", _("a number of households is written in at most six digits."))
