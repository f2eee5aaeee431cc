"""Activities in Django admin: their kinds are edited, they themselves are read."""

from django.contrib import admin
from django.db.models import QuerySet

from grids.admin.base import ManagedAdmin, ReadOnly, ReadOnlyInline, ServiceAdmin
from volunteers.models import Activity, ActivityKind, ActivityStep, Participation


@admin.register(ActivityKind)
class ActivityKindAdmin(ServiceAdmin):
    """What an activity has used is put out of use, not deleted."""

    list_display = ["name", "ordinal", "is_active"]
    list_filter = ["is_active"]
    ordering = ["ordinal", "name"]

    def has_delete_permission(self, request, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.activities.exists())


class ParticipationInline(ReadOnlyInline):
    model = Participation
    fields = readonly_fields = ["user", "status", "queued_at", "attended_at", "way", "hours"]

    def get_queryset(self, request) -> QuerySet[Participation]:
        return super().get_queryset(request).select_related("user")


class ActivityStepInline(ReadOnlyInline):
    model = ActivityStep
    fields = readonly_fields = ["at", "action", "to_state", "by_name", "text"]


@admin.register(Activity)
class ActivityAdmin(ReadOnly, ManagedAdmin):
    list_display = ["title", "kind", "grid", "branch", "starts_at", "state"]
    list_filter = ["kind", "state"]
    list_select_related = ["kind", "grid", "branch"]
    list_per_page = 50
    search_fields = ["title", "grid__name", "branch__name"]
    ordering = ["-starts_at", "-pk"]
    fields = [
        "title", "kind", "grid", "branch", "place", ("starts_at", "ends_at"), "places", "needs", "state",
        "planned_by", "report",
    ]  # fmt: skip
    inlines = [ParticipationInline, ActivityStepInline]
