"""The duties of the roles in Django admin: what holds for every post without its own."""

from django.contrib import admin

from grids import services
from grids.admin.base import ServiceAdmin
from grids.models import Duty


@admin.register(Duty)
class DutyAdmin(ServiceAdmin):
    list_display = ["text", "role", "ordinal"]
    list_filter = ["role"]
    search_fields = ["text"]

    def save_model(self, request, obj, form, change):
        services.save_duty(actor=request.user, duty=obj)

    def delete_model(self, request, obj):
        services.delete_duty(actor=request.user, duty=obj)
