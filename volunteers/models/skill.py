"""What can be offered and asked for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from grids.models import validate_printable


class ServiceKind(models.TextChoices):
    """The four kinds of service that are to reach every door."""

    PUBLIC = "public", _("public service")
    SOCIAL = "social", _("social service")
    MARKET = "market", _("market service")
    VOLUNTEER = "volunteer", _("volunteer service")


class Skill(models.Model):
    """Something that people and organisations can do for others, from one list, so that wishes and offers meet."""

    name = models.CharField(_("name"), max_length=32, unique=True, validators=[validate_printable])
    kind = models.CharField(_("kind of service"), max_length=12, choices=ServiceKind, default=ServiceKind.VOLUNTEER)
    ordinal = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["ordinal", "name"]

    def __str__(self) -> str:
        return self.name
