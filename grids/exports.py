"""Kinds of rows of which sheets for other departments are filled, each with the columns to choose from.

Each app registers its kinds in `AppConfig.ready`: `exports.register(Kind(...))`. `find` gives the rows that a person
may see, with what the columns read; `day` is the lookup of the time, or with `is_dated` the date, that a period is
about; `prepare` fills in for a chunk of rows what no join brings. No column holds what could tell of a resident, such
as a name, a phone, an address line or the free text of a report, and confidential cases are in no kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.functional import Promise

from grids.day import whole_day
from grids.models import Grid, Level, User


class Field(NamedTuple):
    """A column that can be chosen; `value` is what a row shows in it at a time, the width is in characters."""

    key: str
    title: str | Promise
    width: int
    value: Callable[[Any, datetime], object]


@dataclass(frozen=True)
class Kind:
    key: str
    title: str | Promise
    find: Callable[[User], QuerySet]
    fields: tuple[Field, ...]
    day: str
    states: tuple[tuple[str, str | Promise], ...] = ()
    state: str = "state"
    is_dated: bool = False
    prepare: Callable[[list], None] = lambda rows: None

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)

    def rows(
        self, user: User, grid: Grid, since: date | None = None, until: date | None = None, state: str = ""
    ) -> QuerySet:
        """Those of the grid and all below it, from one day to another, both included; the oldest first."""
        found = self.find(user).filter(position__range=(grid.lft, grid.rght))
        if since:
            found = found.filter(**{f"{self.day}__gte": self._begin(since)})
        if until:
            found = found.filter(**{f"{self.day}__lt": self._begin(until + timedelta(days=1))})
        if state:
            found = found.filter(**{self.state: state})
        return found.order_by(self.day, "pk")

    def _begin(self, day: date) -> date | datetime:
        return day if self.is_dated else whole_day(day)


def rough_place(grid: Grid) -> str:
    """From the street down to the building at most: a unit is too near to a home. Its ancestors are loaded."""
    names = [each.name for each in (*grid.ancestors, grid) if Level.STREET <= each.level <= Level.BUILDING]
    return " ".join(names) or grid.name


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.key] = kind


def find(key: str) -> Kind | None:
    return _kinds.get(key)


def kinds() -> list[Kind]:
    return list(_kinds.values())
