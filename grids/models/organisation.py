"""Organisations that work on the grids beside the posts."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from grids.models.grid import Grid, Placed
from grids.models.people import User, validate_printable


class OrganisationKind(models.TextChoices):
    RESIDENT_UNIT = "resident_unit", _("resident unit")
    OWNERS_COMMITTEE = "owners_committee", _("owners' committee")
    PROPERTY_COMPANY = "property_company", _("property company")
    GOVERNMENT_OFFICE = "government_office", _("government office")
    POLICE_STATION = "police_station", _("police station")
    POLICE_ROOM = "police_room", _("police room")
    SOCIAL_ORGANISATION = "social_organisation", _("social organisation")


class OrganisationQuerySet(models.QuerySet):
    def active(self):
        return self.filter(dissolved_at=None)

    def within(self, grid: Grid):
        """The organisations on the grid and on everything below it."""
        return self.filter(position__range=(grid.lft, grid.rght))


class Organisation(Placed):
    """A resident unit, property company, office … with its place, public contact and what it serves with.

    A joint organisation can be assigned a case; then each of its representatives may handle it.
    """

    name = models.CharField(_("name"), max_length=64, validators=[validate_printable])
    kind = models.CharField(_("kind"), max_length=24, choices=OrganisationKind)
    address = models.CharField(_("address"), max_length=200, blank=True, validators=[validate_printable])
    contact = models.CharField(_("contact"), max_length=64, blank=True, validators=[validate_printable])
    phone = models.CharField(
        _("office phone"),
        max_length=32,
        blank=True,
        help_text=_("A public number; it stands on signboards. Never a private one."),
        validators=[RegexValidator(r"^[0-9+() \-]+$", _("A phone number has digits, spaces and - + ( ) only."))],
    )
    offers_public = models.BooleanField(_("public services"), default=False)
    offers_social = models.BooleanField(_("social services"), default=False)
    offers_market = models.BooleanField(_("market services"), default=False)
    offers_volunteer = models.BooleanField(_("volunteer services"), default=False)
    is_joint = models.BooleanField(_("takes cases"), default=False, help_text=_("Cases can be assigned to it."))
    representatives = models.ManyToManyField(
        User,
        blank=True,
        related_name="organisations",
        verbose_name=_("representatives"),
        help_text=_("They see the cases assigned to it, and handle them."),
    )
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)
    dissolved_at = models.DateTimeField(_("dissolved at"), null=True, blank=True, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "name"],
                condition=Q(dissolved_at=None),
                name="organisation_named_once_in_grid",
                violation_error_message=_("There is already an organisation of this name in this grid."),
            ),
            models.UniqueConstraint(
                fields=["grid"],
                condition=Q(kind="police_room", dissolved_at=None),
                name="organisation_one_police_room",
                violation_error_message=_("This grid already has a police room."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OrganisationKind.values), name="organisation_kind_known",
                violation_error_message=_("This is none of the kinds of organisations."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name
