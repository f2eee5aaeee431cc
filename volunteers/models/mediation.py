"""Joint mediation: a dispute, its parties, who mediates, when they met, and what came of it.

What tells of the parties is kept encrypted, and erased some time after the end; the rest stays to be counted.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.encryption import EncryptedTextField
from grids.masking import mask_name, mask_phone, masked
from grids.models import Placed, PlacedQuerySet, User, validate_printable
from grids.models.reveal import Reveal
from grids.text import TITLE_LENGTH, plain_text
from volunteers.mediation.workflow import ENDED, MediationAction, MediationState
from volunteers.models.step import Step

NUMBER_LENGTH = 20
PLACE_LENGTH = 200


class DisputeKind(models.Model):
    """What a dispute is about, from a list that is edited in the administration."""

    name = models.CharField(_("name"), max_length=32, unique=True, validators=[validate_printable])
    ordinal = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("kind of dispute")
        verbose_name_plural = _("kinds of disputes")
        ordering = ["ordinal", "name"]

    def __str__(self) -> str:
        return self.name


class MediationQuerySet(PlacedQuerySet):
    def open(self):
        return self.filter(state=MediationState.OPEN)

    def ended(self):
        return self.filter(state__in=ENDED)

    def outlived(self, at: datetime):
        """Ended long enough ago, with no follow-up to come, and not yet erased."""
        since = at - timedelta(days=settings.MEDIATION_KEPT_DAYS)
        later = FollowUp.objects.filter(due_on__gt=timezone.localdate(since)).values("mediation")
        return self.ended().filter(erased_at=None, ended_at__lt=since).exclude(pk__in=later)


class Mediation(Placed):
    """A dispute that is mediated, where it arose."""

    kind = models.ForeignKey(DisputeKind, models.PROTECT, related_name="mediations", verbose_name=_("kind of dispute"))
    subject = models.CharField(
        pgettext_lazy("mediation", "what it is about"), max_length=TITLE_LENGTH, validators=[validate_printable],
        help_text=_("In a line, without names: it stays when the names are erased."),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=16, choices=MediationState, default=MediationState.OPEN)
    mediators = models.ManyToManyField(User, related_name="mediations", verbose_name=_("who mediates"))
    case_number = models.CharField(_("number of the case"), max_length=NUMBER_LENGTH, blank=True, db_index=True)
    result = EncryptedTextField(_("result"), null=True)
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False, validators=plain_text)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = MediationQuerySet.as_manager()

    class Meta:
        verbose_name = _("joint mediation")
        verbose_name_plural = _("joint mediations")
        ordering = ["-opened_at", "-pk"]
        indexes = [models.Index(fields=["ended_at"], condition=Q(erased_at=None), name="mediation_kept")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MediationState.values), name="mediation_state_known"),
            models.CheckConstraint(
                condition=Q(state=MediationState.OPEN, ended_at=None)
                | ~Q(state=MediationState.OPEN) & Q(ended_at__isnull=False),
                name="mediation_ended_or_open",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(result__isnull=True), name="mediation_erased_is_empty"
            ),
            models.UniqueConstraint(fields=["opened_by", "idempotency_key"], name="mediation_opened_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.subject}"

    @property
    def shown_result(self) -> str:
        """The result in words, for who may see the mediation."""
        return masked(self.result, str)


class MediationParty(models.Model):
    """One of the parties; the names are theirs to give."""

    mediation = models.ForeignKey(Mediation, models.PROTECT, related_name="parties", verbose_name=_("joint mediation"))
    name = EncryptedTextField(_("name"), null=True)
    phone = EncryptedTextField(_("phone"), null=True)

    class Meta:
        verbose_name = _("party of a mediation")
        verbose_name_plural = _("parties of mediations")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"party {self.pk}"

    @property
    def masked_name(self) -> str:
        return masked(self.name, mask_name)

    @property
    def masked_phone(self) -> str:
        return masked(self.phone, mask_phone)


class MediationSession(models.Model):
    """When and where they met, and what was said there, in a note."""

    mediation = models.ForeignKey(Mediation, models.PROTECT, related_name="sessions", verbose_name=_("joint mediation"))
    held_at = models.DateTimeField(_("held at"))
    place = models.CharField(pgettext_lazy("mediation", "place"), max_length=PLACE_LENGTH, validators=plain_text)
    note = EncryptedTextField(_("note"), null=True)
    noted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("noted by"))

    class Meta:
        verbose_name = _("session of a mediation")
        verbose_name_plural = _("sessions of mediations")
        ordering = ["held_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["mediation", "held_at"], name="mediation_session_once")]

    def __str__(self) -> str:
        return f"{self.held_at:%Y-%m-%d %H:%M} {self.place}"

    @property
    def shown_note(self) -> str:
        return masked(self.note, str)


class FollowUp(models.Model):
    """A day on which somebody asks whether the agreement holds, and what they heard."""

    mediation = models.ForeignKey(
        Mediation, models.PROTECT, related_name="follow_ups", verbose_name=_("joint mediation")
    )
    due_on = models.DateField(_("due on"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )
    note = EncryptedTextField(_("note"), null=True)

    class Meta:
        verbose_name = _("follow-up of a mediation")
        verbose_name_plural = _("follow-ups of mediations")
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["mediation", "due_on"], name="follow_up_once_a_day")]

    def __str__(self) -> str:
        return f"{self.due_on}"

    @property
    def shown_note(self) -> str:
        return masked(self.note, str)


class MediationStep(Step):
    """One entry of the history of a mediation; its words tell of nobody."""

    mediation = models.ForeignKey(Mediation, models.PROTECT, related_name="steps", verbose_name=_("joint mediation"))
    action = models.CharField(_("action"), max_length=12, choices=MediationAction)

    class Meta(Step.Meta):
        verbose_name = _("step of a mediation")
        verbose_name_plural = _("steps of mediations")

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.by_name}".strip()


class MediationReveal(Reveal):
    """Somebody looked at the parties of a mediation in full."""

    mediation = models.ForeignKey(Mediation, models.PROTECT, related_name="reveals", verbose_name=_("joint mediation"))

    class Meta(Reveal.Meta):
        verbose_name = _("look at the parties of a mediation")
        verbose_name_plural = _("looks at the parties of mediations")

    def __str__(self) -> str:
        return f"{self.mediation_id} {self.actor_name}"
