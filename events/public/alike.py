"""Open cases told to a resident who may be about to report the same: what, where, how it stands, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from events.models import Event
from events.public.wording import state_name
from events.wording import ago, place
from grids.encryption import Unreadable, decrypt, encrypt
from grids.models import Level, load_ancestors

MOST = 5


@dataclass(frozen=True)
class OpenCase:
    """What everybody may know of a case. `key` stands for it in the form, and says nothing to who reads it."""

    key: str
    what: str
    place: str
    state: str
    status: str
    ago: str


def told_openly(found: QuerySet[Event], at: datetime) -> list[OpenCase]:
    """A handful of cases, in two queries."""
    cases = list(found.select_related("category", "grid")[:MOST])
    load_ancestors(case.grid for case in cases)
    return [
        OpenCase(
            key=encrypt(str(case.pk)),
            what=case.category.public_name or case.category.minor,
            place=_place(case),
            state=state_name(case),
            status=case.status,
            ago=ago(case.filed_at, at),
        )
        for case in cases
    ]


def _place(case: Event) -> str:
    """The building; which unit it is might tell who reported it."""
    grid = case.grid
    return place(grid.ancestors[Level.BUILDING]) if grid.level > Level.BUILDING else place(grid)


def case_of(key: str) -> Event | None:
    """The case that a key of ours stands for; whether it suits is for the service to say."""
    try:
        return Event.objects.filter(pk=decrypt(key)).first()
    except (Unreadable, ValueError):
        return None
