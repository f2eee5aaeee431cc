"""What people can join at a place: the floors above tell of it on the place's public page."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from grids.models import Grid


class Joinable(NamedTuple):
    """Something to come that is public; `url` is a page for everybody."""

    title: str
    starts_at: datetime
    url: str


# Of a place and what lies below it, the next first, at most so many.
Teller = Callable[[Grid, datetime, int], list[Joinable]]
_tellers: list[Teller] = []


def register(teller: Teller) -> None:
    if teller not in _tellers:
        _tellers.append(teller)


def to_join(grid: Grid, at: datetime, most: int) -> list[Joinable]:
    """What all of them tell of, the next first."""
    found = [one for teller in _tellers for one in teller(grid, at, most)]
    return sorted(found, key=lambda one: one.starts_at)[:most]
