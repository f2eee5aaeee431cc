"""Mediations in Django admin: their kinds are edited; of themselves only what tells of nobody is read."""

from django.contrib import admin

from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin
from volunteers.models import DisputeKind, Mediation, MediationStep


@admin.register(DisputeKind)
class DisputeKindAdmin(ServiceAdmin):
    """What a mediation has used is put out of use, not deleted."""

    list_display = ["name", "ordinal", "is_active"]
    list_filter = ["is_active"]
    ordering = ["ordinal", "name"]

    def has_delete_permission(self, request, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.mediations.exists())


class MediationStepInline(ReadOnlyInline):
    model = MediationStep
    fields = readonly_fields = ["at", "action", "to_state", "by_name"]


@admin.register(Mediation)
class MediationAdmin(ReadOnly, ServiceAdmin):
    """For superusers: neither parties nor words; who may read those reads them on the page of the mediation."""

    list_display = ["kind", "grid", "state", "opened_at", "ended_at", "erased_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["kind", "grid"]
    list_per_page = 50
    search_fields = ["grid__name"]
    ordering = ["-opened_at", "-pk"]
    fields = ["kind", "grid", "state", "opened_at", "ended_at", "erased_at"]
    inlines = [MediationStepInline]
