"""Pointers to what stands elsewhere in the system, so that nothing is typed or uploaded twice.

What stands on the floors above is made known by `register` when those apps are ready; a row keeps kind, key and the
name of then, and asks here for what became of it.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.forms import LONGEST_KEY
from grids.models import Grid, User


class Shown(NamedTuple):
    """A thing as somebody who may see it reads it."""

    kind: str
    key: str
    name: str
    state: str = ""
    url: str = ""
    is_done: bool = False


class Source(Protocol):
    """A kind of things to point to."""

    kind: str  # at most 16 characters
    title: str

    def show(self, user: User, keys: Iterable[str]) -> dict[str, Shown]:
        """Those of the keys that the user may see, by key, in a fixed number of queries."""

    def offer(self, user: User, grid: Grid, words: str = "") -> list[Shown]:
        """What on the grid and below could be pointed to, newest first, at most `OFFERED`."""


OFFERED = 20
_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    _sources[source.kind] = source


def sources() -> list[Source]:
    return list(_sources.values())


class Reference(models.Model):
    """A row that points to a thing of a registered kind."""

    kind = models.CharField(_("kind"), max_length=16)
    key = models.CharField(_("key"), max_length=64)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def primary_keys(keys: Iterable[str]) -> list[str]:
    """Those that can be primary keys."""
    return [key for key in keys if key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY]


def matching(rows: models.QuerySet, words: str, *fields: str) -> models.QuerySet:
    """Those that have each of the words in one of the fields."""
    for word in words.replace("\0", "").split():
        rows = rows.filter(models.Q(*((f"{field}__icontains", word) for field in fields), _connector=models.Q.OR))
    return rows


def load_shown(references: Iterable[Reference], user: User) -> None:
    """Give each reference `shown`, or None where its thing is out of sight; the same queries however many there are."""
    references, keys = list(references), defaultdict(set)
    for reference in references:
        keys[reference.kind].add(reference.key)
    found = {kind: _sources[kind].show(user, wanted) for kind, wanted in keys.items() if kind in _sources}
    for reference in references:
        reference.shown = found.get(reference.kind, {}).get(reference.key)


def shown(user: User, kind: str, keys: Iterable[str]) -> dict[str, Shown]:
    """Those things of a kind that the user may see, by key."""
    keys = [key for key in keys if "\x00" not in key]  # PostgreSQL takes no such text, and no key holds it
    return _sources[kind].show(user, keys) if keys and kind in _sources else {}


def offered(user: User, grid: Grid, kind: str, words: str = "") -> list[Shown]:
    """What of a kind could be pointed to; nothing for a kind that is not known."""
    return _sources[kind].offer(user, grid, words)[:OFFERED] if kind in _sources else []


def found(user: User, kind: str, key: str) -> Shown | None:
    """The thing, if it is there and the user may see it."""
    return shown(user, kind, [key]).get(key)
