"""The outbox: notices are written with their step and delivered at least once."""

import logging
from datetime import datetime, timedelta
from time import monotonic

from celery import current_app
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from events.models import Event, Notice
from grids.models import User

logger = logging.getLogger(__name__)

BATCH = 500
# A slow mail server must not keep a batch past the end of its task, which would send it all again.
BATCH_SECONDS = 60
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)


def queue_delivery() -> None:
    try:
        current_app.send_task("events.tasks.deliver_notices", retry=False)
    except BrokerError as error:  # the beat delivers what waits once the broker is back
        logger.warning("The broker is away, notices wait: %s", error)


def deliver_notices(*, at: datetime | None = None) -> int:
    """Deliver what waits in the outbox, oldest first; returns how many were delivered.

    The inbox shows a notice at once; those with an e-mail address also get a mail where EMAIL_URL is set.
    """
    at = at or timezone.now()
    delivered = 0
    while tried := _deliver_batch(at):
        delivered += sum(notice.delivered_at is not None for notice in tried)
    return delivered


@transaction.atomic
def _deliver_batch(at: datetime) -> list[Notice]:
    """Try the notices that wait longest and return them; what a crash would send again is a batch at most."""
    waiting = Notice.objects.pending(at).select_for_update(of=("self",), skip_locked=True)
    tried, until = [], monotonic() + BATCH_SECONDS
    for notice in waiting.select_related("recipient", "event", "step").order_by("pk")[:BATCH]:
        if monotonic() > until:
            break
        if _deliver(notice):
            notice.delivered_at = at
        else:
            notice.next_try_at = at + min(FIRST_RETRY * 2 ** min(notice.attempts, 16), LONGEST_RETRY)
        notice.attempts += 1
        tried.append(notice)
    Notice.objects.bulk_update(tried, ["attempts", "delivered_at", "next_try_at"])
    return tried


def _deliver(notice: Notice) -> bool:
    if not notice.recipient.email:
        return True
    subject = f"[{notice.event.number}] {notice.step.get_action_display()}"
    try:
        send_mail(subject, _("Open Saihan Grid to see this case."), None, [notice.recipient.email])
    except Exception as error:
        # Whatever is wrong with one address or with the server: the others must not wait for it.
        logger.warning("Notice %s could not be mailed (%s); it is tried again later.", notice.pk, type(error).__name__)
        return False
    return True


def read_notices(*, user: User, event: Event | None = None, at: datetime | None = None) -> int:
    """Mark a person's notices as read, of one event or all; returns how many were unread."""
    unread = Notice.objects.unread().filter(recipient=user)
    if event:
        unread = unread.filter(event=event)
    # Asked first: every look at a case would otherwise take SQLite's one writer.
    return unread.update(read_at=at or timezone.now()) if unread.exists() else 0
