"""People in Django admin, with their posts."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from grids.access import managed_ranges, may_keep, visible_people, within
from grids.admin.base import ServiceAdmin
from grids.models import Post, User, load_ancestors


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
        inside = within(managed_ranges(request.user))
        return super().get_queryset(request).filter(inside).select_related("grid", "user")

    def has_view_permission(self, request, obj=None):
        return bool(managed_ranges(request.user))

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(User)
class PersonAdmin(ServiceAdmin, UserAdmin):
    """People; what they may do comes from their posts, so no groups or permissions are offered.

    Managers find whom they may appoint, and keep the accounts of those who work in their area alone.
    """

    list_display = ["name", "username", "active_posts_list", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["name", "username"]
    ordering = ["username"]
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
        inside = within(managed_ranges(request.user))
        active = Post.objects.active().filter(inside).select_related("grid")
        people = visible_people(request.user).order_by(*self.get_ordering(request))
        return people.prefetch_related(Prefetch("posts", active, to_attr="shown_posts"))

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return [fieldset for fieldset in fieldsets if "is_superuser" not in fieldset[1]["fields"]]

    def get_search_results(self, request, queryset, search_term):
        if "\x00" in search_term:  # PostgreSQL takes no such text, and no name holds it
            return queryset.none(), False
        if request.resolver_match.view_name == "admin:autocomplete":
            queryset = queryset.filter(is_active=True)
        return super().get_search_results(request, queryset, search_term)

    def load_choices(self, choices):
        load_ancestors(post.grid for person in choices for post in person.shown_posts)

    def choice_text(self, choice: User) -> str:
        if not choice.shown_posts:
            return f"{choice} · {choice.username}"
        first, count = choice.shown_posts[0], len(choice.shown_posts)
        post = f"{first.grid.full_name} {first.get_role_display()}"
        if count > 1:
            post = _("%(post)s and others, %(count)d posts in all") % {"post": post, "count": count}
        return f"{choice} · {post}"

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    @admin.display(description=_("posts"))
    def active_posts_list(self, user: User):
        return ", ".join(f"{post.grid.name} {post.get_role_display()}" for post in user.shown_posts)

    def has_module_permission(self, request):
        return bool(managed_ranges(request.user))

    def has_view_permission(self, request, obj=None):
        return bool(managed_ranges(request.user))

    def has_add_permission(self, request):
        return bool(managed_ranges(request.user))

    def has_change_permission(self, request, obj=None):
        return bool(managed_ranges(request.user)) if obj is None else may_keep(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return False  # names stay in the history; an account is switched off instead
