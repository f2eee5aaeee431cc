"""What is needed and what has been of use: other nouns register here where they know of either.

Activities and orders know what is needed; orders know which offers somebody used. Without them both lists are as if
nothing were needed and nothing used.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists
from django.utils.timezone import localdate

from grids.models import Grid, User
from grids.tree import ancestor_codes
from volunteers.models import Offer


class Need(NamedTuple):
    """Something that somebody is wanted for: with which skill, where, and the page that tells more."""

    skill_id: int
    skill: str
    grid: Grid
    title: str
    url: str
    at: datetime | None = None


# Given who asks, the grid and the moment: what is needed there and below as far as they may see it, in a fixed number
# of queries.
Teller = Callable[[User, Grid, datetime], Iterable[Need]]
# The rows that use an offer, as `Exists(Order.objects.filter(offer=OuterRef("pk")))`.
Use = Callable[[], Exists]

_tellers: dict[str, Teller] = {}
_uses: dict[str, Use] = {}


def register(kind: str, teller: Teller) -> None:
    """Let a noun tell its needs under this name."""
    _tellers[kind] = teller


def register_use(kind: str, use: Use) -> None:
    """Let a noun tell which offers it has used."""
    _uses[kind] = use


def unused(offers):
    """Those of the offers that nothing has used."""
    for use in _uses.values():
        offers = offers.filter(~use())
    return offers


def unmet(user: User, grid: Grid, at: datetime) -> list[Need]:
    """What is needed on the grid and below and nobody offers there or above, what is due first, first."""
    needs = [need for teller in _tellers.values() for need in teller(user, grid, at)]
    if not needs:
        return []
    offered = _offered({need.skill_id for need in needs}, at)
    missing = [need for need in needs if not any((need.skill_id, code) in offered for code in _way(need.grid))]
    return sorted(missing, key=lambda need: (need.at is None, need.at or at, need.grid.lft, need.title))


def _way(grid: Grid) -> list[str]:
    return [grid.code, *ancestor_codes(grid.code)]


def _offered(skills: set[int], at: datetime) -> set[tuple[int, str]]:
    """Which of the skills are offered in which community."""
    return set(Offer.objects.open_on(localdate(at)).filter(skill__in=skills).values_list("skill", "grid__code"))
