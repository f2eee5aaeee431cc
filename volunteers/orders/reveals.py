"""Looks at how to reach residents who ordered, as the auditor's list shows them."""

from django.utils.translation import gettext_lazy as _

from volunteers.models import OrderReveal
from volunteers.reveals import Kind

# The auditor reads who looked and why; the contact itself is for the desk and the member who accepted.
KIND = Kind(key="order", label=_("Service order"), rows=OrderReveal.objects.all, thing="order", url=lambda order: "")
