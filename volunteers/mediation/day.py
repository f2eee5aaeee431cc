"""What of mediations a person has to do, for the list of their day: sessions to come, and follow-ups."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from grids.day import AHEAD, MOST, Due
from grids.models import User
from volunteers.mediation.access import visible_mediations
from volunteers.mediation.workflow import MediationState
from volunteers.models import FollowUp, MediationSession


def day_of(user: User, at: datetime) -> list[Due]:
    """The sessions of the coming week, and the follow-ups that are due, of what the user mediates; two queries."""
    if not user.is_active:
        return []
    mine = visible_mediations(user).filter(mediators=user)
    today = timezone.localdate(at)
    sessions = MediationSession.objects.filter(
        mediation__in=mine.open().values("pk"), held_at__range=(at - timedelta(hours=2), at + AHEAD)
    )
    agreed = mine.filter(state=MediationState.AGREED, erased_at=None)
    asked = FollowUp.objects.filter(mediation__in=agreed.values("pk"), done_on=None, due_on__lte=today + AHEAD)
    related = ("mediation__kind", "mediation__grid")
    return [
        *map(_session, sessions.select_related(*related)[:MOST]),
        *(_follow_up(one, one.due_on < today) for one in asked.select_related(*related)[:MOST]),
    ]


def _session(session: MediationSession) -> Due:
    return Due(session.held_at, "mediation", _("mediation"), _title(session), _url(session), session.place)


def _follow_up(follow_up: FollowUp, is_late: bool) -> Due:
    detail = _("Ask whether the agreement holds, on %(day)s.") % {"day": follow_up.due_on}
    return Due(None, "mediation", _("follow-up"), _title(follow_up), _url(follow_up), detail, is_late)


def _title(row: MediationSession | FollowUp) -> str:
    return f"{row.mediation.grid.name} · {row.mediation.kind}"


def _url(row: MediationSession | FollowUp) -> str:
    return reverse("mediation_detail", args=[row.mediation_id])
