"""Pages of the monthly reports: those of my area, one to be read and printed, its workbook, and making one by hand."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import services
from events.models import MonthlyReport
from events.rechecks.inspecting import check_inspects, inspected_grids
from events.reports.forms import ReportForm
from events.reports.pages import Reading
from events.reports.sheet import report_book
from events.views import PAGE_SIZE
from grids.access import get_grid, inspected_ranges
from grids.models import Level, User
from grids.xlsx import CONTENT_TYPE


def get_report(user: User, pk: int) -> MonthlyReport:
    """The report; 404 unless the person's posts cover all of its grid."""
    return get_object_or_404(MonthlyReport.objects.visible_to(user).select_related("grid", "made_by"), pk=pk)


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports of the grids that I may see wholly, newest first; of one grid where the address names it."""
    return _list_page(request, ReportForm(request.user, today=timezone.localdate()))


def _list_page(request: HttpRequest, form: ReportForm, status: int = 200) -> HttpResponse:
    user, code = request.user, request.GET.get("grid", "")
    grid = get_grid(user, code) if code else None
    reports = MonthlyReport.objects.visible_to(user).defer("data").newest_first()
    if grid:
        reports = reports.filter(grid=grid)
    page = Paginator(reports, PAGE_SIZE).get_page(request.GET.get("page"))
    grids = inspected_grids(user) if inspected_ranges(user) else []
    context = {
        "page": page,
        "grid": grid,
        "form": form,
        "grids": [one for one in grids if one.level <= Level.STREET],
        "at": timezone.now(),
    }
    return render(request, "events/report_list.html", context, status=status)


def report_make(request: HttpRequest) -> HttpResponse:
    """Make the report of a past month by hand."""
    check_inspects(request.user)
    if request.method != "POST":
        return redirect("report_list")
    form = ReportForm(request.user, request.POST, today=timezone.localdate())
    if not form.is_valid():
        return _list_page(request, form, status=400)
    try:
        report = services.make_report(actor=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return _list_page(request, form, status=400)
    messages.success(request, _("The report is there."))
    return redirect("report_detail", report.pk)


@require_safe
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One report as of its day, for the screen and for A4."""
    report = get_report(request.user, pk)
    services.read_notices(user=request.user, page=request.path)
    context = {"report": report, "reading": Reading(report), "at": timezone.now()}
    return render(request, "events/report_detail.html", context)


@require_safe
def report_export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The same as an Excel workbook whose rates and sums are formulas."""
    report, at = get_report(request.user, pk), timezone.now()
    response = StreamingHttpResponse(report_book(report, request.user, at), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = content_disposition_header(True, _file_name(report, at))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _file_name(report: MonthlyReport, at: datetime) -> str:
    return f"{_('Monthly report')}-{report}-{timezone.localtime(at):%Y%m%d-%H%M}.xlsx"
