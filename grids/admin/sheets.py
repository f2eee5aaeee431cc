"""Sheets in Django admin: imports on their way, and what every list offers to take out and bring in."""

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList, IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from grids import exporting, services
from grids.access import managed_ranges
from grids.admin.base import ReadOnly, ServiceAdmin, refusal_text
from grids.forms import SheetForm
from grids.models import SheetImport
from grids.services.importing import Status
from grids.sheets import kinds, progress, writing
from grids.sheets.kinds import Kind
from grids.sheets.showing import OUTCOMES, PHASES, RowsOf, chosen_of, counts_of, errors_response, told

PAGE = 100
FORMATS = {"xlsx": writing.XLSX, "csv": writing.CSV}


class SheetAdmin(admin.ModelAdmin):
    """Mixed into the admin of a model: its list can be exported as `sheet_kinds`, and sheets of these be imported."""

    sheet_kinds: tuple[str, ...] = ()

    def get_urls(self):
        meta = self.opts
        export = self.admin_site.admin_view(require_safe(self.export_view))
        name = f"{meta.app_label}_{meta.model_name}_export"
        return [path("export/<slug:key>.<slug:suffix>", export, name=name), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        meta, query = self.opts, f"?{request.GET.urlencode()}" if request.GET else ""
        export = f"admin:{meta.app_label}_{meta.model_name}_export"
        sheets = [
            {
                "kind": kinds.find(key),
                "page": reverse("admin:grids_sheetimport_kind", args=[key]),
                "exports": [(suffix, reverse(export, args=[key, suffix]) + query) for suffix in FORMATS],
            }
            for key in self.sheet_kinds
        ]
        return super().changelist_view(request, {"sheets": sheets, **(extra_context or {})})

    def export_view(self, request: HttpRequest, key: str, suffix: str) -> HttpResponse:
        """What the list shows with this search and these filters, all pages of it."""
        kind = kinds.find(key)
        if kind is None or key not in self.sheet_kinds or suffix not in FORMATS:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown = self.get_changelist_instance(request)
            rows = kind.export(shown.get_queryset(request))
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        name = f"{kind.title}-{timezone.localdate():%Y%m%d}.{suffix}"
        if suffix == "csv":
            return _download(writing.csv_export(kind, rows), name)
        head = [*exporting.head(_filters_of(shown), request.user, timezone.now()), ()]
        return FileResponse(writing.xlsx_export(kind, rows, head), as_attachment=True, filename=name)


def _filters_of(shown: ChangeList) -> list[str]:
    """What a list of the admin was narrowed by, in its own words."""
    chosen = ((spec.title, _chosen_of(spec, shown)) for spec in shown.filter_specs)
    return exporting.stated((_("Search"), shown.query), *chosen)


def _chosen_of(spec: admin.ListFilter, shown: ChangeList) -> str:
    choices = list(spec.choices(shown))
    if not any("selected" in choice for choice in choices):  # a filter with a form of its own
        return spec.value() or ""
    return next((str(choice["display"]) for choice in choices[1:] if choice["selected"]), "")  # the first one is all


@admin.register(SheetImport)
class SheetImportAdmin(ReadOnly, ServiceAdmin):
    """Who imported what and when; the page of an import is its preview, its progress and its record.

    None is added here: each kind of sheet has a page of its own for this.
    """

    list_display = ["file_name", "kind_name", "status", "outcome", "uploaded_by", "uploaded_at", "applied_at"]
    list_filter = ["status"]
    search_fields = ["file_name", "uploaded_by__name"]
    ordering = ["-uploaded_at", "-pk"]
    list_per_page = 50
    actions = None

    def get_queryset(self, request) -> QuerySet[SheetImport]:
        people = ("uploaded_by", "confirmed_by", "undone_by")
        return services.imports_of(request.user).select_related(*people).order_by(*self.ordering)

    def has_module_permission(self, request) -> bool:
        return bool(managed_ranges(request.user))

    def has_view_permission(self, request, obj=None) -> bool:
        return bool(managed_ranges(request.user))

    @admin.display(description=gettext_lazy("kind"))
    def kind_name(self, sheet_import: SheetImport) -> str:
        kind = kinds.find(sheet_import.kind)
        return str(kind.title) if kind else sheet_import.kind

    @admin.display(description=gettext_lazy("rows"))
    def outcome(self, sheet_import: SheetImport) -> str:
        return "，".join(f"{OUTCOMES(name).label} {count}" for name, count in counts_of(sheet_import).items() if count)

    def get_urls(self):
        view = self.admin_site.admin_view
        steps = [
            path(f"<int:pk>/{name}/", view(require_POST(step)), name=f"grids_sheetimport_{name}")
            for name, step in (
                ("confirm", self.confirm_view),
                ("recheck", self.recheck_view),
                ("cancel", self.cancel_view),
                ("undo", self.undo_view),
            )
        ]
        return [
            path("kind/<slug:key>/", view(self.kind_view), name="grids_sheetimport_kind"),
            path(
                "kind/<slug:key>/template.<slug:suffix>",
                view(require_safe(self.template_view)),
                name="grids_sheetimport_template",
            ),
            path("<int:pk>/errors.xlsx", view(require_safe(self.errors_view)), name="grids_sheetimport_errors"),
            *steps,
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        sheets = [
            {"kind": kind, "page": reverse("admin:grids_sheetimport_kind", args=[kind.key])}
            for kind in kinds.all_kinds()
        ]
        return super().changelist_view(request, {"sheets": sheets, **(extra_context or {})})

    # Uploading

    def kind_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Bring in a sheet of this kind, or take an empty one."""
        kind = self._kind(request, key)
        form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
        if request.method == "POST" and form.is_valid() and (sheet_import := self._upload(request, kind, form)):
            return HttpResponseRedirect(_page(sheet_import))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import: %(kind)s") % {"kind": kind.title},
            "kind": kind,
            "form": form,
            "formats": FORMATS,
            "columns": [column for column in kind.columns if not column.is_history],
            "recent": self.get_queryset(request).filter(kind=key)[:5],
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/grids/sheetimport/kind.html", context, status=status)

    def _upload(self, request: HttpRequest, kind: Kind, form: SheetForm) -> SheetImport | None:
        file = form.cleaned_data["file"]
        try:
            sheet_import = services.upload_sheet(actor=request.user, kind=kind, file_name=file.name, file=file)
        except ValidationError as error:
            form.add_error("file", error)
            return None
        self.log_addition(request, sheet_import, [{"added": {}}])
        return sheet_import

    def template_view(self, request: HttpRequest, key: str, suffix: str) -> HttpResponse:
        kind = self._kind(request, key)
        if suffix not in FORMATS:
            raise Http404
        name = _("%(kind)s-template") % {"kind": kind.title} + f".{suffix}"
        if suffix == "csv":
            return _download(writing.csv_template(kind), name)
        return FileResponse(writing.xlsx_template(kind), as_attachment=True, filename=name)

    # One import

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405)
        sheet_import = self._import(request, object_id)
        kind = kinds.find(sheet_import.kind)
        if kind is None:
            raise Http404
        counts = counts_of(sheet_import)
        chosen = chosen_of(request.GET.get("outcome"), counts)
        rows = Paginator(RowsOf(sheet_import, chosen, counts.get(chosen, 0)), PAGE).get_page(request.GET.get("page"))
        now = progress.read(sheet_import.pk) if sheet_import.is_waiting else None
        created = sheet_import.created_users() if sheet_import.status == Status.APPLIED else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": sheet_import.file_name,
            "sheet_import": sheet_import,
            "kind": kind,
            "status": Status,
            "progress": now,
            "phase": PHASES.get(now.phase) if now else None,
            "counts": [(OUTCOMES(name), count) for name, count in counts.items()],
            "chosen": chosen,
            "page": rows,
            "rows": [told(kind, sheet_import, row) for row in rows],
            "is_writable": not counts["wrong"] and (counts["added"] or counts["changed"]),
            "created_count": created.count() if created is not None else 0,
        }
        return TemplateResponse(request, "admin/grids/sheetimport/detail.html", context)

    def errors_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The sheet as it was uploaded, with what is wrong beside each row."""
        sheet_import = self._import(request, pk)
        kind = kinds.find(sheet_import.kind)
        if sheet_import.status not in (Status.CHECKED, Status.FAILED) or not sheet_import.layout or kind is None:
            raise Http404
        return errors_response(kind, sheet_import)

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, services.confirm_sheet, _("Confirmed."))

    def recheck_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, services.recheck_sheet, _("Checked again."))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, services.cancel_sheet, _("Cancelled."))

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step(request, pk, services.request_undo, _("Asked to be undone."))

    def _step(self, request: HttpRequest, pk: int, service, logged: str) -> HttpResponse:
        sheet_import = self._import(request, pk)
        try:
            service(actor=request.user, sheet_import=sheet_import)
        except (ValidationError, PermissionDenied) as error:
            self.message_user(request, refusal_text(error), messages.ERROR)
        else:
            self.log_change(request, sheet_import, logged)
        return HttpResponseRedirect(_page(sheet_import))

    def _import(self, request: HttpRequest, pk: object) -> SheetImport:
        sheet_import = self.get_object(request, str(pk)) if self.has_view_permission(request) else None
        if sheet_import is None:
            raise Http404
        return sheet_import

    def _kind(self, request: HttpRequest, key: str) -> Kind:
        if not self.has_view_permission(request):
            raise PermissionDenied
        kind = kinds.find(key)
        if kind is None:
            raise Http404
        return kind


def _page(sheet_import: SheetImport) -> str:
    return reverse("admin:grids_sheetimport_change", args=[sheet_import.pk])


def _download(lines, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=writing.CSV)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
