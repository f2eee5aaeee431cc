"""What a community or a street makes public: written by a person, with a name and a date, and to be withdrawn."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.models import Grid, Placed, PlacedQuerySet, User
from grids.text import TITLE_LENGTH, long_text, plain_text


class PublicationQuerySet(PlacedQuerySet):
    def public(self):
        return self.filter(withdrawn_at=None)

    def on(self, grid: Grid):
        """What this very grid has published."""
        return self.filter(position=grid.lft)


class Publication(Placed):
    """One thing that is public; `figures` are those of the moment of publication, fit to be shown as they are."""

    class Kind(models.TextChoices):
        DECISION = "decision", pgettext_lazy("publication", "decision and its result")
        FIGURES = "figures", pgettext_lazy("publication", "figures of a month")
        EXAMPLE = "example", pgettext_lazy("publication", "how a matter was settled")
        RESOURCES = "resources", pgettext_lazy("publication", "resources spent")
        NOTICE = "notice", pgettext_lazy("publication", "public notice")
        ACTIVITY = "activity", pgettext_lazy("publication", "activity to join")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    title = models.CharField(_("title"), max_length=TITLE_LENGTH, validators=plain_text)
    text = models.TextField(_("text"), blank=True, validators=long_text)
    period = models.CharField(
        _("period"), max_length=7, blank=True, help_text=_("The month 2026-10, or the year 2026, of the figures.")
    )
    figures = models.JSONField(_("figures"), null=True, blank=True)
    takes_place_on = models.DateField(_("takes place on"), null=True, blank=True)
    # Where it comes from, for staff; its words are nobody's but the writer's.
    source_kind = models.CharField(max_length=16, blank=True, editable=False)
    source_key = models.CharField(max_length=64, blank=True, editable=False)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="publications", verbose_name=_("published by")
    )
    published_by_name = models.CharField(_("name of who published it"), max_length=64)
    published_at = models.DateTimeField(_("published at"))
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="publications_withdrawn",
        verbose_name=_("withdrawn by"),
    )  # fmt: skip
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawal_reason = models.CharField(_("why it was withdrawn"), max_length=200, blank=True, validators=plain_text)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["decision", "figures", "example", "resources", "notice", "activity"]),
                name="publication_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["figures", "resources"], figures__isnull=False) & ~Q(period="")
                | Q(kind__in=["decision", "example", "notice", "activity"], figures=None, period=""),
                name="publication_figures_of_period",
            ),
            models.CheckConstraint(
                condition=~Q(kind="activity") | Q(takes_place_on__isnull=False), name="publication_activity_has_day"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawal_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")),
                name="publication_withdrawn_with_reason",
            ),
            models.UniqueConstraint(
                fields=["grid", "kind", "period"],
                condition=Q(withdrawn_at=None) & ~Q(period=""),
                name="publication_period_once",
                violation_error_message=_("The figures of this period are public already; withdraw those first."),
            ),
            models.UniqueConstraint(fields=["published_by", "idempotency_key"], name="publication_once"),
        ]
        indexes = [models.Index(fields=["position", "-published_at"], name="publication_of_place")]

    def __str__(self) -> str:
        return self.title
