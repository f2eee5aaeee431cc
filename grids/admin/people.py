"""People in Django admin, with their posts."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from grids.models import Post, User


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
