"""Proof that merged cases go on in one that knows of them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event, Step
from events.workflow import Action


def merge_problems() -> Iterator[tuple[str, str, Any, Any]]:
    """Each merging stands in both histories, and no chain of merged cases comes back to where it began."""
    merged = Counter(_pairs(Action.MERGE, "into"))
    absorbed = Counter((one, into) for into, one in _pairs(Action.ABSORB, "merged"))
    for one, into in sorted((merged - absorbed).keys() | (absorbed - merged).keys()):
        what = _("merges into %(number)s, recorded here and there") % {"number": _number(into)}
        yield _number(one), what, merged[one, into], absorbed[one, into]
    for pk in _circular():
        yield _number(pk), Event._meta.get_field("merged_into").verbose_name, _("a case that goes on"), _number(pk)


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
