"""What the floors above let be told of their things: counts of a month, the gist of one, and photos of staff.

They register a teller when their apps are ready. None of its answers ever holds words or photos of a resident, and a
confidential thing is to a teller as if it were not there.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Protocol

from django.core.files import File
from django.utils.translation import gettext as _

from branches.models import Publication
from grids.models import Grid, User


class Tally(NamedTuple):
    """What came in within a month of one category, and how much of it is closed by now."""

    category: str
    received: int
    closed: int


class Gist(NamedTuple):
    """All that a form may begin with: of what category, with what outcome, and where.

    Of a topic these are its title, and the decision with the votes. `told_as` is the kind of publication, `told` are
    words that staff wrote to be read by others, where there are any.
    """

    grid: Grid
    category: str
    outcome: str
    is_done: bool
    told_as: str = Publication.Kind.EXAMPLE
    told: str = ""


class Photo(NamedTuple):
    """A photo that staff took; `url` is its small picture, for who writes."""

    key: str
    url: str
    name: str


class Teller(Protocol):
    kind: str  # as of `branches.references`

    def count(self, grid: Grid, month: date) -> Iterable[Tally]:
        """What came in within the month on the grid and below it, by category."""

    def gist(self, user: User, key: str) -> Gist | None:
        """None where the user may not see it, or where it is confidential."""

    def photos(self, user: User, key: str) -> list[Photo]:
        """What staff photographed there, for a user who may see it; never what a resident sent."""

    def open_photos(self, user: User, key: str, keys: Iterable[str]) -> list[File]:
        """The files of those of its photos, as far as they are there."""


_tellers: dict[str, Teller] = {}


def register(teller: Teller) -> None:
    _tellers[teller.kind] = teller


def counted(grid: Grid, month: date) -> list[Tally]:
    return [tally for teller in _tellers.values() for tally in teller.count(grid, month)]


def gist_of(user: User, kind: str, key: str) -> Gist | None:
    return _tellers[kind].gist(user, key) if kind in _tellers else None


def photos_of(user: User, kind: str, key: str) -> list[Photo]:
    return _tellers[kind].photos(user, key) if kind in _tellers else []


def open_photos(user: User, kind: str, key: str, keys: Iterable[str]) -> list[File]:
    return _tellers[kind].open_photos(user, key, keys) if kind in _tellers else []


def source_errors(actor: User | None, kind: str, key: str) -> dict[str, list[str]]:
    """A case that is told of must be closed, and in sight of who writes: a clue report is as if it were not there."""
    if actor is None or kind not in _tellers:
        return {}
    gist = gist_of(actor, kind, key)
    if gist is None:
        return {"source": [_("There is no such case to tell of in your area.")]}
    if not gist.is_done:
        return {"source": [_("The case is not closed yet. Only what is done is told of.")]}
    return {}
