"""What pages and sheets say of a claim."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.models import Claim
from branches.worklists.workflow import UNDER_WAY


def lateness(claim: Claim, at: datetime) -> str:
    """How late it is, or was reported; nothing for what is in time."""
    if claim.is_late(at):
        days = -claim.days_left(at)
        return ngettext("%(days)d day late", "%(days)d days late", days) % {"days": days}
    return _("reported late") if claim.is_reported_late else ""


def time_left(claim: Claim, at: datetime) -> str:
    """The days that are left of what is under way."""
    if claim.state not in UNDER_WAY or claim.is_late(at):
        return ""
    days = claim.days_left(at)
    if not days:
        return _("due today")
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
