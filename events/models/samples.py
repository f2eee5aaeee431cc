"""Samples of closed cases, drawn by lot for re-checking."""

from collections.abc import Iterable
from datetime import datetime, time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models.event import Event
from events.text import TEXT_LENGTH, long_text, plain_text
from grids.access import inspected_ranges, within
from grids.models import Grid, Placed, User

MOST_DRAWN = 500
ANNOUNCED_LENGTH = 120
SEED_LENGTH = 32 + 1 + ANNOUNCED_LENGTH  # the system's part, a hyphen, what was announced
SAMPLED_NAME_LENGTH = 330  # the grid and all above it up to the street, each of at most 64 characters


class Finding(models.TextChoices):
    """What a re-check found."""

    HOLDS = "holds", pgettext_lazy("re-check", "holds")
    FAILS = "fails", pgettext_lazy("re-check", "does not hold")
    UNCLEAR = "unclear", pgettext_lazy("re-check", "unclear")


class SampleQuerySet(models.QuerySet):
    def inspected_by(self, user: User):
        """The samples drawn from grids whose closed cases the user may re-check."""
        return self.filter(within(inspected_ranges(user)))

    def inside(self, grid: Grid):
        return self.filter(position__range=(grid.lft, grid.rght))

    def overlapping(self, sample: "Sample"):
        """Other draws from a subtree around or inside this one's, of a period that shares days with its own."""
        grid = sample.grid
        around = Q(grid__lft__lte=grid.lft, grid__rght__gte=grid.rght) | Q(position__range=(grid.lft, grid.rght))
        shared = Q(period_from__lt=sample.period_until, period_until__gt=sample.period_from)
        return self.filter(around, shared).exclude(pk=sample.pk)

    def with_figures(self):
        """Fills `drawn` and how many of them were found so: `checked`, `holds`, `fails`, `unclear`."""
        found = {finding: Count("items", filter=Q(items__finding=finding)) for finding in Finding.values}
        checked = Count("items", filter=~Q(items__finding=""))
        return self.annotate(drawn=Count("items"), checked=checked, **found)


class SampleManager(models.Manager.from_queryset(SampleQuerySet)):
    def get_queryset(self) -> SampleQuerySet:
        """Without the population, which may be megabytes; it is read where it is asked for."""
        return super().get_queryset().defer("population")


class Sample(Placed):
    """One draw from the cases that were closed in a subtree between two dates. Written once, never edited or repeated.

    `population` is the list that was drawn from, as `sampling.population_text` writes it: cases are reopened and grids
    are moved, and the draw must be redone for ever.
    """

    grid_name = models.CharField(_("name of the grid"), max_length=SAMPLED_NAME_LENGTH)
    period_from = models.DateField(_("closed from"))
    period_until = models.DateField(_("closed before"))
    ordinal = models.PositiveSmallIntegerField(_("number of the draw"))
    seed = models.CharField(_("seed"), max_length=SEED_LENGTH)
    announced = models.CharField(
        _("announced text"), max_length=ANNOUNCED_LENGTH, blank=True, validators=plain_text,
        help_text=_("Made known before the draw, for example the numbers of a public lottery; it is part of the seed."),
    )  # fmt: skip
    size = models.PositiveSmallIntegerField(
        _("cases to draw"), validators=[MinValueValidator(1), MaxValueValidator(MOST_DRAWN)]
    )
    population_size = models.PositiveIntegerField(_("cases in the population"))
    population_digest = models.CharField(_("digest of the population"), max_length=64)
    population = models.TextField(_("population"), editable=False)
    drawn_by = models.ForeignKey(User, models.PROTECT, related_name="samples", verbose_name=_("drawn by"))
    drawn_by_name = models.CharField(_("name of who drew"), max_length=64)
    drawn_by_post = models.CharField(_("post of who drew"), max_length=128, blank=True)
    drawn_at = models.DateTimeField(_("drawn at"))
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False)

    objects = SampleManager()

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "period_from", "period_until", "ordinal"], name="sample_is_numbered"
            ),
            models.UniqueConstraint(fields=["drawn_by", "idempotency_key"], name="sample_drawn_once"),
            models.CheckConstraint(condition=Q(period_from__lt=F("period_until")), name="sample_has_days"),
        ]

    def __str__(self) -> str:
        return _("%(grid)s, closed %(from)s to %(until)s, draw %(ordinal)d") % {
            "grid": self.grid_name,
            "from": self.period_from,
            "until": self.period_until,
            "ordinal": self.ordinal,
        }

    def numbers(self) -> list[str]:
        """The population, ascending."""
        return self.population.splitlines()

    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment of the period, and the first after it."""
        zone = timezone.get_default_timezone()
        begin, end = (datetime.combine(day, time(), zone) for day in (self.period_from, self.period_until))
        return begin, end


def load_overlaps(samples: Iterable[Sample]) -> None:
    """Set `overlaps`: the numbers of all other draws that overlap each, wherever they were drawn from, newest first."""
    samples = list(samples)
    if not samples:
        return
    begin, end = min(one.period_from for one in samples), max(one.period_until for one in samples)
    near = Sample.objects.filter(period_from__lt=end, period_until__gt=begin).order_by("-pk")
    drawn = list(near.values_list("pk", "grid__lft", "grid__rght", "period_from", "period_until"))
    own = {pk: (lft, rght, begin, end) for pk, lft, rght, begin, end in drawn}
    for sample in samples:
        lft, rght, begin, end = own[sample.pk]
        sample.overlaps = [
            pk
            for pk, other_lft, other_rght, other_begin, other_end in drawn
            if pk != sample.pk
            # Of two grids one lies in the other, or they share nothing.
            and (other_lft <= rght and other_rght >= lft)
            and (other_begin < end and other_end > begin)
        ]


class SampleItem(models.Model):
    """A drawn case at its place in the draw, and what the re-check found; that is recorded once."""

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="items", verbose_name=_("sample"))
    place = models.PositiveSmallIntegerField(_("place in the draw"))
    event = models.ForeignKey(Event, models.PROTECT, related_name="sample_items", verbose_name=_("event"))
    finding = models.CharField(_("result of the re-check"), max_length=8, choices=Finding, blank=True)
    note = models.TextField(_("note"), max_length=TEXT_LENGTH, blank=True, validators=long_text)
    checked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="rechecks", verbose_name=_("re-checked by")
    )
    checked_by_name = models.CharField(_("name of who re-checked"), max_length=64, blank=True)
    checked_by_post = models.CharField(_("post of who re-checked"), max_length=128, blank=True)
    checked_at = models.DateTimeField(_("re-checked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("drawn case")
        verbose_name_plural = _("drawn cases")
        ordering = ["sample", "place"]
        constraints = [
            models.UniqueConstraint(fields=["sample", "place"], name="sample_item_has_its_place"),
            models.UniqueConstraint(fields=["sample", "event"], name="sample_item_is_drawn_once"),
            models.CheckConstraint(
                condition=Q(finding="", checked_at=None, checked_by=None)
                | (~Q(finding="") & Q(checked_at__isnull=False, checked_by__isnull=False)),
                name="sample_item_found_by_somebody",
            ),
        ]
        indexes = [
            # What is still to be re-checked, for the workbench.
            models.Index(fields=["sample"], condition=Q(finding=""), name="sample_item_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id}/{self.place}"
