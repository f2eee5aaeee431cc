"""Proof that a case arose from what its first step tells, and from nothing else."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from events.models import OCCASIONS

Problem = tuple[str, Any, Any]  # what, expected, found


def occasion_problems(steps: list[NamedTuple], occasions: list[tuple[int | None, ...]]) -> Iterator[Problem]:
    """`occasions` are the rows of the case: none or one, the keys in the order of OCCASIONS."""
    told = steps[0].details.get("occasion") if steps else None
    expected = [(told["kind"], told["id"])] if told else []
    found = [(name, key) for row in occasions for name, key in zip(OCCASIONS, row, strict=True) if key is not None]
    if expected != found:
        yield _("what it arose from"), _named(expected), _named(found)


def _named(things: list[tuple[str, int]]) -> str:
    return "、".join(f"{kind} {key}" for kind, key in things)
