"""Joint meetings on other pages: a card of the branch's page, one of the workbench, and the state in colour."""

from typing import Any

from django import template
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from branches.meetings.access import may_convene, run_by, visible_meetings
from branches.meetings.showing import show_resolutions
from branches.meetings.workflow import State
from branches.models import Answer, Branch, Invitation, Meeting, Resolution
from grids.batches import first_rows
from grids.models import Grid, User

register = template.Library()

ROWS = 5
TO_WRITE = (State.CONVENED, State.HELD)  # once they have begun
COLOURS = {
    State.PLANNED: "filed",
    State.CONVENED: "handling",
    State.HELD: "resolved",
    State.MINUTED: "closed",
    State.CALLED_OFF: "voided",
}


@register.filter
def meeting_state(meeting: Meeting) -> SafeString:
    """The state in colour, shape and word, as that of a case."""
    return format_html('<span class="state state-{}">{}</span>', COLOURS[meeting.state], meeting.get_state_display())


@register.simple_tag
def answers() -> list[tuple[str, str]]:
    return Answer.choices


@register.inclusion_tag("branches/_meetings_of.html")
def meetings_of(convener: Branch | Grid, user: User) -> dict[str, Any]:
    """The next meetings of a branch or a whole grid, its last ones, and the resolutions that are not done."""
    at, seen = timezone.now(), visible_meetings(user).with_related().of(convener)
    left = Resolution.objects.unfinished().with_related().filter(meeting__in=seen.held()).order_by("due_on", "pk")
    return {
        "asked": f"branch={convener.pk}" if isinstance(convener, Branch) else f"grid={convener.code}",
        "user": user,
        "meetings": [*seen.upcoming()[:ROWS], *seen.past()[:ROWS]],
        "resolutions": show_resolutions(left[:ROWS], user, at),
        "may_convene": may_convene(user, convener),
        "at": at,
    }


@register.inclusion_tag("branches/_meetings_waiting.html")
def meetings_waiting(user: User) -> dict[str, Any]:
    """What waits for the person: minutes to write, invitations, meetings to come, and resolutions to see to."""
    at, mine = timezone.now(), Invitation.objects.of(user)
    called = Meeting.objects.filter(run_by(user), convened_by=user, state__in=TO_WRITE, starts_at__lte=at)
    convened = Meeting.objects.filter(state=State.CONVENED, ends_at__gte=at).with_related()
    unanswered = mine.filter(answer="").values("meeting")
    awaited = Q(pk__in=mine.exclude(answer="").values("meeting")) | Q(convened_by=user, starts_at__gt=at)
    left = Resolution.objects.unfinished().owned_by(user).with_related().distinct().order_by("due_on", "pk")
    return {
        "user": user,
        "to_write": first_rows(called.with_related().order_by("starts_at", "pk"), ROWS),
        "to_answer": first_rows(convened.filter(pk__in=unanswered).upcoming(), ROWS),
        "upcoming": first_rows(convened.filter(awaited).exclude(pk__in=unanswered).upcoming(), ROWS),
        "resolutions": show_resolutions(first_rows(left, ROWS), user, at),
        "at": at,
    }
