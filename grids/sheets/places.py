"""Which grid a row stands on: by its code or one of former times, inside the area that the person manages."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from grids import tree
from grids.models import Grid
from grids.sheets.kinds import Column, Row, Run


def find_grids(rows: list[Row], run: Run, column: Column) -> None:
    """Set `grid` of the rows; a former code with one successor reaches it, with a remark."""
    codes = {row.given[column.key] for row in rows if column.key in row.given}
    active = {grid.code: grid for grid in Grid.objects.active().filter(code__in=codes)}
    gone = [code for code in codes if code not in active]
    successors = successors_of(gone)
    retired = {*successors, *Grid.objects.filter(code__in=gone).values_list("code", flat=True)}
    for row in rows:
        code = row.given.get(column.key)
        if code is None:
            continue
        grid = active.get(code) or _successor(row, column, successors.get(code, []))
        if grid is None:
            if not row.problems:
                row.wrong(column, unknown_text(code, retired))
        elif not run.is_inside(grid.lft):
            row.wrong(column, outside_text())
        else:
            row.grid = grid


def _successor(row: Row, column: Column, found: list[Grid]) -> Grid | None:
    if len(found) == 1:
        text = _("%(code)s is a former code; today it is %(grid)s.")
        row.remarks.append(text % {"code": row.given[column.key], "grid": found[0]})
        return found[0]
    if found:
        row.wrong(column, several_text(found))
    return None


def successors_of(codes: Iterable[str]) -> dict[str, list[Grid]]:
    """The grids in use that took the place of these codes, by code; codes that were never given up are not in it."""
    found = {}
    for code, grids in Grid.objects.resolve(codes).items():
        if grids and [grid.code for grid in grids] != [code]:
            found[code] = grids
    return found


def unknown_text(code: str, retired: set[str]) -> str:
    if code in retired:
        return _("This grid has been retired and has no successor.")
    return code_problem(code) or _("There is no grid with this code.")


def several_text(grids: list[Grid]) -> str:
    return _("This code was given up; its successors are %(grids)s. Write the code of one of them.") % {
        "grids": "、".join(map(str, grids))
    }


def outside_text() -> str:
    return _("This is outside the area that you manage.")


def code_problem(code: str) -> str:
    try:
        tree.level_of(code)
    except ValueError as error:
        return str(error)
    return ""
