"""An import for people: how many rows of each outcome, and what each of them says."""

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grids.models import SheetImport, SheetRow
from grids.sheets import cells, reading, writing
from grids.sheets.kinds import Kind

OUTCOMES = SheetRow.Outcome
PASSED_OVER = {
    reading.Ignored.EXAMPLE: gettext_lazy("the worked example"),
    reading.Ignored.TOTAL: gettext_lazy("a line of totals"),
    reading.Ignored.NOTE: gettext_lazy("a note below the table"),
    reading.Ignored.EMPTY: gettext_lazy("nothing in the columns that are read"),
}
PHASES = {
    "reading": gettext_lazy("Reading the file"),
    "checking": gettext_lazy("Checking the rows"),
    "writing": gettext_lazy("Writing the rows"),
    "undoing": gettext_lazy("Taking the rows back"),
}


class RowsOf:
    """The rows of one outcome, for a paginator that need not count them again."""

    def __init__(self, sheet_import: SheetImport, outcome: str, count: int) -> None:
        self.rows = sheet_import.rows.filter(outcome=outcome).order_by("number")
        self.known = count
        self.ordered = True

    def count(self) -> int:
        return self.known

    def __getitem__(self, part: slice) -> QuerySet[SheetRow]:
        return self.rows[part]


def counts_of(sheet_import: SheetImport) -> dict[str, int]:
    return {outcome.value: sheet_import.counts.get(outcome.value, 0) for outcome in OUTCOMES}


def chosen_of(asked: str | None, counts: dict[str, int]) -> str:
    """The outcome that is asked for, or the first that somebody should look at."""
    if asked in counts:
        return asked
    return next((name for name in ("wrong", "changed", "added", "unchanged", "ignored") if counts[name]), "added")


def told(kind: Kind, sheet_import: SheetImport, row: SheetRow) -> dict[str, object]:
    """A row for people."""
    places = sheet_import.layout.get("columns", {})
    problems = [
        {"title": kind[one["column"]].title, "value": value_of(row, places.get(one["column"])), "text": one["text"]}
        for one in row.problems
    ]
    return {
        "number": row.number,
        "label": row.label or first_cells(row),
        "problems": problems,
        "before": kind.told(row.before),
        "values": kind.told(row.values),
        "remarks": [PASSED_OVER.get(remark, remark) for remark in row.remarks],
    }


def value_of(row: SheetRow, index: int | None) -> str:
    return cells.shown(row.cells[index]) if index is not None and index < len(row.cells) else ""


def first_cells(row: SheetRow) -> str:
    return " ".join(filter(None, map(cells.shown, row.cells)))[:60]


def errors_response(kind: Kind, sheet_import: SheetImport) -> FileResponse:
    """The sheet as it was uploaded, with what is wrong beside each row."""
    stored = sheet_import.rows.order_by("number").values_list("number", "cells", "problems")
    rows = (
        (number, row, "；".join(f"{kind[one['column']].title}：{one['text']}" for one in problems))
        for number, row, problems in stored.iterator(chunk_size=1000)
    )
    file = writing.error_sheet(reading.Layout(**sheet_import.layout), rows)
    name = _("%(file)s-errors") % {"file": sheet_import.file_name.rpartition(".")[0] or sheet_import.file_name}
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")
