"""The sheet of an organisation's members: brought in, looked over, written and taken back, outside administration."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from grids import services
from grids.forms import SheetForm
from grids.models import SheetImport, User
from grids.services.importing import Status
from grids.sheets import kinds, progress, writing
from grids.sheets.showing import OUTCOMES, PHASES, RowsOf, chosen_of, counts_of, errors_response, told
from volunteers.enrolments.access import represented
from volunteers.enrolments.sheets import MemberSheet

PAGE = 50
RECENT = 10
STEPS = {
    "confirm": services.confirm_sheet,
    "recheck": services.recheck_sheet,
    "cancel": services.cancel_sheet,
    "undo": services.request_undo,
}


def _kind(user: User) -> MemberSheet:
    kind = kinds.find(MemberSheet.key)
    if not kind.may_bring_in(user):
        raise PermissionDenied
    return kind


def _import(user: User, pk: int) -> SheetImport:
    found = services.imports_of(user).filter(kind=MemberSheet.key).select_related("uploaded_by")
    return get_object_or_404(found, pk=pk)


@never_cache
def enrolment_sheet(request: HttpRequest) -> HttpResponse:
    """Bring the sheet in, or take an empty one; what was brought in before."""
    kind = _kind(request.user)
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = services.upload_sheet(actor=request.user, kind=kind, file_name=file.name, file=file)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return redirect("enrolment_sheet_import", found.pk)
    context = {
        "form": form,
        "columns": [column for column in kind.columns if not column.is_history],
        "organisations": represented(request.user),
        "recent": services.imports_of(request.user).filter(kind=kind.key)[:RECENT],
    }
    return render(request, "volunteers/enrolment_sheet.html", context, status=400 if form.is_bound else 200)


@require_safe
def enrolment_sheet_template(request: HttpRequest) -> HttpResponse:
    """An empty sheet with a worked example."""
    kind = _kind(request.user)
    name = _("%(kind)s-template") % {"kind": kind.title}
    return FileResponse(writing.xlsx_template(kind), as_attachment=True, filename=f"{name}.xlsx")


@never_cache
@require_safe
def enrolment_sheet_import(request: HttpRequest, pk: int) -> HttpResponse:
    """What each row would do or has done, and how far the work is."""
    found, kind = _import(request.user, pk), _kind(request.user)
    counts = counts_of(found)
    chosen = chosen_of(request.GET.get("outcome"), counts)
    rows = Paginator(RowsOf(found, chosen, counts.get(chosen, 0)), PAGE).get_page(request.GET.get("page"))
    now = progress.read(found.pk) if found.is_waiting else None
    context = {
        "sheet_import": found,
        "status": Status,
        "progress": now,
        "phase": PHASES.get(now.phase) if now else None,
        "counts": [(OUTCOMES(name), count) for name, count in counts.items()],
        "chosen": chosen,
        "page": rows,
        "rows": [told(kind, found, row) for row in rows],
        "is_writable": not counts["wrong"] and (counts["added"] or counts["changed"]),
    }
    return render(request, "volunteers/enrolment_sheet_import.html", context)


@require_safe
def enrolment_sheet_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet as it was uploaded, with what is wrong beside each row."""
    found, kind = _import(request.user, pk), _kind(request.user)
    if found.status not in (Status.CHECKED, Status.FAILED) or not found.layout:
        raise Http404
    return errors_response(kind, found)


@require_POST
def enrolment_sheet_act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Confirm, check again, cancel or undo."""
    if action not in STEPS:
        raise Http404
    found = _import(request.user, pk)
    try:
        STEPS[action](actor=request.user, sheet_import=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("enrolment_sheet_import", pk)
