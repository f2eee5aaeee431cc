"""Joint patrols in Django admin: to be read; what happens on them happens on their pages."""

from django.contrib import admin
from django.db.models import QuerySet

from grids.admin.base import ManagedAdmin, ReadOnly, ReadOnlyInline
from volunteers.models import Patrol, PatrolFinding, PatrolPlace, PatrolStep


class PatrolPlaceInline(ReadOnlyInline):
    model = PatrolPlace
    fields = readonly_fields = ["grid"]

    def get_queryset(self, request) -> QuerySet[PatrolPlace]:
        return super().get_queryset(request).select_related("grid")


class PatrolFindingInline(ReadOnlyInline):
    model = PatrolFinding
    fields = readonly_fields = ["grid", "text", "found_by", "found_at"]

    def get_queryset(self, request) -> QuerySet[PatrolFinding]:
        return super().get_queryset(request).select_related("grid", "found_by")


class PatrolStepInline(ReadOnlyInline):
    model = PatrolStep
    fields = readonly_fields = ["at", "action", "to_state", "by_name", "text"]


@admin.register(Patrol)
class PatrolAdmin(ReadOnly, ManagedAdmin):
    list_display = ["aim", "grid", "starts_at", "state", "planned_by"]
    list_filter = ["state"]
    list_select_related = ["grid", "planned_by"]
    list_per_page = 50
    search_fields = ["aim", "grid__name"]
    ordering = ["-starts_at", "-pk"]
    fields = ["aim", "grid", "meets_at", ("starts_at", "ends_at"), "state", "planned_by", "people"]
    inlines = [PatrolPlaceInline, PatrolFindingInline, PatrolStepInline]
