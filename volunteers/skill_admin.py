"""The list of what can be offered and asked for."""

from django.contrib import admin

from grids.admin.base import ServiceAdmin
from volunteers.models import Skill


@admin.register(Skill)
class SkillAdmin(ServiceAdmin):
    """What somebody has offered is put out of use, not deleted."""

    list_display = ["name", "kind", "ordinal", "is_active"]
    list_filter = ["kind", "is_active"]
    ordering = ["ordinal", "name"]

    def has_delete_permission(self, request, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.offers.exists())
