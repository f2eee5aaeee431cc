"""Topics in Django admin, to be read. Who voted, and what, is shown nowhere here."""

from django.contrib import admin

from branches.models import Option, Topic, TopicStep
from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin


class OptionInline(ReadOnlyInline):
    model = Option
    fields = readonly_fields = ["ordinal", "text"]


class TopicStepInline(ReadOnlyInline):
    model = TopicStep
    fields = readonly_fields = ["ordinal", "action", "state", "actor_name", "note", "at"]


@admin.register(Topic)
class TopicAdmin(ReadOnly, ServiceAdmin):
    list_display = ["id", "__str__", "grid", "state", "proposer_kind", "proposed_at", "closes_at", "verdict"]
    list_filter = ["state", "proposer_kind", "is_secret"]
    list_select_related = ["grid"]
    list_per_page = 50
    search_fields = ["title", "grid__code__startswith"]
    ordering = ["-pk"]
    inlines = [OptionInline, TopicStepInline]
