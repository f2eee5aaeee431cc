"""People who help, in Django admin; each noun registers its own."""

from volunteers.skill_admin import SkillAdmin

__all__ = ["SkillAdmin"]
