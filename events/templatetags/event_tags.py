"""Small pieces of a case's picture: its state, its times, and its rows on the pages of grids."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django import template
from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from branches.models import Branch
from events.figures.showing import Figure
from events.models import AuditAlarm, Category, Event, Notice, Sample
from events.rechecks.inspecting import MANY, rechecks_of
from events.searching import Search, spans
from events.services import missing_alarm, read_notices, template_grids
from events.wording import answers, show_events, why_fast
from events.workflow import Action, Side, Status, answered
from grids.access import inspected_ranges, may_inspect, may_oversee, overseen_ranges
from grids.day import Due
from grids.models import Grid, Level, User

register = template.Library()

MANY_UNREAD = 100
ALARMS = 5  # on a page; the list in admin has them all
NO_VALUE = mark_safe(' class="board-none"')
AROUND = 12  # characters of an excerpt before what was found, and twice as many behind it

STEP_ICONS = {
    Action.FILE: "flag",
    Action.ACCEPT: "hand-grab",
    Action.ASSIGN: "user-check",
    Action.RESOLVE: "tool",
    Action.SEND_BACK: "arrow-back-up",
    Action.ESCALATE: "arrow-up",
    Action.PASS_CHECK: "check",
    Action.FAIL_CHECK: "x",
    Action.RATE: "mood-check",
    Action.REOPEN: "rotate",
    Action.VOID: "ban",
    Action.ASK_SUSPEND: "player-pause",
    Action.ASK_EXTEND: "hourglass-empty",
    Action.SUSPEND: "player-pause",
    Action.EXTEND: "hourglass-high",
    Action.DECLINE: "x",
    Action.RESUME: "player-play",
    Action.MERGE: "git-merge",
    Action.SEPARATE: "git-branch",
    Action.URGE: "bell-ringing",
    Action.SUPERVISE: "eye",
    Action.REPLY: "message-reply",
    Action.ASK: "help-circle",
    Action.ANSWER: "message-reply",
    Action.COMMENT: "message",
    Action.REMIND: "clock",
    Action.CLIMB_CHECK: "arrow-up",
    Action.REHOME: "arrows-move",
    Action.ADJUST: "calendar-time",
    Action.ABSORB: "git-merge",
    Action.RELEASE: "git-branch",
    Action.INFORM: "speakerphone",
    Action.JOIN: "shield-plus",
    Action.PART: "shield-minus",
}
DUE_ICONS = {
    "case": "list-details",
    "recheck": "clipboard-search",
    "meeting": "users-group",
    "resolution": "gavel",
    "claim": "clipboard-list",
    "item": "hand-grab",
    "vote": "checkbox",
    "topic": "message-2",
    "story": "news",
    "activity": "calendar-event",
    "enrolment": "user-check",
    "order": "tools",
    "visit": "home-heart",
    "patrol": "shield-check",
    "mediation": "message-circle-check",
}
MAJOR_ICONS = {
    "社会治理": "users-group",
    "市容环境": "recycle",
    "宣传广告": "ad-2",
    "施工管理": "crane",
    "突发事件": "urgent",
    "街面秩序": "building-store",
    "其他事件": "dots-circle-horizontal",
    "公用设施": "bulb",
    "道路交通设施": "road",
    "市容环境设施": "trash",
    "园林绿化设施": "trees",
    "其他部件": "box",
}


@register.filter
def said_with_rating(event: Event) -> list[str]:
    """What the reporter answered to the questions that are asked with a rating."""
    return answers(answered(contacted=event.was_contacted, solved=event.was_solved))


@register.simple_tag(takes_context=True)
def unread_notices(context) -> int:
    """How many notices wait unread in the inbox of who looks, counted no further than MANY_UNREAD; what is told of this
    very page is read by opening it.

    One query on every page, so both are asked at once; who has many unread is asked once more.
    """
    request, user = context["request"], context["user"]
    unread = Notice.objects.shown_to(user).unread().values_list("page", flat=True)[:MANY_UNREAD]
    pages = list(unread)
    are_many = len(pages) == MANY_UNREAD
    if request.method != "GET" or not (are_many or request.path in pages):
        return len(pages)
    read = read_notices(user=user, page=request.path)
    # Another one of this page may have been written, and read, since they were counted.
    return unread.all().count() if are_many and read else max(0, len(pages) - read)


@register.filter
def state(status: str) -> SafeString:
    """The state in colour, shape and word."""
    return format_html('<span class="state state-{}">{}</span>', status, Status(status).label)


@register.filter
def step_icon(action: str) -> str:
    return STEP_ICONS[action]


@register.simple_tag
def keeps_sheets(user: User) -> bool:
    """Whether the person answers for a grid, whose templates of sheets they keep; asks the posts alone."""
    return bool(template_grids(user))


@register.filter
def due_icon(kind: str) -> str:
    return DUE_ICONS.get(kind, "point")


@register.filter
def due_time(due: Due, part: str) -> str:
    """The hour of what is due today or tomorrow, the day of what lies further; nothing without either."""
    if due.at is None:
        return ""
    local = timezone.localtime(due.at)
    day = date_format(local, _("M j"))
    clock = f"{local:%H:%M}" if due.has_hour else ""
    is_far = part == "later" or due.is_late
    return " ".join(filter(None, [day if is_far else "", clock])) or _("during the day")


@register.filter
def major_icon(major: str) -> str:
    """Categories are data, so a major that somebody added has the icon of all others."""
    return MAJOR_ICONS.get(major, "category")


@register.filter
def moment(time: datetime, at: datetime) -> str:
    """A time as people say it: today and yesterday by name, the year only when it is another."""
    local, today = timezone.localtime(time), timezone.localtime(at).date()
    clock = f"{local:%H:%M}"
    for days, word in ((0, _("today")), (1, _("yesterday")), (-1, _("tomorrow"))):
        if local.date() == today - timedelta(days=days):
            return f"{word} {clock}"
    return date_format(local, _("M j, H:i") if local.year == today.year else _("M j, Y, H:i"))


@register.simple_tag(takes_context=True)
def marked(context: template.Context, text: str) -> SafeString:
    """The text with what was searched for, `search` in the context, marked in it."""
    return _mark(text, spans(text, _search(context)))


@register.simple_tag(takes_context=True)
def marked_number(context: template.Context, number: str) -> SafeString:
    """The number of a case with the beginning or the end that was searched for marked."""
    for word in _search(context).words:
        if word.begins(number):
            return _mark(number, [(0, len(word.number))])
        if word.ends(number):
            return _mark(number, [(len(number) - len(word.number), len(number))])
    return _mark(number, [])


@register.simple_tag(takes_context=True)
def excerpt(context: template.Context, event: Event) -> SafeString | str:
    """What the address or the description says around a word that neither title nor place show."""
    search = _search(context)
    for word, called in search.words.items():
        alone = Search({word: called})
        if spans(event.title, alone) or spans(event.place, alone):
            continue
        for text in (event.address, event.description):
            if found := spans(text, alone):
                return _mark_around(text, found[0])
    return ""


def _search(context: template.Context) -> Search:
    return context.get("search") or Search({})


def _mark_around(text: str, place: tuple[int, int]) -> SafeString:
    start, end = max(0, place[0] - AROUND), place[1] + AROUND * 2
    shown = _mark(text[start:end], [(place[0] - start, place[1] - start)])
    return format_html("{}{}{}", "…" if start else "", shown, "…" if end < len(text) else "")


def _mark(text: str, places: list[tuple[int, int]]) -> SafeString:
    pieces, last = [], 0
    for start, end in places:
        pieces.append(format_html("{}<mark>{}</mark>", text[last:start], text[start:end]))
        last = end
    return format_html("{}{}", format_html_join("", "{}", ([piece] for piece in pieces)), text[last:])


@register.inclusion_tag("events/_resident.html", takes_context=True)
def resident_card(context: template.Context, event: Event) -> dict:
    """Who the resident behind a case is, as far as the person may see it, and who looked at their contact."""
    user = context["request"].user
    if not event.is_of_resident:
        return {}
    standing = event.sides_of(user)
    is_desk = Side.DESK in standing
    return {
        "event": event,
        "contact": event.contact if standing & {Side.DESK, Side.HANDLER} else None,
        "is_erased": event.contact.erased_at is not None,
        "has_code": bool(event.contact.code_hash),
        "reveals": event.contact_reveals.all() if is_desk else (),
        "may_void": is_desk and event.status == Status.FILED,
        "csrf_token": context.get("csrf_token"),
        "kept_days": settings.CONTACT_KEPT_DAYS,
        "at": timezone.now(),
    }


@register.simple_tag(takes_context=True)
def inspects(context) -> bool:
    """Whether who looks re-checks closed cases anywhere."""
    return bool(inspected_ranges(context["user"]))


class FigurePage(NamedTuple):
    """One of the pages of figures, of the grid that is looked at."""

    name: str
    icon: str
    title: str
    url: str


@register.inclusion_tag("events/_figure_pages.html", takes_context=True)
def figure_pages(context: template.Context, on: str) -> dict:
    """From each page of figures to the others, as far as there are such of the grid and the person may ask what if."""
    user, grid, query = context["user"], context.get("grid"), context.get("query")
    named = f"?grid={grid.code}" if grid else ""
    if grid:
        asked = f"?{query}" if query else ""
        pages = [
            FigurePage("dashboard", "chart-bar", _("Dashboard"), reverse("dashboard", args=[grid.code]) + asked),
            FigurePage(
                "indicator_list", "percentage", _("Indicators"), reverse("indicator_list", args=[grid.code]) + asked
            ),
        ]
    else:
        pages = [FigurePage("dashboard", "chart-bar", _("Dashboard"), reverse("dashboard_list"))]
    if grid is None or grid.level <= Level.STREET:
        pages.append(FigurePage("report_list", "file-text", _("Monthly reports"), reverse("report_list") + named))
    if may_oversee(user, grid) if grid else overseen_ranges(user):
        pages.append(FigurePage("what_if", "player-play", _("What if"), reverse("what_if") + named))
    return {"on": on, "pages": pages}


@register.filter
def is_of_figures(name: str) -> bool:
    """Whether the page of this URL name is one of the figures, for the main menu."""
    return str(name).startswith(("dashboard", "indicator", "report", "what_if"))


@register.inclusion_tag("events/_rechecks.html", takes_context=True)
def rechecks_waiting(context: template.Context) -> dict:
    """For the workbench of who re-checks closed cases: how many wait for it."""
    found = rechecks_of(context["request"].user)
    return {"inspects": bool(found), "many": MANY} | found


@register.inclusion_tag("events/_event_rechecks.html", takes_context=True)
def event_rechecks(context: template.Context, event: Event) -> dict:
    """What second eyes have found in a case, for who re-checks where it happened."""
    user = context["request"].user
    if event.is_confidential or not may_inspect(user, event.grid):
        return {}
    items = event.sample_items.filter(sample__in=Sample.objects.inspected_by(user)).select_related("sample")
    closings = list(event.quick_closings.inspected_by(user))
    for closing in closings:
        closing.event, closing.why = event, why_fast(closing)
    return {"items": list(items.order_by("pk")), "closings": closings, "at": timezone.now()}


@register.inclusion_tag("events/_hotline.html")
def hotline_card(event: Event) -> dict:
    """The hotline's order behind a case; nothing for what residents and posts report here."""
    order = getattr(event, "hotline_order", None) if event.reporter_id is None else None
    is_shorter = bool(order and event.is_open and order.due_at and event.due_at and order.due_at < event.due_at)
    return {"order": order, "is_shorter": is_shorter, "at": timezone.now()}


@register.inclusion_tag("events/_report_here.html")
def report_here(grid: Grid) -> dict:
    """For the public page of a grid: the way to report something there, and to follow what one has reported."""
    return {"grid": grid, "may_report": grid.level >= Level.STREET and not grid.retired_at}


@register.inclusion_tag("events/_open_cases.html", takes_context=True)
def open_cases(context: template.Context, grid: Grid, limit: int = 10) -> dict:
    """The open cases in a grid and below it that the person may see, first due first, for the pages of grids."""
    user, at = context["request"].user, timezone.now()
    inside = Event.objects.visible_to(user).open().inside(grid).with_related()
    found = inside.filter(due_at__isnull=False).order_by("due_at", "pk")[: limit + 1]
    events = show_events(found, user, at)
    return {"events": events[:limit], "has_more": len(events) > limit, "grid": grid, "at": at}


@register.inclusion_tag("events/_branch_cases.html", takes_context=True)
def branch_cases(context: template.Context, branch: Branch) -> dict:
    """How many cases are open on the grids of a branch, by state, of those that the person may see."""
    user, at = context["request"].user, timezone.now()
    cases = Event.objects.visible_to(user).open().of_branch(branch).order_by()
    counts = dict(cases.values_list("status").annotate(Count("pk")))
    return {
        "branch": branch,
        "counts": [(status, counts[status]) for status in Status if counts.get(status)],
        "total": sum(counts.values()),
        "overdue": cases.overdue(at).count() if counts else 0,
    }


@register.simple_tag
def open_alarms(user: User) -> list[AuditAlarm]:
    """The alarms of the daily check that no administrator has acknowledged; nobody else is shown them."""
    if not user.is_superuser:
        return []
    raised = AuditAlarm.objects.open().select_related("digest").order_by("-pk")[:ALARMS]
    return [*filter(None, [missing_alarm()]), *raised]


@register.simple_tag
def category_options(majors: dict[str, list[Category]], chosen: str | None) -> SafeString:
    """The options of a choice among all categories: a page has two hundred, too many for a template to go through."""
    return format_html_join("", "{}", ((_options(major, minors, chosen),) for major, minors in majors.items()))


def _options(major: str, minors: list[Category], chosen: str | None) -> SafeString:
    rows = [(major, _("all of %(major)s") % {"major": major}), *((str(each.pk), each.minor) for each in minors)]
    options = (
        f'<option value="{escape(value)}"{" selected" * (value == chosen)}>{escape(name)}</option>'
        for value, name in rows
    )
    return mark_safe(f'<optgroup label="{escape(major)}">{"".join(options)}</optgroup>')  # noqa: S308  all escaped


@register.simple_tag
def figure_cells(cells: Iterable[tuple[Figure, int]]) -> SafeString:
    """Cells of a table, each with a bar of so many percent: a page has hundreds, as `category_options`."""
    return format_html_join(
        "",
        '<td data-label="{}"{}>{}<span class="bar-track" aria-hidden="true">'
        '<span class="bar bar-{}" style="width: {}%"></span></span></td>',
        (
            (figure.title, NO_VALUE if figure.value is None else "", figure.anchor, figure.name, bar)
            for figure, bar in cells
        ),
    )


@register.simple_tag
def figure_bars(figures: Iterable[Figure], largest: int) -> SafeString:
    """Figures of one whole below each other, each with its part of the largest as a bar."""
    rows = format_html_join(
        "",
        '<span class="board-bar-name">{}</span><span class="bar-track" aria-hidden="true">'
        '<span class="bar" style="width: {}%"></span></span>{}',
        ((figure.title, round(100 * figure.value / (largest or 1)), figure.anchor) for figure in figures),
    )
    return format_html('<div class="board-bars">{}</div>', rows)
