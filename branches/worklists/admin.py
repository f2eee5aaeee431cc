"""Work lists and claims in Django admin, to be read: they change on their pages."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from branches.models import Claim, ClaimStep, WorkItem, WorkList
from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin


class WorkItemInline(ReadOnlyInline):
    model = WorkItem
    fields = readonly_fields = ["ordinal", "text", "for_streets", "for_communities", "due_on", "is_mandatory"]
    ordering = ["ordinal"]


@admin.register(WorkList)
class WorkListAdmin(ReadOnly, ServiceAdmin):
    list_display = ["title", "year", "grid", "state", "issued_at"]
    list_filter = ["state", "year"]
    list_select_related = ["grid"]
    list_per_page = 50
    search_fields = ["title", "grid__code__startswith"]
    ordering = ["-year", "-pk"]
    fields = [
        "title", "year", "grid", "state", "copied_from", "created_by", "created_at", "issued_by", "issued_at",
        "closed_by", "closed_at",
    ]  # fmt: skip
    inlines = [WorkItemInline]


class ClaimStepInline(ReadOnlyInline):
    model = ClaimStep
    fields = readonly_fields = ["at", "action", "by_name", "to_state", "round", "text", "pointers"]
    ordering = ["pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("evidence")

    @admin.display(description=_("evidence"))
    def pointers(self, step: ClaimStep) -> str:
        """By kind and key: what it is called is for those who may see it."""
        return "、".join(f"{one.kind} {one.key}" for one in step.evidence.all())


@admin.register(Claim)
class ClaimAdmin(ReadOnly, ServiceAdmin):
    list_display = ["id", "grid", "item", "state", "is_assigned", "reported_on"]
    list_filter = ["state", "is_assigned"]
    list_select_related = ["grid", "item"]
    list_per_page = 50
    search_fields = ["item__text", "grid__code__startswith"]
    ordering = ["-pk"]
    fields = [
        "item", "grid", "parent", "state", "is_assigned", "responsible", "round", "taken_at", "reported_on",
        "decided_at",
    ]  # fmt: skip
    inlines = [ClaimStepInline]
