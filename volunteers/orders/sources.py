"""What an order may be written down from, in place: a case for one. The floors above make theirs known."""

import re
from collections.abc import Callable
from typing import NamedTuple

from grids.models import Grid, User
from volunteers.models import ServiceOrder
from volunteers.services import Person

CODE = re.compile(r"([a-z_]{1,16})-([0-9A-Za-z-]{1,64})", re.ASCII)


class Preset(NamedTuple):
    """What of the order is known: where, what, and whose wish it is, as far as the user may see that."""

    title: str
    grid: Grid
    text: str
    person: Person = Person()


Find = Callable[[User, str], Preset | None]  # by the key, if the user may write an order down from it

_finders: dict[str, Find] = {}


def register(kind: str, find: Find) -> None:
    _finders[kind] = find


def find(user: User, code: str) -> tuple[str, str, Preset] | None:
    """Kind, key and preset of what a code such as `event-20260301-000012` names."""
    parts = CODE.fullmatch(code)
    preset = _finders[parts[1]](user, parts[2]) if parts and parts[1] in _finders else None
    return (parts[1], parts[2], preset) if preset else None


def orders_from(kind: str, key: str):
    """The orders that arose from it."""
    return ServiceOrder.objects.filter(source_kind=kind, source_key=key).with_related().order_by("pk")
