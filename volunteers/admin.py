"""People who help, in Django admin; each noun registers its own."""

from volunteers.orders.admin import CatalogueAdmin, OrderLimitAdmin, OrderRevealAdmin, ServiceOrderAdmin
from volunteers.skill_admin import SkillAdmin

__all__ = ["CatalogueAdmin", "OrderLimitAdmin", "OrderRevealAdmin", "ServiceOrderAdmin", "SkillAdmin"]
