"""Pages of the cases: the workbench, filing, the list, one case, and the inbox."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events import occasions, services
from events.alike import Offer, joined, offer
from events.exceptions import ActionForbidden, ActionRefused
from events.explanations import explain
from events.exporting import export_notices
from events.figures.explaining import card
from events.filters import FilterForm
from events.forms import SEARCH_LENGTH, ActForm, AlikeForm, FilingForm, RevealForm
from events.hot_spots import hot_spots
from events.models import Category, Delivery, Event, Notice, Occasion
from events.nearness import COORDINATES
from events.paging import CappedPaginator
from events.reckoning import reckon
from events.suggestions import (
    by_major,
    common_part,
    familiar_categories,
    familiar_places,
    found_places,
    handlers,
    organisations,
    with_places,
)
from events.wording import awaited, is_handler, persists, show_events, stations
from events.workflow import TABLE, Action, Move, Status, open_moves
from grids import exporting
from grids.access import SeveralSuccessors, find_grid, may_see, visible_grids
from grids.models import Grid, Organisation, User, load_ancestors

PAGE_SIZE = 20
ROWS_ON_WORKBENCH = 20
GRIDS_TO_FILTER = 60
NAMED = 6
MERGE_CANDIDATES = 20


def get_event(user: User, number: str) -> Event:
    """The case of this number; 404 where the user may not see it."""
    return get_object_or_404(Event.objects.visible_to(user).with_related(), number=number)


# Workbench


@require_safe
def workbench(request: HttpRequest) -> HttpResponse:
    """What waits for me, by due time, overdue first; what I filed; what is new."""
    user, at = request.user, timezone.now()
    if not (user.active_posts or user.joint_organisations or user.may_administer):
        return redirect("my_day")  # cases are not their work: what else they have to do stands there
    # Keys first: all that belongs to thousands of cases would be looked up before the first few are known.
    first = Event.objects.waiting_for(user).order_by("due_at", "pk").values_list("pk", flat=True)
    keys = list(first[: ROWS_ON_WORKBENCH + 1])
    waiting = Event.objects.filter(pk__in=keys).with_related().order_by("due_at", "pk")
    filed = Event.objects.filter(reporter=user).with_related().order_by("-filed_at", "-pk")[:5]
    waiting, filed = list(waiting), list(filed)
    show_events([*waiting, *filed], user, at)
    categories = list(Category.objects.filter(is_active=True))
    context = {
        "waiting": waiting[:ROWS_ON_WORKBENCH],
        "has_more": len(waiting) > ROWS_ON_WORKBENCH,
        "overdue": sum(event.is_overdue(at) for event in waiting),
        "filed": filed,
        "notices": _inbox(user).unread()[:5],
        "saved": user.saved_filters.all(),
        "categories": familiar_categories(user, categories) if user.active_posts else [],
        "majors": by_major(categories),
        "hot_spots": hot_spots(user, at),
        "at": at,
    }
    return render(request, "events/workbench.html", context)


# Filing


def event_file(request: HttpRequest) -> HttpResponse:
    """File a case, or join an open one. The buttons named `search` only look something up and file nothing."""
    user = request.user
    if request.method != "POST":
        return _preset_page(request)
    form = FilingForm(user, request.POST, request.FILES)
    if "search" in request.POST:
        return _filing_page(request, _looking_up(request, form))
    if form.is_valid():
        try:
            event = services.file_event(actor=user, **form.inputs())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _filed(request, event, form.cleaned_data["occasion"])
    return _filing_page(request, form, status=400)


def _filed(request: HttpRequest, event: Event, occasion: Occasion | None) -> HttpResponse:
    """To the case: of a report that joined another one to that one, where the person may see it."""
    if occasion and event.reporter_id != request.user.pk:
        return _filed_by_another(request, event, occasion)
    into = _visible_merged(event, request.user)
    sentence = _("Filed as no. %(number)s.")
    if event.merged_into_id:
        sentence = _("Your report, no. %(number)s, goes on in this case. You will be told the result.")
    messages.success(request, sentence % {"number": event.number})
    return redirect("event_detail", (into or event).number)


def _filed_by_another(request: HttpRequest, event: Event, occasion: Occasion) -> HttpResponse:
    """To the case that the occasion has become, or back to the occasion where the person may not see the case."""
    messages.info(request, _("A case was made of it already: no. %(number)s.") % {"number": event.number})
    if Event.objects.visible_to(request.user).filter(pk=event.pk).exists():
        return redirect("event_detail", event.number)
    return redirect(occasions.shown(occasion, request.user).url or "workbench")


@require_safe
def event_alike(request: HttpRequest) -> HttpResponse:
    """A part of the filing page: open cases that may be the same, once place and category are known."""
    at = timezone.now()
    return render(request, "events/event_alike.html", {"alike": AlikeForm(request.user, request.GET).offer(at)})


def _looking_up(request: HttpRequest, sent: FilingForm) -> FilingForm:
    """The form without a complaint about what is still empty, and with the photos that were chosen already."""
    form = FilingForm(request.user, initial=request.POST.dict())
    for problem in sent.errors.get("attachments", ()):
        messages.error(request, problem)
    form.fields["attachments"].kept = sent.fields["attachments"].kept
    return form


def _preset_page(request: HttpRequest) -> HttpResponse:
    """The form with what a link fills in: place, also by a code of before, category, and what the case arises from."""
    given = {name: request.GET.get(name, "") for name in ("grid", "category", "category_search", "place_search")}
    if code := request.GET.get("occasion"):
        occasion = occasions.find(request.user, code)
        if occasion is None:
            raise Http404
        if event := occasions.case_of(occasion):
            return _filed_by_another(request, event, occasion)
        given |= occasions.preset(occasion)
    several = None
    try:
        grid = find_grid(request.user, given["grid"]) if given["grid"].isdecimal() else None
        given["grid"] = grid.code if grid else given["grid"]
    except SeveralSuccessors as error:
        several = error
    form = FilingForm(request.user, initial=given | {"idempotency_key": FilingForm.new_key()})
    return _filing_page(request, form, 400 if several else 200, several)


def _filing_page(
    request: HttpRequest, form: FilingForm, status: int = 200, several: SeveralSuccessors | None = None
) -> HttpResponse:
    user, searched = request.user, form.text("category_search")
    categories = list(Category.objects.filter(is_active=True))
    chosen = next((category for category in categories if str(category.pk) == form.text("category")), None)
    places = familiar_places(user, form.text("grid"))
    if divided := several.grids if several else form.several_places():
        places = with_places({grid.pk: grid for grid in [*divided, *places]}.values())
    chosen_place = "" if divided else _chosen_place(form, places)
    known = {name: form.text(name) for name in ("category", *COORDINATES)} | {"grid": chosen_place}
    context = {
        "form": form,
        "divided": several,
        "familiar": familiar_categories(user, categories),
        "majors": by_major(category for category in categories if searched in str(category)),
        "searched": searched,
        "chosen": chosen,
        "open_major": chosen.major if chosen else request.GET.get("major", ""),
        "places": places,
        "chosen_place": chosen_place,
        "alike": AlikeForm(user, known).offer(timezone.now()),
        "shared_place": common_part(places),
        "found_places": found_places(user, form.text("place_search")),
        "may_import": services.hotline_post(user) is not None,
        "occasion": occasions.find(user, form.text("occasion")),
    }
    return render(request, "events/event_file.html", context, status=status)


def _chosen_place(form: FilingForm, places: list[Grid]) -> str:
    """What was chosen, or before anything was sent the likeliest place."""
    codes = [grid.code for grid in places]
    if form.is_bound or form.text("grid") in codes:
        return form.text("grid")
    return codes[0] if codes else ""


# List


@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """The cases that I may see, filtered; a filter that is no filter is named and shows nothing."""
    return list_page(request, FilterForm(request.user, request.GET))


def list_page(request: HttpRequest, form: FilterForm, unsaved: dict | None = None) -> HttpResponse:
    """The list; `unsaved` is the name, with its problems, under which these filters could not be saved."""
    user, at = request.user, timezone.now()
    page = CappedPaginator(form.found(at), PAGE_SIZE).get_page(request.GET.get("page"))
    show_events(page.object_list, user, at)
    context = {
        "form": form,
        "page": page,
        "events": page.object_list,
        "search": form.searched,
        "named": _named(user, form),
        "figure": card(form, at),
        "chosen": [each for each in form.chosen() if each.name != "sort"],
        "majors": by_major(form.lookups.categories),
        "grids": _filter_grids(user, form),
        # They stand beside what htmx replaces.
        "saved": () if request.htmx else user.saved_filters.all(),
        "unsaved": unsaved,
        "at": at,
    }
    return render(request, "events/event_list.html", context, status=400 if unsaved or form.errors else 200)


def _named(user: User, form: FilterForm) -> list[Grid]:
    """The places that the words name, or where people work whom they name, as far as one may see them; with `why`."""
    grids: dict[int, Grid] = {}
    for called in form.searched.words.values():
        for post in called.posts:
            grids.setdefault(post.grid_id, post.grid).why = f"{post.user} {post.get_role_display()}"
        for place in called.places:
            grids.setdefault(place.pk, place).why = place.get_level_display()
    return with_places([grid for grid in grids.values() if may_see(user, grid)][:NAMED])


def _filter_grids(user: User, form: FilterForm) -> list[Grid]:
    """The grids of my posts, what lies directly below them, and the one that is chosen."""
    own = [post.grid for post in user.active_posts]
    below = visible_grids(user).filter(parent__in=own).order_by("lft")[:GRIDS_TO_FILTER]
    chosen = form.cleaned_data.get("grid")
    grids = {grid.pk: grid for grid in [*own, *below, *([chosen] if chosen else [])]}
    return with_places(sorted(grids.values(), key=lambda grid: grid.lft))


# One case


@require_safe
def event_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One case: where it stands, what is mine to do, and how it came here."""
    event = get_event(request.user, number)
    services.read_notices(user=request.user, event=event)
    return _event_page(request, event)


def event_act(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """Take one action on a case. A look at this address, as after a login, shows the case."""
    event = get_event(request.user, number)
    move = TABLE.get(action)
    if move is None:
        raise Http404
    if request.method != "POST":
        return redirect("event_detail", number)
    form = ActForm(move, event, request.POST, request.FILES, uploader=request.user)
    if not form.is_valid():
        return _event_page(request, event, form, status=400)
    try:
        event = services.act(event=event, action=action, actor=request.user, **form.inputs())
    except ValidationError as error:
        form.add_error(None, error)
        return _event_page(request, event, form, status=400)
    except ActionRefused as error:
        event = get_event(request.user, number)
        status = 403 if isinstance(error, ActionForbidden) else 409
        return _event_page(request, event, form, problem=error.detail, status=status)
    state = {"action": move.action.label, "status": event.get_status_display()}
    messages.success(request, _("%(action)s: done. The case is now: %(status)s.") % state)
    if not Event.objects.visible_to(request.user).filter(pk=event.pk).exists():
        return redirect("workbench")
    return redirect("event_detail", number)


@never_cache
def event_contact(request: HttpRequest, number: str) -> HttpResponse:
    """Name and phone of the resident behind a case, for who needs them to handle it; each look is written down."""
    event = get_event(request.user, number)
    if not services.may_see_contact(event, request.user):
        raise PermissionDenied
    form, person = RevealForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        try:
            person = services.reveal_contact(event=event, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
    context = {"event": event, "form": form, "person": person}
    return render(request, "events/event_contact.html", context, status=400 if form.errors else 200)


def event_spam(request: HttpRequest, number: str) -> HttpResponse:
    """Void a resident's report as a nuisance, with one tap."""
    event = get_event(request.user, number)
    if request.method != "POST" or not event.is_of_resident:
        return redirect("event_detail", number)
    form = ActForm(TABLE[Action.VOID], event, request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else None
    try:
        event = services.mark_spam(event=event, actor=request.user, version=version)
    except ActionRefused as error:
        status = 403 if isinstance(error, ActionForbidden) else 409
        return _event_page(request, get_event(request.user, number), problem=error.detail, status=status)
    messages.success(request, _("Marked as nuisance and voided."))
    return redirect("event_detail", number)


def _event_page(
    request: HttpRequest, event: Event, form: ActForm | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    user, at = request.user, timezone.now()
    searched = request.GET.get("handler_search", "").replace("\0", "").strip()[:SEARCH_LENGTH]
    load_ancestors([event.grid, event.holder, *([event.checker] if event.checker else [])])
    show_events([event], user, at)
    moves = open_moves(event.case(), event.sides_of(user))
    forms = [_act_form(move, event, form) for move in moves]
    _keep_uploads(form, forms)
    handler = _working_handler(event)
    first = _first_move(event, moves, handler, user)
    may_assign = any(move.action == Action.ASSIGN for move in moves)
    steps = list(event.steps.order_by("-ordinal"))
    prefetch_related_objects([step for step in steps if "attachments" in step.details], "attachments")
    for step in steps:
        step.sentences = explain(step)
    likely, merge_candidates = _merge_candidates(event, user, moves, at)
    context = {
        "event": event,
        "at": at,
        "first": next((one for one in forms if one.move.action == first), None),
        "others": [one for one in forms if one.move.action != first],
        "awaited": awaited(event, handler),
        "is_mine": any(move.target for move in moves),
        "handlers": handlers(event, searched) if may_assign else [],
        "likely": likely,
        "merge_candidates": merge_candidates,
        "joined": joined(event, user),
        "merged_into": _visible_merged(event, user),
        "origin": occasions.origin_of(event, user, steps[-1]),
        "organisations": organisations(event, searched) if may_assign else [],
        "may_see_grid": may_see(user, event.grid),
        "handler_search": searched,
        "problem": problem,
        "typed": form.typed() if problem and form and form.move not in moves else "",
        "steps": steps,
        "persists": persists(event, steps),
        "loops": stations(event, steps),
        "unpublished_years": _unpublished_years(steps),
        "reckoning": reckon(event, steps[::-1], at) if event.is_open else None,
    }
    return render(request, "events/event_detail.html", context, status=status)


def _act_form(move: Move, event: Event, sent: ActForm | None) -> ActForm:
    """A fresh form, or the one that was sent, brought up to the present version with what was typed in it."""
    if sent is None or sent.move.action != move.action:
        return ActForm(move, event)
    sent.is_sent = True
    return sent.renewed(event)


def _keep_uploads(sent: ActForm | None, forms: list[ActForm]) -> None:
    """What came with a form that has become pointless waits in the one for a remark, which is always open."""
    if sent is None or sent in forms:
        return
    for form in forms:
        if form.move.action == Action.COMMENT:
            form.fields["attachments"].kept = sent.fields["attachments"].kept


def _working_handler(event: Event) -> User | Organisation | None:
    """Who handles it, unless they have left or the organisation cannot any more: then the desk is asked again."""
    organisation = event.organisation
    if organisation and services.organisation_candidates(event).filter(pk=organisation.pk).exists():
        return organisation
    if event.handler and services.handler_candidates(event).filter(pk=event.handler_id).exists():
        return event.handler
    return None


def _merge_candidates(event: Event, user: User, moves: list[Move], at: datetime) -> tuple[Offer, list[Event]]:
    """The likely cases to merge into, with picture and words, and a few more by number; as far as one may merge."""
    if not any(move.action == Action.MERGE for move in moves):
        return Offer(), []
    found = services.merge_candidates(event, user)
    likely = offer(found.alike(category=event.category, grid=event.grid, point=event.point, at=at), at)
    others = found.exclude(pk__in=[case.pk for case in likely.cases])
    others = others.only("number", "title", "grid", "status").select_related("grid")
    return likely, list(others[:MERGE_CANDIDATES])


def _visible_merged(event: Event, user: User) -> Event | None:
    """The case that this one goes on in, where the person may see it."""
    if not event.merged_into_id:
        return None
    return Event.objects.visible_to(user).filter(pk=event.merged_into_id).first()


def _first_move(event: Event, moves: list[Move], handler: User | Organisation | None, user: User) -> Action | None:
    """The one that brings the case forward and is this person's; the rest stands below it."""
    wanted = {Status.FILED: Action.ACCEPT, Status.RESOLVED: Action.PASS_CHECK}.get(event.status)
    if event.request and any(move.action == Action.DECLINE for move in moves):
        wanted = Action(event.request)
    elif event.status == Status.HANDLING:
        given = handler is not None or event.partner_id == user.pk
        wanted = (Action.RESOLVE if is_handler(event, user) else None) if given else Action.ASSIGN
    return wanted if any(move.action == wanted for move in moves) else None


def _unpublished_years(steps: list) -> str:
    running = next((step for step in steps if "limit" in step.details), None)
    return "、".join(map(str, running.details.get("unpublished_years", ()))) if running else ""


# Inbox


def _inbox(user: User):
    lost = Delivery.objects.filter(notice=OuterRef("pk")).exclude(given_up_at=None)
    shown = Notice.objects.shown_to(user).select_related("event", "step").annotate(is_undelivered=Exists(lost))
    return shown.order_by("-created_at", "-pk")


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """What was told to me: unread first, newest first."""
    if exporting.is_wanted(request):
        return export_notices(_inbox(request.user), request.user, timezone.now())
    new = list(_inbox(request.user).unread()[: PAGE_SIZE * 2])
    seen = list(_inbox(request.user).exclude(read_at=None)[:PAGE_SIZE])
    return render(request, "events/notice_list.html", {"new": new, "seen": seen, "at": timezone.now()})


def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all of mine as read."""
    if request.method == "POST":
        services.read_notices(user=request.user)
    return redirect("notice_list")
