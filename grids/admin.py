"""Grids, posts and people in Django admin. Every change goes through the services."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.models import Grid, Level, Post, User, load_ancestors

admin.site.unregister(Group)  # posts are the roles


class ServiceAdmin(admin.ModelAdmin):
    """What a service refuses after the form was found good is said on the page, not as a server error."""

    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Beside a choice, only the way to a person who is not there yet.
            field.widget.can_add_related = db_field.related_model is User
            field.widget.can_change_related = field.widget.can_delete_related = False
        return field

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            return self.refused(request, error)

    def refused(self, request, error: ValidationError) -> HttpResponseRedirect:
        self.message_user(request, " ".join(error.messages), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # it would pass the services by
        return actions


class PlaceFilter(admin.ListFilter):
    """Where in the tree the list stands: the children of `?parent=CODE`, and the way back up."""

    title = _("place")

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        code = params.pop("parent", [""])[-1]
        self.grid = Grid.objects.filter(code=code).first() if code.isdigit() else None

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return ["parent"]

    def choices(self, changelist):
        yield {"selected": self.grid is None, "query_string": "?", "display": _("All cities")}
        for grid in [*self.grid.ancestors, self.grid] if self.grid else []:
            yield {"selected": grid == self.grid, "query_string": f"?parent={grid.code}", "display": grid.name}

    def queryset(self, request, queryset):
        if request.GET.get(SEARCH_VAR):
            return queryset.within(self.grid) if self.grid else queryset
        return queryset.filter(parent=self.grid)


class GridChangeList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        if self.query:
            self.result_list = list(self.result_list)
            load_ancestors(self.result_list)


class GridForm(forms.ModelForm):
    """Adding, the code says where the grid belongs; later another parent moves it."""

    class Meta:
        model = Grid
        fields = ["code", "name", "parent", "households"]
        field_classes = {"parent": forms.ModelChoiceField}
        help_texts = {
            "code": _("The code of the grid above, followed by the number of this one"),
            "parent": _("Another parent moves the grid and all below it; all of them get new codes."),
        }

    def clean_parent(self):
        parent = self.cleaned_data["parent"]
        if self.instance.pk and "parent" in self.changed_data:
            Grid.objects.check_parent(self.instance, parent)
        return parent


@admin.register(Grid)
class GridAdmin(ServiceAdmin):
    form = GridForm
    list_display = ["name", "code", "level", "households", "chief", "below", "retired_at"]
    list_filter = [PlaceFilter]
    list_per_page = 100
    search_fields = ["code", "name"]
    search_help_text = _("Beginning of the code, or a part of the name")
    ordering = ["lft"]
    autocomplete_fields = ["parent"]
    actions = ["retire"]

    def get_changelist(self, request, **kwargs):
        return GridChangeList

    def get_list_display(self, request):
        # A list of children needs no place; search results come from everywhere.
        return [*self.list_display, "place"] if request.GET.get(SEARCH_VAR) else self.list_display

    def get_queryset(self, request):
        return super().get_queryset(request).with_children_count().with_chief_name()

    def get_search_results(self, request, queryset, search_term):
        if request.resolver_match.view_name == "admin:autocomplete":
            queryset = queryset.active()  # nothing can be placed on a retired grid
        return (queryset.search(search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("chief"))
    def chief(self, grid: Grid):
        return grid.chief_name

    @admin.display(description=_("below it"))
    def below(self, grid: Grid):
        if grid.level == Level.UNIT:
            return None
        return format_html('<a href="?parent={}">{}</a>', grid.code, grid.children_count)

    @admin.display(description=_("place"))
    def place(self, grid: Grid):
        return " › ".join(above.name for above in grid.ancestors)

    def get_fields(self, request, obj=None):
        return ["code", "name", "parent", "place", "level", "households", "retired_at"] if obj else self.add_fields

    add_fields = ["code", "name", "households"]

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        fixed = ["code", "place", "level", "retired_at"]
        return [*fixed, "parent"] if obj.level == Level.CITY else fixed

    def get_changeform_initial_data(self, request):
        came_from = QueryDict(request.GET.get("_changelist_filters", ""))  # the list that "Add" was pressed on
        code = came_from.get("parent", "")
        parent = Grid.objects.active().filter(code=code).first() if code.isdigit() else None
        if parent is None or parent.level == Level.UNIT:
            return {}
        return {"code": Grid.objects.free_code(parent)}

    def save_model(self, request, obj, form, change):
        actor, given = request.user, form.cleaned_data
        if not change:
            obj.pk = services.create_grid(
                actor=actor, code=given["code"], name=given["name"], households=given["households"]
            ).pk
        if change and "parent" in form.changed_data:
            services.move_grid(actor=actor, grid=obj, new_parent=given["parent"])
        if change and "name" in form.changed_data:
            services.rename_grid(actor=actor, grid=obj, name=given["name"])
        if change and "households" in form.changed_data:
            services.set_households(actor=actor, grid=obj, households=given["households"])
        obj.refresh_from_db()

    def delete_view(self, request, object_id, extra_context=None):
        grid = self.get_object(request, object_id)
        if grid and (refusal := services.why_not_delete(grid)):
            self.message_user(request, refusal, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:grids_grid_change", args=[grid.pk]))
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request, obj):
        services.delete_grid(actor=request.user, grid=obj)

    @admin.action(description=_("Retire the selected grids"), permissions=["change"])
    def retire(self, request, queryset):
        if "confirmed" not in request.POST:
            context = {**self.admin_site.each_context(request), "title": _("Retire grids"), "grids": queryset}
            return TemplateResponse(request, "admin/grids/grid/retire.html", context)
        for grid in queryset.order_by("-level"):  # what lies below goes first
            try:
                services.retire_grid(actor=request.user, grid=grid)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
            else:
                self.log_change(request, grid, [{"changed": {"fields": [str(_("retired at"))]}}])
                self.message_user(request, _("%(grid)s has been retired.") % {"grid": grid}, messages.SUCCESS)
        return None


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
class PostAdmin(ServiceAdmin):
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


class PostInline(admin.TabularInline):
    model = Post
    fk_name = "user"
    fields = ["role", "place", "source", "started_at", "ended_at"]
    readonly_fields = fields
    ordering = ["-started_at"]
    can_delete = False
    extra = 0
    show_change_link = True

    @admin.display(description=_("grid"))
    def place(self, post: Post):
        return str(post.grid)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("grid", "user")

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People; what they may do comes from their posts, so no groups or permissions are offered."""

    list_display = ["name", "username", "active_posts_list", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["name", "username"]
    ordering = ["username"]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("person"), {"fields": ["name", "email"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "name", "usable_password", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [PostInline]

    def get_queryset(self, request):
        active = Post.objects.active().select_related("grid")
        return super().get_queryset(request).prefetch_related(Prefetch("posts", active, to_attr="shown_posts"))

    def get_search_results(self, request, queryset, search_term):
        if request.resolver_match.view_name == "admin:autocomplete":
            queryset = queryset.filter(is_active=True)
        return super().get_search_results(request, queryset, search_term)

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    @admin.display(description=_("posts"))
    def active_posts_list(self, user: User):
        return ", ".join(f"{post.grid.name} {post.get_role_display()}" for post in user.shown_posts)

    def has_delete_permission(self, request, obj=None):
        return False  # names stay in the history; an account is switched off instead
