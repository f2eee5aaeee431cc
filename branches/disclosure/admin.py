"""Publications and stories in Django admin: to be read; they change by the services on the pages alone."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from branches.models import Publication, Story, StoryConsent, StoryStep
from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin


@admin.register(Publication)
class PublicationAdmin(ReadOnly, ServiceAdmin):
    list_display = ["title", "kind", "grid", "published_by_name", "published_at", "withdrawn_at"]
    list_filter = ["kind"]
    list_select_related = ["grid"]
    search_fields = ["title", "grid__code__startswith"]
    search_help_text = _("Part of the title, or the beginning of the grid's code")
    fields = [
        "title", "kind", "grid", "text", "period", "figures", "takes_place_on", "published_by", "published_at",
        "withdrawn_by", "withdrawn_at", "withdrawal_reason",
    ]  # fmt: skip


class StoryConsentInline(ReadOnlyInline):
    model = StoryConsent
    fields = readonly_fields = ["name", "how", "agreed_on", "recorded_by", "recorded_at", "withdrawn_at"]


class StoryStepInline(ReadOnlyInline):
    model = StoryStep
    fields = readonly_fields = ["action", "from_state", "to_state", "actor", "reason", "at"]


@admin.register(Story)
class StoryAdmin(ReadOnly, ServiceAdmin):
    list_display = ["title", "state", "grid", "written_by", "written_at", "published_at"]
    list_filter = ["state"]
    list_select_related = ["grid", "written_by"]
    search_fields = ["title", "grid__code__startswith"]
    search_help_text = _("Part of the title, or the beginning of the grid's code")
    fields = ["title", "state", "grid", "before", "after", "shows_people", "written_by", "written_at", "published_at"]
    inlines = [StoryConsentInline, StoryStepInline]
