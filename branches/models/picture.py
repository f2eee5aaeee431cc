"""Photos that are kept: receipts, and what stories and the reports of activities show."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models import User


class PictureQuerySet(models.QuerySet):
    def waiting(self):
        """What came with a form that was not taken yet: no row of any floor points to it."""
        return self.filter(**{relation.name: None for relation in self.model._meta.related_objects})


class Picture(models.Model):
    """A photo that was made anew without metadata; it belongs to the row that points to it, and is seen with that."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name of the file"), max_length=128)
    file = models.FileField(_("file"), max_length=128)
    thumbnail = models.FileField(_("thumbnail"), max_length=128)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    created_at = models.DateTimeField(_("created at"))
    uploader = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="branch_pictures", verbose_name=_("uploaded by")
    )

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")

    def __str__(self) -> str:
        return self.name
