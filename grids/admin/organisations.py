"""Organisations in Django admin."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Func, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.access import visible_people
from grids.admin.base import ManagedAdmin, refusal_text
from grids.admin.sheets import SheetAdmin
from grids.models import Organisation, User, load_ancestors


class InUseFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("active", _("in use")), ("dissolved", _("dissolved"))]

    def queryset(self, request, queryset):
        return queryset.filter(dissolved_at__isnull=self.value() == "active") if self.value() else queryset


class OrganisationChangeList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        load_ancestors(organisation.grid for organisation in self.result_list)


class OrganisationForm(forms.ModelForm):
    def _get_validation_exclusions(self):
        # It is no field of the form, but what is in use has a name of its own: without it that would not be checked.
        return super()._get_validation_exclusions() - {"dissolved_at"}

    def clean_grid(self):
        grid = self.cleaned_data["grid"]
        if grid.retired_at and "grid" in self.changed_data:
            problem = _("%(grid)s has been retired; no organisation can be placed there.")
            raise ValidationError(problem, params={"grid": grid})
        return grid


@admin.register(Organisation)
class OrganisationAdmin(SheetAdmin, ManagedAdmin):
    sheet_kinds = ("organisations",)
    form = OrganisationForm
    list_display = ["name", "kind", "place", "phone", "is_joint", "people", "dissolved_at"]
    list_filter = [InUseFilter, "kind", "is_joint"]
    list_select_related = ["grid"]
    list_per_page = 100
    search_fields = ["name", "grid__name"]
    search_help_text = _("Name, pinyin initials, or the grid")
    ordering = ["position", "name"]
    autocomplete_fields = ["grid", "representatives"]
    actions = ["dissolve"]
    fieldsets = [
        (None, {"fields": ["name", "kind", "grid"]}),
        (_("Office"), {"fields": ["address", "contact", "phone"]}),
        (_("What it serves with"), {"fields": ["offers_public", "offers_social", "offers_market", "offers_volunteer"]}),
        (_("Cases"), {"fields": ["is_joint", "representatives"]}),
    ]

    def get_changelist(self, request, **kwargs):
        return OrganisationChangeList

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """Whom one may appoint can be sent to represent; who does so already may stay, from wherever they are."""
        key = request.resolver_match.kwargs.get("object_id", "")
        present = User.objects.filter(organisations=key) if key.isascii() and key.isdigit() else User.objects.none()
        known = Q(pk__in=visible_people(request.user).values("pk")) | Q(pk__in=present.values("pk"))
        kwargs["queryset"] = User.objects.filter(known)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_queryset(self, request):
        people = User.objects.filter(organisations=OuterRef("pk"), is_active=True).order_by()
        counted = people.annotate(count=Func("pk", function="COUNT")).values("count")
        return super().get_queryset(request).annotate(people=Subquery(counted))

    def get_search_results(self, request, queryset, search_term):
        return (queryset.search(search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("grid"), ordering="position")
    def place(self, organisation: Organisation) -> str:
        return organisation.grid.full_name

    @admin.display(description=_("representatives"))
    def people(self, organisation: Organisation) -> int:
        return organisation.people

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, (_("state"), {"fields": ["dissolved_at"]})] if obj and obj.dissolved_at else fieldsets

    def get_readonly_fields(self, request, obj=None):
        return ["dissolved_at"] if obj and obj.dissolved_at else []

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.dissolved_at is None)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # cases refer to it: it is dissolved instead

    def save_model(self, request, obj, form, change):
        names = (
            "grid", "name", "kind", "address", "contact", "phone", "offers_public", "offers_social", "offers_market",
            "offers_volunteer", "is_joint",
        )  # fmt: skip
        given = {name: form.cleaned_data[name] for name in names}
        if change:
            services.describe_organisation(actor=request.user, organisation=obj, **given)
        else:
            obj.pk = services.create_organisation(actor=request.user, **given).pk
        obj.refresh_from_db()

    def save_related(self, request, form, formsets, change):
        chosen = form.cleaned_data["representatives"]
        services.set_representatives(actor=request.user, organisation=form.instance, representatives=chosen)

    def log_addition(self, request, obj, message):
        """The service has written it down."""

    def log_change(self, request, obj, message):
        """The service has written it down."""

    @admin.action(description=_("Dissolve the selected organisations now"), permissions=["change"])
    def dissolve(self, request, queryset):
        for organisation in queryset.filter(dissolved_at=None):
            try:
                services.dissolve_organisation(actor=request.user, organisation=organisation)
            except (ValidationError, PermissionDenied) as error:
                self.message_user(request, refusal_text(error), messages.ERROR)
            else:
                said = _("%(organisation)s has been dissolved.") % {"organisation": organisation}
                self.message_user(request, said, messages.SUCCESS)
