"""The report of a month of a grid, kept as it was on the day when it was made."""

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from grids.access import ranges, within
from grids.models import Placed, PlacedQuerySet, User

GRID_NAME_LENGTH = 200


class MonthlyReportQuerySet(PlacedQuerySet):
    def visible_to(self, user: User):
        """Those of the grids that the person's posts cover wholly."""
        return self.filter(within(ranges(user)))

    def newest_first(self):
        """By month, and in the order of the tree."""
        return self.order_by("-month", "position", "pk")


class MonthlyReport(Placed):
    """What `events.reports.gathering` found then, never edited; a later version of the code still has to show it.

    The cases go on, so what lies behind a figure may be another today.
    """

    month = models.DateField(_("month"), help_text=_("Its first day."))
    grid_name = models.CharField(_("name of the grid"), max_length=GRID_NAME_LENGTH, editable=False)
    made_at = models.DateTimeField(_("made at"), editable=False)
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False, verbose_name=_("made by"),
        help_text=_("Empty where the clock made it."),
    )  # fmt: skip
    made_by_name = models.CharField(_("name of who made it"), max_length=64, blank=True, editable=False)
    is_belated = models.BooleanField(
        _("made later"), default=False, editable=False,
        help_text=_("After the first working day of the following month: its figures are of that later day."),
    )  # fmt: skip
    version = models.PositiveSmallIntegerField(_("version"), editable=False)
    data = models.JSONField(_("figures"), editable=False)

    objects = MonthlyReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("monthly report")
        verbose_name_plural = _("monthly reports")
        constraints = [models.UniqueConstraint(fields=["grid", "month"], name="monthly_report_once")]
        # The list: newest first, of all that somebody may see.
        indexes = [models.Index(fields=["-month", "position"], name="monthly_report_newest")]

    def __str__(self) -> str:
        return f"{self.grid_name} {date_format(self.month, 'Y-m')}"

    @property
    def is_by_clock(self) -> bool:
        return not self.made_by_name

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A report is never edited.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("A report is never removed.")
