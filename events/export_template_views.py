"""Templates of sheets for other departments: choose columns and rows once, fill the sheet whenever it is asked for."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.refusals import add_refusal
from events import services
from events.export_template_forms import ExportTemplateForm
from events.models import ExportTemplate, Period
from grids import exporting, exports
from grids.exports import Kind
from grids.models import Grid, User

MOST_ROWS = 50_000
SHOWN_ROWS = 5


def check_keeps_templates(user: User) -> list[Grid]:
    """The grids that the person answers for; PermissionDenied for who answers for none."""
    grids = services.template_grids(user)
    if not grids:
        raise PermissionDenied
    return grids


def get_template(user: User, pk: int) -> ExportTemplate:
    """One of the grids that the person answers for; 404 for all others."""
    grids = check_keeps_templates(user)
    return get_object_or_404(ExportTemplate.objects.select_related("grid", "saved_by"), pk=pk, grid__in=grids)


@require_safe
def export_template_list(request: HttpRequest) -> HttpResponse:
    """The templates of my grids, and the kinds of rows that a new one may have."""
    grids = check_keeps_templates(request.user)
    templates = list(ExportTemplate.objects.filter(grid__in=grids).select_related("grid", "saved_by"))
    for template in templates:
        template.rows = exports.find(template.kind)
    context = {"templates": templates, "kinds": exports.kinds(), "grids": grids}
    return render(request, "events/export_template_list.html", context)


def export_template_new(request: HttpRequest, kind: str) -> HttpResponse:
    """A new template of this kind for one of my grids, the highest unless another is chosen."""
    grids = check_keeps_templates(request.user)
    code = request.POST.get("grid") or request.GET.get("grid") or grids[0].code
    grid = next((own for own in grids if own.code == code), None)
    if grid is None:
        raise Http404
    return _edit(request, _kind(kind), grid, None)


def export_template_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Other columns, other rows, or another name."""
    template = get_template(request.user, pk)
    return _edit(request, _kind(template.kind), template.grid, template)


def export_template_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one; its sheets that were filled stay with whoever has them."""
    template = get_template(request.user, pk)
    if request.method == "POST":
        services.delete_export_template(actor=request.user, template=template)
        messages.success(request, _("“%(name)s” was deleted.") % {"name": template.name})
    return redirect("export_template_list")


@require_safe
def export_template_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What the template gives today: its first rows to look at, and the whole as a sheet."""
    template, at = get_template(request.user, pk), timezone.now()
    filling = Filling.of(template, request.user, at)
    if filling and exporting.is_wanted(request):
        return _sheet(filling, request.user, at)
    return render(request, "events/export_template_detail.html", {"template": template, "filling": filling, "at": at})


def _kind(key: str) -> Kind:
    if (kind := exports.find(key)) is None:
        raise Http404
    return kind


def _edit(request: HttpRequest, kind: Kind, grid: Grid, template: ExportTemplate | None) -> HttpResponse:
    form = ExportTemplateForm(kind, grid, template, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            saved = services.save_export_template(actor=request.user, grid=grid, template=template, **form.inputs())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved. Everybody who answers for %(grid)s finds it.") % {"grid": grid.name})
            return redirect("export_template_detail", saved.pk)
    grids = services.template_grids(request.user)
    context = {"form": form, "kind": kind, "grid": grid, "grids": grids, "template": template}
    page = "export_template_edit" if template else "export_template_new"
    return render(request, f"events/{page}.html", context, status=400 if form.errors else 200)


@dataclass(frozen=True)
class Filling:
    """A template with the rows that fill it for a person at a time."""

    template: ExportTemplate
    columns: list[exporting.Column]
    rows: QuerySet
    filters: list[str]
    kind: Kind
    at: datetime

    @classmethod
    def of(cls, template: ExportTemplate, user: User, at: datetime) -> "Filling | None":
        """None where the kind of rows, or the grid that it was narrowed to, is not there any more."""
        kind = exports.find(template.kind)
        grid = _area(template)
        if kind is None or grid is None:
            return None
        since, until = template.days(timezone.localdate(at))
        fields = [(kind.field(key), title) for key, title in template.columns]
        columns = [exporting.Column(title, field.width, field.value) for field, title in fields if field]
        rows = kind.rows(user, grid, since, until, template.state)
        return cls(template, columns, rows, _stated(template, kind, grid, since, until), kind, at)

    @property
    def count(self) -> int | str:
        return exporting.capped_count(self.rows, MOST_ROWS)

    @property
    def headings(self) -> list[str]:
        return [str(column.heading) for column in self.columns]

    @property
    def first_lines(self) -> list[list[object]]:
        rows = list(self.rows[:SHOWN_ROWS])
        self.kind.prepare(rows)
        return [[column.value(row, self.at) for column in self.columns] for row in rows]


def _area(template: ExportTemplate) -> Grid | None:
    """The grid that the rows are from: the template's own, or the one inside it, also under a code of before."""
    if not template.area:
        return template.grid
    found = Grid.objects.successors(template.area)
    inside = [grid for grid in found if template.grid.lft <= grid.lft <= template.grid.rght]
    return inside[0] if inside else None


def _stated(template: ExportTemplate, kind: Kind, grid: Grid, since, until) -> list[str]:
    days = f"{since} – {until}" if since else Period(template.period).label
    state = dict(kind.states).get(template.state, "")
    return exporting.stated(
        (_("Template"), template.name), (_("Grid"), grid.full_name), (_("Period"), days), (_("State"), state)
    )


def _sheet(filling: Filling, user: User, at: datetime) -> HttpResponse:
    return exporting.respond(
        name=filling.template.name,
        columns=filling.columns,
        rows=exporting.in_chunks(filling.rows[:MOST_ROWS], filling.kind.prepare),
        filters=filling.filters,
        count=filling.count,
        user=user,
        at=at,
    )
