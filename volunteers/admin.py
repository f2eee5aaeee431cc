"""People who help, in Django admin; each noun registers its own."""

from volunteers.enrolments.admin import MemberEnrolmentAdmin, OrganisationEnrolmentAdmin
from volunteers.skill_admin import SkillAdmin

__all__ = ["MemberEnrolmentAdmin", "OrganisationEnrolmentAdmin", "SkillAdmin"]
