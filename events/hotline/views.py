"""Pages of the 12345 hotline's sheets: bring one in, say once what its columns and words mean, have it filed."""

import re

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Count, Min
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from events import services
from events.hotline.columns import told
from events.hotline.forms import ColumnsForm, PlacesForm, Question, WordsForm
from events.hotline.left import sheet_of_left
from events.hotline.showing import PHASES, RESULTS, results, rows_of, samples_of, show_rows
from events.hotline.words import Words
from events.models import HotlineImport, HotlineRow
from events.services.hotline import LEFT_OUT, Outcome, Status, progress_key, remembered_columns
from events.services.residents import catch_all_category
from grids import exporting
from grids.access import workable_grids
from grids.encryption import Unreadable
from grids.forms import SheetForm
from grids.models import Grid, Level, User, load_ancestors
from grids.sheets import progress

PAGE = 20
QUESTIONS = 20  # at once; the next ones follow when these are answered
MOST_PLACES = 500  # offered while one types; any other is found by its name all the same
FIELD = re.compile(r"(?:word|place)-(\d{1,18})")


def get_import(user: User, pk: int) -> HotlineImport:
    """A sheet of one's own; 404 for everybody else, and for who may bring in none any more."""
    return get_object_or_404(services.hotline_imports(user).select_related("home", "uploaded_by"), pk=pk)


@never_cache
def hotline_list(request: HttpRequest) -> HttpResponse:
    """Bring a sheet in, and those that I brought in before."""
    post = services.hotline_post(request.user)
    if post is None:
        raise PermissionDenied
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            hotline_import = services.upload_hotline(actor=request.user, file_name=file.name, file=file)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return redirect("hotline_import", hotline_import.pk)
    page = Paginator(services.hotline_imports(request.user), PAGE).get_page(request.GET.get("page"))
    for one in page.object_list:
        one.filed, one.left_out = one.counts.get(Outcome.FILED, 0), sum(one.counts.get(name, 0) for name in LEFT_OUT)
    context = {"form": form, "page": page, "home": post.grid}
    return render(request, "events/hotline_list.html", context, status=400 if form.errors else 200)


@never_cache
@require_safe
def hotline_import(request: HttpRequest, pk: int) -> HttpResponse:
    """One sheet: how far it is, what it would file, what is to be decided, and what it became."""
    found = get_import(request.user, pk)
    if found.status == Status.MAPPING:
        to_mapping = redirect("hotline_mapping", pk)
        # A page that follows the worker would swap a piece of the other page into itself.
        return HttpResponseClientRedirect(to_mapping.url) if request.htmx else to_mapping
    return _export(request, found) if exporting.is_wanted(request) else _import_page(request, found)


def _chosen(request: HttpRequest, found: HotlineImport) -> str:
    """The outcome that is asked for, or the one that matters most now."""
    asked, counts = request.GET.get("outcome"), found.counts
    order = [Outcome.FILED, *Outcome] if found.status == Status.DONE else list(Outcome)
    return asked if asked in Outcome else next((name.value for name in order if counts.get(name)), "")


def _export(request: HttpRequest, found: HotlineImport) -> HttpResponse:
    """What became of the orders, as a sheet without anything of the callers."""
    chosen = _chosen(request, found)
    label = Outcome(chosen).label if chosen else ""
    return exporting.respond(
        name=_("Orders of the 12345 hotline"),
        columns=RESULTS,
        rows=results(found, chosen, request.user),
        count=found.counts.get(chosen, 0),
        filters=exporting.stated((_("file"), found.file_name), (_("outcome"), label)),
        user=request.user,
        at=timezone.now(),
    )


def _import_page(
    request: HttpRequest, found: HotlineImport, words: WordsForm | None = None, places: PlacesForm | None = None
) -> HttpResponse:
    user = request.user
    categories = Words({}, catch_all_category()) if found.is_open else None
    counts = {outcome.value: found.counts.get(outcome.value, 0) for outcome in Outcome}
    chosen = _chosen(request, found)
    now = progress.read(progress_key(found.pk)) if found.is_waiting else None
    page = _rows_page(request, found, chosen)
    context = {
        "hotline_import": found,
        "status": Status,
        "counts": [(outcome, counts[outcome.value]) for outcome in Outcome if counts[outcome.value]],
        "chosen": chosen,
        "page": page,
        "rows": show_rows(page.object_list, found, user),
        "progress": now,
        "phase": PHASES.get(now.phase) if now else None,
        "ready": counts[Outcome.READY],
        "left_out": sum(counts[name] for name in LEFT_OUT),
        "words": words or (WordsForm(_open_words(found, categories), categories.categories) if categories else None),
        "categories": categories.categories if categories else (),
        "places": places or (PlacesForm(_open_places(found), user) if categories else None),
        "offered": _offered_places(user, found) if counts[Outcome.OPEN] and found.is_open else (),
    }
    is_wrong = bool((words and words.errors) or (places and places.errors))
    return render(request, "events/hotline_import.html", context, status=400 if is_wrong else 200)


def _rows_page(request: HttpRequest, found: HotlineImport, chosen: str) -> Page:
    page = Paginator(rows_of(found, chosen), PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    return page


def _open_words(found: HotlineImport, categories: Words) -> list[Question]:
    """The words that have no category yet, the most frequent first."""
    rows = found.rows.filter(outcome=Outcome.OPEN, category=None).order_by()
    groups = rows.values("word").annotate(count=Count("pk"), row=Min("pk")).order_by("-count", "row")[:QUESTIONS]
    return [
        Question(one["row"], one["word"], one["count"], str(categories.suggest(one["word"]) or "")) for one in groups
    ]


def _open_places(found: HotlineImport) -> list[Question]:
    """The areas that nobody has placed yet, the most frequent first, then orders that name no area."""
    rows = found.rows.filter(outcome=Outcome.OPEN, grid=None)
    groups = rows.exclude(area="").order_by().values("area").annotate(count=Count("pk"), row=Min("pk"))
    asked = [(one["row"], one["area"], one["count"]) for one in groups.order_by("-count", "row")[:QUESTIONS]]
    alone = rows.filter(area="").order_by("number").values_list("pk", flat=True)
    asked += [(pk, "", 1) for pk in alone[: QUESTIONS - len(asked)]]
    firsts = HotlineRow.objects.in_bulk([pk for pk, _area, _count in asked])
    shown = {row.pk: row for row in show_rows(list(firsts.values()), found)}
    return [
        Question(pk, area or _("Row %(number)d") % {"number": shown[pk].number}, count, samples=shown[pk].where)
        for pk, area, count in asked
    ]


def _offered_places(user: User, found: HotlineImport) -> list[Grid]:
    """The streets and communities below the office of the sheet."""
    grids = workable_grids(user).within(found.home).filter(level__in=(Level.STREET, Level.COMMUNITY))
    offered = list(grids.order_by("lft")[:MOST_PLACES])
    load_ancestors(offered)
    return offered


@never_cache
def hotline_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Which column is what: asked once for each heading, and open to be changed until the sheet is filed."""
    found = get_import(request.user, pk)
    if found.status not in (Status.MAPPING, Status.CHECKED):
        return redirect("hotline_import", pk)
    read = told(found.layout["columns"], remembered_columns(found.home))
    samples, problem = {}, ""
    try:
        samples = samples_of(found, read.columns)
    except Unreadable:
        problem = _("The sheet cannot be read any more: its key is missing. Upload it again.")
    form = ColumnsForm(found, read, samples, request.POST or None)
    if not problem and form.is_bound and form.is_valid():
        try:
            services.tell_columns(actor=request.user, hotline_import=found, meanings=form.meanings())
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            return redirect("hotline_import", pk)
    context = {
        "hotline_import": found,
        "form": form,
        "new": [field for field in form if field.field.is_new],
        "known": [field for field in form if not field.field.is_new],
        "problem": problem or found.problem,
    }
    return render(request, "events/hotline_mapping.html", context, status=400 if form.is_bound else 200)


@require_POST
def hotline_words(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what categories of the hotline are here."""
    found, categories = get_import(request.user, pk), Words({}, catch_all_category())
    questions = _asked(request, _open_words(found, categories))
    form = WordsForm(questions, categories.categories, request.POST)
    if form.is_valid():
        try:
            services.tell_words(actor=request.user, hotline_import=found, meanings=form.meanings())
        except ValidationError as error:
            form.add_error(None, error)
    return _import_page(request, found, words=form) if form.errors else redirect("hotline_import", pk)


@require_POST
def hotline_places(request: HttpRequest, pk: int) -> HttpResponse:
    """Say where areas and orders lie."""
    found = get_import(request.user, pk)
    form = PlacesForm(_asked(request, _open_places(found)), request.user, request.POST)
    if form.is_valid():
        try:
            services.tell_places(actor=request.user, hotline_import=found, places=form.places())
        except ValidationError as error:
            form.add_error(None, error)
    return _import_page(request, found, places=form) if form.errors else redirect("hotline_import", pk)


def _asked(request: HttpRequest, questions: list[Question]) -> list[Question]:
    """Those that the form was about, as far as they are still to be decided."""
    keys = {int(name[1]) for key in request.POST if (name := FIELD.fullmatch(key))}
    return [question for question in questions if question.row in keys]


@require_POST
def hotline_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have everything filed that is ready."""
    return _step(request, pk, services.confirm_hotline)


@require_POST
def hotline_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the sheet up before anything was filed."""
    return _step(request, pk, services.cancel_hotline)


def _step(request: HttpRequest, pk: int, service) -> HttpResponse:
    found = get_import(request.user, pk)
    try:
        service(actor=request.user, hotline_import=found)
    except ValidationError as error:
        found.refresh_from_db(fields=["status", "counts"])
        found.refusal = " ".join(error.messages)
        response = _import_page(request, found)
        response.status_code = 409
        return response
    return redirect("hotline_import", pk)


@never_cache
@require_safe
def hotline_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows that were not filed, with the reason beside each and without names and phones."""
    found = get_import(request.user, pk)
    if not found.is_open:
        raise Http404
    name = _("%(file)s-left") % {"file": found.file_name.rpartition(".")[0] or found.file_name}
    file_name = f"{name}-{timezone.localdate():%Y%m%d}.xlsx"
    return FileResponse(sheet_of_left(found), as_attachment=True, filename=file_name)
