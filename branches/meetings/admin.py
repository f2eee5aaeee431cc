"""Joint meetings in Django admin: to be read; what happens in them happens on their pages."""

from django.contrib import admin
from django.db.models import QuerySet

from branches.models import AgendaItem, Invitation, Meeting, Resolution
from grids.admin.base import ManagedAdmin, ReadOnly, ReadOnlyInline


class AgendaInline(ReadOnlyInline):
    model = AgendaItem
    fields = readonly_fields = ["ordinal", "name", "why"]


class InvitationInline(ReadOnlyInline):
    model = Invitation
    fields = readonly_fields = ["person", "organisation", "answer", "word", "answered_at", "attended"]

    def get_queryset(self, request) -> QuerySet[Invitation]:
        return super().get_queryset(request).select_related("person", "organisation")


class ResolutionInline(ReadOnlyInline):
    model = Resolution
    fields = readonly_fields = ["ordinal", "text", "owner", "organisation", "due_on", "done_at", "done_word"]

    def get_queryset(self, request) -> QuerySet[Resolution]:
        return super().get_queryset(request).select_related("owner", "organisation")


@admin.register(Meeting)
class MeetingAdmin(ReadOnly, ManagedAdmin):
    list_display = ["title", "level", "grid", "branch", "starts_at", "state"]
    list_filter = ["level", "state"]
    list_select_related = ["grid", "branch"]
    list_per_page = 50
    search_fields = ["title", "grid__name", "branch__name"]
    ordering = ["-starts_at", "-pk"]
    fields = [
        "title", "level", "grid", "branch", "place", ("starts_at", "ends_at"), "state", "convened_by", "minutes",
    ]  # fmt: skip
    inlines = [AgendaInline, InvitationInline, ResolutionInline]
