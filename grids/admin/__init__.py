"""Grids, posts and people in Django admin. Every change goes through the services."""

from django.contrib import admin
from django.contrib.auth.models import Group

from grids.admin.base import ManagedAdmin, ServiceAdmin
from grids.admin.grids import GridAdmin
from grids.admin.people import PersonAdmin
from grids.admin.posts import PostAdmin
from grids.admin.sheets import SheetAdmin, SheetImportAdmin
from grids.models import Organisation

__all__ = ["GridAdmin", "PersonAdmin", "PostAdmin", "ServiceAdmin", "SheetAdmin", "SheetImportAdmin"]


@admin.register(Organisation)
class OrganisationAdmin(SheetAdmin, ManagedAdmin):
    sheet_kinds = ("organisations",)
    list_display = ["name", "kind", "grid", "phone", "is_joint", "dissolved_at"]
    list_select_related = ["grid"]
    search_fields = ["name", "grid__name"]
    autocomplete_fields = ["grid", "representatives"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


admin.site.unregister(Group)  # posts are the roles
