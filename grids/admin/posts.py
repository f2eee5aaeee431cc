"""Posts in Django admin."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.admin.base import ManagedAdmin
from grids.admin.sheets import SheetAdmin
from grids.models import Post, load_ancestors


class ActiveFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("active", _("in office")), ("ended", _("no longer in office"))]

    def queryset(self, request, queryset):
        if self.value():
            return queryset.filter(ended_at__isnull=self.value() == "active")
        return queryset


class PostChangeList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        load_ancestors(post.grid for post in self.result_list)


class PostForm(forms.ModelForm):
    class Meta:
        model = Post
        fields = ["user", "role", "grid", "duties", "source", "started_at"]

    def clean(self):
        given = super().clean()
        if not self.instance.pk and {"user", "role", "grid", "started_at"} <= given.keys():
            services.check_appointment(
                user=given["user"], role=given["role"], grid=given["grid"], at=given["started_at"]
            )
        return given


@admin.register(Post)
class PostAdmin(SheetAdmin, ManagedAdmin):
    sheet_kinds = ("posts",)
    form = PostForm
    list_display = ["user", "role", "place", "source", "started_at", "ended_at"]
    list_filter = [ActiveFilter, "role", "source"]
    list_select_related = ["user", "grid"]
    search_fields = ["user__name", "user__username", "grid__name", "grid__code__startswith"]
    ordering = ["-started_at"]
    autocomplete_fields = ["user", "grid"]
    actions = ["end"]

    def get_changelist(self, request, **kwargs):
        return PostChangeList

    @admin.display(description=_("grid"), ordering="position")
    def place(self, post: Post):
        return post.grid.full_name

    def get_fields(self, request, obj=None):
        fields = ["user", "role", "grid", "duties", "source", "started_at"]
        return [*fields, "appointed_by", "ended_at", "ended_by"] if obj else fields

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        return [field for field in self.get_fields(request, obj) if field not in ("duties", "source")]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.is_active)

    def has_delete_permission(self, request, obj=None):
        return False  # posts are history: they end

    def save_model(self, request, obj, form, change):
        given = form.cleaned_data
        if change:
            services.describe_post(actor=request.user, post=obj, duties=given["duties"], source=given["source"])
        else:
            at = min(given.pop("started_at"), timezone.now())
            obj.pk = services.appoint(actor=request.user, at=at, **given).pk
        obj.refresh_from_db()

    @admin.action(description=_("End the selected posts now"), permissions=["change"])
    def end(self, request, queryset):
        for post in queryset.filter(ended_at=None):
            services.end_post(actor=request.user, post=post)
            self.log_change(request, post, [{"changed": {"fields": [str(_("ended at"))]}}])
            self.message_user(request, _("%(post)s has ended.") % {"post": post}, messages.SUCCESS)
