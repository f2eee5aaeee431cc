"""What somebody has asked of the recorded steps, and the answer while it is kept."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grids.models import Grid, User


class WhatIf(models.Model):
    """A question to the steps of a period and its answer, for who asked alone and for some days.

    It is no row of a place: what it says is of the time when it was asked.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("what-if", "being worked out")
        DONE = "done", pgettext_lazy("what-if", "worked out")
        FAILED = "failed", pgettext_lazy("what-if", "failed")

    grid = models.ForeignKey(Grid, models.PROTECT, related_name="+", verbose_name=_("grid"))
    since = models.DateField(_("filed from"))
    until = models.DateField(_("filed until"))
    scenario = models.JSONField(_("assumption"))
    status = models.CharField(_("state"), max_length=8, choices=Status, default=Status.WAITING)
    outcome = models.JSONField(_("answer"), null=True)
    problem = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_by = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("what-if")
        verbose_name_plural = _("what-ifs")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.grid} {self.since} – {self.until}"

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.WAITING
