"""What became of things that cases arise from, a resolution for one, as far as a person may see it."""

from collections.abc import Sequence

from django.db.models import Model, prefetch_related_objects
from django.utils.translation import gettext as _

from branches.references import shown
from grids.models import User

EVENT = "event"
CLOSED, VOIDED = "closed", "voided"  # states of cases, which stand on the floor above


def title_of(kind: str, key: str, name: str, *, is_seen: bool) -> str:
    """How a pointer is called before somebody: a case that they may not see by its number, without a word of it."""
    return name if is_seen or kind != EVENT else _("%(number)s, a case that you may not open") % {"number": key}


def load_cases(things: Sequence[Model], user: User) -> None:
    """Give each thing `case`, the one that it became, or None where there is none or it is out of sight.

    `is_filed` tells whether there is one at all, `is_settled` whether it was closed. The same queries, however many.
    """
    prefetch_related_objects(list(things), "occasions__event__merged_into")
    numbers = {}
    for thing in things:
        cases = [occasion.event for occasion in thing.occasions.all() if occasion.event.status != VOIDED]
        thing.is_filed = bool(cases)
        thing.is_settled = any(CLOSED in (case.status, getattr(case.merged_into, "status", "")) for case in cases)
        numbers[thing] = cases[-1].number if cases else None
    seen = shown(user, EVENT, [number for number in numbers.values() if number])
    for thing, number in numbers.items():
        thing.case = seen.get(number)
