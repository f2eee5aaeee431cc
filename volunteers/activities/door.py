"""The code at the door: what the organiser's phone shows, and what it opens. It says nothing of where a phone is."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.utils.translation import gettext as _

from volunteers.models import Activity

EARLY = timedelta(minutes=30)  # before it begins
LATE = timedelta(minutes=30)  # after it has ended


class Token(NamedTuple):
    """Of which activity a code is, and for which beginning: at another time the old code is dead."""

    activity: int
    second: int


def token_of(activity: Activity) -> str:
    return _signer().sign(f"{activity.pk}.{_second(activity)}")


def read_token(text: str) -> Token | None:
    """None for what is no code of ours."""
    try:
        activity, second = _signer().unsign(text).split(".")
    except (BadSignature, ValueError):
        return None
    return Token(int(activity), int(second))


def why_closed(token: Token, activity: Activity, at: datetime) -> str:
    """Why the code opens nothing now, as a sentence; nothing where it does."""
    if token != (activity.pk, _second(activity)):
        return _("The time of the activity was changed, and this code with it. Scan the code anew.")
    opens, closes = activity.starts_at - EARLY, activity.ends_at + LATE
    if opens <= at <= closes:
        return ""
    said = {name: f"{timezone.localtime(one):%Y-%m-%d %H:%M}" for name, one in (("opens", opens), ("closes", closes))}
    return _("The code opens around the time of the activity alone: from %(opens)s to %(closes)s.") % said


def _second(activity: Activity) -> int:
    return int(activity.starts_at.timestamp())


def _signer() -> Signer:
    return Signer(salt="volunteers.activity_door")
