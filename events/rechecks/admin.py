"""Samples and second looks in Django admin: to be read; and the rule that is to be set."""

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from events import services
from events.models import LookState, QuickClosing, QuickRule, Sample, SampleItem
from events.wording import why_fast
from grids.access import inspected_ranges, within
from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin


class SampleItemInline(ReadOnlyInline):
    model = SampleItem
    fields = readonly_fields = ["place", "number", "finding", "note", "checked_by_name", "checked_at"]
    ordering = ["place"]

    def get_queryset(self, request) -> QuerySet[SampleItem]:
        inside = within(inspected_ranges(request.user), "event__position")
        return super().get_queryset(request).filter(inside).select_related("event")

    @admin.display(description=_("event"))
    def number(self, item: SampleItem) -> str:
        return item.event.number


class Inspected(ReadOnly, ServiceAdmin):
    """What lies in the person's own area, as on the pages for who re-checks; superusers see all."""

    def get_queryset(self, request) -> QuerySet:
        rows = super().get_queryset(request)
        # Without the right of Django admin the answer is that, and not that there is no such row.
        return rows.inspected_by(request.user) if self.has_view_permission(request) else rows


@admin.register(Sample)
class SampleAdmin(Inspected):
    list_display = [
        "id", "grid_name", "period_from", "period_until", "ordinal", "population_size", "size", "drawn_by_name",
        "drawn_at",
    ]  # fmt: skip
    list_per_page = 50
    search_fields = ["grid_name", "grid__code__startswith"]
    search_help_text = _("Part of the grid's name, or the beginning of its code")
    ordering = ["-pk"]
    fields = [
        "grid_name", ("period_from", "period_until"), "ordinal", "seed", "announced", "size", "population_size",
        "population_digest", "drawn_by_name", "drawn_by_post", "drawn_at",
    ]  # fmt: skip
    inlines = [SampleItemInline]


class LookStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return LookState.choices

    def queryset(self, request, queryset: QuerySet[QuickClosing]) -> QuerySet[QuickClosing]:
        return queryset.in_state(self.value()) if self.value() in LookState.values else queryset


@admin.register(QuickClosing)
class QuickClosingAdmin(Inspected):
    list_display = ["event_number", "why", "closed_at", "state_name"]
    list_filter = [LookStateFilter]
    list_select_related = ["event"]
    list_per_page = 50
    search_fields = ["event__number__startswith"]
    search_help_text = _("Beginning of the case's number")
    ordering = ["-pk"]
    fields = [*list_display, "listed_at", "reopened_at", "looked_at", "looked_by_name", "looked_by_post", "note"]

    @admin.display(description=_("event"))
    def event_number(self, closing: QuickClosing) -> str:
        return closing.event.number

    @admin.display(description=_("state"))
    def state_name(self, closing: QuickClosing) -> str:
        return closing.state.label

    @admin.display(description=_("why it is listed"))
    def why(self, closing: QuickClosing) -> str:
        return why_fast(closing)


@admin.register(QuickRule)
class QuickRuleAdmin(ServiceAdmin):
    list_display = ["__str__", "share", "least_compared", "floor_minutes", "examined_until"]
    fields = ["share", "least_compared", "floor_minutes", "examined_until"]
    readonly_fields = ["examined_until"]

    def save_model(self, request, obj: QuickRule, form, change: bool) -> None:
        services.save_quick_rule(rule=obj, actor=request.user)

    def has_add_permission(self, request) -> bool:
        return False  # one row is in force

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
