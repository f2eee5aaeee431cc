"""Key households (重点户): who needs care and agreed to it, who answers for them, and the visits."""

from datetime import date, timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import AreaMember
from grids.encryption import EncryptedTextField
from grids.masking import mask_name, mask_phone, masked
from grids.models import Grid, Level, Placed, PlacedQuerySet, Post, User
from grids.models.reveal import Reveal
from grids.text import long_text
from grids.tree import WIDTHS, whole
from volunteers.households.workflow import HouseholdAction, HouseholdState
from volunteers.models.enrolment import MemberEnrolment
from volunteers.models.step import Step

FINDING_LENGTH = 120  # a finding becomes the title of a case


class CareKind(models.TextChoices):
    """The kinds of care need that there are; nothing else is ever said of a household."""

    ALONE = "alone", _("elderly living alone")
    DISABILITY = "disability", _("disability")
    ILLNESS = "illness", _("serious illness")
    CHILDREN = "children", _("children without carers")
    HARDSHIP = "hardship", _("hardship")


class Rhythm(models.TextChoices):
    WEEKLY = "weekly", _("about weekly")
    MONTHLY = "monthly", _("about monthly")
    QUARTERLY = "quarterly", _("about quarterly")

    @property
    def days(self) -> int:
        return {"weekly": 7, "monthly": 30, "quarterly": 91}[self.value]


class CareNeed(models.Model):
    """A kind of care need, and how often a visit is suggested for it."""

    kind = models.CharField(_("kind of care need"), max_length=12, choices=CareKind, unique=True)
    rhythm = models.CharField(_("rhythm of visits"), max_length=12, choices=Rhythm)

    class Meta:
        verbose_name = _("care need")
        verbose_name_plural = _("care needs")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CareKind.values), name="care_need_kind_known"),
            models.CheckConstraint(condition=Q(rhythm__in=Rhythm.values), name="care_need_rhythm_known"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class ConsentText(models.Model):
    """A version of what a household agrees to; the newest one is printed and signed, the older ones stay."""

    version = models.PositiveSmallIntegerField(_("version"), unique=True)
    text = models.TextField(_("text of the consent"), validators=long_text)
    since = models.DateField(_("in use from"))

    class Meta:
        verbose_name = _("text of the consent")
        verbose_name_plural = _("texts of the consent")
        ordering = ["-version"]

    def __str__(self) -> str:
        return _("version %(version)d of %(day)s") % {"version": self.version, "day": self.since}

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("What somebody agreed to is never edited.")
        super().save(*args, **kwargs)


def _community(place: str = "position"):
    """The code of the community that a place lies in; of what stands higher a code that no community has."""
    return whole(F(place), Combinable.DIV, WIDTHS[Level.COMMUNITY])


def _keeper_stands() -> Q:
    """Of households with `community`: whether whoever answers for them has something to do there."""
    of_whom = {"user": OuterRef("answered_by"), "user__is_active": True, "community": OuterRef("community")}
    posts = Post.objects.active().alias(community=_community()).filter(**of_whom)
    enrolments = MemberEnrolment.objects.serving().alias(community=_community()).filter(**of_whom)
    areas = AreaMember.objects.active().filter(area__given_up_on=None)
    areas = areas.alias(community=_community("area__position")).filter(**of_whom)
    return Q(Exists(posts)) | Q(Exists(enrolments)) | Q(Exists(areas))


class HouseholdQuerySet(PlacedQuerySet):
    def kept(self):
        """Not erased."""
        return self.filter(state=HouseholdState.KEPT)

    def answered(self):
        """Kept, and whoever answers for it still stands in its community: by a post, an enrolment or a member's area.

        Who went elsewhere sees it no more, though nobody has handed it over yet.
        """
        return self.kept().alias(community=_community()).filter(_keeper_stands())

    def vacant(self):
        """Kept, with nobody in the community who answers for it."""
        return self.kept().alias(community=_community()).filter(~_keeper_stands())

    def suggested(self, day: date):
        """Whom to visit, those who wait longest first."""
        return self.kept().filter(next_visit_on__lte=day).order_by("next_visit_on", "pk")

    def over(self, day: date):
        """Kept beyond the time that the household agreed to."""
        return self.kept().filter(kept_until__lt=day)


class Household(Placed):
    """A household that needs care and agreed to be visited; `grid` is its unit, and once erased its community.

    Everything that tells who they are is encrypted. `contact_name` and `contact_phone` are of a relative or neighbour
    whom the household named.
    """

    # Declared here for its name alone: `households` of a grid is a number.
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="key_households", verbose_name=_("unit"))
    name = EncryptedTextField(_("person's name"), null=True)
    phone = EncryptedTextField(_("phone"), null=True)
    address = EncryptedTextField(_("address line"), null=True)
    contact_name = EncryptedTextField(_("contact person"), null=True)
    contact_phone = EncryptedTextField(_("contact person's phone"), null=True)
    agreed = EncryptedTextField(_("what was agreed"), null=True)
    needs = models.ManyToManyField(CareNeed, related_name="households", verbose_name=_("care needs"))
    rhythm = models.CharField(_("rhythm of visits"), max_length=12, choices=Rhythm, blank=True)  # empty: by the needs
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="households_answered",
        verbose_name=pgettext_lazy("household", "who answers for it"),
    )  # fmt: skip

    consent_text = models.ForeignKey(
        ConsentText, models.PROTECT, related_name="households", verbose_name=_("text of the consent")
    )
    consented_on = models.DateField(_("consented on"))
    kept_until = models.DateField(_("kept until"))
    state = models.CharField(_("state"), max_length=8, choices=HouseholdState, default=HouseholdState.KEPT)
    next_visit_on = models.DateField(_("next visit suggested from"), null=True)
    last_visited_on = models.DateField(_("last visited on"), null=True)
    registered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("entered by"))
    registered_at = models.DateTimeField(_("entered at"))
    erased_at = models.DateTimeField(_("erased at"), null=True)
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = HouseholdQuerySet.as_manager()

    # What erasing empties.
    SECRETS = ("name", "phone", "address", "contact_name", "contact_phone", "agreed")

    class Meta:
        verbose_name = _("key household")
        verbose_name_plural = _("key households")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=HouseholdState.values), name="household_state_known"),
            models.CheckConstraint(
                condition=Q(state="kept", erased_at=None, name__isnull=False)
                | Q(
                    state="erased", erased_at__isnull=False, name__isnull=True, phone__isnull=True,
                    address__isnull=True, contact_name__isnull=True, contact_phone__isnull=True, agreed__isnull=True,
                    answered_by=None, next_visit_on=None, last_visited_on=None,
                ),
                name="household_erased_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(kept_until__gt=F("consented_on")), name="household_kept_after_consent"
            ),
            models.UniqueConstraint(fields=["registered_by", "idempotency_key"], name="household_once"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["answered_by", "next_visit_on"], condition=Q(state="kept"), name="household_to_visit"),
            models.Index(fields=["kept_until"], condition=Q(state="kept"), name="household_kept_until"),
        ]

    def __str__(self) -> str:
        return f"{_('Key household')} {self.pk}"

    @property
    def is_kept(self) -> bool:
        return self.state == HouseholdState.KEPT

    @property
    def masked_name(self) -> str:
        return masked(self.name, mask_name)

    @property
    def masked_phone(self) -> str:
        return masked(self.phone, mask_phone)

    @property
    def masked_contact(self) -> str:
        return " ".join(filter(None, (masked(self.contact_name, mask_name), masked(self.contact_phone, mask_phone))))

    @property
    def agreed_text(self) -> str:
        """In full, for who answers for it and the desk alone."""
        return masked(self.agreed, str)

    @property
    def visit_days(self) -> int:
        """Days from one suggested visit to the next: of its own rhythm, or of the need that wants most."""
        if self.rhythm:
            return Rhythm(self.rhythm).days
        return min(Rhythm(need.rhythm).days for need in self.needs.all())

    def suggest_from(self, visited_on: date) -> None:
        self.next_visit_on = visited_on + timedelta(days=self.visit_days)


class HouseholdStep(Step):
    """One entry of a household's history; its text is the system's and names people who help, never the household."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="steps", verbose_name=_("key household"))
    action = models.CharField(_("action"), max_length=12, choices=HouseholdAction)

    class Meta(Step.Meta):
        verbose_name = _("step of a household")
        verbose_name_plural = _("steps of households")

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.by_name}".strip()


class Visit(models.Model):
    """That somebody went to see a household, with a short note; a finding is what is to be handled.

    Erased with the household: the row stays, so that visits can still be counted.
    """

    household = models.ForeignKey(Household, models.PROTECT, related_name="visits", verbose_name=_("key household"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by whom"))
    on = models.DateField(_("on"))
    at = models.DateTimeField(_("noted at"))
    note = EncryptedTextField(_("note"), null=True)
    finding = EncryptedTextField(_("what is to be handled"), null=True)
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-on", "-pk"]
        constraints = [models.UniqueConstraint(fields=["by", "idempotency_key"], name="visit_once")]

    def __str__(self) -> str:
        return _("visit of %(day)s") % {"day": self.on}

    @property
    def note_text(self) -> str:
        return masked(self.note, str)

    @property
    def finding_text(self) -> str:
        return masked(self.finding, str)


class HouseholdReveal(Reveal):
    """Somebody looked at a household in full."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="reveals", verbose_name=_("key household"))

    class Meta(Reveal.Meta):
        verbose_name = _("look at a household")
        verbose_name_plural = _("looks at households")

    def __str__(self) -> str:
        return f"{self.household_id} {self.actor_name}"
