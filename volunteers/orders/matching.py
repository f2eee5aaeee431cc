"""Who might do an order, best suited first, and why: a suggestion to the person who dispatches. No ORM.

What counts is the order alone: what was offered, where, when, and what somebody has in hand already. Nothing is kept
of anybody, and nobody is left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.tree import ancestor_codes
from volunteers.times import describe

LONGEST = 18  # digits of a unit's code


@dataclass(frozen=True)
class Wish:
    """What is wanted: a skill by its key, a kind of service, at the grid of a code, at times as bits."""

    skill: int | None
    kind: str
    code: str
    times: int
    skill_name: str = ""
    provider: str = ""  # whose service of the catalogue it is, as the helpers' `who`


@dataclass(frozen=True)
class Helper:
    """Somebody's offer. `who` is the same for all offers of one; `code` is of the grid where they help."""

    who: str
    skill: int | None
    kind: str
    code: str
    times: int
    load: int  # orders that they were asked to do and have not done
    has_declined: bool = False  # this very order
    skill_name: str = ""


class Reason(NamedTuple):
    """One thing that speaks for, or does not speak for, somebody."""

    is_good: bool
    text: str


@dataclass(frozen=True)
class Match:
    wish: Wish
    helper: Helper
    rank: tuple[int, ...]  # smaller is better suited

    @property
    def reasons(self) -> list[Reason]:
        """The words for each thing that counts; made for those alone who are shown."""
        found = [words(self.wish, self.helper) for _rank, words in _WEIGHTS]
        return [reason for reason in found if reason.text]


def match(wish: Wish, helpers: Iterable[Helper]) -> list[Match]:
    """Each of those who offered, once, by the best suited of their offers; the best suited first."""
    best: dict[str, Match] = {}
    for helper in helpers:
        found = _weigh(wish, helper)
        if helper.who not in best or _order(found) < _order(best[helper.who]):
            best[helper.who] = found
    return sorted(best.values(), key=_order)


def _order(found: Match) -> tuple:
    """Where all fits alike, in an order that does not change: by the key, then by the offer."""
    helper = found.helper
    return (*found.rank, helper.who, helper.skill or 0, helper.kind, helper.code, helper.times, helper.skill_name)


def _weigh(wish: Wish, helper: Helper) -> Match:
    return Match(wish, helper, tuple(rank(wish, helper) for rank, _words in _WEIGHTS))


# Each thing that counts: how well it fits, 0 best, and the words for it.


def _decline(wish: Wish, helper: Helper) -> int:
    return int(helper.has_declined)


def _say_decline(wish: Wish, helper: Helper) -> Reason:
    return Reason(False, _("declined this order") if helper.has_declined else "")


def _skill(wish: Wish, helper: Helper) -> int:
    if wish.provider and helper.who == wish.provider:
        return 0
    if wish.skill and helper.skill == wish.skill:
        return 1
    return 2 if helper.kind == wish.kind else 3


def _say_skill(wish: Wish, helper: Helper) -> Reason:
    words = (
        _("provides this service"), _("offered %(skill)s"), _("offered something else of this kind: %(skill)s"),
        _("offered something else: %(skill)s"),
    )  # fmt: skip
    rank = _skill(wish, helper)
    return Reason(rank < 2, words[rank] % {"skill": helper.skill_name})


def _time(wish: Wish, helper: Helper) -> int:
    return int(not wish.times & helper.times)


def _say_time(wish: Wish, helper: Helper) -> Reason:
    if both := wish.times & helper.times:
        return Reason(True, _("free when it suits: %(times)s") % {"times": describe(both)})
    return Reason(False, _("free at other times: %(times)s") % {"times": describe(helper.times)})


def _place(wish: Wish, helper: Helper) -> int:
    """By how many levels up one must go from the order to find a grid that holds the helper's as well."""
    return LONGEST - _common_digits(wish, helper)


def _say_place(wish: Wish, helper: Helper) -> Reason:
    words = {
        18: _("of the same unit"), 16: _("of the same building"), 12: _("of the same community"),
        9: _("of another community of the street"), 6: _("of another street of the district"),
    }  # fmt: skip
    digits = _common_digits(wish, helper)
    return Reason(digits >= 12, words.get(digits, _("of elsewhere")))


def _common_digits(wish: Wish, helper: Helper) -> int:
    """How long the code of the lowest grid is that holds both."""
    return next((len(code) for code in _way(wish.code) if helper.code.startswith(code)), 0)


@lru_cache(maxsize=64)
def _way(code: str) -> tuple[str, ...]:
    """The code and those above it, nearest first."""
    return (code, *ancestor_codes(code))


def _load(wish: Wish, helper: Helper) -> int:
    return helper.load


def _say_load(wish: Wish, helper: Helper) -> Reason:
    if not helper.load:
        return Reason(True, _("has no order in hand"))
    said = {"orders": helper.load}
    return Reason(False, ngettext("has %(orders)d order in hand", "has %(orders)d orders in hand", helper.load) % said)


# In the order in which they count.
_WEIGHTS: tuple[tuple[Callable[[Wish, Helper], int], Callable[[Wish, Helper], Reason]], ...] = (
    (_decline, _say_decline), (_skill, _say_skill), (_time, _say_time), (_place, _say_place), (_load, _say_load),
)  # fmt: skip
