"""Who might do an order, best suited first, and why: a suggestion to the person who dispatches. No ORM.

What counts is the order alone: what was offered, where, when, and what somebody has in hand already. Nothing is kept
of anybody, and nobody is left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grids.tree import ancestor_codes
from volunteers.times import describe


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
    helper: Helper
    reasons: tuple[Reason, ...]
    rank: tuple[int, ...]  # smaller is better suited


class Weighed(NamedTuple):
    """How well one thing fits, 0 best, and the words for it."""

    rank: int
    reason: Reason


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
    weighed = [weigh(wish, helper) for weigh in _WEIGHTS]
    return Match(helper, tuple(one.reason for one in weighed if one.reason.text), tuple(one.rank for one in weighed))


def _decline(wish: Wish, helper: Helper) -> Weighed:
    text = _("declined this order") if helper.has_declined else ""
    return Weighed(int(helper.has_declined), Reason(False, text))


def _skill(wish: Wish, helper: Helper) -> Weighed:
    if wish.provider and helper.who == wish.provider:
        return Weighed(0, Reason(True, _("provides this service")))
    if wish.skill and helper.skill == wish.skill:
        return Weighed(1, Reason(True, _("offered %(skill)s") % {"skill": helper.skill_name}))
    if helper.kind == wish.kind:
        return Weighed(2, Reason(False, _("offered something else of this kind: %(skill)s") % _named(helper)))
    return Weighed(3, Reason(False, _("offered something else: %(skill)s") % _named(helper)))


def _named(helper: Helper) -> dict[str, str]:
    return {"skill": helper.skill_name}


def _time(wish: Wish, helper: Helper) -> Weighed:
    if both := wish.times & helper.times:
        return Weighed(0, Reason(True, _("free when it suits: %(times)s") % {"times": describe(both)}))
    return Weighed(1, Reason(False, _("free at other times: %(times)s") % {"times": describe(helper.times)}))


def _place(wish: Wish, helper: Helper) -> Weighed:
    """By how many levels up one must go from the order to find the helper's grid over it."""
    way = [wish.code, *ancestor_codes(wish.code)]
    theirs = {helper.code, *ancestor_codes(helper.code)}
    common = next((code for code in way if code in theirs), "")
    words = {
        18: _("of the same unit"), 16: _("of the same building"), 12: _("of the same community"),
        9: _("of another community of the street"), 6: _("of another street of the district"),
    }  # fmt: skip
    return Weighed(18 - len(common), Reason(len(common) >= 12, words.get(len(common), _("of elsewhere"))))


def _load(wish: Wish, helper: Helper) -> Weighed:
    if not helper.load:
        return Weighed(0, Reason(True, _("has no order in hand")))
    said = {"orders": helper.load}
    text = ngettext("has %(orders)d order in hand", "has %(orders)d orders in hand", helper.load) % said
    return Weighed(helper.load, Reason(False, text))


# In the order in which they count.
_WEIGHTS: tuple[Callable[[Wish, Helper], Weighed], ...] = (_decline, _skill, _time, _place, _load)
