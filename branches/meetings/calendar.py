"""A person's meetings as an iCalendar, RFC 5545."""

from datetime import UTC, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from branches.meetings.workflow import State
from branches.models import CalendarKey, Invitation, Meeting
from branches.services.meetings import calendar_digest
from grids.models import User

PAST = timedelta(days=365)
MOST = 500
REFRESH = timedelta(hours=1)


def owner_of(token: str) -> User | None:
    """Whose calendar the secret opens; nobody's once the account is closed."""
    key = CalendarKey.objects.select_related("user").filter(digest=calendar_digest(token)).first()
    return key.user if key and key.user.is_active else None


def own_meetings(user: User) -> QuerySet[Meeting]:
    """What the person is asked to or has convened, called off or not; nothing that is still in preparation."""
    invited = Q(pk__in=Invitation.objects.of(user).values("meeting"))
    since = timezone.now() - PAST
    return Meeting.objects.exclude(state=State.PLANNED).filter(invited | Q(convened_by=user), starts_at__gte=since)


def calendar_of(user: User) -> bytes:
    """A meeting that was changed or called off keeps its UID and counts its SEQUENCE up, so that calendars follow."""
    calendar = Calendar()
    calendar.add("prodid", "-//Saihan Grid//meetings//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Joint meetings"))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for meeting in own_meetings(user).order_by("-starts_at", "-pk")[:MOST]:
        calendar.add_component(_event(meeting))
    return calendar.to_ical()


def _event(meeting: Meeting) -> Event:
    called_off = meeting.state == State.CALLED_OFF
    event = Event()
    event.add("uid", f"{meeting.key}@saihan")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.changed_at.astimezone(UTC))
    event.add("last-modified", meeting.changed_at.astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", meeting.ends_at.astimezone(UTC))
    event.add("summary", meeting.title)
    event.add("location", meeting.place)
    event.add("status", "CANCELLED" if called_off else "CONFIRMED")
    return event
