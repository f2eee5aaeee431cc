"""Open cases told to a resident who may be about to report the same: what, where, how it stands, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import QuerySet

from events.models import Event
from events.public.wording import state_name
from events.wording import ago, place
from grids.encryption import Unreadable, decrypt, encrypt
from grids.models import Level, load_ancestors

MOST = 5


@dataclass(frozen=True)
class OpenCase:
    """What everybody may know of a case. `key` stands for it in the form, for a while, and says nothing to anybody."""

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
            key=_signer().sign(encrypt(str(case.pk))),
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
    """The case that a key of ours stands for, as long as the page may be open; the service says whether it suits."""
    try:
        pk = decrypt(_signer().unsign(key, max_age=settings.PUBLIC_FORM_SECONDS[1]))
        return Event.objects.filter(pk=pk).first()
    except (BadSignature, Unreadable, ValueError):
        return None


def _signer() -> TimestampSigner:
    """What is encrypted for another purpose is no key of ours."""
    return TimestampSigner(salt="events.public_alike")
