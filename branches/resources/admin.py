"""Budgets and entries in Django admin: to be read; they change by the services on the pages alone."""

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from branches.models import Budget, BudgetLine, ResourceEntry
from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin


class BudgetLineInline(ReadOnlyInline):
    model = BudgetLine
    fields = readonly_fields = ["kind", "source", "organisation", "purpose", "planned", "unit", "added_by", "added_at"]


@admin.register(Budget)
class BudgetAdmin(ReadOnly, ServiceAdmin):
    list_display = ["year", "owner", "planned_by", "planned_at"]
    list_filter = ["year"]
    list_select_related = ["branch", "grid", "planned_by"]
    search_fields = ["branch__name", "grid__name"]
    search_help_text = _("Part of the name of the branch or the grid")
    fields = ["year", "branch", "grid", "planned_by", "planned_at"]
    inlines = [BudgetLineInline]

    @admin.display(description=_("of whom"))
    def owner(self, budget: Budget) -> str:
        return budget.owner_name


@admin.register(ResourceEntry)
class ResourceEntryAdmin(ReadOnly, ServiceAdmin):
    list_display = ["spent_on", "amount", "purpose", "line", "entered_by", "entered_at"]
    list_select_related = ["line", "entered_by"]
    search_fields = ["purpose"]
    search_help_text = _("Part of what it was for")
    fields = ["line", "amount", "spent_on", "purpose", "reverses", "entered_by", "entered_at"]

    def get_queryset(self, request) -> QuerySet[ResourceEntry]:
        return super().get_queryset(request).order_by("-pk")
