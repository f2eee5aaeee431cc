"""Organisations that work on the grids beside the posts."""

import re

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from grids import tree
from grids.models.grid import InitialsField, Placed, PlacedQuerySet
from grids.models.people import User, validate_printable

# Eleven digits from 13 to 19, however they are grouped, by themselves or after the country's 86.
MOBILE = re.compile(r"(?:(?<!\d)|(?<=86))1\D*[3-9](?:\D*\d){9}(?!\d)")


class OrganisationKind(models.TextChoices):
    RESIDENT_UNIT = "resident_unit", _("resident unit")
    OWNERS_COMMITTEE = "owners_committee", _("owners' committee")
    PROPERTY_COMPANY = "property_company", _("property company")
    GOVERNMENT_OFFICE = "government_office", _("government office")
    POLICE_STATION = "police_station", _("police station")
    POLICE_ROOM = "police_room", _("police room")
    SOCIAL_ORGANISATION = "social_organisation", _("social organisation")


class OrganisationQuerySet(PlacedQuerySet):
    def active(self):
        return self.filter(dissolved_at=None)

    def joint(self):
        """In use, and open to cases."""
        return self.active().filter(is_joint=True)

    def working(self):
        """Joint, and with somebody to handle a case: a representative whose account is open."""
        people = User.objects.filter(organisations=OuterRef("pk"), is_active=True)
        return self.joint().filter(Exists(people))

    def serving(self, lft, rght):
        """Inside the interval of a grid, or on a grid above it; numbers, or references of an outer query."""
        return self.filter(Q(position__gte=lft, position__lte=rght) | Q(grid__lft__lte=lft, grid__rght__gte=rght))

    def search(self, text: str):
        """By a part of the name, the initials that it begins with, or the grid in the same ways or by its code."""
        text = text.strip()
        if "\x00" in text:  # PostgreSQL takes no such text, and no name holds it
            return self.none()
        found = Q(name__icontains=text) | Q(grid__name__icontains=text)
        if text.isascii() and text.isdigit():
            found |= Q(grid__code__startswith=text)
        elif text.isascii() and text.isalnum():
            found |= Q(initials__startswith=text.lower()) | Q(grid__initials__startswith=text.lower())
        return self.filter(found)


class Organisation(Placed):
    """A resident unit, property company, office … with its place, public contact and what it serves with.

    A joint organisation can be assigned a case; then each of its representatives may handle it.
    """

    name = models.CharField(_("name"), max_length=64, validators=[validate_printable])
    initials = InitialsField(_("initials in pinyin"), max_length=64, default="", db_index=True, editable=False)
    kind = models.CharField(_("kind"), max_length=24, choices=OrganisationKind)
    address = models.CharField(_("address"), max_length=200, blank=True, validators=[validate_printable])
    contact = models.CharField(_("contact"), max_length=64, blank=True, validators=[validate_printable])
    phone = models.CharField(
        _("office phone"),
        max_length=32,
        blank=True,
        help_text=_("A public number; it stands on signboards, unless it is a mobile one. Never a private one."),
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

    @property
    def public_phone(self) -> str:
        """The office phone as anybody may read it; empty for a mobile number, which is as good as a person's."""
        return "" if MOBILE.search(self.phone) else self.phone

    @property
    def dial(self) -> str:
        """The office phone as a telephone takes it: digits, and a plus in front where there is one."""
        return re.sub(r"(?!^\+)\D", "", self.phone.strip())

    @property
    def grid_code(self) -> str:
        """The code of its grid, without asking for the grid."""
        return tree.code_at(self.position)
