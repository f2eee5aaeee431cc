"""Looks at households, as the auditor's list shows them."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from volunteers.models import HouseholdReveal
from volunteers.reveals import Kind

KIND = Kind(
    key="household",
    label=_("Key household"),
    rows=HouseholdReveal.objects.all,
    thing="household",
    url=lambda household: reverse("household_reveal", args=[household.pk]) if household.is_kept else "",
)
