"""The daily check: its signed digest, and the alarms that come of it or of its absence."""

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, TextIO

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events import audit
from events.audit import messages
from events.audit.sealing import HeadsHash, as_line, hash_of_sentences, is_sound, sha256, signed_text
from events.audit.signing import sign
from events.audit.snapshots import snapshot
from events.models import AuditAlarm, AuditDigest, AuditHead
from events.models.audit import Mailed
from events.notices import messaging
from events.text import says_nothing
from grids.models import User
from grids.models.reveal import REASON_LENGTH
from grids.moments import aware_now

logger = logging.getLogger(__name__)

CHECKED_AT = time(3, 40)  # or at the first opportunity after it
MISSED_AFTER = timedelta(hours=26)
CLOCKS_DIFFER = timedelta(minutes=5)
LOOKED_BACK = 40
MOST_SENTENCES = 200
BATCH = 2000
# A mail is tried again after a quarter of an hour, and for two days: an old digest is no news.
MAIL_LEASE, MAIL_KEPT = timedelta(minutes=15), timedelta(days=2)


def check_daily(*, at: datetime | None = None) -> AuditDigest | None:
    """Check all events and make the day's digest, once a day; None when it is too early or done already."""
    at = aware_now(at)
    local = timezone.localtime(at)
    if _digest_of(local.date()) or (local.time() < CHECKED_AT and _last_sound()):
        return None
    return make_digest(at=at)


def make_digest(*, at: datetime | None = None) -> AuditDigest:
    """Check all events, and sign and keep what was found. A day has one digest: a second one is the first again."""
    at = aware_now(at)
    with TemporaryFile("w+") as file:
        heads = _Heads(file)
        tally, found = audit.Tally(grown=heads.add), _Found()
        with snapshot():
            found.add(audit.history_problems(at, tally))
            found.add(audit.whole_problems())
            found.add(audit.state_problems(at=at))
            content = {
                "events": tally.events,
                "steps": tally.steps,
                "balance": audit.balance(),
                "kept": audit.kept_rows(),
                "samples": audit.new_samples(),
                "delays": audit.delays(at=at),
                "heads": heads.hash.told(),
            }
        found.add(audit.lost_files(read_files=False))
        content["problems"] = found.told()
        try:
            digest = _store(at, content, heads, found.sentences)
        except IntegrityError:  # another process is making the day's digest
            if made := _digest_of(timezone.localdate(at)):
                return made
            raise
    logger.info("%s", as_line(digest))
    return digest


class _Found:
    """The problems: how many, the first of them in words, and whether any is new."""

    def __init__(self) -> None:
        self.count, self.sentences = 0, []

    def add(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.count += 1
            if self.count <= MOST_SENTENCES:
                self.sentences.append(sentence)

    def told(self) -> dict[str, Any]:
        known = _acknowledged()
        new = sum(sentence not in known.sentences for sentence in self.sentences) if known else self.count
        if known and not new:
            new = max(0, self.count - known.problem_count)  # of which no sentence is kept
        return {"count": self.count, "new": new, "hash": hash_of_sentences(self.sentences)}


def _acknowledged() -> AuditDigest | None:
    """The last digest whose problems an administrator has written down what came of."""
    done = AuditAlarm.objects.filter(kind=AuditAlarm.Kind.PROBLEMS).exclude(acknowledged_at=None)
    digests = AuditDigest.objects.filter(pk__in=done.values("digest")).order_by("-number")[:LOOKED_BACK]
    whole = (one for one in _sound(digests) if hash_of_sentences(one.sentences) == one.content["problems"]["hash"])
    return next(whole, None)


class _Heads:
    """The heads on their way to the table: in a file, for there may be millions, and hashed as they come."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.hash = file, HeadsHash()

    def add(self, head: audit.Head) -> None:
        self.hash.add(*head[1:])
        self.file.write(f"{json.dumps(head)}\n")

    def __iter__(self) -> Iterator[audit.Head]:
        self.file.seek(0)
        return (audit.Head(*json.loads(line)) for line in self.file)


@transaction.atomic
def _store(at: datetime, content: dict, heads: _Heads, sentences: list[str]) -> AuditDigest:
    last = _last_sound()
    number = last.number + 1 if last else 1
    while AuditDigest.objects.filter(number=number).exists():  # as a row that is nobody's word may be
        number += 1
    # Asked once the number is chosen: who stores the day from here on has the same number, and one of two is refused.
    if made := _digest_of(timezone.localdate(at)):
        return made
    before = AuditDigest.objects.filter(number__lt=number).order_by("number").values_list("hash", flat=True).last()
    digest = AuditDigest(
        number=number,
        day=timezone.localdate(at),
        made_at=at,
        previous_hash=before or "",
        content=content,
        sentences=sentences,
    )
    text = signed_text(digest)
    digest.hash = sha256(text)
    digest.key, digest.signature = sign(text)
    digest.save()
    rows = (AuditHead(digest=digest, **head._asdict()) for head in heads)
    while batch := list(islice(rows, BATCH)):
        AuditHead.objects.bulk_create(batch)
    if digest.new_problem_count:
        AuditAlarm.objects.create(kind=AuditAlarm.Kind.PROBLEMS, digest=digest, raised_at=at)
    return digest


def _digest_of(day: date) -> AuditDigest | None:
    """The day's digest, if there is one that is signed."""
    return next(_sound(AuditDigest.objects.filter(day=day).order_by("number")), None)


def _last_sound() -> AuditDigest | None:
    """The last digest that is signed. Behind so many rows that are not, none is looked for."""
    return next(_sound(AuditDigest.objects.order_by("-number")[:LOOKED_BACK]), None)


def _sound(digests: QuerySet[AuditDigest]) -> Iterator[AuditDigest]:
    """Those that are signed; what else stands there is nobody's word, and may not even be readable."""
    for pk in list(digests.values_list("pk", flat=True)):
        try:
            digest = AuditDigest.objects.get(pk=pk)
        except audit.UNREADABLE as error:
            audit.pass_over(error)
            continue
        if is_sound(digest):
            yield digest


def check_late_by(*, at: datetime | None = None) -> timedelta:
    """By how much the daily check is overdue; nothing while it is not. Before the first one, since the installation."""
    return _late_by(_last_sound(), aware_now(at))


def _late_by(last: AuditDigest | None, at: datetime) -> timedelta:
    since = last.made_at if last else _installed_at()
    if last and since > at + CLOCKS_DIFFER:  # a clock was wrong: it says nothing of today
        return since - at
    return max(timedelta(), at - since - MISSED_AFTER)


def _installed_at() -> datetime:
    """When this version was: the time of the newest migration."""
    return MigrationRecorder(connection).migration_qs.aggregate(newest=Max("applied"))["newest"]


def missing_alarm(*, at: datetime | None = None) -> AuditAlarm | None:
    """The alarm of a missed check that is not raised yet, for instance because no worker is there to raise it.

    One that was acknowledged while still no check is made is raised again after some days.
    """
    at, last = aware_now(at), _last_sound()
    if not _late_by(last, at):
        return None
    again = at - timedelta(days=settings.AUDIT_MISSED_AGAIN_DAYS)
    told = AuditAlarm.objects.filter(Q(acknowledged_at=None) | Q(acknowledged_at__gt=again))
    if told.filter(kind=AuditAlarm.Kind.MISSED, digest=last).exists():
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
    digests = _sound(AuditDigest.objects.filter(free, made_at__gte=fresh).order_by("number"))
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
        messages.send(thing, addresses)
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
