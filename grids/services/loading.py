"""Loading a file of divisions: many grids at once, all or nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from grids import tree
from grids.divisions import Division, read_divisions
from grids.models import Grid, User
from grids.models.grid import initials_of

BATCH = 500


@dataclass(frozen=True)
class Loaded:
    """How many rows of a file of divisions did what."""

    created: int
    renamed: int
    unchanged: int


def load_divisions(
    *, actor: User | None, path: Path | str, is_demo: bool = False, progress: Callable[[int, int], None] | None = None
) -> Loaded:
    """Create and rename grids as the CSV file says, all or nothing; see `grids/divisions.py` for its errors.

    `progress` is called with the rows done and the rows in all.
    """
    rows = read_divisions(path)
    with transaction.atomic():
        present = _grids_of([row.code for row in rows])
        renamed = [row for row in rows if row.code in present and present[row.code].name != row.name]
        new = [row for row in rows if row.code not in present]
        done = len(rows) - len(new)
        _rename(renamed, present)
        _report(progress, done, len(rows))
        try:
            for batch in _create(new, present, is_demo):
                done += len(batch)
                _report(progress, done, len(rows))
        except IntegrityError as error:
            raise ValidationError(_("Somebody else created some of these grids at the same moment.")) from error
    return Loaded(created=len(new), renamed=len(renamed), unchanged=len(rows) - len(new) - len(renamed))


def _batches(items: list) -> Iterable[list]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _grids_of(codes: list[str]) -> dict[str, Grid]:
    """The grids of these codes and of their parents, by code, locked against moves."""
    # Parents before children, the order in which everybody locks.
    wanted = sorted({*codes, *(parent for code in codes if (parent := tree.parent_code(code)))}, key=len)
    found: dict[str, Grid] = {}
    for batch in _batches(wanted):
        found |= Grid.objects.hold(batch)
    return found


def _rename(rows: list[Division], present: dict[str, Grid]) -> None:
    for row in rows:
        present[row.code].name = row.name
        present[row.code].initials = initials_of(row.name)
    Grid.objects.bulk_update([present[row.code] for row in rows], ["name", "initials"], batch_size=BATCH)


def _create(rows: list[Division], present: dict[str, Grid], is_demo: bool) -> Iterable[list[Grid]]:
    """Create grids level by level and add them to `present`; yields what each statement created."""
    for digits in tree.DIGITS:
        for batch in _batches([row for row in rows if len(row.code) == digits]):
            grids = [_grid_of(row, present, is_demo) for row in batch]
            Grid.objects.bulk_create(grids)
            present |= {grid.code: grid for grid in grids}
            yield grids


def _grid_of(row: Division, present: dict[str, Grid], is_demo: bool) -> Grid:
    grid = Grid(code=row.code, name=row.name, households=int(row.households or 0), is_demo=is_demo)
    Grid.objects.set_interval(grid)
    try:
        Grid.objects.set_parent(grid, present)
    except ValidationError as error:
        raise row.error("code", error.messages[0]) from error
    return grid


def _report(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress:
        progress(done, total)
