"""People in Django admin, with their posts, one-time passwords, and leaving."""

import base64
from io import BytesIO

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook

from grids import services
from grids.access import managed_ranges, may_keep, visible_people, within
from grids.admin.base import ServiceAdmin, refusal_text
from grids.admin.staffing_forms import EndForm, IssueForm, NewPersonForm
from grids.models import Post, User, load_ancestors
from grids.services.accounts import OneTimePasswords

MOST_AT_ONCE = 2000


class PostInline(admin.TabularInline):
    model = Post
    fk_name = "user"
    fields = ["role", "place", "manages", "source", "started_at", "ended_at"]
    readonly_fields = fields
    ordering = ["-started_at"]
    can_delete = False
    extra = 0
    show_change_link = True

    @admin.display(description=_("grid"))
    def place(self, post: Post):
        return str(post.grid)

    @admin.display(description=_("manages the grid"))
    def manages(self, post: Post):
        return "✓" if post.is_manager else ""

    def get_queryset(self, request):
        inside = within(managed_ranges(request.user))
        return super().get_queryset(request).filter(inside).select_related("grid", "user")

    def has_view_permission(self, request, obj=None):
        return bool(managed_ranges(request.user))

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class EnteredByFilter(admin.ListFilter):
    """Whom an import has entered, for who comes from its page to give them their passwords."""

    title = _("import")

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        key = params.pop("import", [""])[-1]
        mine = services.imports_of(request.user)
        self.sheet_import = mine.filter(pk=key).first() if key.isascii() and key.isdigit() and len(key) < 19 else None

    def has_output(self) -> bool:
        return self.sheet_import is not None

    def expected_parameters(self) -> list[str]:
        return ["import"]

    def choices(self, changelist):
        yield {"selected": False, "query_string": "?", "display": _("All")}
        yield {
            "selected": True,
            "query_string": f"?import={self.sheet_import.pk}",
            "display": str(self.sheet_import),
        }

    def queryset(self, request, queryset):
        return queryset.filter(pk__in=self.sheet_import.created_users()) if self.sheet_import else queryset


class GivenPasswordForm(AdminPasswordChangeForm):
    """A password that a superuser gives: seen by two, so it is to be changed at the first login."""

    def save(self, commit=True):
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        self.user = services.set_password(actor=None, user=self.user, password=password)
        return self.user


@admin.register(User)
class PersonAdmin(ServiceAdmin, UserAdmin):
    """People; what they may do comes from their posts, so no groups or permissions are offered.

    Managers find whom they may appoint, and keep the accounts of those who work in their area alone.
    """

    list_display = ["name", "username", "active_posts_list", "is_active", "is_staff", "last_login"]
    list_filter = [EnteredByFilter, "is_active", "is_staff", "must_change_password"]
    search_fields = ["name", "username"]
    ordering = ["username"]
    filter_horizontal = []
    change_password_form = GivenPasswordForm
    actions = ["issue", "leave"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("person"), {"fields": ["name", "email"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser", "must_change_password"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "name", "email", "usable_password", "password1", "password2"]}),
    ]
    manager_fieldsets = [
        (_("person"), {"fields": ["username", "name", "email"]}),
        (_("Access"), {"fields": ["is_active", "must_change_password", "last_login"]}),
    ]
    manager_add_fieldsets = [(None, {"fields": ["username", "name", "email"]})]
    inlines = [PostInline]

    def get_queryset(self, request):
        inside = within(managed_ranges(request.user))
        active = Post.objects.active().filter(inside).select_related("grid", "user")
        people = visible_people(request.user).order_by(*self.get_ordering(request))
        return people.prefetch_related(Prefetch("posts", active, to_attr="shown_posts"))

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

    def get_fieldsets(self, request, obj=None):
        if request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return self.manager_fieldsets if obj else self.manager_add_fieldsets

    def get_readonly_fields(self, request, obj=None):
        fixed = ["last_login", "date_joined", "must_change_password"]
        if request.user.is_superuser:
            return fixed
        return [*fixed, "is_active", *(["username"] if obj else [])]

    def get_form(self, request, obj=None, **kwargs):
        if obj is None and not request.user.is_superuser:
            kwargs["form"] = NewPersonForm  # without a password: a one-time one follows the first post
        return super().get_form(request, obj, **kwargs)

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

    def save_model(self, request, obj, form, change):
        services.save_person(actor=request.user, user=obj)

    def user_change_password(self, request, id, form_url=""):
        if not request.user.is_superuser:  # who manages grids gives one-time passwords, which nobody makes up
            raise PermissionDenied
        if str(request.user.pk) == unquote(id):
            return redirect("password_change")
        return super().user_change_password(request, id, form_url)

    # One-time passwords and leaving, from the list and from the page of a person

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<id>/one_time_password/", view(self.issue_view), name="grids_user_issue"),
            path("<id>/leave/", view(self.leave_view), name="grids_user_leave"),
            *super().get_urls(),
        ]

    def issue_view(self, request, id):
        return self._issue(request, [self._kept(request, id)])

    def leave_view(self, request, id):
        return self._leave(request, [self._kept(request, id)])

    def _kept(self, request, id) -> User:
        user = self.get_object(request, unquote(id))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return user

    @admin.action(description=_("Give the selected people one-time passwords"), permissions=["change"])
    def issue(self, request, queryset):
        return self._issue(request, list(queryset[: MOST_AT_ONCE + 1]))

    def _issue(self, request, users: list[User]):
        form = IssueForm(request.POST if "confirmed" in request.POST else None)
        if len(users) > MOST_AT_ONCE:
            said = _("At most %(count)d people at once. Narrow the list.") % {"count": MOST_AT_ONCE}
            self.message_user(request, said, messages.ERROR)
            return None
        if form.is_bound and form.is_valid():
            try:
                issued = services.issue_one_time_passwords(actor=request.user, users=users)
            except (ValidationError, PermissionDenied) as error:
                form.add_error(None, refusal_text(error))
            else:
                return self._issued(request, issued, form.cleaned_data["by_mail"])
        return self._page(request, "issue", _("One-time passwords"), form, users)

    def _issued(self, request, issued: OneTimePasswords, by_mail: bool):
        """The one page on which they stand; nothing of it is kept, here or on the way."""
        for user, _password in issued:
            self.log_change(request, user, gettext("Gave a one-time password."))
        told = services.mail_one_time_passwords(issued) if by_mail else issued
        sheet = base64.b64encode(_sheet(told)).decode()
        extra = {"issued": told, "sheet": sheet, "mailed": len(issued) - len(told)}
        answer = self._page(request, "issued", _("One-time passwords"), None, [], **extra)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @admin.action(description=_("The selected people have left"), permissions=["change"])
    def leave(self, request, queryset):
        return self._leave(request, list(queryset))

    def _leave(self, request, users: list[User]):
        form = EndForm(self.admin_site, request.user, request.POST if "confirmed" in request.POST else None)
        if form.is_bound and form.is_valid():
            left = self._left(request, users, form)
            if not form.errors:
                return HttpResponseRedirect(reverse("admin:grids_user_changelist"))
            users = [user for user in users if user not in left]
        counts = services.count_open_cases(post for user in users for post in user.shown_posts)
        for user in users:
            user.open_count = counts.get(user.pk, 0)
        return self._page(request, "leave", _("People who have left"), form, users)

    def _left(self, request, users: list[User], form: EndForm) -> list[User]:
        """Each on their own: what is refused for one does not keep the others."""
        left = []
        for user in users:
            try:
                services.leave(actor=request.user, user=user, **form.cleaned_data)
            except (ValidationError, PermissionDenied) as error:
                form.refuse(error)
                break
            left.append(user)
            self.log_change(request, user, gettext("Left: posts ended, account closed."))
            self.message_user(request, _("%(user)s has left.") % {"user": user}, messages.SUCCESS)
        return left

    def _page(self, request, name: str, title: str, form, users: list[User], **extra):
        load_ancestors(post.grid for user in users for post in user.shown_posts)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media if form else self.media,
            "people": users,
            "can_send_mail": services.can_send_mail(),
            "select_across": request.POST.get("select_across", "0"),
        } | extra
        status = 400 if form and form.errors else 200
        return TemplateResponse(request, f"admin/grids/user/{name}.html", context, status=status)


def _sheet(issued: OneTimePasswords) -> bytes:
    """The list as .xlsx, for who cuts it into strips."""
    book = Workbook()
    rows = [(gettext("person's name"), gettext("User name"), gettext("One-time password"))]
    rows += [(str(user), user.username, password) for user, password in issued]
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            cell = book.active.cell(number, column)
            cell.value, cell.data_type = text, "s"  # text, also where it begins like a formula
    for column in "ABC":
        book.active.column_dimensions[column].width = 24
    file = BytesIO()
    book.save(file)
    return file.getvalue()
