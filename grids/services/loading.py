"""Loading a file of divisions: many grids at once, all or nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from grids import tree
from grids.divisions import Division, read_divisions
from grids.models import FormerCode, Grid, User
from grids.models.grid import initials_of
from grids.services.changes import record_renames

BATCH = 500


@dataclass(frozen=True)
class Loaded:
    """How many rows of a file of divisions did what."""

    created: int
    renamed: int
    unchanged: int
    given_up: tuple[str, ...] = ()  # codes that reorganisations took away; they lead to other grids and stay so


def load_divisions(
    *,
    actor: User | None,
    path: Path | str,
    is_demo: bool = False,
    at: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Loaded:
    """Create and rename grids as the CSV file says, all or nothing; see `grids/divisions.py` for its errors.

    What was moved, merged or split since the file was made is not created anew, nor what the file has below it.
    `progress` is called with the rows done and the rows in all.
    """
    rows = read_divisions(path)
    with transaction.atomic():
        Grid.objects.lock_cities(row.code for row in rows)
        present = _grids_of([row.code for row in rows])
        renamed = [row for row in rows if row.code in present and present[row.code].name != row.name]
        given_up = _given_up([row for row in rows if row.code not in present])
        new = [row for row in rows if row.code not in present and row.code not in given_up]
        done = len(rows) - len(new)
        _rename(renamed, present, actor, at or timezone.now())
        _report(progress, done, len(rows))
        try:
            for batch in _create(new, present, is_demo):
                done += len(batch)
                _report(progress, done, len(rows))
        except IntegrityError as error:
            raise ValidationError(_("Somebody else created some of these grids at the same moment.")) from error
    unchanged = len(rows) - len(new) - len(renamed) - len(given_up)
    return Loaded(len(new), len(renamed), unchanged, tuple(sorted(given_up)))


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


def _given_up(rows: list[Division]) -> set[str]:
    """The codes among these rows that lead elsewhere now, or would have to stand below such a one."""
    if not FormerCode.objects.exists():
        return set()
    codes = {row.code for row in rows} | {parent for row in rows if (parent := tree.parent_code(row.code))}
    former: set[str] = set()
    for batch in _batches(sorted(codes)):
        former.update(FormerCode.objects.filter(code__in=batch).values_list("code", flat=True))
    given_up: set[str] = set()
    for row in rows:  # parents first
        if row.code in former or {tree.parent_code(row.code)} & (former | given_up):
            given_up.add(row.code)
    return given_up


def _rename(rows: list[Division], present: dict[str, Grid], actor: User | None, at: datetime) -> None:
    renamed = []
    for row in rows:
        grid = present[row.code]
        renamed.append((grid, grid.name))
        grid.name, grid.initials = row.name, initials_of(row.name)
    Grid.objects.bulk_update([grid for grid, _name in renamed], ["name", "initials"], batch_size=BATCH)
    record_renames(actor=actor, at=at, reason=_("As the file of divisions has it"), renamed=renamed)


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
