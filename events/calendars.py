"""The calendar in force and every earlier one, for services, pages and the sweep.

Editions never change and go by the digest of their content, so a process may keep them for good: what it reads anew
each time is only which one is in force, and that comes with the limits (`Limits`), in the same query.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Subquery

from events.clock import STATUTORY, Day, WorkCalendar
from events.models import CalendarDay, CalendarEdition, CalendarYear, WorkingHours, parse_spans

_known: dict[str, WorkCalendar] = {STATUTORY.edition: STATUTORY}
MOST_KNOWN = 200


class UnknownEdition(LookupError):
    """A step names an edition that is not there, or whose content is not what its digest says."""


def in_force() -> Subquery:
    """The digest of the edition in force, to be read together with something else."""
    return Subquery(CalendarEdition.objects.order_by("-pk").values("digest")[:1])


def current() -> WorkCalendar:
    """The calendar in force."""
    return of(CalendarEdition.objects.order_by("-pk").values_list("digest", flat=True).first())


def of(digest: str | None) -> WorkCalendar:
    """The calendar of an edition; "" is the first one, by which clocks ran before steps named theirs.

    Raises UnknownEdition.
    """
    try:
        return of_all([digest or ""])[digest or ""]
    except KeyError:
        raise UnknownEdition(digest) from None


def of_all(digests: Iterable[str]) -> dict[str, WorkCalendar]:
    """The calendars of these editions by digest, in one query at most; those that are unknown are left out."""
    wanted = set(digests)
    found = {digest: calendar for digest in wanted if (calendar := _known.get(digest))}
    if missing := wanted - found.keys() - {""}:
        rows = CalendarEdition.objects.filter(digest__in=missing).values_list("digest", "content")
        found |= {digest: calendar for digest, content in rows if (calendar := _made(digest, content))}
    if "" in wanted:
        found[""] = _first()
    return found


def _made(digest: str, content: dict) -> WorkCalendar | None:
    """The calendar of this content, kept; None when somebody has changed the content."""
    calendar = WorkCalendar.from_content(content)
    if calendar.edition != digest:
        return None
    if len(_known) < MOST_KNOWN:
        _known[digest] = calendar
    return calendar


def _first() -> WorkCalendar:
    """Before any edition was made, and in a database that has none, it is the package's calendar."""
    digest = CalendarEdition.objects.order_by("pk").values_list("digest", flat=True).first()
    return of(digest) if digest else STATUTORY


def as_edited() -> WorkCalendar:
    """The calendar as its tables stand, published or not."""
    hours = WorkingHours.objects.first()
    days = CalendarDay.objects.values_list("date", "is_working", "name")
    return WorkCalendar(
        hours=parse_spans(hours.spans) if hours else STATUTORY.clock_hours,
        days={day: Day(is_working, name) for day, is_working, name in days},
        notices=dict(CalendarYear.objects.order_by("year").values_list("year", "notice")),
    )


def settle() -> None:
    """Let nobody else publish until the transaction ends, so that no edition misses what another one brought."""
    CalendarEdition.objects.order_by("pk").select_for_update().values_list("pk").first()


def publish(calendar: WorkCalendar, at: datetime) -> CalendarEdition:
    """Put a calendar in force; the edition in force stays when it is the same."""
    last = CalendarEdition.objects.order_by("-pk").first()
    if last and last.digest == calendar.edition:
        return last
    return CalendarEdition.objects.create(digest=calendar.edition, content=calendar.content(), created_at=at)
