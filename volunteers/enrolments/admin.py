"""Enrolments in Django admin, to be read: they change on their pages, and by the sheet of members."""

from django.contrib import admin

from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin
from grids.admin.sheets import SheetAdmin
from volunteers.models import EnrolmentStep, MemberEnrolment, Offer, OrganisationEnrolment


class OfferInline(ReadOnlyInline):
    model = Offer
    fields = readonly_fields = ["skill", "times", "note", "withdrawn_on"]
    ordering = ["withdrawn_on", "skill"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("skill")


class EnrolmentStepInline(ReadOnlyInline):
    model = EnrolmentStep
    fields = readonly_fields = ["at", "action", "by_name", "to_state", "text"]
    ordering = ["pk"]


@admin.register(MemberEnrolment)
class MemberEnrolmentAdmin(SheetAdmin, ReadOnly, ServiceAdmin):
    sheet_kinds = ("members",)
    list_display = ["user", "organisation", "grid", "state", "place", "since", "ended_on"]
    list_filter = ["state"]
    list_select_related = ["user", "organisation", "grid", "place"]
    list_per_page = 50
    search_fields = ["user__name", "organisation__name", "grid__code__startswith"]
    ordering = ["position", "-since", "pk"]
    fields = ["user", "organisation", "grid", "state", "place", "post", "since", "ended_on", "is_demo"]
    inlines = [OfferInline, EnrolmentStepInline]


@admin.register(OrganisationEnrolment)
class OrganisationEnrolmentAdmin(ReadOnly, ServiceAdmin):
    list_display = ["organisation", "grid", "state", "contact", "since", "until"]
    list_filter = ["state"]
    list_select_related = ["organisation", "grid", "contact"]
    list_per_page = 50
    search_fields = ["organisation__name", "grid__code__startswith"]
    ordering = ["position", "-since", "pk"]
    fields = ["organisation", "grid", "state", "contact", "since", "until", "applied_by", "is_demo"]
    inlines = [OfferInline, EnrolmentStepInline]
