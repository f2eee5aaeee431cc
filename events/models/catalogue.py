"""Categories of events and their time limits."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.clock import Limit
from events.clock import Unit as ClockUnit
from events.text import plain_text
from events.workflow import Loop, Urgency

LONGEST_LIMIT = 999  # of any unit; a longer one would only be a slip


class Unit(models.TextChoices):
    EMERGENCY_HOUR = ClockUnit.EMERGENCY_HOUR.value, _("emergency hours")
    EMERGENCY_DAY = ClockUnit.EMERGENCY_DAY.value, _("emergency days")
    WORKING_HOUR = ClockUnit.WORKING_HOUR.value, _("working hours")
    WORKING_DAY = ClockUnit.WORKING_DAY.value, _("working days")


class Kind(models.TextChoices):
    EVENT = "event", _("event")
    COMPONENT = "component", _("component")
    GOVERNANCE = "governance", _("governance")


class PoliceWork(models.TextChoices):
    """What cases of a category are to the police and those who work with them."""

    SAFETY = "safety", _("public safety: patrols are planned by it")
    DISPUTE = "dispute", _("a dispute: joint mediation is offered")


class Category(models.Model):
    """A minor of GB/T 30428.2, or one of our own. Without a limit the loop's default holds."""

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    major = models.CharField(_("major"), max_length=32)
    minor = models.CharField(_("minor"), max_length=32)
    limit = models.PositiveSmallIntegerField(
        _("limit"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LIMIT)]
    )
    unit = models.CharField(_("unit of time"), max_length=16, choices=Unit, blank=True)
    lowest_loop = models.CharField(_("lowest loop"), max_length=16, choices=Loop, default=Loop.GRID)
    checklist = models.TextField(
        _("closing checklist"), blank=True, help_text=_("One item a line; all are ticked to resolve.")
    )
    is_confidential = models.BooleanField(_("confidential"), default=False)
    police_work = models.CharField(_("joint work with the police"), max_length=8, choices=PoliceWork, blank=True)
    public_name = models.CharField(
        _("name for residents"), max_length=32, blank=True, validators=plain_text,
        help_text=_("In plain words; with a name it stands among the choices of the public reporting page."),
    )  # fmt: skip
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "major", "minor"], name="category_is_unique",
                violation_error_message=_("There is such a category already."),
            ),
            models.CheckConstraint(
                condition=Q(limit=None, unit="") | Q(limit__gt=0) & ~Q(unit=""), name="category_limit_has_unit",
                violation_error_message=_("Give a limit together with its unit of time, or neither."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.major} · {self.minor}"

    def time_limit(self) -> Limit | None:
        return Limit(self.limit, ClockUnit(self.unit)) if self.limit else None

    def checklist_items(self) -> list[str]:
        return [line.strip() for line in self.checklist.splitlines() if line.strip()]


class ServiceLevel(models.Model):
    """The default limit of a loop, of the check after resolving, or of the reply to urging and supervision."""

    class Stage(models.TextChoices):
        GRID = Loop.GRID.value, Loop.GRID.label
        COMMUNITY = Loop.COMMUNITY.value, Loop.COMMUNITY.label
        STREET = Loop.STREET.value, Loop.STREET.label
        CITY = Loop.CITY.value, Loop.CITY.label
        CHECK = "check", _("check")
        REPLY = "reply", _("reply to urging")

    stage = models.CharField(_("stage"), max_length=16, choices=Stage)
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency)
    amount = models.PositiveSmallIntegerField(
        _("amount"), validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LIMIT)]
    )
    unit = models.CharField(_("unit of time"), max_length=16, choices=Unit)

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "urgency"], name="service_level_is_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="service_level_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.get_urgency_display()}"

    def time_limit(self) -> Limit:
        return Limit(self.amount, ClockUnit(self.unit))
