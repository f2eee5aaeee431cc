"""Samples of closed cases: the draws, one draw with its cases, and the re-check of each."""

import shlex

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import services
from events.exceptions import AlreadyRecorded
from events.models import Event, Finding, Sample, SampleItem, load_overlaps
from events.rechecks.forms import FindingFilter, RecheckForm, SampleForm
from events.rechecks.inspecting import check_inspects, concluded_among, inspected_grids, mark_moved, reopening
from events.rechecks.sheets import population_sheet, sample_sheet
from events.text import TEXT_LENGTH
from events.views import PAGE_SIZE
from events.wording import draw_of, lot_rule, show_events
from grids.access import inspected_ranges, may_inspect, within
from grids.models import Grid, User, load_ancestors
from grids.xlsx import CONTENT_TYPE

OTHERS = 20


def get_sample(user: User, pk: int) -> Sample:
    """The sample with its figures; 404 where the user does not re-check."""
    sample = get_object_or_404(Sample.objects.inspected_by(user).with_figures().select_related("grid"), pk=pk)
    load_overlaps([sample])
    return sample


def items_of(sample: Sample) -> QuerySet[SampleItem]:
    people = ("holder", "checker", "handler", "organisation", "reporter")
    events = [f"event__{name}" for name in ("category", "grid", *people)]
    return sample.items.select_related(*events).order_by("place")


@require_safe
def sample_list(request: HttpRequest) -> HttpResponse:
    """The draws from my area, newest first, with what came of each."""
    check_inspects(request.user)
    samples = Sample.objects.inspected_by(request.user).with_figures().order_by("-pk")
    page = Paginator(samples, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "events/sample_list.html", {"page": page, "at": timezone.now()})


def sample_draw(request: HttpRequest) -> HttpResponse:
    """Draw: from which grid, which period, how many."""
    user = request.user
    check_inspects(user)
    if request.method != "POST":
        return _draw_page(request, SampleForm(user, grid=_asked_grid(request)))
    form = SampleForm(user, request.POST)
    if form.is_valid():
        try:
            sample = services.draw_sample(actor=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            said = {"count": sample.items.count(), "ordinal": sample.ordinal}
            messages.success(request, _("Drawn: %(count)d cases, draw %(ordinal)d of this grid and period.") % said)
            return redirect("sample_detail", sample.pk)
    return _draw_page(request, form, status=400)


def _asked_grid(request: HttpRequest) -> Grid | None:
    """The grid that a link here has named, as far as there is one."""
    code = request.GET.get("grid", "")
    grid = Grid.objects.active().filter(code=code).first() if code.isascii() and code.isdigit() else None
    return grid if grid and may_inspect(request.user, grid) else None


def _draw_page(request: HttpRequest, form: SampleForm, status: int = 200) -> HttpResponse:
    chosen = form.cleaned_data.get("grid") if form.is_bound else _asked_grid(request)
    context = {"form": form, "grids": inspected_grids(request.user, chosen)}
    return render(request, "events/sample_draw.html", context, status=status)


@require_safe
def sample_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One draw: what came of it, its cases, and how anybody can draw it again."""
    user, at = request.user, timezone.now()
    sample, form = get_sample(user, pk), FindingFilter(request.GET)
    page = Paginator(form.items(items_of(sample)), PAGE_SIZE).get_page(request.GET.get("page"))
    items = page.object_list = mark_moved(page.object_list, user)
    events = show_events([item.event for item in items], user, at)
    mine = concluded_among(events, user)
    for item in items:
        item.is_mine = item.event_id in mine
    others = Sample.objects.inspected_by(user).overlapping(sample).order_by("-pk")
    context = {
        "sample": sample,
        "form": form,
        "finding": form.cleaned_data.get("finding", ""),
        "findings": Finding,
        "page": page,
        "items": items,
        "draw": draw_of(sample),
        "others": others[:OTHERS],
        "rule": lot_rule(sample),
        "seed_in_shell": shlex.quote(sample.seed),
        "at": at,
    }
    return render(request, "events/sample_detail.html", context, status=200 if form.is_valid() else 400)


def sample_item(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """One drawn case: record what the re-check found, and have it done again in place."""
    item = get_object_or_404(items_of(get_sample(request.user, pk)), place=place)
    if mark_moved([item], request.user)[0].is_elsewhere:
        raise Http404
    if request.method != "POST":
        return _item_page(request, item, RecheckForm())
    form = RecheckForm(request.POST)
    if not form.is_valid():
        return _item_page(request, item, form, status=400)
    try:
        item = services.recheck(item=item, actor=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return _item_page(request, item, form, status=400)
    except (PermissionDenied, AlreadyRecorded) as error:
        status = 403 if isinstance(error, PermissionDenied) else 409
        item = get_object_or_404(items_of(item.sample), place=place)
        return _item_page(request, item, form, problem=str(error), status=status)
    messages.success(request, _("Recorded: %(finding)s.") % {"finding": item.get_finding_display()})
    if item.finding == Finding.FAILS:  # where it can be reopened
        return redirect("sample_item", pk, place)
    following = _next(item, request.user)
    return redirect("sample_item", pk, following.place) if following else redirect("sample_detail", pk)


def _item_page(
    request: HttpRequest, item: SampleItem, form: RecheckForm, problem: str = "", status: int = 200
) -> HttpResponse:
    user, at, sample = request.user, timezone.now(), item.sample
    (event,) = show_events([item.event], user, at)
    reopen, why_not = (None, "")
    if item.finding == Finding.FAILS:
        reopen, why_not = reopening(event, user, _reason(item))
    context = {
        "sample": sample,
        "item": item,
        "event": event,
        "form": form,
        "findings": Finding.choices,
        "problem": problem,
        "hindrance": services.why_no_recheck(event, user),
        "reopen": reopen,
        "why_not_reopened": why_not,
        "next": _next(item, user),
        "at": at,
    }
    return render(request, "events/sample_item.html", context, status=status)


def _next(item: SampleItem, user: User) -> SampleItem | None:
    """The next one of the draw that this person may re-check; behind the last, the first that was passed over."""
    waiting = SampleItem.objects.filter(sample=item.sample, finding="", event__is_confidential=False)
    waiting = waiting.filter(within(inspected_ranges(user), "event__position")).exclude(pk=item.pk)
    mine = Event.objects.filter(sample_items__sample=item.sample).concluded_by(user)
    waiting = waiting.exclude(event__in=mine.values("pk")).order_by("place")
    return waiting.filter(place__gt=item.place).first() or waiting.first()


def _reason(item: SampleItem) -> str:
    said = {"sample": item.sample_id, "place": item.place, "note": item.note}
    reason = _("The re-check of a sample found that it does not hold (sample %(sample)d, place %(place)d): %(note)s")
    return (reason % said)[:TEXT_LENGTH]


@require_safe
def sample_print(request: HttpRequest, pk: int) -> HttpResponse:
    """A draw with its results, for A4."""
    sample = get_sample(request.user, pk)
    items = mark_moved(items_of(sample), request.user)
    load_ancestors(item.event.grid for item in items)
    context = {
        "sample": sample,
        "draw": draw_of(sample),
        "items": items,
        "rule": lot_rule(sample),
        "at": timezone.now(),
    }
    return render(request, "events/sample_print.html", context)


@require_safe
def sample_export(request: HttpRequest, pk: int) -> HttpResponse:
    """A draw with its results, as an Excel sheet."""
    sample, at = get_sample(request.user, pk), timezone.now()
    sheet = sample_sheet(sample, items_of(sample), request.user, at)
    return _download(sheet, _("Sample %(number)d") % {"number": sample.pk}, "xlsx", CONTENT_TYPE)


@require_safe
def sample_population(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """What was drawn from: the very text that was digested, or a sheet with the lot of each."""
    sample = get_sample(request.user, pk)
    name = _("Population of sample %(number)d") % {"number": sample.pk}
    if kind == "txt":
        return _download([sample.population.encode()], name, kind, "text/plain; charset=utf-8")
    return _download(population_sheet(sample), name, kind, CONTENT_TYPE)


def _download(content, name: str, kind: str, content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}")
    response.headers["Cache-Control"] = "private, no-store"
    return response
