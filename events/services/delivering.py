"""Sending what is due: taken in one short transaction, marked in another, and sent between them without a lock."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from events.models import ERROR_LENGTH, Channel, Delivery, Notice, NoticePreference, is_of_same
from events.notices import messaging
from events.notices.webhooks import RobotRefused
from events.services.notices import plan_deliveries, preferences_of

logger = logging.getLogger(__name__)

BATCH = 20
BATCH_OF_DIGEST = 500
PAGE = "notice__page"
TAKING = ["attempts", "next_try_at", "withdrawn_at"]
# A batch stops in time before another process may take what it has not sent, and is given back.
LEASE = timedelta(minutes=5)
BATCH_SECONDS = 120
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
RUN_SECONDS = 300  # then the next minute's task goes on: no task may reach its time limit


def deliver_notices(*, at: datetime | None = None) -> Counter:
    """Hand on what waits in the outbox and send what is due; counts `handed_on`, `delivered`, `failed`, `given_up`.

    Safe to run beside itself and to be killed: what was taken and not marked is sent again after LEASE.
    """
    at, until = at or timezone.now(), monotonic() + RUN_SECONDS
    done: Counter = Counter(handed_on=0, delivered=0, failed=0, given_up=0)
    while (planned := plan_deliveries(at=at)) and monotonic() < until:
        done["handed_on"] += planned
    lines = _Lines()
    for take in (_take_singles, _take_digest):
        while monotonic() < until and (taken := take(at)):
            _send_all(taken, lines, at, done)
    return done


# Whom a message tells, and what goes into it: nothing where what was due has to wait or is not needed any more.
Taken = list[tuple[NoticePreference, list[Delivery]]]


@transaction.atomic
def _take_singles(at: datetime) -> Taken:
    """The next that are due, each the first of its case or page; empty when none is due."""
    found = list(_due(at).filter(in_digest=False).select_for_update(of=("self",), skip_locked=True)[:BATCH])
    chosen = preferences_of({delivery.recipient_id for delivery in found})
    taken = [
        (chosen[delivery.recipient_id], [delivery] if _take(delivery, chosen[delivery.recipient_id], at) else [])
        for delivery in found
    ]
    Delivery.objects.bulk_update(found, TAKING)
    return taken


@transaction.atomic
def _take_digest(at: datetime) -> Taken:
    """All that is due for one person on one way, but for what was read meanwhile; empty when none is due."""
    first = _due(at).filter(in_digest=True).first()
    if first is None:
        return []
    # Without it two processes would make two digests of one; who has a digest has made a choice.
    NoticePreference.objects.select_for_update().filter(user=first.recipient_id).first()
    own = _due(at).filter(in_digest=True, recipient=first.recipient_id, channel=first.channel)
    found = list(own.select_for_update(of=("self",))[:BATCH_OF_DIGEST])
    preference = preferences_of({first.recipient_id})[first.recipient_id]
    taken = [delivery for delivery in found if _take(delivery, preference, at)]
    Delivery.objects.bulk_update(found, TAKING)
    return [(preference, taken)]


def _due(at: datetime) -> QuerySet[Delivery]:
    """What is due and has no earlier notice of the same case or page before it, on the same way to the same person.

    An earlier notice also counts while its deliveries are not written; those of one digest go together.
    """
    unwritten = Notice.objects.pending().filter(pk__lt=OuterRef("notice"))
    earlier = Delivery.objects.pending().filter(channel=OuterRef("channel"), notice__lt=OuterRef("notice"))
    apart = earlier.filter(in_digest=False)
    first = Q(in_digest=False) & ~is_of_same(earlier, PAGE) | Q(in_digest=True) & ~is_of_same(apart, PAGE)
    due = Delivery.objects.due(at).filter(~is_of_same(unwritten, "page"), first)
    return due.select_related("notice__step", "notice__event").order_by("notice", "pk")


def _take(delivery: Delivery, preference: NoticePreference, at: datetime) -> bool:
    """Keep others from it for a while; or withdraw it where nobody waits for it, or leave it to the morning."""
    later = at if delivery.notice.is_urgent else preference.after_quiet(at)
    if delivery.channel not in messaging.channels(preference) or (delivery.in_digest and delivery.notice.read_at):
        delivery.withdrawn_at = at
    elif later > at:
        delivery.next_try_at = later
    else:
        delivery.next_try_at = at + LEASE
        delivery.attempts += 1
        return True
    return False


def _send_all(taken: Taken, lines: "_Lines", at: datetime, done: Counter) -> None:
    until = monotonic() + BATCH_SECONDS
    for preference, deliveries in taken:
        if not deliveries:
            continue
        if monotonic() > until:
            _give_back(deliveries, at)
            continue
        error = _send(preference, deliveries, lines)
        done.update(_mark(deliveries, error, at))
    lines.hang_up()


def _send(preference: NoticePreference, deliveries: list[Delivery], lines: "_Lines") -> Exception | None:
    """What went wrong, or None."""
    notices = [delivery.notice for delivery in deliveries]
    channel = deliveries[0].channel
    try:
        message = messaging.digest(notices) if deliveries[0].in_digest else messaging.single(notices[0])
        messaging.send(channel, preference, message, lines.line(channel, preference))
    except Exception as error:
        # Whatever is wrong with one address or server: the others must not wait for it.
        lines.failed(channel, preference, error)
        logger.warning(
            "Notice %s could not be delivered by %s (%s).", notices[0].pk, channel, messaging.error_name(error)
        )
        return error
    return None


class _Lines:
    """One connection for the mails of a batch; and who does not answer keeps one message of a run waiting, not all."""

    def __init__(self) -> None:
        self.mail: BaseEmailBackend | None = None
        self.away: dict[int | None, Exception] = {}  # the mail server, or the robot of a person

    def line(self, channel: str, preference: NoticePreference) -> BaseEmailBackend | None:
        """The connection for mails; raises what was wrong before."""
        if error := self.away.get(self._whose(channel, preference)):
            raise error
        if channel == Channel.MAIL and self.mail is None:
            backend = get_connection()
            try:
                backend.open()
            except Exception as error:
                self.away[None] = error
                raise
            self.mail = backend
        return self.mail if channel == Channel.MAIL else None

    def failed(self, channel: str, preference: NoticePreference, error: Exception) -> None:
        if channel == Channel.MAIL:
            self.hang_up()  # who knows in which state it is
        elif not isinstance(error, RobotRefused):  # one that answers costs no time
            self.away[self._whose(channel, preference)] = error

    def hang_up(self) -> None:
        backend, self.mail = self.mail, None
        try:
            if backend is not None:
                backend.close()
        except OSError as error:
            logger.info("The mail server hung up first (%s).", type(error).__name__)

    def _whose(self, channel: str, preference: NoticePreference) -> int | None:
        return None if channel == Channel.MAIL else preference.user.pk


def _mark(deliveries: list[Delivery], error: Exception | None, at: datetime) -> Iterator[str]:
    """Write down what came of it, as long as nobody else has taken it since or ended it."""
    for delivery in deliveries:
        leased = Delivery.objects.pending().filter(pk=delivery.pk, attempts=delivery.attempts)
        if error is None:
            leased.update(delivered_at=at, last_error="")
            yield "delivered"
            continue
        said = messaging.error_name(error)[:ERROR_LENGTH]
        if delivery.attempts >= settings.NOTICE_ATTEMPTS:
            leased.update(given_up_at=at, last_error=said)
            yield "given_up"
            continue
        wait = min(FIRST_RETRY * 2 ** min(delivery.attempts - 1, 16), LONGEST_RETRY)
        leased.update(next_try_at=at + wait, last_error=said)
        yield "failed"


def _give_back(deliveries: list[Delivery], at: datetime) -> None:
    """Not tried: due again at once, for the next task."""
    for delivery in deliveries:
        leased = Delivery.objects.pending().filter(pk=delivery.pk, attempts=delivery.attempts)
        leased.update(next_try_at=at, attempts=delivery.attempts - 1)
