"""What joint meetings ask of a person: to answer, to come, and to see to what was resolved."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.meetings.workflow import State
from branches.models import Invitation, Meeting, Resolution
from grids.day import MOST, Due, whole_day
from grids.models import User


def day_of(user: User, at: datetime) -> list[Due]:
    """In two queries; whoever said that they do not come is not reminded."""
    mine = Invitation.objects.of(user).exclude(answer="no").select_related("meeting__grid", "meeting__branch")
    coming = mine.filter(meeting__state=State.CONVENED, meeting__ends_at__gte=at).distinct()
    unfinished = Resolution.objects.unfinished().owned_by(user).select_related("meeting").distinct()
    meetings = [_meeting(each) for each in coming.order_by("meeting__starts_at", "pk")[:MOST]]
    return meetings + [_resolution(each, at) for each in unfinished.order_by("due_on", "pk")[:MOST]]


def _meeting(invitation: Invitation) -> Due:
    meeting: Meeting = invitation.meeting
    label = _("Joint meeting") if invitation.answer else _("Joint meeting, to be answered")
    url = reverse("meeting_detail", args=[meeting.pk])
    return Due(meeting.starts_at, "meeting", label, meeting.title, url, f"{meeting.convener.name} · {meeting.place}")


def _resolution(resolution: Resolution, at: datetime) -> Due:
    url = reverse("meeting_detail", args=[resolution.meeting_id]) + "#resolutions"
    is_late = resolution.due_on < timezone.localdate(at)
    day = whole_day(resolution.due_on)
    return Due(day, "resolution", _("Resolution"), resolution.text, url, resolution.meeting.title, is_late, False)
