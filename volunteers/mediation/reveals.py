"""Looks at the parties of mediations, as the auditor's list shows them."""

from django.utils.translation import gettext_lazy as _

from volunteers.models import MediationReveal
from volunteers.reveals import Kind

# The auditor reads who looked and why; names and phones stand on the mediation's own page, with a reason of their own.
KIND = Kind(
    key="mediation", label=_("Joint mediation"), rows=MediationReveal.objects.all, thing="mediation",
    url=lambda mediation: "",
)  # fmt: skip
