"""How many cases stood open at the beginning of a day, kept for the grids where counting them anew takes long."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models import Grid


class Standing(models.Model):
    """What stood in a street, district or city as the day began; only what the steps of the cases tell, kept.

    A hundred small rows a day in a city. They stay: together they are the trend of its backlog.
    """

    # Not of a place but of a grid, and gone with it: nobody asks for those of a subtree.
    grid = models.ForeignKey(Grid, models.CASCADE, related_name="standings", verbose_name=_("grid"))
    day = models.DateField(_("day"))
    open = models.PositiveIntegerField(_("open"))
    overdue = models.PositiveIntegerField(_("overdue"))
    due_today = models.PositiveIntegerField(_("due today"))

    class Meta:
        verbose_name = _("standing of a day")
        verbose_name_plural = _("standings of the days")
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["grid", "day"], name="standing_once_a_day")]

    def __str__(self) -> str:
        return f"{self.grid_id} {self.day}"
