"""Looks at households, as the auditor's list shows them."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from volunteers.models import HouseholdReveal
from volunteers.reveals import Kind

KIND = Kind(
    key="household",
    label=_("Key household"),
    rows=HouseholdReveal.objects.all,
    place="household",
    url=lambda reveal: reverse("household_reveal", args=[reveal.household_id]) if reveal.thing.is_kept else "",
)
