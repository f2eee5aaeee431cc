"""People who help, in Django admin; each noun registers its own."""

from volunteers.households.admin import CareNeedAdmin, ConsentTextAdmin
from volunteers.skill_admin import SkillAdmin

__all__ = ["CareNeedAdmin", "ConsentTextAdmin", "SkillAdmin"]
