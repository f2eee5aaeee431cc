"""Members' areas in Django admin, to be read: they change on their pages."""

from django.contrib import admin

from branches.models import AreaGrid, AreaMember, MemberArea
from grids.admin.base import ReadOnly, ReadOnlyInline, ServiceAdmin


class AreaMemberInline(ReadOnlyInline):
    model = AreaMember
    fields = readonly_fields = ["user", "since", "until", "begun_by", "ended_by"]
    ordering = ["-since", "-pk"]


class AreaGridInline(ReadOnlyInline):
    model = AreaGrid
    fields = readonly_fields = ["grid", "since", "until", "begun_by", "ended_by"]
    ordering = ["position", "since"]


@admin.register(MemberArea)
class MemberAreaAdmin(ReadOnly, ServiceAdmin):
    list_display = ["name", "branch", "grid", "drawn_on", "given_up_on"]
    list_select_related = ["branch", "grid"]
    list_per_page = 50
    search_fields = ["name", "branch__name", "grid__code__startswith"]
    ordering = ["position", "name"]
    fields = list_display
    inlines = [AreaMemberInline, AreaGridInline]
