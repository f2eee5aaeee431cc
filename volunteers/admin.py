"""People who help, in Django admin; each noun registers its own."""

from volunteers.activities.admin import ActivityAdmin, ActivityKindAdmin
from volunteers.households.admin import CareNeedAdmin, ConsentTextAdmin
from volunteers.skill_admin import SkillAdmin

__all__ = [
    "ActivityAdmin",
    "ActivityKindAdmin",
    "CareNeedAdmin",
    "ConsentTextAdmin",
    "SkillAdmin",
]
