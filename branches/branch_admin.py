"""Branches and the five chiefs in Django admin."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches import services
from branches.models import Branch, BranchGrid, ChiefTitle, Partner
from grids.access import managed_grids, visible_people
from grids.admin.base import ManagedAdmin, ReadOnlyInline, ServiceAdmin
from grids.admin.sheets import SheetAdmin
from grids.models import Grid, User, load_ancestors

DESCRIBED = ("name", "kind", "site_kind", "site_address", "member_count", "founded_on")
LED = ("secretary", "chief_title", "deputy")


@admin.register(ChiefTitle)
class ChiefTitleAdmin(ServiceAdmin):
    """Who the five chiefs are; what a branch has used is put out of use, not deleted."""

    list_display = ["name", "ordinal", "is_active"]
    ordering = ["ordinal", "name"]

    def has_delete_permission(self, request, obj=None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or not Branch.objects.filter(chief_title=obj).exists())


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("active", _("in use")), ("dissolved", _("dissolved"))]

    def queryset(self, request, queryset):
        return queryset.filter(dissolved_on__isnull=self.value() == "active") if self.value() else queryset


class BranchAdminForm(forms.ModelForm):
    """What a branch is; on a new one also what it covers. Names are checked by the service, at the seat."""

    grids = forms.ModelMultipleChoiceField(
        Grid.objects.none(),
        label=_("covered grids"),
        widget=AutocompleteSelectMultiple(BranchGrid._meta.get_field("grid"), admin.site),
    )

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"grid"}

    def validate_constraints(self):
        """The seat follows from the cover, which the service knows."""


class BranchChangeList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        load_ancestors(branch.grid for branch in self.result_list)


class BranchInline(ReadOnlyInline):
    """What is changed on the branch's own pages, by the services."""

    def has_view_permission(self, request, obj=None) -> bool:
        return True  # who sees the branch sees what belongs to it


class CoverInline(BranchInline):
    model = BranchGrid
    fields = ["grid", "since", "until", "reason"]
    ordering = ["-until", "position"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("grid")


class PartnerInline(BranchInline):
    model = Partner
    fields = ["organisation", "brings"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("organisation")


@admin.register(Branch)
class BranchAdmin(SheetAdmin, ManagedAdmin):
    sheet_kinds = ("branches",)
    form = BranchAdminForm
    list_display = ["name", "place", "kind", "site_kind", "secretary", "chief_title", "member_count", "dissolved_on"]
    list_filter = [StateFilter, "kind", "site_kind", "chief_title"]
    list_select_related = ["grid", "secretary", "chief_title"]
    list_per_page = 100
    search_fields = ["name"]  # `BranchQuerySet.search` knows how
    search_help_text = _("Branch, person, address or grid")
    ordering = ["position", "name"]
    autocomplete_fields = ["secretary", "deputy"]
    inlines = [CoverInline, PartnerInline]
    actions = ["dissolve"]

    def get_changelist(self, request, **kwargs):
        return BranchChangeList

    def get_search_results(self, request, queryset, search_term):
        return (queryset.search(search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("seat"), ordering="position")
    def place(self, branch: Branch) -> str:
        return branch.grid.full_name

    def get_fields(self, request, obj=None):
        fields = [*DESCRIBED, *LED]
        return ["grid", *fields, "dissolved_on"] if obj else [*fields, "grids"]

    def get_readonly_fields(self, request, obj=None):
        return ["grid", "dissolved_on"] if obj else []

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        if "grids" in form.base_fields and obj:
            del form.base_fields["grids"]
        elif "grids" in form.base_fields:
            form.base_fields["grids"].queryset = managed_grids(request.user).active()
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.related_model is User:
            key = request.resolver_match.kwargs.get("object_id", "")
            branch = Branch.objects.filter(pk=key) if key.isascii() and key.isdigit() else Branch.objects.none()
            leads = Q(branches_led__in=branch) | Q(branches_seconded__in=branch)
            may = Q(pk__in=visible_people(request.user).values("pk"), is_active=True)
            kwargs["queryset"] = User.objects.filter(may | Q(pk__in=User.objects.filter(leads).values("pk")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.dissolved_on is None)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # it is history: it is dissolved instead

    def save_model(self, request, obj, form, change):
        described = {name: form.cleaned_data[name] for name in DESCRIBED}
        led = {name: form.cleaned_data[name] for name in LED}
        if change:
            services.describe_branch(actor=request.user, branch=obj, **described)
            services.appoint_leaders(actor=request.user, branch=obj, **led)
        else:
            grids = form.cleaned_data["grids"]
            obj.pk = services.found_branch(actor=request.user, grids=grids, **described, **led).pk
        obj.refresh_from_db()

    def save_related(self, request, form, formsets, change):
        """What belongs to it is changed by services of its own."""

    def construct_change_message(self, request, form, formsets, add=False):
        """The service has written it down."""

    def log_addition(self, request, obj, message):
        """The service has written it down."""

    def log_change(self, request, obj, message):
        """The service has written it down."""

    @admin.action(description=_("Dissolve the selected branches now"), permissions=["change"])
    def dissolve(self, request, queryset):
        reason = str(_("Dissolved in administration"))
        for branch in queryset.filter(dissolved_on=None):
            try:
                services.dissolve_branch(actor=request.user, branch=branch, reason=reason)
            except (ValidationError, PermissionDenied) as error:
                self.refused(request, error)
            else:
                self.message_user(request, _("%(branch)s has been dissolved.") % {"branch": branch}, messages.SUCCESS)
