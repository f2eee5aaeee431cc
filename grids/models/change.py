"""What a reorganisation did, and where the codes of before lead to."""

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.models.grid import Grid, Placed
from grids.models.people import User, validate_printable

REASON_LENGTH = 500

# What a reorganisation counts besides the rows of a model.
COUNTED = {
    "posts_continued": _("posts that go on at the successor"),
    "chiefs_to_staff": _("chiefs who go on as grid staff"),
    "posts_ended": _("posts that end"),
    "organisations_joined": _("organisations that become one with their namesake"),
}


class GridChange(Placed):
    """One reorganisation of the tree: who, why, when, and what went where. Written with the change, never edited.

    `grid` is what was changed, as it is now; names are those of their time.
    """

    class Kind(models.TextChoices):
        RENAME = "rename", pgettext_lazy("grid change", "rename")
        MOVE = "move", pgettext_lazy("grid change", "move")
        MERGE = "merge", pgettext_lazy("grid change", "merge")
        SPLIT = "split", pgettext_lazy("grid change", "split")
        RETIRE = "retire", pgettext_lazy("grid change", "retire")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by"))
    actor_name = models.CharField(_("name of who acted"), max_length=64, blank=True)
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH, blank=True, validators=[validate_printable])
    old_name = models.CharField(_("name before"), max_length=64)
    new_name = models.CharField(_("name after"), max_length=64)
    old_code = models.CharField(_("code before"), max_length=18)
    new_code = models.CharField(_("code after"), max_length=18)
    counts = models.JSONField(_("what it moved"), default=dict, help_text=_("Rows by model, such as grids.post."))

    class Meta:
        verbose_name = _("reorganisation")
        verbose_name_plural = _("reorganisations")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["-at", "-id"], name="grid_change_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["rename", "move", "merge", "split", "retire"]), name="grid_change_kind_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.old_name} ({self.old_code})"

    def shown_counts(self) -> list[tuple[str, int]]:
        """What it moved, in words, leaving out what there was nothing of."""
        return [(_counted_name(name), count) for name, count in self.counts.items() if count]

    @property
    def moved_positions(self) -> int:
        """How many rows stand at another place of the tree now, grids not counted."""
        placed = {model._meta.label_lower for model in Grid.objects.placed_models()}
        return sum(count for name, count in self.counts.items() if name in placed)


def _counted_name(name: str) -> str:
    return str(COUNTED[name] if name in COUNTED else apps.get_model(name)._meta.verbose_name_plural)


class FormerCode(models.Model):
    """A code that was given up, and a grid that took its place; after a split there are several.

    Such a code is never given out again, so an old address, QR code or spreadsheet always finds its grid.
    """

    code = models.CharField(_("former code"), max_length=18, db_index=True)
    name = models.CharField(_("name of that time"), max_length=64)
    new_code = models.CharField(_("code after"), max_length=18)
    grid = models.ForeignKey(Grid, models.PROTECT, related_name="former_codes", verbose_name=_("successor"))
    change = models.ForeignKey(GridChange, models.PROTECT, related_name="codes", verbose_name=_("reorganisation"))

    class Meta:
        verbose_name = _("former code")
        verbose_name_plural = _("former codes")
        constraints = [
            models.UniqueConstraint(fields=["change", "code", "grid"], name="former_code_once_for_each_change")
        ]

    def __str__(self) -> str:
        return f"{self.code} → {self.grid.code}"
