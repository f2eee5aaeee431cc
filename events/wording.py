"""What pages say of a case in a few words: how much time is left, on which clock, and what somebody is to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events import calendars
from events.clock import STATUTORY, Unit, WorkCalendar, elapsed
from events.models import Event, QuickClosing, Sample, Step
from events.workflow import LOOPS, QUESTIONS, Action, Side, Status
from grids.models import Grid, Level, Organisation, User, load_ancestors

HOUR = timedelta(hours=1)

OVERLAPS = 20  # other draws named in a sentence; there are more only where somebody draws and draws


ANSWERS = {
    ("contacted", True): gettext_lazy("Somebody contacted them."),
    ("contacted", False): gettext_lazy("Nobody contacted them."),
    ("solved", True): gettext_lazy("The problem is solved."),
    ("solved", False): gettext_lazy("The problem is not solved."),
}


def answers(details: dict[str, Any]) -> list[str]:
    """What was answered to the questions that are asked with a rating, in sentences; nothing of what was left open."""
    return [str(ANSWERS[name, details[name]]) for name in QUESTIONS if name in details]


@dataclass(frozen=True)
class TimeLeft:
    """Running time on the clock of the present limit. `tone` is calm, soon (reminded of) or over."""

    tone: str
    words: str
    clock: str
    is_resting: bool


def time_left(event: Event, at: datetime) -> TimeLeft | None:
    """The time until the case is due, None where no clock runs. `show_events` has loaded unit and calendar."""
    if event.due_at is None or not event.is_open:
        return None
    unit, calendar = event.clock_unit, event.clock_calendar
    left = elapsed(at, event.due_at, unit, calendar)
    resting = unit.is_working and elapsed(at, at + timedelta(minutes=1), unit, calendar) == timedelta()
    if event.due_at < at:
        amount = duration(-left, unit, calendar)
        words = _("%(time)s overdue") % {"time": amount} if amount else _("just overdue")
        tone = "over"
    else:
        amount = duration(left, unit, calendar)
        words = _("%(time)s left") % {"time": amount} if amount else _("less than a minute left")
        tone = "soon" if event.remind_at and event.remind_at <= at else "calm"
    return TimeLeft(tone, words, clock_words(unit, calendar), resting)


def clock_words(unit: Unit, calendar: WorkCalendar) -> str:
    """On which clock a limit runs, in a sentence."""
    if not unit.is_working:
        return _("Counted around the clock: nights, weekends and holidays too.")
    return _("Counted in working time: %(hours)s on statutory working days.") % {"hours": hours_text(calendar)}


def hours_text(calendar: WorkCalendar) -> str:
    """The working hours, as 8:00–12:00, 14:00–18:00."""
    spans = [f"{begin:%-H:%M}–{end:%-H:%M}" for begin, end in calendar.clock_hours]
    return _(" and ").join(spans)


def duration(span: timedelta, unit: Unit, calendar: WorkCalendar = STATUTORY) -> str:
    """The two largest parts of a span; a day of the working clock has 8 hours. Empty below a minute."""
    day = calendar.day if unit.is_working else timedelta(days=1)
    days, rest = divmod(span, day)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // timedelta(minutes=1)
    parts = []
    if days and unit.is_working:
        parts.append(ngettext("%(count)d working day", "%(count)d working days", days) % {"count": days})
    elif days:
        parts.append(ngettext("%(count)d day", "%(count)d days", days) % {"count": days})
    if hours:
        parts.append(ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours})
    if minutes and not days:
        parts.append(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})
    return " ".join(parts)


def ago(time: datetime, at: datetime) -> str:
    """How long ago, in the one largest unit; for what lies within some weeks."""
    minutes = max(0, (at - time) // timedelta(minutes=1))
    if minutes == 0:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    if (hours := minutes // 60) < 24:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    if (days := hours // 24) < 14:
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    weeks = days // 7
    return ngettext("%(count)d week ago", "%(count)d weeks ago", weeks) % {"count": weeks}


def plain_time(span: timedelta) -> str:
    """A span by the clock on the wall, as 3 minutes or 1 day 2 hours."""
    return duration(span, Unit.EMERGENCY_HOUR) or _("less than a minute")


def why_fast(closing: QuickClosing) -> str:
    """Why the rule listed a closing, with the figures of that day, so that everybody can do the sum again."""
    said = {"time": plain_time(closing.handled), "floor": closing.floor_minutes}
    if closing.median is None:
        return _("Resolved in %(time)s; less than %(floor)d minutes is always listed.") % said
    said |= {"median": plain_time(closing.median), "compared": closing.compared, "share": closing.share}
    if closing.is_below_floor:
        told = _(
            "Resolved in %(time)s; the median of its kind is %(median)s, %(compared)d cases compared. Less than "
            "%(floor)d minutes is always listed."
        )
    else:
        told = _(
            "Resolved in %(time)s; the median of its kind is %(median)s, %(compared)d cases compared. Less than "
            "%(share)d%% of the median is listed."
        )
    return told % said


def lot_rule(sample: Sample) -> list[str]:
    """How the sample was drawn, in sentences by which anybody can do it again; `sampling` does what they say."""
    rule = _(
        "For each case number of the population, the lot is the SHA-256 of “seed:number” (UTF-8) in hexadecimal. "
        "The %(size)d cases with the smallest lots are drawn, smallest first. The population is the list of the case "
        "numbers in ascending order, one to a line."
    )
    if sample.announced:
        seed = _("The seed is the system's random part, a hyphen, and the announced text.")
    else:
        seed = _("The system made the seed at random when it drew.")
    return [rule % {"size": sample.size}, seed]


def draw_of(sample: Sample) -> str:
    """Which draw it is, and which others overlap it; `load_overlaps` has counted them."""
    said = _("draw %(ordinal)d") % {"ordinal": sample.ordinal}
    if count := len(sample.overlaps):
        numbers = "、".join(map(str, sample.overlaps[:OVERLAPS])) + ("…" if count > OVERLAPS else "")
        others = ngettext(
            "%(count)d other draw overlaps it (no. %(numbers)s)",
            "%(count)d other draws overlap it (no. %(numbers)s)",
            count,
        )
        said = f"{said}；{others % {'count': count, 'numbers': numbers}}"
    return said


def show_events(events: Iterable[Event], user: User, at: datetime) -> list[Event]:
    """Fill what rows of a list show, in three queries for all: names, time left, what `user` is to do."""
    events = list(events)
    load_ancestors(event.grid for event in events)
    show_times(events, at)
    _load_holders(events)
    for event in events:
        event.place = place_of(event)
        event.duty = duty(event, user)
    return events


def show_times(events: list[Event], at: datetime) -> None:
    """Fill the time left of each."""
    _load_clocks(events)
    for event in events:
        event.time_left = time_left(event, at)


def _load_clocks(events: list[Event]) -> None:
    """Set `clock_unit` and `clock_calendar`: by what the last step that started the clock tells it runs."""
    started = Step.objects.filter(event__in=events, details__has_key="limit").order_by("event", "ordinal")
    rows = started.values_list("event", "details__limit__1", "details__calendar")
    clocks = {pk: (Unit(unit), digest or "") for pk, unit, digest in rows}
    editions = calendars.of_all({digest for _unit, digest in clocks.values()})
    for event in events:
        event.clock_unit, digest = clocks.get(event.pk, (Unit.WORKING_DAY, None))
        # An edition that somebody has spoiled is for check_events to tell; the page stays readable.
        event.clock_calendar = editions.get(digest, STATUTORY)


def _load_holders(events: list[Event]) -> None:
    """Set `holder_shown`: the holder's name, of a case that has ended the one of its time."""
    ended = [event.pk for event in events if not event.is_open]
    last = Step.objects.filter(event__in=ended, ordinal=F("event__step_count")) if ended else Step.objects.none()
    names = dict(last.values_list("event", "holder_name"))
    for event in events:
        event.holder_shown = names.get(event.pk, event.holder.name)


def place_of(event: Event) -> str:
    """Where it happened; a case that has ended keeps the name of its time, whatever became of the grid."""
    return event.place_name if event.place_name and not event.is_open else place(event.grid)


def place(grid: Grid) -> str:
    """The name as neighbours say it: a building with its community in front; higher grids by their own name."""
    shown = [above.name for above in grid.ancestors if above.level >= Level.COMMUNITY]
    return " ".join([*shown, grid.name])


def duty(event: Event, user: User) -> str | Promise:
    """What the case waits for, said to whom it waits for; `Event.objects.waiting_for` has chosen the case."""
    if event.request and Side.UPPER in event.sides_of(user):
        return _("to decide: %(request)s") % {"request": event.get_request_display()}
    if event.reply_to_id and {Side.DESK, Side.HANDLER} & event.sides_of(user):
        return Action.REPLY.label
    if event.status == Status.FILED:
        return Action.ACCEPT.label
    if event.status == Status.HANDLING:
        return Action.RESOLVE.label if is_handler(event, user) else Action.ASSIGN.label
    if event.status == Status.RESOLVED:
        return _("to check")
    return ""


def persists(event: Event, steps: Iterable[Step]) -> bool:
    """Whether somebody has reported the same since it was resolved, which who checks it should know."""
    steps = list(steps)
    released = {step.details["released"]["id"] for step in steps if "released" in step.details}
    return event.status == Status.RESOLVED and any(
        step.persists and step.round == event.round and step.details["merged"]["id"] not in released for step in steps
    )


def is_handler(event: Event, user: User) -> bool:
    """Whether the case was given to this person, alone or together, or to an organisation that they represent."""
    represented = [organisation.pk for organisation in user.joint_organisations]
    return user.pk in (event.handler_id, event.partner_id) or event.organisation_id in represented


def awaited(event: Event, handler: User | Organisation | None) -> str:
    """Who is to act next, in a sentence; `handler` is None when nobody handles it or they have left."""
    holder = {"holder": place(event.holder)}
    match event.status:
        case Status.FILED:
            return _("Waiting for %(holder)s to accept it.") % holder
        case Status.HANDLING if handler:
            return _("Waiting for %(handler)s to resolve it.") % {"handler": handler}
        case Status.HANDLING:
            return _("Waiting for %(holder)s to assign or resolve it.") % holder
        case Status.RESOLVED:
            return _("Waiting for %(checker)s to check it.") % {"checker": place(event.checker)}
        case Status.SUSPENDED:
            return _("Suspended until %(date)s; then it goes on by itself.") % {"date": event.suspended_until}
        case Status.MERGED:
            return _("This case goes on in the one that it was merged into.")
        case Status.CLOSED:
            return _("This case is closed; nothing is left to do.")
        case Status.VOIDED:
            return _("This case was voided; nothing is left to do.")
        case _other:
            return _("Nothing is to be done now.")


def stations(event: Event, steps: list[Step]) -> list[dict]:
    """The four loops: where it started, where it passed, where it is, and when it came there."""
    came = {step.to_loop: step for step in steps if step.from_loop != step.to_loop}
    start, now = LOOPS.index(event.start_loop), LOOPS.index(event.loop)
    passed = []
    for index, loop in enumerate(LOOPS):
        step = came.get(loop)
        passed.append(
            {
                "label": loop.label,
                "is_now": index == now,
                "is_passed": step is not None and index != now,
                "is_start": index == start,
                "is_below": index < start,
                "step": step,
            }
        )
    return passed
