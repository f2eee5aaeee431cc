"""Rhythms and consent texts in Django admin. Households themselves are in no admin: superusers have no part in them."""

from django.contrib import admin

from grids.admin.base import ReadOnly, ServiceAdmin
from volunteers import services
from volunteers.models import CareNeed, ConsentText


@admin.register(CareNeed)
class CareNeedAdmin(ServiceAdmin):
    """The list is closed; how often a visit is suggested is not."""

    list_display = ["kind", "rhythm"]
    fields = ["kind", "rhythm"]
    readonly_fields = ["kind"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def save_model(self, request, obj, form, change) -> None:
        services.set_rhythm(need=obj, rhythm=obj.rhythm)


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnly, ServiceAdmin):
    """A new version is added; none is edited, for somebody signed it."""

    list_display = ["version", "since"]
    fields = ["text", "since"]

    def has_add_permission(self, request, obj=None) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def save_model(self, request, obj, form, change) -> None:
        issued = services.issue_consent_text(text=obj.text, since=obj.since)
        obj.pk, obj.version = issued.pk, issued.version
        obj._state.adding = False
