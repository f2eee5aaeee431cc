"""Telling people of what happens below the cases; the floor that keeps the outbox listens inside the transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal

from grids.models import User
from grids.moments import aware_now

# Sent with `users`, `text`, `url`, `key`, `at`, inside the transaction of what is told.
notified = Signal()


@transaction.atomic
def notify(*, users: Iterable[User], text: str, url: str, key: str, at: datetime | None = None) -> None:
    """Tell each of these people once: `text` is one sentence without personal data, `url` the page where it stands.

    The same `key`, such as `activity-12-reminder`, tells nobody a second time.
    """
    users = [user for user in dict.fromkeys(users) if user.is_active]
    if users:
        notified.send(sender=None, users=users, text=text, url=url, key=key, at=aware_now(at))
