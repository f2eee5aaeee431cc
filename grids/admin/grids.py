"""The tree in Django admin."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.http import HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.admin.base import ManagedAdmin
from grids.admin.reorganising import Reorganising
from grids.models import Grid, Level, load_ancestors


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
    """Adding, the code says where the grid belongs; later its name and place are a matter of reorganisation."""

    class Meta:
        model = Grid
        fields = ["code", "name", "households"]
        help_texts = {"code": _("The code of the grid above, followed by the number of this one")}


@admin.register(Grid)
class GridAdmin(Reorganising, ManagedAdmin):
    place_field = "lft"
    form = GridForm
    list_display = ["name", "code", "level", "households", "chief", "below", "retired_at"]
    list_filter = [PlaceFilter]
    list_per_page = 100
    search_fields = ["code", "name"]
    search_help_text = _("Beginning of the code, or a part of the name")
    ordering = ["lft"]

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
        return ["code", "name", "place", "level", "households", "retired_at"] if obj else self.add_fields

    add_fields = ["code", "name", "households"]

    def get_readonly_fields(self, request, obj=None):
        return ["code", "name", "place", "level", "retired_at"] if obj else []

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
