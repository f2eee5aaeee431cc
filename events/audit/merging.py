"""Proof that merged cases go on in one that knows of them, and that it knows of those that were taken out again."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event, Step
from events.workflow import OPEN, Action


def merge_problems() -> Iterator[tuple[str, str, Any, Any]]:
    """Each merging stands in both histories, and no chain of merged cases comes back to where it began."""
    merged = Counter(_pairs(Action.MERGE, "into"))
    absorbed = Counter((one, into) for into, one in _pairs(Action.ABSORB, "merged"))
    for one, into in sorted((merged - absorbed).keys() | (absorbed - merged).keys()):
        what = _("merges into %(number)s, recorded here and there") % {"number": _number(into)}
        yield _number(one), what, merged[one, into], absorbed[one, into]
    yield from _separation_problems()
    for pk in _circular():
        yield _number(pk), Event._meta.get_field("merged_into").verbose_name, _("a case that goes on"), _number(pk)


def _separation_problems() -> Iterator[tuple[str, str, Any, Any]]:
    """Each taking out of an open case stands in both histories; one that has ended is not told."""
    taken, let_go = _counted_out(), Counter((one, into) for into, one in _pairs(Action.RELEASE, "released"))
    for one, into in sorted((taken - let_go).keys() | (let_go - taken).keys()):
        what = _("takings out of %(number)s, in this history and in that one") % {"number": _number(into)}
        yield _number(one), what, taken[one, into], let_go[one, into]


def _counted_out() -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    for pk, details in Step.objects.filter(action=Action.SEPARATE).order_by().values_list("event", "details"):
        if isinstance(out_of := details.get("out_of"), dict) and out_of.get("status") in OPEN:
            found[pk, out_of.get("id", 0)] += 1
    return found


def _pairs(action: Action, name: str) -> Iterator[tuple[int, int]]:
    for pk, details in Step.objects.filter(action=action).order_by().values_list("event", "details"):
        other = details.get(name) if isinstance(details, dict) else None
        if isinstance(other, dict) and isinstance(other.get("id"), int):
            yield pk, other["id"]


def _circular() -> Iterator[int]:
    """The cases that are merged into themselves by way of others."""
    into = dict(Event.objects.exclude(merged_into=None).order_by("pk").values_list("pk", "merged_into"))
    known: set[int] = set()
    for first in into:
        way, pk = set(), first
        while pk in into and pk not in known and pk not in way:
            way.add(pk)
            pk = into[pk]
        if pk in way:
            yield pk
        known |= way


def _number(pk: int) -> str:
    return Event.objects.filter(pk=pk).values_list("number", flat=True).first() or f"#{pk}"
