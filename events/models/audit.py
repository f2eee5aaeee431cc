"""Proof that nothing is lost: the digest of each day, the heads of the histories that it seals, and alarms."""

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models.event import Event
from grids.models import User
from grids.models.reveal import REASON_LENGTH


class Mailed(models.Model):
    """What the administrators are told by mail. Whoever sends it moves `mail_tried_at` on first."""

    mail_tried_at = models.DateTimeField(_("mail tried at"), null=True, blank=True, editable=False)
    mailed_at = models.DateTimeField(_("mailed at"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class AuditDigest(Mailed):
    """What a day's check of all events found, signed, and chained to the digest before; never edited.

    `content` and the columns before it are signed. Its heads are those of the histories that had grown since the
    digest before; steps only grow, so every one of them still stands where it stood, or somebody has interfered.
    """

    number = models.PositiveIntegerField(_("number"), unique=True)
    # Not unique: a row that somebody wrote for a day must not keep the day's own digest out.
    day = models.DateField(_("day"), db_index=True)
    made_at = models.DateTimeField(_("made at"))
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    content = models.JSONField(_("content"))
    hash = models.CharField(_("digest"), max_length=64, editable=False)
    key = models.CharField(_("key"), max_length=16, editable=False)
    signature = models.CharField(_("signature"), max_length=88, editable=False)
    sentences = models.JSONField(_("problems"), default=list, blank=True)

    class Meta:
        verbose_name = _("daily digest")
        verbose_name_plural = _("daily digests")
        ordering = ["-number"]

    def __str__(self) -> str:
        return _("Digest no. %(number)d of %(day)s") % {"number": self.number, "day": self.day}

    @property
    def problem_count(self) -> int:
        return self._told("count")

    @property
    def new_problem_count(self) -> int:
        """Those that no acknowledged alarm has told of; digests of before they were told apart have only such."""
        return self._told("new", "count")

    def _told(self, *names: str) -> int:
        """The first of these figures that there is. Pages must open on a row that somebody has spoiled as well."""
        told = self.content.get("problems") if isinstance(self.content, dict) else None
        found = [told[name] for name in names if isinstance(told, dict) and isinstance(told.get(name), int)]
        return found[0] if found else 0

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A digest is never edited.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("A digest is never removed.")


class AuditHead(models.Model):
    """How far the history of a case had grown when a digest was made: its last step then, by number and hash."""

    digest = models.ForeignKey(AuditDigest, models.PROTECT, related_name="heads", verbose_name=_("daily digest"))
    event = models.ForeignKey(Event, models.PROTECT, related_name="heads", verbose_name=_("event"))
    number = models.CharField(_("number"), max_length=20)
    step_count = models.PositiveIntegerField(_("steps"))
    head_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("sealed head")
        verbose_name_plural = _("sealed heads")
        constraints = [models.UniqueConstraint(fields=["digest", "event"], name="audit_head_once_for_each_digest")]

    def __str__(self) -> str:
        return f"{self.number}/{self.step_count}"


class AuditAlarmQuerySet(models.QuerySet):
    def open(self):
        """Those that no administrator has acknowledged yet."""
        return self.filter(acknowledged_at=None)


class AuditAlarm(Mailed):
    """The administrators are alarmed once for each digest that found new problems, and while none follows in time.

    It stands on their pages until one of them says in writing what came of it.
    """

    class Kind(models.TextChoices):
        PROBLEMS = "problems", _("problems found")
        MISSED = "missed", _("check missed")

    kind = models.CharField(_("alarm"), max_length=16, choices=Kind)
    digest = models.ForeignKey(
        AuditDigest, models.PROTECT, null=True, blank=True, related_name="alarms", verbose_name=_("daily digest"),
        help_text=_("Of a missed check, the last one before it."),
    )  # fmt: skip
    raised_at = models.DateTimeField(_("raised at"))
    acknowledged_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("acknowledged by")
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    reason = models.TextField(
        _("what came of it"), max_length=REASON_LENGTH, blank=True, validators=[MaxLengthValidator(REASON_LENGTH)]
    )

    objects = AuditAlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm of the daily check")
        verbose_name_plural = _("alarms of the daily check")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "digest"], condition=Q(acknowledged_at=None), name="audit_alarm_once_for_each_digest"
            ),
            # Without a digest the database takes no two of those for the same.
            models.UniqueConstraint(
                fields=["kind"], condition=Q(digest=None, acknowledged_at=None), name="audit_alarm_once_before_any"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None, reason="")
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False) & ~Q(reason=""),
                name="audit_alarm_acknowledged_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["raised_at"], condition=Q(acknowledged_at=None), name="audit_alarm_open")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localdate(self.raised_at)}"
