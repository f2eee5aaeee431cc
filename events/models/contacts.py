"""Residents who report without an account: how to reach them, and who looked at it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from events.models.event import Event
from events.models.step import Step
from events.workflow import OPEN, Action, Status
from grids.encryption import EncryptedTextField
from grids.masking import mask_name, mask_phone, masked
from grids.models.reveal import Reveal


class ResidentContactQuerySet(models.QuerySet):
    def outlived(self, at: datetime):
        """What is still kept of cases that ended long enough ago; a reopened case has not ended.

        A merged one has ended when its reporter was told the end of the one that it goes on in, and that has not been
        reopened.
        """
        steps = Step.objects.filter(event=OuterRef("event"), ordinal=OuterRef("event__step_count"))
        last = {"last_at": Subquery(steps.values("at")[:1]), "last_action": Subquery(steps.values("action")[:1])}
        kept_until = at - timedelta(days=settings.CONTACT_KEPT_DAYS)
        ended = self.filter(erased_at=None).exclude(event__status__in=OPEN).exclude(event__in=_going_on())
        return ended.annotate(**last).filter(
            Q(event__status=Status.CLOSED, event__closed_at__lt=kept_until)
            | Q(event__status=Status.MERGED, last_action=Action.INFORM, last_at__lt=kept_until)
            | (~Q(event__status__in=[Status.CLOSED, Status.MERGED]) & Q(last_at__lt=kept_until))
        )


def _going_on() -> list[int]:
    """The cases that go on in an open one, also by way of others."""
    layer = list(Event.objects.filter(merged_into__status__in=OPEN).values_list("pk", flat=True))
    found = set(layer)
    while layer:
        below = Event.objects.filter(merged_into__in=layer).values_list("pk", flat=True)
        layer = [pk for pk in below if pk not in found]
        found.update(layer)
    return sorted(found)


class ResidentContact(models.Model):
    """The resident behind a case. Name and phone are theirs to give; the code shows that a case is theirs.

    `source` is a keyed hash of the address that the report came from; it is emptied after some days.
    """

    event = models.OneToOneField(Event, models.PROTECT, related_name="contact", verbose_name=_("event"), editable=False)
    name = EncryptedTextField(_("name"), null=True)
    phone = EncryptedTextField(_("phone"), null=True)
    code_hash = models.CharField(max_length=128, blank=True, editable=False)
    source = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)

    objects = ResidentContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident's contact")
        verbose_name_plural = _("residents' contacts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(name__isnull=True, phone__isnull=True, code_hash="", source=""),
                name="resident_contact_erased_is_empty",
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=~models.Q(source=""), name="resident_contact_source"),
            models.Index(fields=["event"], condition=models.Q(erased_at=None), name="resident_contact_kept"),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"

    @property
    def is_empty(self) -> bool:
        """Nothing was given, or it is erased."""
        return self.name is None and self.phone is None

    @property
    def masked_name(self) -> str:
        return masked(self.name, mask_name)

    @property
    def masked_phone(self) -> str:
        return masked(self.phone, mask_phone)


class ContactReveal(Reveal):
    """Somebody looked at a resident's name and phone, for a case."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="contact_reveals", verbose_name=_("event"))

    class Meta(Reveal.Meta):
        verbose_name = _("look at a contact")
        verbose_name_plural = _("looks at contacts")

    def __str__(self) -> str:
        return f"{self.event_id} {self.actor_name}"
