"""What a person chooses about notices, a test of it, and another try of what was given up."""

import logging
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Channel, Delivery, NoticePreference, Robot
from events.notices import messaging, webhooks
from events.services.notices import preference_of, queue_delivery
from grids.encryption import Secret
from grids.models import User

logger = logging.getLogger(__name__)

LONGEST_ADDRESS = 500
LONGEST_SECRET = 200
BETWEEN_TESTS = timedelta(seconds=30)
SHOWN_FOR = timedelta(days=30)  # what was given up longer ago is of no use to anybody


def save_preference(
    *,
    user: User,
    by_mail: bool,
    digest: bool,
    robot: str = "",
    webhook: str = "",
    secret: str = "",
    quiet_from: time,
    quiet_until: time,
    at: datetime | None = None,
) -> NoticePreference:
    """Store the choice and bring what waits in line with it; raises ValidationError by field.

    An empty address keeps the stored one, without a robot it is removed; a new address takes the new secret or none.
    """
    at = at or timezone.now()
    _check(preference_of(user), robot, webhook, secret)  # it asks the name server, so before any lock
    with transaction.atomic():
        NoticePreference.objects.get_or_create(user=user)
        preference = NoticePreference.objects.select_for_update(of=("self",)).select_related("user").get(user=user)
        preference.by_mail, preference.digest = by_mail, digest
        preference.quiet_from, preference.quiet_until = quiet_from, quiet_until
        _set_robot(preference, robot, webhook, secret)
        preference.save()
        _plan_again(preference, at)
    return preference


def _check(known: NoticePreference, robot: str, webhook: str, secret: str) -> None:
    if robot not in ("", *Robot):
        raise ValidationError({"robot": _("There is no such robot.")})
    if robot and not webhook and robot != known.robot:
        raise ValidationError({"webhook": _("Paste the address that the group shows for its robot.")})
    if len(webhook) > LONGEST_ADDRESS or len(secret) > LONGEST_SECRET:
        field = "webhook" if len(webhook) > LONGEST_ADDRESS else "secret"
        raise ValidationError({field: _("This is too long. Copy it once more from the group's settings.")})
    if not robot or not webhook:
        return
    try:
        webhooks.check_address(webhook)
    except webhooks.UnsafeAddress as error:
        said = {
            "not a URL": _("This is no address. Copy it once more from the group's settings."),
            "not https": _("The address must begin with https://."),
            "no such host": _("There is no server of this name. Copy the address once more."),
        }
        inside = _("This address lies inside our own network, and nothing is sent there.")
        raise ValidationError({"webhook": said.get(str(error), inside)}) from None


def _set_robot(preference: NoticePreference, robot: str, webhook: str, secret: str) -> None:
    if robot and not webhook and preference.webhook is None:  # it was removed while this form was open
        raise ValidationError({"webhook": _("Paste the address that the group shows for its robot.")})
    if not robot:
        preference.webhook = preference.secret = None
    elif webhook:
        preference.webhook, preference.secret = Secret.of(webhook), Secret.of_any(secret)
    elif secret:
        preference.secret = Secret.of(secret)
    if robot != Robot.DINGTALK:
        preference.secret = None  # WeCom's robots sign nothing
    preference.robot = robot


def _plan_again(preference: NoticePreference, at: datetime) -> None:
    """What was not tried yet follows the new choice, and what waits on a way that is closed now is withdrawn."""
    closed = Delivery.objects.pending().filter(recipient=preference.user)
    closed.exclude(channel__in=messaging.channels(preference)).update(withdrawn_at=at)
    waiting = Delivery.objects.pending().filter(recipient=preference.user, attempts=0)
    deliveries = list(waiting.select_for_update(of=("self",)).select_related("notice__event"))
    for delivery in deliveries:
        delivery.next_try_at, delivery.in_digest = preference.first_try(at, delivery.notice.is_urgent)
    Delivery.objects.bulk_update(deliveries, ["next_try_at", "in_digest"])


def send_test(*, user: User, at: datetime | None = None) -> dict[Channel, str]:
    """Send a test on each chosen way, at once; for each what went wrong, or nothing. Raises ValidationError."""
    at = at or timezone.now()
    preference = preference_of(user)
    ways = messaging.channels(preference)
    if not ways:
        raise ValidationError(_("Choose a way first: there is none on which we could send you a test."))
    NoticePreference.objects.get_or_create(user=user)
    free = NoticePreference.objects.filter(user=user).exclude(tested_at__gt=at - BETWEEN_TESTS)
    if not free.update(tested_at=at):
        raise ValidationError(_("Wait half a minute before the next test."))
    found = {}
    for channel in ways:
        found[channel] = ""
        try:
            messaging.send(channel, preference, messaging.trial())
        except Exception as error:  # whatever it is, the person is told its name
            found[channel] = messaging.error_name(error)
            logger.warning("A test by %s failed (%s).", channel, found[channel])
    return found


def given_up(user: User, at: datetime):
    """What could not be delivered to a person lately, newest first."""
    lately = Delivery.objects.filter(recipient=user, given_up_at__gt=at - SHOWN_FOR)
    return lately.select_related("notice__event", "notice__step").order_by("-given_up_at", "-pk")


@transaction.atomic
def try_again(*, user: User, at: datetime | None = None) -> int:
    """Begin anew with what was given up lately; returns how much that is."""
    at = at or timezone.now()
    preference = preference_of(user)
    deliveries = list(given_up(user, at).select_for_update(of=("self",)))
    for delivery in deliveries:
        delivery.given_up_at, delivery.attempts = None, 0
        delivery.next_try_at, delivery.in_digest = preference.first_try(at, delivery.notice.is_urgent)
    Delivery.objects.bulk_update(deliveries, ["given_up_at", "attempts", "next_try_at", "in_digest"])
    if deliveries:
        transaction.on_commit(queue_delivery, robust=True)
    return len(deliveries)
