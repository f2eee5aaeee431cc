"""How often a source was heard on the pages that need no account."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PublicUse(models.Model):
    """How often a public page was used from one source in one window of time; `source` is a keyed hash.

    In the database, so that all web processes count together; removed when the window is over.
    """

    kind = models.CharField(max_length=24)
    source = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("use of a public page")
        verbose_name_plural = _("uses of public pages")
        constraints = [
            models.UniqueConstraint(fields=["kind", "source", "starts_at"], name="public_use_once_for_each_window")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.used}"
