"""The code at the door: what the organiser's phone shows, and what it opens. It says nothing of where a phone is."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.signing import BadSignature, Signer

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


def is_current(token: Token, activity: Activity) -> bool:
    return token == (activity.pk, _second(activity))


def opening(activity: Activity) -> tuple[datetime, datetime]:
    """From when to when the code opens anything."""
    return activity.starts_at - EARLY, activity.ends_at + LATE


def is_open(activity: Activity, at: datetime) -> bool:
    opens, closes = opening(activity)
    return opens <= at <= closes


def _second(activity: Activity) -> int:
    return int(activity.starts_at.timestamp())


def _signer() -> Signer:
    return Signer(salt="volunteers.activity_door")
