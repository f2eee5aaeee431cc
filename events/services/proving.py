"""The daily check: its signed digest, and the alarms that come of it or of its absence."""

import logging
from datetime import datetime, time, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events import audit, messaging, proof_messages
from events.digests import as_line, hash_of_heads, hash_of_sentences, sha256, signed_text
from events.models import REASON_LENGTH, AuditAlarm, AuditDigest, AuditHead
from events.models.proof import Mailed
from events.services.storing import aware_now
from events.signing import sign
from events.snapshots import snapshot
from events.text import says_nothing
from grids.models import User

logger = logging.getLogger(__name__)

CHECKED_AT = time(3, 40)  # or at the first opportunity after it
MISSED_AFTER = timedelta(hours=26)
MOST_SENTENCES = 200
BATCH = 2000
# A mail is tried again after a quarter of an hour, and for two days: an old digest is no news.
MAIL_LEASE, MAIL_KEPT = timedelta(minutes=15), timedelta(days=2)


def check_daily(*, at: datetime | None = None) -> AuditDigest | None:
    """Check all events and make the day's digest, once a day; None when it is too early or done already."""
    at = aware_now(at)
    local, last = timezone.localtime(at), _last_digest()
    if last and (last.day >= local.date() or local.time() < CHECKED_AT):
        return None
    return make_digest(at=at)


def make_digest(*, at: datetime | None = None) -> AuditDigest:
    """Check all events, and sign and keep what was found. A day has one digest: a second one is the first again."""
    at, tally, sentences, count = aware_now(at), audit.Tally(), [], 0
    with snapshot():
        for sentence in (*audit.delays(at=at), *audit.problems(at=at, tally=tally)):
            count += 1
            if count <= MOST_SENTENCES:
                sentences.append(sentence)
        content = {
            "events": tally.events,
            "steps": tally.steps,
            "balance": audit.balance(),
            "kept": audit.kept_rows(),
            "heads": {"count": len(tally.heads), "hash": hash_of_heads(head[1:] for head in tally.heads)},
            "problems": {"count": count, "hash": hash_of_sentences(sentences)},
        }
    try:
        digest = _store(at, content, tally.heads, sentences)
    except IntegrityError:  # another process made the day's digest meanwhile
        return AuditDigest.objects.get(day=timezone.localdate(at))
    logger.info("%s", as_line(digest))
    return digest


@transaction.atomic
def _store(at: datetime, content: dict, heads: list[audit.Head], sentences: list[str]) -> AuditDigest:
    last = _last_digest()
    digest = AuditDigest(
        number=last.number + 1 if last else 1,
        day=timezone.localdate(at),
        made_at=at,
        previous_hash=last.hash if last else "",
        content=content,
        sentences=sentences,
    )
    text = signed_text(digest)
    digest.hash = sha256(text)
    digest.key, digest.signature = sign(text)
    digest.save()
    for start in range(0, len(heads), BATCH):
        AuditHead.objects.bulk_create(AuditHead(digest=digest, **h._asdict()) for h in heads[start : start + BATCH])
    if digest.problem_count:
        AuditAlarm.objects.create(kind=AuditAlarm.Kind.PROBLEMS, digest=digest, raised_at=at)
    return digest


def _last_digest() -> AuditDigest | None:
    return AuditDigest.objects.order_by("number").last()


def check_late_by(*, at: datetime | None = None) -> timedelta:
    """By how much the daily check is overdue; nothing while it is not. Before the first one, since the installation."""
    return _late_by(_last_digest(), aware_now(at))


def _late_by(last: AuditDigest | None, at: datetime) -> timedelta:
    since = last.made_at if last else _installed_at()
    return max(timedelta(), at - since - MISSED_AFTER)


def _installed_at() -> datetime:
    """When this version was: the time of the newest migration."""
    return MigrationRecorder(connection).migration_qs.aggregate(newest=Max("applied"))["newest"]


def missing_alarm(*, at: datetime | None = None) -> AuditAlarm | None:
    """The alarm of a missed check that is not raised yet, for instance because no worker is there to raise it."""
    at, last = aware_now(at), _last_digest()
    if not _late_by(last, at) or AuditAlarm.objects.filter(kind=AuditAlarm.Kind.MISSED, digest=last).exists():
        return None
    return AuditAlarm(kind=AuditAlarm.Kind.MISSED, digest=last, raised_at=at)


def watch_check(*, at: datetime | None = None) -> int:
    """Raise the alarm when the daily check is missed, and mail what waits; returns how many mails went out."""
    at = aware_now(at)
    if alarm := missing_alarm(at=at):
        try:
            with transaction.atomic():
                alarm.save()
        except IntegrityError:
            logger.info("Another process has just raised the same alarm.")
    return sum(_mail(thing, at) for thing in _unsent(at))


def _unsent(at: datetime) -> list[Mailed]:
    """The digests and the alarms of missed ones that no mail has told of; that of a problem is its digest's."""
    free = Q(mailed_at=None) & (Q(mail_tried_at=None) | Q(mail_tried_at__lt=at - MAIL_LEASE))
    fresh = at - MAIL_KEPT
    digests = AuditDigest.objects.filter(free, made_at__gte=fresh).order_by("number")
    missed = AuditAlarm.objects.filter(free, kind=AuditAlarm.Kind.MISSED, raised_at__gte=fresh).order_by("pk")
    return [*digests, *missed]


def _mail(thing: Mailed, at: datetime) -> bool:
    """Send one mail to all administrators, unless somebody else is at it; what fails is tried again later."""
    addresses = administrators()
    if not addresses or not messaging.mail_is_set_up():
        return False
    mine = type(thing).objects.filter(pk=thing.pk, mailed_at=None, mail_tried_at=thing.mail_tried_at)
    if not mine.update(mail_tried_at=at):
        return False
    try:
        proof_messages.send(thing, addresses)
    except Exception as error:
        # Whatever is wrong with the mail server: the check itself must not fail for it.
        logger.warning("The mail about %s could not be sent (%s).", thing._meta.label, messaging.error_name(error))
        return False
    type(thing).objects.filter(pk=thing.pk).update(mailed_at=at)
    return True


def administrators() -> list[str]:
    """Where the active superusers get their mail."""
    found = User.objects.filter(is_superuser=True, is_active=True).exclude(email="").order_by("pk")
    return list(found.values_list("email", flat=True))


@transaction.atomic
def acknowledge_alarm(*, alarm: AuditAlarm, actor: User, reason: str, at: datetime | None = None) -> AuditAlarm:
    """Write down what came of an alarm, once; from then on it stands on no page but its own.

    Raises PermissionDenied but for superusers, and ValidationError without a reason or when somebody was faster.
    """
    at, reason = aware_now(at), reason.strip()
    if not (actor.is_active and actor.is_superuser):
        raise PermissionDenied(_("Only an administrator acknowledges an alarm."))
    alarm = AuditAlarm.objects.select_for_update().get(pk=alarm.pk)
    if alarm.acknowledged_at:
        raise ValidationError(_("Somebody has acknowledged this alarm already."))
    if says_nothing(reason):
        raise ValidationError({"reason": [_("Say what was found and done; it is written down.")]})
    if len(reason) > REASON_LENGTH:
        raise ValidationError({"reason": [_("At most %(length)d characters.") % {"length": REASON_LENGTH}]})
    alarm.acknowledged_by, alarm.acknowledged_at, alarm.reason = actor, at, reason
    alarm.save()
    return alarm
