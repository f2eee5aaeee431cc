"""Photos and files that came with steps."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.attachments import Kind as AttachmentKind
from events.models.event import Event
from events.models.step import Step
from events.workflow import Side
from grids.models import User


class AttachmentQuerySet(models.QuerySet):
    def pending(self):
        """What somebody has sent with a form that was not taken yet."""
        return self.filter(step=None)

    def of_residents(self):
        """What residents sent with their reports and words, not what staff added."""
        return self.filter(step__side=Side.REPORTER, step__actor=None)

    def visible_to(self, user: User):
        """What belongs to cases that a person may see, and what waits for a form of their own."""
        return self.filter(Q(step=None, uploader=user) | Q(event__in=Event.objects.visible_to(user)))


class Attachment(models.Model):
    """A photo or file that came with a step, which records its name and SHA-256; it waits for that step at first."""

    Kind = AttachmentKind

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name=_("event")
    )
    step = models.ForeignKey(
        Step, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name=_("step")
    )
    ordinal = models.PositiveSmallIntegerField(_("ordinal"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=AttachmentKind)
    name = models.CharField(_("name of the file"), max_length=128)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    file = models.FileField(_("file"), max_length=128)
    thumbnail = models.FileField(_("thumbnail"), max_length=128, blank=True)
    created_at = models.DateTimeField(_("created at"))
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    uploader = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name=_("uploaded by")
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["step_id", "ordinal"]  # by the key alone: by the step, its event would be joined as well
        constraints = [
            models.UniqueConstraint(fields=["step", "ordinal"], name="attachment_follows_once"),
            models.CheckConstraint(
                condition=Q(event=None, step=None, ordinal=None)
                | Q(event__isnull=False, step__isnull=False, ordinal__isnull=False),
                name="attachment_waits_or_belongs",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(file="", thumbnail=""), name="attachment_erased_is_empty"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(step=None), name="attachment_pending")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.kind == AttachmentKind.IMAGE
