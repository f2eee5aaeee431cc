"""Sheets that other departments ask for again and again."""

from datetime import date, timedelta

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.text import plain_text
from grids.models import Placed, User

TEMPLATE_NAME_LENGTH = 30  # as a sheet's name in Excel may be
COLUMN_TITLE_LENGTH = 40
KIND_LENGTH = 24


fit_for_sheet = RegexValidator(r"""^[^\\/?*\[\]:'"<>|]*$""", _("A name holds none of \\ / ? * [ ] : ' \" < > |"))


class Period(models.TextChoices):
    """Which rows, by their day; what is said relative to today is worked out each time the sheet is filled."""

    ALL = "all", _("all")
    THIS_MONTH = "this_month", _("this month")
    LAST_MONTH = "last_month", _("last month")
    THIS_QUARTER = "this_quarter", _("this quarter")
    LAST_QUARTER = "last_quarter", _("last quarter")
    THIS_YEAR = "this_year", _("this year")
    LAST_YEAR = "last_year", _("last year")
    DAYS = "days", _("from one day to another")


MONTHS = {
    Period.THIS_MONTH: (1, 0),
    Period.LAST_MONTH: (1, 1),
    Period.THIS_QUARTER: (3, 0),
    Period.LAST_QUARTER: (3, 1),
    Period.THIS_YEAR: (12, 0),
    Period.LAST_YEAR: (12, 1),
}


def months(length: int, back: int, today: date) -> tuple[date, date]:
    """First and last day of the stretch of so many months, from January on, that today is in, or of one before it."""
    first = (today.year * 12 + today.month - 1) // length * length - back * length
    begins, follows = (date(month // 12, month % 12 + 1, 1) for month in (first, first + length))
    return begins, follows - timedelta(days=1)


class ExportTemplate(Placed):
    """The columns of a sheet, in order and under the titles that another department wants, and which rows fill it.

    It belongs to the desk of its grid. `columns` holds pairs of key and title; `kind` is one of `grids.exports`.
    """

    name = models.CharField(
        _("name"),
        max_length=TEMPLATE_NAME_LENGTH,
        validators=[*plain_text, fit_for_sheet],
    )
    kind = models.CharField(_("rows"), max_length=KIND_LENGTH)
    columns = models.JSONField(_("columns"))
    period = models.CharField(_("period"), max_length=16, choices=Period, default=Period.ALL)
    since = models.DateField(_("from"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    area = models.CharField(_("only of the grid"), max_length=18, blank=True)
    state = models.CharField(_("only in the state"), max_length=24, blank=True)
    saved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("saved by"))
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("template of a sheet")
        verbose_name_plural = _("templates of sheets")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "name"],
                name="export_template_once",
                violation_error_message=_("Another template of this grid has this name."),
            ),
            models.CheckConstraint(
                condition=Q(period=Period.DAYS, since__isnull=False, until__gte=F("since"))
                | ~Q(period=Period.DAYS) & Q(since=None, until=None),
                name="export_template_days",
                violation_error_message=_("Give the first and the last day, in this order."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def days(self, today: date | None = None) -> tuple[date | None, date | None]:
        """The first and the last day of the period; None where there is no end."""
        if self.period in MONTHS:
            return months(*MONTHS[Period(self.period)], today or timezone.localdate())
        return self.since, self.until
