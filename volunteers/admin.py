"""People who help, in Django admin; each noun registers its own."""

from volunteers.mediation.admin import DisputeKindAdmin, MediationAdmin
from volunteers.patrols.admin import PatrolAdmin
from volunteers.skill_admin import SkillAdmin

__all__ = ["DisputeKindAdmin", "MediationAdmin", "PatrolAdmin", "SkillAdmin"]
