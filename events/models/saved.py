"""Filters of the list that somebody uses every day."""

from urllib.parse import urlencode

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.text import plain_text
from grids.models import User

FILTER_NAME_LENGTH = 20


class SavedFilter(models.Model):
    """The filters of a list under a person's own name for them; `query` is what the form of filters takes.

    What is said relative to the day, as the last seven days, stays so: the list is made anew each time.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_filters", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=FILTER_NAME_LENGTH, validators=plain_text)
    query = models.JSONField(_("filters"))

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_filter_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def link(self) -> str:
        """The query of the list's address."""
        return urlencode(self.query)
