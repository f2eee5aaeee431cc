"""The tallies: so many cases like this in a place and on a day, kept in step with every change of a case."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.figures.measures import Day
from events.workflow import Loop, Rating, Status


class Grain(models.TextChoices):
    """How much a row has been folded: a change as it came, or the sum of a day or a month."""

    ENTRY = "entry", pgettext_lazy("tally", "entry")
    DAY = "day", pgettext_lazy("tally", "day")
    MONTH = "month", pgettext_lazy("tally", "month")


class Tally(models.Model):
    """So many cases with this profile in one place, by the day of filing or of closing. Rows are only ever added up.

    Every change of a case adds entries of its street: one less of what it was, one more of what it is. Folding puts
    rows of a day and of a month, of the street, its district and its city, in their place; the sums stay what they
    were. No case of a clue report is in it.
    """

    grain = models.CharField(_("summed up by"), max_length=8, choices=Grain, default=Grain.ENTRY)
    code = models.PositiveIntegerField(
        _("code"),
        help_text=_("Nine digits of the street; of folded rows also six of the district and four of the city."),
    )
    dated_by = models.CharField(_("dated by"), max_length=8, choices=Day)
    day = models.DateField(_("day"), help_text=_("Of a month, its first."))
    # What figures ask of a case, under the names of `PROFILE`.
    status = models.CharField(_("state"), max_length=16, choices=Status)
    start_loop = models.CharField(_("loop where it started"), max_length=16, choices=Loop)
    top_loop = models.CharField(_("highest loop"), max_length=16, choices=Loop)
    loop = models.CharField(_("loop"), max_length=16, choices=Loop)
    is_accepted = models.BooleanField(_("accepted"))
    is_late = models.BooleanField(_("late"))
    reworks = models.PositiveSmallIntegerField(_("failed checks"))
    rating = models.CharField(_("rating"), max_length=16, choices=Rating, blank=True)
    was_contacted = models.BooleanField(_("reporter was contacted"), null=True)
    was_solved = models.BooleanField(_("solved, says the reporter"), null=True)
    count = models.IntegerField(_("cases"), help_text=_("Of entries and of what is corrected also less than nothing."))

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [models.CheckConstraint(condition=~Q(count=0), name="tally_counts_something")]
        indexes = [
            # Figures: one place, or the places directly below it, over a stretch of days or months, and the entries of
            # the streets inside; the fold reads the entries by its beginning.
            models.Index(fields=["grain", "dated_by", "code", "day"], name="tally_place_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.day} {self.status}: {self.count}"


class TallyFold(models.Model):
    """The one row whose lock lets a single fold work at a time."""

    folded_at = models.DateTimeField(_("folded at"), null=True, editable=False)

    class Meta:
        verbose_name = _("folding of the tallies")
        verbose_name_plural = _("folding of the tallies")

    def __str__(self) -> str:
        return str(self.folded_at)
