"""What all our admin pages share: services behind every change, and their refusals said on the page."""

from collections.abc import Iterable
from functools import cached_property

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpResponseRedirect

from grids.access import managed_grids, managed_ranges, within
from grids.models import Grid, User

MOST_COUNTED = 10_000


def refusal_text(error: ValidationError | PermissionDenied) -> str:
    """What a service refused, in one line."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


class PatientPaginator(Paginator):
    """Counts no further than MOST_COUNTED: who has more before them narrows the list and does not turn its pages."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:MOST_COUNTED].count()

    @property
    def has_uncounted(self) -> bool:
        return self.count == MOST_COUNTED


class AutocompleteView(AutocompleteJsonView):
    """Says of each choice what tells it apart from the others; see `ServiceAdmin.choice_text`."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["object_list"] = list(context["object_list"])
        self.model_admin.load_choices(context["object_list"])
        return context

    def serialize_result(self, obj, to_field_name):
        return super().serialize_result(obj, to_field_name) | {"text": self.model_admin.choice_text(obj)}


class GridChoiceField(forms.ModelChoiceField):
    """The chosen grid with its place."""

    def label_from_instance(self, grid: Grid) -> str:
        return grid.full_name


class KeySelect(AutocompleteSelect):
    """Django's own looks for whatever was sent as the key, and fails on what is no number."""

    def optgroups(self, name, value, attr=None):
        keys = [key for key in value if str(key).isascii() and str(key).isdigit() and len(str(key)) < 19]
        return super().optgroups(name, keys, attr)


class ServiceAdmin(admin.ModelAdmin):
    """What a service refuses after the form was found good is said on the page, not as a server error."""

    paginator = PatientPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Beside a choice, only the way to a person who is not there yet.
            field.widget.can_add_related &= db_field.related_model is User
            field.widget.can_change_related = field.widget.can_delete_related = False
        return field

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.related_model is Grid:
            kwargs |= {"form_class": GridChoiceField, "queryset": managed_grids(request.user)}
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KeySelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            return self.refused(request, error)
        except PermissionDenied as error:
            if not error.args:  # Django's own, for the page as a whole
                raise
            return self.refused(request, error)

    def refused(self, request, error: ValidationError | PermissionDenied) -> HttpResponseRedirect:
        self.message_user(request, refusal_text(error), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # it would pass the services by
        return actions

    def load_choices(self, choices: Iterable[Model]) -> None:
        """Read what `choice_text` needs, for all choices at once."""

    def choice_text(self, choice: Model) -> str:
        """What an autocomplete of other pages shows for this row."""
        return str(choice)


class ReadOnly:
    """Mixed into what is only shown: it changes by what people and the clock do elsewhere."""

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class ReadOnlyInline(ReadOnly, admin.TabularInline):
    """Rows that belong to the one on the page, to be read."""

    extra = 0


class ManagedAdmin(ServiceAdmin):
    """For superusers everything; for officials who manage a grid what lies in their subtree, and nothing outside it.

    `place_field` is the field whose value lies inside an interval: `lft` of grids, `position` of what stands on them.
    """

    place_field = "position"

    def get_queryset(self, request):
        return super().get_queryset(request).filter(within(managed_ranges(request.user), self.place_field))

    def has_module_permission(self, request) -> bool:
        return bool(managed_ranges(request.user))

    def has_view_permission(self, request, obj=None) -> bool:
        return self._manages(request, obj)

    def has_add_permission(self, request) -> bool:
        return self._manages(request)

    def has_change_permission(self, request, obj=None) -> bool:
        return self._manages(request, obj)

    def has_delete_permission(self, request, obj=None) -> bool:
        return self._manages(request, obj)

    def _manages(self, request, obj=None) -> bool:
        place = getattr(obj, self.place_field, None)
        ranges = managed_ranges(request.user)
        return bool(ranges) if place is None else any(lft <= place <= rght for lft, rght in ranges)
