"""People who help, in Django admin; each noun registers its own."""

from volunteers.activities.admin import ActivityAdmin, ActivityKindAdmin
from volunteers.enrolments.admin import MemberEnrolmentAdmin, OrganisationEnrolmentAdmin
from volunteers.households.admin import CareNeedAdmin, ConsentTextAdmin
from volunteers.mediation.admin import DisputeKindAdmin, MediationAdmin
from volunteers.orders.admin import CatalogueAdmin, OrderLimitAdmin, OrderRevealAdmin, ServiceOrderAdmin
from volunteers.patrols.admin import PatrolAdmin
from volunteers.skill_admin import SkillAdmin

__all__ = [
    "ActivityAdmin",
    "ActivityKindAdmin",
    "CareNeedAdmin",
    "CatalogueAdmin",
    "ConsentTextAdmin",
    "DisputeKindAdmin",
    "MediationAdmin",
    "MemberEnrolmentAdmin",
    "OrderLimitAdmin",
    "OrderRevealAdmin",
    "OrganisationEnrolmentAdmin",
    "PatrolAdmin",
    "ServiceOrderAdmin",
    "SkillAdmin",
]
