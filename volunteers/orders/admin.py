"""Orders and the catalogue in Django admin, to be read; the time limits, to be changed. No contact is shown here."""

from django.contrib import admin

from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin
from volunteers.models import OrderLimit, OrderReveal, OrderStep, Service, ServiceOrder


class OrderStepInline(ReadOnlyInline):
    model = OrderStep
    fields = readonly_fields = [
        "action", "to_state", "rule", "holder_name", "provider_name", "due_at", "rating", "text", "by_name", "at",
    ]  # fmt: skip


@admin.register(ServiceOrder)
class ServiceOrderAdmin(ReadOnly, ServiceAdmin):
    list_display = ["number", "title", "grid", "holder", "state", "due_at", "is_late", "rating", "placed_at"]
    list_filter = ["state", "kind", "is_late", "rating"]
    list_select_related = ["grid", "holder", "service", "skill"]
    list_per_page = 50
    search_fields = ["grid__code__startswith", "service__name"]
    ordering = ["-pk"]
    exclude = ["text"]
    inlines = [OrderStepInline]


@admin.register(Service)
class CatalogueAdmin(ReadOnly, ServiceAdmin):
    list_display = ["name", "kind", "skill", "grid", "organisation", "price", "withdrawn_at"]
    list_filter = ["kind"]
    list_select_related = ["grid", "skill", "organisation"]
    list_per_page = 50
    search_fields = ["name", "grid__code__startswith"]
    ordering = ["position", "name"]


@admin.register(OrderLimit)
class OrderLimitAdmin(ServiceAdmin):
    """One for each stage; what begins from now on has the new limit."""

    list_display = ["stage", "days"]
    readonly_fields = ["stage"]
    ordering = ["pk"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(OrderReveal)
class OrderRevealAdmin(ReadOnly, ServiceAdmin):
    list_display = ["at", "order", "actor_name", "actor_post", "reason"]
    list_select_related = ["order__service", "order__skill"]
    list_per_page = 50
    search_fields = ["actor_name"]
    ordering = ["-pk"]
