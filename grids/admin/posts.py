"""Posts in Django admin: appoint for one grid or for many, describe, transfer, end."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.access import visible_people
from grids.admin.base import ManagedAdmin
from grids.admin.sheets import SheetAdmin
from grids.admin.staffing_forms import AppointManyForm, EndForm, PostForm, TransferForm
from grids.forms import DayForm
from grids.models import Duty, Post, Role, load_ancestors, load_duties


class ActiveFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("active", _("in office")), ("ended", _("no longer in office"))]

    def queryset(self, request, queryset):
        if self.value():
            return queryset.filter(ended_at__isnull=self.value() == "active")
        return queryset


class HeldOnFilter(admin.ListFilter):
    """Who held a post on a day: a date to type instead of links to choose from."""

    title = _("held on")
    template = "admin/grids/post/held_on.html"

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.form = DayForm({"on": params.pop("held_on", [""])[-1]})
        self.others = [(name, value) for name, value in request.GET.items() if name not in ("held_on", "p")]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return ["held_on"]

    def choices(self, changelist):
        yield {"form": self.form, "others": self.others}

    def value(self) -> str:
        return self.form.data["on"]

    def queryset(self, request, queryset):
        if not self.form.data["on"]:
            return queryset
        return queryset.held_on(self.form.cleaned_data["on"]) if self.form.is_valid() else queryset.none()


class PostChangeList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        load_ancestors(post.grid for post in self.result_list)


@admin.register(Post)
class PostAdmin(SheetAdmin, ManagedAdmin):
    sheet_kinds = ("posts",)
    form = PostForm
    list_display = ["user", "role", "place", "manages", "source", "started_at", "ended_at"]
    list_filter = [ActiveFilter, HeldOnFilter, "role", "is_manager", "source"]
    list_select_related = ["user", "grid"]
    search_fields = ["user", "grid"]  # `PostQuerySet.search` knows how
    search_help_text = _("Name or username, or a place by its code, name or initials")
    ordering = ["-started_at"]
    autocomplete_fields = ["user", "grid"]
    actions = ["end"]
    change_form_template = "admin/grids/post/change_form.html"
    change_list_template = "admin/grids/post/change_list.html"

    def get_changelist(self, request, **kwargs):
        return PostChangeList

    def get_search_results(self, request, queryset, search_term):
        return (queryset.search(search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("grid"), ordering="position")
    def place(self, post: Post):
        return post.grid.full_name

    @admin.display(description=_("manages the grid"), ordering="is_manager")
    def manages(self, post: Post):
        return "✓" if post.is_manager else ""  # a cross in each other row would shout

    def get_fields(self, request, obj=None):
        fields = ["user", "role", "grid", "duties", "source", "is_manager", "started_at"]
        return [*fields, "appointed_by", "ended_at", "ended_by"] if obj else fields

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        return [field for field in self.get_fields(request, obj) if field not in ("duties", "source", "is_manager")]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = visible_people(request.user).filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        if "duties" in form.base_fields:
            form.base_fields["duties"].widget.attrs["placeholder"] = self._usual_duties(obj)
        return form

    def _usual_duties(self, post: Post | None) -> str:
        """Those that hold while the field is empty; of a new post those of grid staff, whom most posts are for."""
        if post is None:
            return "\n".join(Duty.objects.filter(role=Role.STAFF).values_list("text", flat=True))
        bare = Post(role=post.role)
        load_duties([bare])
        return "\n".join(bare.shown_duties)

    def has_change_permission(self, request, obj=None):
        """A secretary's post comes and goes with the branch, so by hand it is left alone."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or (obj.is_active and obj.role != Role.SECRETARY))

    def has_delete_permission(self, request, obj=None):
        return False  # posts are history: they end

    def save_model(self, request, obj, form, change):
        given = form.cleaned_data
        if change:
            services.describe_post(
                actor=request.user,
                post=obj,
                duties=given["duties"],
                source=given["source"],
                is_manager=given["is_manager"],
            )
        else:
            at = min(given.pop("started_at"), timezone.now())
            obj.pk = services.appoint(actor=request.user, at=at, **given).pk
        obj.refresh_from_db()

    # Pages of their own

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("appoint/", view(self.appoint_view), name="grids_post_appoint"),
            path("<path:object_id>/transfer/", view(self.transfer_view), name="grids_post_transfer"),
            path("<path:object_id>/end/", view(self.end_view), name="grids_post_end"),
            *super().get_urls(),
        ]

    def appoint_view(self, request):
        """One person for a list of grids: those ticked below a place, those pasted as codes, or both."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent = request.POST or None
        form = AppointManyForm(self.admin_site, request.user, sent or request.GET or None)
        if sent and "appoint" in sent and form.is_valid():
            try:
                posts = services.appoint_many(actor=request.user, **form.appointment())
            except (ValidationError, PermissionDenied) as error:
                form.refuse(error)
            else:
                for post in posts:
                    self.log_addition(request, post, [{"added": {}}])
                said = _("%(user)s now holds %(count)d posts here.")
                self.message_user(request, said % {"user": posts[0].user, "count": len(posts)}, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:grids_post_changelist") + f"?q={posts[0].user.username}")
        elif not (sent and "appoint" in sent):
            form.only_look()
        return self._page(request, "appoint", _("Appoint for many grids"), form, status=400 if form.is_refused else 200)

    def transfer_view(self, request, object_id):
        """The post ends here and begins there."""
        post = self._active_post(request, object_id)
        form = TransferForm(self.admin_site, request.user, request.POST or None, initial={"role": post.role})
        if request.method == "POST" and form.is_valid():
            try:
                new = services.transfer_post(actor=request.user, post=post, **form.cleaned_data)
            except (ValidationError, PermissionDenied) as error:
                form.refuse(error)
            else:
                self.log_change(request, post, [{"changed": {"fields": [str(_("ended at"))]}}])
                self.log_addition(request, new, [{"added": {}}])
                load_ancestors([new.grid])
                said = _("%(user)s is now %(role)s of %(grid)s.")
                names = {"user": new.user, "role": new.get_role_display(), "grid": new.grid.full_name}
                self.message_user(request, said % names, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:grids_post_change", args=[new.pk]))
        return self._page(request, "transfer", _("Transfer a post"), form, [post], 400 if form.errors else 200)

    def end_view(self, request, object_id):
        """The post ends, with or without somebody who takes over."""
        post = self._active_post(request, object_id)
        return self._end(request, [post])

    @admin.action(description=_("End the selected posts"), permissions=["change"])
    def end(self, request, queryset):
        posts = list(queryset.filter(ended_at=None).select_related("user", "grid"))
        if any(post.role == Role.SECRETARY for post in posts):
            said = _("A secretary's post comes and goes with the branch; name the secretary there.")
            self.message_user(request, said, messages.ERROR)
            return None
        if not posts:
            self.message_user(request, _("All of these posts have ended already."), messages.WARNING)
            return None
        return self._end(request, posts)

    def _end(self, request, posts: list[Post]):
        sent = request.POST if "confirmed" in request.POST else None
        form = EndForm(self.admin_site, request.user, sent)
        if sent and form.is_valid():
            try:
                ended = services.end_posts(actor=request.user, posts=posts, **form.cleaned_data)
            except (ValidationError, PermissionDenied) as error:
                form.refuse(error)
            else:
                for post in ended:
                    self.log_change(request, post, [{"changed": {"fields": [str(_("ended at"))]}}])
                self.message_user(request, _ended_message(ended), messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:grids_post_changelist"))
        return self._page(request, "end", _("End posts"), form, posts, 400 if form.errors else 200)

    def _active_post(self, request, object_id) -> Post:
        post = self.get_object(request, unquote(object_id))
        if post is None:
            raise Http404
        if not self.has_change_permission(request, post):
            raise PermissionDenied
        return post

    def _page(self, request, name: str, title: str, form, posts: list[Post] = (), status: int = 200):
        load_ancestors(post.grid for post in posts)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "posts": posts,
            "open_count": sum(services.count_open_cases(posts).values()) if posts else 0,
        }
        return TemplateResponse(request, f"admin/grids/post/{name}.html", context, status=status)


def _ended_message(posts: list[Post]) -> str:
    if len(posts) == 1:
        return _("%(post)s has ended.") % {"post": posts[0]}
    return _("%(count)d posts have ended.") % {"count": len(posts)}
