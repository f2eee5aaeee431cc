"""Pages of the cases: the workbench, filing, the list, one case, and the inbox."""

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import services
from events.exceptions import ActionForbidden, ActionRefused
from events.explanations import explain
from events.forms import ActForm, FilingForm, FilterForm
from events.models import Category, Event, Notice, offices
from events.wording import awaited, place, show_events
from events.workflow import LOOPS, TABLE, Action, Move, Status, open_moves, sides
from grids.access import may_work_on, visible_grids, workable_grids
from grids.models import Grid, Level, Post, User, load_ancestors

PAGE_SIZE = 20
ROWS_ON_WORKBENCH = 20
MANY = 10_000  # counting further costs more than the number is worth
CHIPS = 8
CHOICES = 30
LATEST = 40


def get_event(user: User, number: str) -> Event:
    """The case of this number; 404 where the user may not see it."""
    return get_object_or_404(Event.objects.visible_to(user).with_related(), number=number)


# Workbench


@require_safe
def workbench(request: HttpRequest) -> HttpResponse:
    """What waits for me, by due time, overdue first; what I filed; what is new."""
    user, at = request.user, timezone.now()
    waiting = Event.objects.waiting_for(user).with_related().order_by("due_at", "pk")[: ROWS_ON_WORKBENCH + 1]
    filed = Event.objects.filter(reporter=user).with_related().order_by("-filed_at", "-pk")[:5]
    waiting, filed = list(waiting), list(filed)
    show_events([*waiting, *filed], user, at)
    context = {
        "waiting": waiting[:ROWS_ON_WORKBENCH],
        "has_more": len(waiting) > ROWS_ON_WORKBENCH,
        "overdue": sum(event.is_overdue(at) for event in waiting),
        "filed": filed,
        "notices": _inbox(user).unread()[:5],
        "categories": _familiar_categories(user) if user.active_posts else [],
        "majors": _majors(),
        "at": at,
    }
    return render(request, "events/workbench.html", context)


# Filing


def event_file(request: HttpRequest) -> HttpResponse:
    """File a case. The buttons named `search` only look up places and categories and file nothing."""
    user = request.user
    if request.method != "POST":
        return _filing_page(request, FilingForm(initial=_preset(request)))
    form = FilingForm(request.POST)
    if "search" in request.POST:
        return _filing_page(request, FilingForm(initial=request.POST.dict()))
    if form.is_valid():
        try:
            event = services.file_event(actor=user, **form.inputs())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Filed as no. %(number)s.") % {"number": event.number})
            return redirect("event_detail", event.number)
    return _filing_page(request, form, status=400)


def _preset(request: HttpRequest) -> dict:
    return {
        "grid": request.GET.get("grid") or _familiar_place(request.user),
        "category": request.GET.get("category", ""),
        "category_search": request.GET.get("category_search", ""),
        "place_search": request.GET.get("place_search", ""),
        "idempotency_key": FilingForm.new_key(),
    }


def _filing_page(request: HttpRequest, form: FilingForm, status: int = 200) -> HttpResponse:
    user, words = request.user, str(form["category_search"].value() or "").strip()
    categories = [category for category in Category.objects.filter(is_active=True) if words in str(category)]
    chosen = next((category for category in categories if str(category.pk) == form.chosen_category()), None)
    context = {
        "form": form,
        "majors": _by_major(categories),
        "open_major": chosen.major if chosen else request.GET.get("major", ""),
        "chosen_category": chosen,
        "familiar": _familiar_categories(user),
        "searched": words,
        "places": _familiar_places(user, form.chosen_grid()),
        "found_places": _found_places(user, str(form["place_search"].value() or "")),
    }
    return render(request, "events/event_file.html", context, status=status)


def _by_major(categories: Iterable[Category]) -> dict[str, list[Category]]:
    """Minors by major: our own first, for they are what a grid meets most, then events, then components."""
    order = ("governance", "event", "component")
    majors: dict[str, list[Category]] = {}
    for category in sorted(categories, key=lambda category: order.index(category.kind)):
        majors.setdefault(category.major, []).append(category)
    return majors


def _majors() -> list[str]:
    return list(_by_major(Category.objects.filter(is_active=True)))


def _familiar_categories(user: User) -> list[Category]:
    """What this person files most of late, filled up with what is filed around them, then with our own minors."""
    mine = Event.objects.filter(reporter=user).order_by("-filed_at", "-pk")
    around = Event.objects.visible_to(user).order_by(F("filed_at").desc(), F("pk").desc())
    ranked = [pk for pk, _count in Counter(mine.values_list("category", flat=True)[:LATEST]).most_common()]
    if len(ranked) < CHIPS:
        ranked += [pk for pk, _count in Counter(around.values_list("category", flat=True)[:LATEST]).most_common()]
    known = {category.pk: category for category in Category.objects.filter(is_active=True)}
    ranked += [pk for pk, category in known.items() if category.kind == "governance"]
    return [known[pk] for pk in dict.fromkeys(ranked) if pk in known][:CHIPS]


def _familiar_place(user: User) -> str:
    return next((grid.code for grid in _familiar_places(user)), "")


def _familiar_places(user: User, chosen: str = "") -> list[Grid]:
    """Where this person filed last, then the grids of their posts; the chosen one is always among them."""
    filed = Event.objects.filter(reporter=user).order_by("-filed_at", "-pk").select_related("grid")[:LATEST]
    last = [event.grid for event in filed if may_work_on(user, event.grid) and not event.grid.retired_at]
    grids = list({grid.pk: grid for grid in [*last[:3], *(post.grid for post in user.active_posts)]}.values())[:CHIPS]
    if chosen and chosen not in [grid.code for grid in grids]:
        grids = [*workable_grids(user).filter(code=chosen), *grids]
    return _with_places(grids)


def _found_places(user: User, words: str) -> list[Grid]:
    """The grids that fit the words; several words go down the tree: 健康 3号楼. Without words what lies nearest."""
    *above, last = words.split() or [""]
    grids = workable_grids(user)
    for word in above:
        holders = list(grids.search(word)[:CHOICES])
        grids = grids.filter(pk__in=[pk for grid in holders for pk in grids.within(grid).values_list("pk", flat=True)])
    if last:
        grids = grids.search(last)
    else:
        grids = grids.filter(level=_nearest_level(user))
    return _with_places(grids.order_by("lft")[:CHOICES])


def _nearest_level(user: User) -> int:
    """The level that somebody would pick from first: the buildings of a community, the streets of a district."""
    return max((min(post.grid.level + 1, Level.BUILDING) for post in user.active_posts), default=Level.STREET)


def _with_places(grids: Iterable[Grid]) -> list[Grid]:
    grids = list(grids)
    load_ancestors(grids)
    for grid in grids:
        grid.place = place(grid)
    return grids


# List


class CappedPaginator(Paginator):
    """Counts no further than `MANY`."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[: MANY + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > MANY


@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """The cases that I may see, filtered; a filter that is no filter is named and shows nothing."""
    at = timezone.now()
    form = FilterForm(request.user, request.GET)
    page = CappedPaginator(form.events(at).with_related(), PAGE_SIZE).get_page(request.GET.get("page"))
    show_events(page.object_list, request.user, at)
    context = {
        "form": form,
        "page": page,
        "events": page.object_list,
        "majors": _by_major(Category.objects.all()),
        "grids": _filter_grids(request.user, form),
        "at": at,
    }
    return render(request, "events/event_list.html", context, status=200 if form.is_valid() else 400)


def _filter_grids(user: User, form: FilterForm) -> list[Grid]:
    """The grids of my posts, what lies directly below them, and the one that is chosen."""
    own = [post.grid for post in user.active_posts]
    below = visible_grids(user).filter(parent__in=own).order_by("lft")[: CHOICES * 2]
    chosen = form.cleaned_data.get("grid")
    grids = {grid.pk: grid for grid in [*own, *below, *([chosen] if chosen else [])]}
    return _with_places(sorted(grids.values(), key=lambda grid: grid.lft))


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
    form = ActForm(move, event, request.POST)
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


def _event_page(
    request: HttpRequest, event: Event, form: ActForm | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    user, at = request.user, timezone.now()
    load_ancestors([event.grid, event.holder, *([event.checker] if event.checker else [])])
    show_events([event], user, at)
    moves = open_moves(event.case(), sides(event.case(), user.pk, offices(user)))
    forms = [_act_form(move, event, form) for move in moves]
    first = _first_move(event, moves, user)
    steps = list(event.steps.order_by("-ordinal"))
    for step in steps:
        step.sentences = explain(step)
    context = {
        "event": event,
        "at": at,
        "first": next((one for one in forms if one.move.action == first), None),
        "others": [one for one in forms if one.move.action != first],
        "awaited": awaited(event),
        "is_mine": any(move.target for move in moves),
        "handlers": _handlers(request, event) if any(move.action == Action.ASSIGN for move in moves) else [],
        "handler_search": request.GET.get("handler_search", ""),
        "problem": problem,
        "typed": form.typed() if form and problem else "",
        "steps": steps,
        "loops": _stepper(event, steps),
        "unpublished_years": _unpublished_years(steps),
    }
    return render(request, "events/event_detail.html", context, status=status)


def _act_form(move: Move, event: Event, sent: ActForm | None) -> ActForm:
    """A fresh form, or the one that was sent, brought up to the present version with what was typed in it."""
    if sent is None or sent.move.action != move.action:
        return ActForm(move, event)
    sent.data = sent.data.copy()
    sent.data["version"] = event.step_count
    sent.is_sent = True
    return sent


def _first_move(event: Event, moves: list[Move], user: User) -> Action | None:
    """The one that brings the case forward and is this person's; the rest stands below it."""
    names = {move.action for move in moves}
    wanted = {
        Status.FILED: Action.ACCEPT,
        Status.HANDLING: Action.RESOLVE if event.handler_id == user.pk else Action.ASSIGN,
        Status.RESOLVED: Action.PASS_CHECK,
    }.get(event.status)
    if wanted == Action.ASSIGN and event.handler_id:
        return None
    return wanted if wanted in names else None


def _handlers(request: HttpRequest, event: Event) -> list[Post]:
    """Posts of people to choose from, nearest to the case first; a search looks through all candidates."""
    words = request.GET.get("handler_search", "").strip()[:64].replace("\0", "")
    posts = Post.objects.active().within(event.holder).filter(user__in=services.handler_candidates(event))
    if words:
        posts = posts.filter(user__name__icontains=words) | posts.filter(grid__name__icontains=words)
    near = posts.filter(grid__in=[event.grid, *event.grid.ancestors]).order_by("-position")
    found = [*near.select_related("user", "grid")[:CHOICES]]
    if len(found) < CHOICES:
        found += posts.select_related("user", "grid").order_by("position")[:CHOICES]
    people = list({post.user_id: post for post in reversed(found)}.values())[::-1][:CHOICES]
    load_ancestors(post.grid for post in people)
    for post in people:
        post.place = place(post.grid)
    return people


def _stepper(event: Event, steps: list) -> list[dict]:
    """The four loops: where it started, where it passed, where it is, and when it came there."""
    came = {step.to_loop: step for step in steps if step.from_loop != step.to_loop}
    start, now = LOOPS.index(event.start_loop), LOOPS.index(event.loop)
    stations = []
    for index, loop in enumerate(LOOPS):
        step = came.get(loop)
        stations.append(
            {
                "label": loop.label,
                "is_now": index == now,
                "is_passed": step is not None and index != now,
                "is_start": index == start,
                "is_below": index < start,
                "step": step,
            }
        )
    return stations


def _unpublished_years(steps: list) -> str:
    running = next((step for step in steps if "limit" in step.details), None)
    return "、".join(map(str, running.details.get("unpublished_years", ()))) if running else ""


# Inbox


def _inbox(user: User):
    return Notice.objects.filter(recipient=user).select_related("event", "step").order_by("-created_at", "-pk")


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """What was told to me: unread first, newest first."""
    unread = list(_inbox(request.user).unread()[: PAGE_SIZE * 2])
    read = list(_inbox(request.user).exclude(read_at=None)[: PAGE_SIZE * 2])
    return render(request, "events/notice_list.html", {"unread": unread, "read": read, "at": timezone.now()})


def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all of mine as read."""
    if request.method == "POST":
        services.read_notices(user=request.user)
    return redirect("notice_list")
