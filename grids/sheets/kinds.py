"""The kinds of sheets: their columns, and what their rows would change. Apps add theirs with `register` when ready."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from grids.access import Ranges, managed_ranges
from grids.sheets import cells
from grids.sheets.cells import Raw, Reader, Unreadable

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from grids.models import Grid, User

ADDED, CHANGED, UNCHANGED, WRONG, IGNORED = "added", "changed", "unchanged", "wrong", "ignored"


@dataclass(frozen=True)
class Column:
    """A column of a kind. `read` and `write` undo each other, so that an exported sheet can be read back."""

    key: str
    title: str
    synonyms: tuple[str, ...] = ()
    read: Reader = cells.text
    write: Callable[[object], object] = cells.identity
    is_required: bool = False
    is_history: bool = False  # told in exports; a row in which it is filled is over, and ignored when read back
    example: str = ""
    help: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (str(self.title), *self.synonyms)


@dataclass
class Row:
    """A row on its way: what it says (`given`), what is wrong, and what it would do or has done."""

    number: int
    cells: list[Raw]
    given: dict[str, object] = field(default_factory=dict)
    outcome: str = ""
    problems: list[dict] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    before: dict = field(default_factory=dict)  # of a changed row, the old values by column
    values: dict = field(default_factory=dict)  # what is written; of a changed row, the new values by column
    object_pk: int | None = None
    created_user: int | None = None
    stage: int = 0  # rows are written in this order, then by number
    grid: "Grid | None" = None  # for kinds whose rows stand on a grid

    def wrong(self, column: Column, text: str) -> None:
        self.outcome = WRONG
        self.problems.append({"column": column.key, "text": text})

    def added(self, values: dict) -> None:
        self._becomes(ADDED, None, {}, values)

    def compared(self, pk: int, before: dict, after: dict) -> None:
        """Unchanged or changed, by the values that differ."""
        differing = [key for key, value in after.items() if before[key] != value]
        outcome = CHANGED if differing else UNCHANGED
        self._becomes(outcome, pk, {key: before[key] for key in differing}, {key: after[key] for key in differing})

    def _becomes(self, outcome: str, pk: int | None, before: dict, values: dict) -> None:
        if self.outcome not in (WRONG, IGNORED):
            self.outcome, self.object_pk, self.before, self.values = outcome, pk, before, values

    @property
    def plan(self) -> tuple:
        """What the preview promised: a row may only be written as long as this is the same."""
        return self.outcome, self.object_pk, self.before, self.values


@dataclass
class Run:
    """One run over all rows of a sheet: who, where, when, and what the rows before have said already."""

    actor: "User"
    ranges: Ranges
    at: datetime
    claims: dict[Hashable, int] = field(default_factory=dict)
    notes: dict[Hashable, object] = field(default_factory=dict)  # whatever a kind has to remember

    def claim(self, row: Row, what: Hashable) -> int:
        """The number of the row that has said so before; 0 for the first, which is this one from now on."""
        first = self.claims.setdefault(what, row.number)
        return 0 if first == row.number else first

    def is_inside(self, position: int) -> bool:
        return any(lft <= position <= rght for lft, rght in self.ranges)


class Kind:
    """What a sheet is about. One stateless object for each kind, registered under its key."""

    key: str
    title: str
    columns: tuple[Column, ...]
    main = "code"  # the column without which a row is none

    def __init__(self) -> None:
        self.by_key = {column.key: column for column in self.columns}

    def __getitem__(self, key: str) -> Column:
        return self.by_key[key]

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        return {column.key: column.names for column in self.columns}

    @property
    def required(self) -> set[str]:
        return {column.key for column in self.columns if column.is_required}

    def read(self, row: Row, places: dict[str, int]) -> None:
        """Fill what the row gives, column by column; columns that the sheet lacks are not given."""
        for column in self.columns:
            if column.key not in places:
                continue
            index = places[column.key]
            raw = row.cells[index] if index < len(row.cells) else None
            try:
                value = column.read(raw)
            except Unreadable as unreadable:
                row.wrong(column, str(unreadable))
                continue
            if column.is_history and value:
                row.outcome = IGNORED
                row.remarks.append(_("It is over: the column “%(column)s” is filled.") % {"column": column.title})
                return
            if column.is_required and value in ("", None):
                row.wrong(column, _("This cell must not be empty."))
                continue
            row.given[column.key] = value

    def label(self, row: Row) -> str:
        """What the row is about, for people: its first columns."""
        return " ".join(str(row.given[column.key]) for column in self.columns[:2] if row.given.get(column.key))[:200]

    def told(self, values: dict) -> list[tuple[str, str]]:
        """Values of a row for people, by the titles of their columns; what is empty is left out."""
        return [
            (str(column.title), str(column.write(values[column.key])))
            for column in self.columns
            if values.get(column.key) not in ("", None)
        ]

    def may_bring_in(self, user: "User") -> bool:
        """Whether such a sheet is the user's to bring in at all: who manages a grid; `check` looks at each row."""
        return bool(managed_ranges(user))

    # What a kind has to say for itself. Rows come in chunks, so nothing here may ask the database row by row.

    def collect(self, row: Row, run: Run) -> None:
        """Take note of a row before the first chunk is checked, for what rows say about each other."""

    def check(self, rows: list[Row], run: Run) -> None:
        """Give each row its outcome, or say what is wrong with it; changes nothing."""
        raise NotImplementedError

    def apply(self, rows: list[Row], run: Run) -> None:
        """Write what was checked a moment ago; sets `object_pk` of what was added."""
        raise NotImplementedError

    def before_undo(self, keys: Iterable[int]) -> None:
        """Lock what was added, by primary key, where undoing from the end would take the locks the wrong way round."""

    def undo(self, rows: list[Row], run: Run) -> list[str]:
        """Take back what these rows wrote, the last written first; what forbids it, in sentences. `run.at` is when."""
        raise NotImplementedError

    def export(self, queryset: "QuerySet") -> Iterator[dict[str, object]]:
        """A value for each column, from a list of the admin."""
        raise NotImplementedError


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.key] = kind


def find(key: str) -> Kind | None:
    return _kinds.get(key)


def all_kinds() -> Iterable[Kind]:
    return _kinds.values()


def field_problem(model: type, name: str, value: object) -> str:
    """Why a field of the model refuses the value; empty when it takes it."""
    try:
        model._meta.get_field(name).clean(value, None)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""
