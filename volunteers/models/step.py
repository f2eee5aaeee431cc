"""The history of what has states on this floor."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models import User
from grids.text import TEXT_LENGTH, long_text


class Step(models.Model):
    """One entry of a history, written with the change that it tells of and never edited; `by` is None for the clock."""

    to_state = models.CharField(_("state afterwards"), max_length=16)
    text = models.TextField(_("text"), max_length=TEXT_LENGTH, blank=True, validators=long_text)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by whom"))
    by_name = models.CharField(_("name of who did it"), max_length=64, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        abstract = True
        ordering = ["pk"]

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A step of a history is never edited.")
        self.by_name = str(self.by or "")
        super().save(*args, **kwargs)
