"""How much each rating counts for the satisfaction rate: what is in force, and every change of it."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.timing import LONGEST_REASON
from events.text import plain_text
from events.workflow import Rating
from grids.models import User

_OUTSIDE = _("Give a weight from 0 to 1.")


class RatingWeight(models.Model):
    """The weight of a rating; a row for each, which a migration makes."""

    DEFAULTS = {Rating.SATISFIED: Decimal(1), Rating.FAIR: Decimal("0.9"), Rating.UNSATISFIED: Decimal(0)}

    rating = models.CharField(_("rating"), max_length=16, choices=Rating, unique=True)
    weight = models.DecimalField(
        _("weight"), max_digits=3, decimal_places=2,
        validators=[MinValueValidator(0, _OUTSIDE), MaxValueValidator(1, _OUTSIDE)],
        help_text=_("From 0 to 1: how much a case with this rating counts for the satisfaction rate."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("weight of a rating")
        verbose_name_plural = _("weights of ratings")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1),
                name="rating_weight_up_to_one",
                violation_error_message=_OUTSIDE,
            )
        ]

    def __str__(self) -> str:
        return self.get_rating_display()


class WeightChange(models.Model):
    """That somebody changed a weight, and why. Never edited."""

    rating = models.CharField(_("rating"), max_length=16, choices=Rating)
    before = models.DecimalField(_("weight before"), max_digits=3, decimal_places=2)
    after = models.DecimalField(_("weight after"), max_digits=3, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON, validators=plain_text)
    changed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("change of a weight")
        verbose_name_plural = _("changes of weights")
        ordering = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_rating_display()} {self.before} → {self.after}"
