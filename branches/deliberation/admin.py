"""Topics in Django admin, to be read. Who voted, and what, is shown nowhere here."""

from django.contrib import admin

from branches.models import Option, Topic, TopicStep
from grids.admin.base import ReadOnly, ServiceAdmin


class OptionInline(ReadOnly, admin.TabularInline):
    model = Option
    fields = readonly_fields = ["ordinal", "text"]
    extra = 0


class TopicStepInline(ReadOnly, admin.TabularInline):
    model = TopicStep
    fields = readonly_fields = ["ordinal", "action", "state", "actor_name", "note", "at"]
    extra = 0


@admin.register(Topic)
class TopicAdmin(ReadOnly, ServiceAdmin):
    list_display = ["id", "__str__", "grid", "state", "proposer_kind", "proposed_at", "closes_at", "verdict"]
    list_filter = ["state", "proposer_kind", "is_secret"]
    list_select_related = ["grid"]
    list_per_page = 50
    search_fields = ["title", "grid__code__startswith"]
    ordering = ["-pk"]
    inlines = [OptionInline, TopicStepInline]
