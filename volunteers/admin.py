"""People who help, in Django admin; each noun registers its own."""

from volunteers.activities.admin import ActivityAdmin, ActivityKindAdmin
from volunteers.skill_admin import SkillAdmin

__all__ = ["ActivityAdmin", "ActivityKindAdmin", "SkillAdmin"]
