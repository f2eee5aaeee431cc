"""Cases that were closed implausibly fast for their category, listed for a second look."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.event import Event
from events.text import TEXT_LENGTH, long_text
from grids.access import inspected_ranges, within
from grids.models import Grid, User

LONGEST_FLOOR = 24 * 60  # minutes
HIGHEST_SHARE = 50  # per cent: above it, the half of all cases would be too fast


class QuickRule(models.Model):
    """What counts as implausibly fast; one row. `quick.py` tells the rule in words.

    `examined_until` is how far the daily look has come; each closing is measured once.
    """

    share = models.PositiveSmallIntegerField(
        _("share of the median, per cent"), default=5, validators=[MaxValueValidator(HIGHEST_SHARE)],
        help_text=_("A case resolved in less than this share of its category's median time is listed; 0 for never."),
    )  # fmt: skip
    least_compared = models.PositiveSmallIntegerField(
        _("cases to compare at least"), default=20, validators=[MinValueValidator(2)],
        help_text=_("Closed cases of the category in the district within a year; with fewer there is no median."),
    )  # fmt: skip
    floor_minutes = models.PositiveSmallIntegerField(
        _("listed in any case below, minutes"), default=5, validators=[MaxValueValidator(LONGEST_FLOOR)],
        help_text=_("Whatever the median is; 0 for never."),
    )  # fmt: skip
    examined_until = models.DateTimeField(_("closings examined until"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("rule for fast closings")
        verbose_name_plural = _("rule for fast closings")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="quick_rule_is_one_row")]

    def __str__(self) -> str:
        return _("%(share)d %% of the median, or %(floor)d minutes") % {
            "share": self.share,
            "floor": self.floor_minutes,
        }

    @property
    def floor(self) -> timedelta:
        return timedelta(minutes=self.floor_minutes)


class LookState(models.TextChoices):
    """What became of a fast closing: nobody has looked yet, it is in order, or the case was taken up again first."""

    WAITING = "waiting", _("to be looked at")
    LOOKED = "looked", _("in order")
    REOPENED = "reopened", _("taken up again")


class QuickClosingQuerySet(models.QuerySet):
    def inspected_by(self, user: User):
        """What is listed in the grids whose closed cases the user may re-check."""
        return self.filter(within(inspected_ranges(user), "event__position"))

    def inside(self, grid: Grid):
        return self.filter(event__position__range=(grid.lft, grid.rght))

    def in_state(self, state: str):
        """As `QuickClosing.state` tells it of one."""
        if state == LookState.LOOKED:
            return self.filter(looked_at__isnull=False)
        return self.filter(looked_at=None, reopened_at__isnull=state == LookState.WAITING)

    def waiting(self):
        return self.in_state(LookState.WAITING)


class QuickClosing(models.Model):
    """A closing that the rule has listed, with the figures of that day; and that somebody has looked at it, once."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="quick_closings", verbose_name=_("event"))
    closed_at = models.DateTimeField(_("closed at"))
    handled = models.DurationField(_("time from report to resolution"))
    median = models.DurationField(_("median of its kind"), null=True, blank=True)
    compared = models.PositiveIntegerField(_("cases compared"))
    share = models.PositiveSmallIntegerField(_("share of the median, per cent"))
    floor_minutes = models.PositiveSmallIntegerField(_("listed in any case below, minutes"))
    listed_at = models.DateTimeField(_("listed at"))
    # Kept here, too: comparing each row with its case took PostgreSQL seconds among a million.
    reopened_at = models.DateTimeField(_("taken up again at"), null=True, blank=True)
    looked_at = models.DateTimeField(_("looked at"), null=True, blank=True)
    looked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="second_looks", verbose_name=_("looked at by")
    )
    looked_by_name = models.CharField(_("name of who looked"), max_length=64, blank=True)
    looked_by_post = models.CharField(_("post of who looked"), max_length=128, blank=True)
    note = models.TextField(_("note"), max_length=TEXT_LENGTH, blank=True, validators=long_text)

    objects = QuickClosingQuerySet.as_manager()

    class Meta:
        verbose_name = _("fast closing")
        verbose_name_plural = _("fast closings")
        ordering = ["-closed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "closed_at"], name="quick_closing_is_listed_once"),
            models.CheckConstraint(
                condition=Q(looked_at=None, looked_by=None) | Q(looked_at__isnull=False, looked_by__isnull=False),
                name="quick_closing_looked_at_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["-closed_at", "-id"], name="quick_closing_newest"),
            models.Index(
                fields=["-closed_at", "-id"], condition=Q(looked_at=None, reopened_at=None), name="quick_closing_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.closed_at:%Y-%m-%d %H:%M}"

    @property
    def is_below_floor(self) -> bool:
        return self.handled < timedelta(minutes=self.floor_minutes)

    @property
    def state(self) -> LookState:
        if self.looked_at:
            return LookState.LOOKED
        return LookState.REOPENED if self.reopened_at else LookState.WAITING

    @property
    def is_waiting(self) -> bool:
        return self.state == LookState.WAITING
