"""The tree in Django admin."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from grids import services
from grids.access import check_may_manage, managed_grids, managed_tops, may_manage
from grids.admin.base import ManagedAdmin, refusal_text
from grids.admin.reorganising import Reorganising
from grids.admin.sheets import SheetAdmin
from grids.figures import load_figures
from grids.models import Grid, Level, load_ancestors

STAFF_NAMED = 2


class PlaceFilter(admin.ListFilter):
    """Where in the tree the list stands: the children of `?parent=CODE`, and the way back up as far as one manages."""

    title = _("place")

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.user = request.user
        code = params.pop("parent", [""])[-1]
        self.grid = managed_grids(self.user).filter(code=code).first() if code.isdigit() else None

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return ["parent"]

    def choices(self, changelist):
        top = _("All cities") if self.user.is_superuser else _("Grids that I manage")
        yield {"selected": self.grid is None, "query_string": "?", "display": top}
        for grid in [*self.grid.ancestors, self.grid] if self.grid else []:
            if may_manage(self.user, grid):
                yield {"selected": grid == self.grid, "query_string": f"?parent={grid.code}", "display": grid.name}

    def queryset(self, request, queryset):
        if request.GET.get(SEARCH_VAR):
            return queryset.within(self.grid) if self.grid else queryset
        return queryset.filter(parent=self.grid) if self.grid else queryset & managed_tops(self.user)


class GridChangeList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        load_figures(self.result_list, request.user)
        if self.query:
            load_ancestors(self.result_list)


class GridForm(forms.ModelForm):
    """Adding, the code says where the grid belongs; later its name and place are a matter of reorganisation."""

    class Meta:
        model = Grid
        fields = ["code", "name", "households"]
        help_texts = {"code": _("The code of the grid above, followed by the number of this one")}

    def _post_clean(self):
        super()._post_clean()
        if self.instance._state.adding and not self.errors:
            try:
                check_may_manage(self.user, self.instance.parent)
            except PermissionDenied as error:
                self.add_error("code", refusal_text(error))


@admin.register(Grid)
class GridAdmin(Reorganising, SheetAdmin, ManagedAdmin):
    sheet_kinds = ("grids", "households")
    place_field = "lft"
    form = GridForm
    list_display = ["name", "code", "level", "household_count", "chief", "staff", "below", "open_cases", "retired_at"]
    list_filter = [PlaceFilter]
    list_per_page = 100
    search_fields = ["code", "name"]
    search_help_text = _("Beginning of the code, part of the name or its initials in pinyin; with a place in front")
    ordering = ["lft"]

    def get_changelist(self, request, **kwargs):
        return GridChangeList

    def get_list_display(self, request):
        # A list of children needs no place; search results come from everywhere.
        name, *others = self.list_display
        return [name, "place", *others] if request.GET.get(SEARCH_VAR) else self.list_display

    def get_search_results(self, request, queryset, search_term):
        if request.resolver_match.view_name == "admin:autocomplete":
            queryset = queryset.active()  # nothing can be placed on a retired grid
        return (queryset.search(search_term) if search_term.strip() else queryset), False

    def load_choices(self, choices):
        load_ancestors(choices)

    def choice_text(self, choice: Grid) -> str:
        return choice.full_name

    def has_delete_permission(self, request, obj=None) -> bool:
        shapes = obj is None or may_manage(request.user, obj.parent)  # what lies at one's own top is not one's own
        return shapes and super().has_delete_permission(request, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    @admin.display(description=_("households"))
    def household_count(self, grid: Grid):
        return grid.household_count

    @admin.display(description=_("chief"))
    def chief(self, grid: Grid):
        return grid.chief_name

    @admin.display(description=_("staff"))
    def staff(self, grid: Grid):
        named = "、".join(grid.staff_names[:STAFF_NAMED])
        if len(grid.staff_names) <= STAFF_NAMED:
            return named
        return _("%(names)s and others, %(count)d in all") % {"names": named, "count": len(grid.staff_names)}

    @admin.display(description=_("open cases"))
    def open_cases(self, grid: Grid):
        address = f"{reverse('event_list')}?status=open&grid={grid.code}"
        return format_html('<a href="{}">{}</a>', address, grid.open_count) if grid.open_count else 0

    @admin.display(description=_("below it"))
    def below(self, grid: Grid):
        if grid.level == Level.UNIT:
            return None
        return format_html('<a href="?parent={}">{}</a>', grid.code, grid.children_count)

    @admin.display(description=_("place"))
    def place(self, grid: Grid):
        return " › ".join(above.name for above in grid.ancestors)

    @admin.display(description=_("signboard"))
    def signboard(self, grid: Grid):
        return format_html('<a href="{}">{}</a>', reverse("signboard", args=[grid.code]), _("Print the signboard"))

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["code", "name", "households"]
        return ["code", "name", "place", "level", "households", "signboard", "retired_at"]

    def get_readonly_fields(self, request, obj=None):
        return ["code", "name", "place", "level", "signboard", "retired_at"] if obj else []

    def get_changeform_initial_data(self, request):
        came_from = QueryDict(request.GET.get("_changelist_filters", ""))  # the list that "Add" was pressed on
        code = came_from.get("parent", "")
        parent = managed_grids(request.user).active().filter(code=code).first() if code.isdigit() else None
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
        may = grid and self.has_delete_permission(request, grid)
        if may and (refusal := services.why_not_delete(grid)):
            self.message_user(request, refusal, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:grids_grid_change", args=[grid.pk]))
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request, obj):
        services.delete_grid(actor=request.user, grid=obj)
