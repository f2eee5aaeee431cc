"""The outbox: notices are written with what causes them, and their deliveries soon after, by each person's choice."""

import logging
from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten
from time import monotonic

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from events.models import KEY_LENGTH, NOTICE_LENGTH, URL_LENGTH, Delivery, Event, Notice, NoticePreference
from events.notices.messaging import channels
from grids.models import User

logger = logging.getLogger(__name__)

BATCH = 500
TOGETHER_SECONDS = 1


# By `monotonic`: a run that this process asked for begins later, and finds what is committed by then. Where the clocks
# of two machines differ, the next run of the beat does.
asked_until = 0.0


def queue_delivery() -> None:
    """Ask for a run a second from now, which takes all that is written until then: one for each change would keep the
    worker busy with nothing else."""
    global asked_until
    if (now := monotonic()) < asked_until:
        return
    try:
        current_app.send_task("events.tasks.deliver_notices", countdown=TOGETHER_SECONDS, retry=False)
        asked_until = now + TOGETHER_SECONDS
    except BrokerError as error:  # the beat delivers what waits once the broker is back
        logger.warning("The broker is away, notices wait: %s", error)


def tell(*, users: Sequence[User], text: str, url: str, key: str, at: datetime) -> None:
    """Write what is no step of a case into the outbox, inside the transaction of what is told.

    Who has a notice of this key keeps it as it is. Raises ValueError where it could not be told: a mistake of ours.
    """
    text = shorten(text, NOTICE_LENGTH, placeholder="…")
    if not text or not key or len(key) > KEY_LENGTH:
        raise ValueError(f"A notice needs a sentence and a key of at most {KEY_LENGTH} characters.")
    if not url.startswith("/") or url.startswith("//") or len(url) > URL_LENGTH:
        raise ValueError(f"A notice leads to a page of ours, not to {url!r}.")
    knows = set(Notice.objects.filter(key=key, recipient__in=users).values_list("recipient", flat=True))
    notices = [
        Notice(recipient=user, text=text, page=url, key=key, created_at=at) for user in users if user.pk not in knows
    ]
    if notices:
        # Who tells the same at the same moment wrote it already.
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        transaction.on_commit(queue_delivery, robust=True)


def preference_of(user: User) -> NoticePreference:
    """What the person chose, or what holds for who chose nothing; that is not stored."""
    return NoticePreference.objects.filter(user=user).select_related("user").first() or NoticePreference(user=user)


def preferences_of(users: set[int]) -> dict[int, NoticePreference]:
    found = {one.user_id: one for one in NoticePreference.objects.filter(user__in=users).select_related("user")}
    for user in User.objects.filter(pk__in=users - found.keys()):
        found[user.pk] = NoticePreference(user=user)
    return found


@transaction.atomic
def plan_deliveries(*, at: datetime, limit: int = BATCH) -> int:
    """Write the deliveries of notices that have none yet and mark these as handed on, both at once or neither.

    The inbox shows them already. Returns how many notices were handed on.
    """
    waiting = Notice.objects.pending().select_for_update(of=("self",), skip_locked=True)
    notices = list(waiting.select_related("event").order_by("pk")[:limit])
    chosen = preferences_of({notice.recipient_id for notice in notices})
    deliveries = []
    for notice in notices:
        notice.delivered_at = at
        preference = chosen[notice.recipient_id]
        ways = channels(preference)
        notice.ways = len(ways)
        first, in_digest = preference.first_try(at, notice.is_urgent)
        deliveries += [
            Delivery(
                notice=notice, recipient_id=notice.recipient_id, event_id=notice.event_id,
                channel=channel, next_try_at=first, in_digest=in_digest,
            )
            for channel in ways
        ]  # fmt: skip
    Delivery.objects.bulk_create(deliveries)
    Notice.objects.bulk_update(notices, ["delivered_at", "ways"])
    return len(notices)


def read_notices(*, user: User, event: Event | None = None, page: str = "", at: datetime | None = None) -> int:
    """Mark a person's notices as read, of one event, one page or all; returns how many were unread."""
    unread = Notice.objects.unread().filter(recipient=user)
    if event:
        unread = unread.filter(event=event)
    if page:
        unread = unread.filter(page=page)
    # Asked first: every look at a case would otherwise take SQLite's one writer.
    return unread.update(read_at=at or timezone.now()) if unread.exists() else 0
