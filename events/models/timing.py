"""What the working clock follows: the calendar, the working hours, their editions, and the changes of all limits."""

import re
from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grids.models import User

LONGEST_REASON = 500
FIRST_YEAR, LAST_YEAR = 2000, 2100
SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
# What a Chinese keyboard, or a copied text, puts in their place.
ALIKE = str.maketrans({"：": ":", "－": "-", "–": "-", "—": "-", "～": "-", "~": "-", "至": "-"})


class Source(models.TextChoices):
    PACKAGE = "package", _("chinesecalendar")
    EDITED = "edited", _("entered here")


class Edited(models.Model):
    """Where a row comes from, and who changed it last; rows that somebody entered are never loaded over."""

    source = models.CharField(_("source"), max_length=16, choices=Source, default=Source.PACKAGE, editable=False)
    edited_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False, verbose_name=_("edited by")
    )
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class CalendarYear(Edited):
    """A year whose holiday notice is published; years without a row count Monday to Friday."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    notice = models.CharField(
        _("number of the notice"), max_length=64, blank=True, help_text=_("For example 国办发明电〔2025〕7号")
    )

    class Meta:
        verbose_name = _("calendar year")
        verbose_name_plural = _("work calendar")
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR), name="calendar_year_is_near",
                violation_error_message=_("Give a year from 2000 to 2100."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(Edited):
    """A day off that has a name, or a day worked on a weekend; every other day follows the week."""

    year = models.ForeignKey(CalendarYear, models.CASCADE, related_name="days", verbose_name=_("year"))
    date = models.DateField(_("date"), unique=True)
    is_working = models.BooleanField(_("worked"))
    name = models.CharField(_("holiday"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


def parse_spans(text: str) -> tuple[tuple[time, time], ...]:
    """The spans of “08:00-12:00 14:00-18:00”; ValidationError in a sentence when they are none, or out of order."""
    parts = [part for part in re.split(r"[\s,，、;；]+", text.translate(ALIKE)) if part]
    spans = []
    for part in parts:
        match = SPAN.fullmatch(part)
        try:
            hour, minute, to_hour, to_minute = map(int, match.groups())
            spans.append((time(hour, minute), time(to_hour, to_minute)))
        except (AttributeError, ValueError):
            raise ValidationError(
                _("“%(part)s” is no span of time. Write 08:00-12:00 14:00-18:00."), params={"part": part}
            ) from None
    edges = [edge for span in spans for edge in span]
    if not edges or edges != sorted(set(edges)):
        raise ValidationError(_("Give spans within one day, in order, that do not touch: 08:00-12:00 14:00-18:00."))
    return tuple(spans)


class WorkingHours(Edited):
    """The hours of a working day. One row, the one in force; what held before stands in the editions."""

    spans = models.CharField(_("hours of work"), max_length=120, validators=[parse_spans],
                             help_text=_("For example 08:00-12:00 14:00-18:00"))  # fmt: skip

    class Meta:
        verbose_name = _("hours of work")
        verbose_name_plural = _("hours of work")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="working_hours_are_one_row")]

    def __str__(self) -> str:
        return self.spans


class CalendarEdition(models.Model):
    """The calendar with the working hours as it stood from a time on, whole and never changed.

    A step that starts a clock names the digest of its edition, so that its due time can be computed again for ever.
    """

    digest = models.CharField(_("digest"), max_length=16, db_index=True)
    content = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("edition of the calendar")
        verbose_name_plural = _("editions of the calendar")
        ordering = ["pk"]

    def __str__(self) -> str:
        return _("Edition %(number)d") % {"number": self.pk}


class TimeChange(models.Model):
    """A change of a limit, the working hours or the calendar: first shown, then confirmed, then carried out."""

    class Kind(models.TextChoices):
        LEVEL = "level", _("time limit of a loop")
        CATEGORY = "category", _("time limit of a category")
        HOURS = "hours", _("hours of work")
        CALENDAR = "calendar", _("work calendar")

    class Status(models.TextChoices):
        DRAFT = "draft", _("to be confirmed")
        CONFIRMED = "confirmed", _("moving the open cases")
        DONE = "done", _("done")
        DISCARDED = "discarded", _("discarded")

    kind = models.CharField(_("what"), max_length=16, choices=Kind)
    target = models.CharField(_("subject of the change"), max_length=80)
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    status = models.CharField(_("state"), max_length=16, choices=Status, default=Status.DRAFT)
    planned = models.JSONField(_("planned moves"), default=list, editable=False)
    counts = models.JSONField(_("counts"), default=dict)
    moves_open = models.BooleanField(_("open cases move"), default=False)
    reason = models.TextField(
        _("reason"), max_length=LONGEST_REASON, blank=True, validators=[MaxLengthValidator(LONGEST_REASON)]
    )
    edition = models.ForeignKey(
        CalendarEdition, models.PROTECT, null=True, related_name="+", verbose_name=_("edition of the calendar")
    )
    drafted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("drafted by"))
    drafted_at = models.DateTimeField(_("drafted at"))
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    done_at = models.DateTimeField(_("done at"), null=True)
    cursor = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("change of time limits")
        verbose_name_plural = _("changes of time limits")
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            # The walk over the open cases sees one change at a time, so that none undoes the other.
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="confirmed"), name="one_time_change_at_a_time",
                violation_error_message=_("Another change is still moving the open cases."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target}"
