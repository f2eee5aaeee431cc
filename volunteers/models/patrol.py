"""Joint patrols: who goes when to which buildings, and what they found. Neither ways nor times of persons are kept."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.models import Grid, Placed, PlacedQuerySet, User, validate_printable
from grids.text import TITLE_LENGTH, plain_text
from volunteers.models.step import Step
from volunteers.patrols.workflow import COMING, PatrolAction, PatrolState

PLACE_LENGTH = 200


class PatrolQuerySet(PlacedQuerySet):
    def coming(self):
        """Planned or under way, the next first."""
        return self.filter(state__in=COMING).order_by("starts_at", "pk")

    def past(self):
        """Done or called off, the last first."""
        return self.exclude(state__in=COMING).order_by("-starts_at", "-pk")


class Patrol(Placed):
    """A joint patrol through buildings of a community, which is its `grid`."""

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="patrols", verbose_name=_("community"))
    aim = models.CharField(_("what is looked at"), max_length=TITLE_LENGTH, validators=[validate_printable])
    meets_at = models.CharField(
        _("where they meet"), max_length=PLACE_LENGTH, blank=True, validators=[validate_printable]
    )
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    people = models.ManyToManyField(User, related_name="patrols", verbose_name=_("who goes"))
    state = models.CharField(_("state"), max_length=16, choices=PatrolState, default=PatrolState.PLANNED)
    planned_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("planned by")
    )
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False, validators=plain_text)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = PatrolQuerySet.as_manager()

    class Meta:
        verbose_name = _("joint patrol")
        verbose_name_plural = _("joint patrols")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["position", "starts_at"], name="patrol_place_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="patrol_ends_after_beginning",
                violation_error_message=_("A patrol ends after it begins."),
            ),
            models.CheckConstraint(condition=Q(state__in=PatrolState.values), name="patrol_state_known"),
            models.UniqueConstraint(fields=["planned_by", "idempotency_key"], name="patrol_planned_once"),
        ]

    def __str__(self) -> str:
        return f"{self.grid.name} · {self.aim}"


class PatrolPlace(Placed):
    """A building that a patrol looks at."""

    patrol = models.ForeignKey(Patrol, models.CASCADE, related_name="places", verbose_name=_("joint patrol"))
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="patrol_places", verbose_name=_("building"))

    class Meta:
        verbose_name = _("building of a patrol")
        verbose_name_plural = _("buildings of patrols")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["patrol", "grid"], name="patrol_place_once")]

    def __str__(self) -> str:
        return self.grid.name


class PatrolFinding(Placed):
    """What a patrol found, in a line; a case is filed of it, mostly in the same moment."""

    patrol = models.ForeignKey(Patrol, models.PROTECT, related_name="findings", verbose_name=_("joint patrol"))
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="patrol_findings", verbose_name=_("building"))
    text = models.CharField(pgettext_lazy("patrol", "what was found"), max_length=TITLE_LENGTH, validators=plain_text)
    found_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("found by"))
    found_at = models.DateTimeField(_("found at"))
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False, validators=plain_text)

    class Meta:
        verbose_name = _("finding of a patrol")
        verbose_name_plural = _("findings of patrols")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["found_by", "idempotency_key"], name="finding_noted_once")]

    def __str__(self) -> str:
        return self.text


class PatrolStep(Step):
    """One entry of the history of a patrol."""

    patrol = models.ForeignKey(Patrol, models.PROTECT, related_name="steps", verbose_name=_("joint patrol"))
    action = models.CharField(_("action"), max_length=12, choices=PatrolAction)

    class Meta(Step.Meta):
        verbose_name = _("step of a patrol")
        verbose_name_plural = _("steps of patrols")

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.by_name}".strip()
