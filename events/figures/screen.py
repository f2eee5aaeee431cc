"""What the wall of a command centre shows of a grid: numbers, and no more of a case than its kind and community.

No titles and no people: whoever walks past may read it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from events.figures import loops
from events.figures import measures as m
from events.figures.charts import Chart, sankey, trend
from events.figures.counting import Counts, counts, totals
from events.figures.days import DAY, Span
from events.figures.measures import Day
from events.figures.scope import Scope
from events.figures.showing import rate_text
from events.hot_spots import find_hot_spots
from events.indicators import ON_TIME, SATISFACTION, measures_of, weights
from events.models import Event
from events.wording import show_times
from events.workflow import LOOPS
from grids.models import Grid, Level, load_ancestors
from grids.tree import community_code

DAYS = 30  # of rates and pictures; what is open is counted whatever its age
OVERDUE_SHOWN = 60
HOT_SPOTS_SHOWN = 12
RATES = (ON_TIME, SATISFACTION)


@dataclass(frozen=True)
class Number:
    """One of the large numbers; `tone` is the colour of one that calls for attention."""

    title: str | Promise
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Child:
    """A grid below: how many are open there and overdue, as shares of the most in any, and its rate."""

    name: str
    open: int
    overdue: int
    on_time: str
    open_share: int
    overdue_share: int


@dataclass(frozen=True)
class OverdueCase:
    number: str
    category: str
    community: str
    loop: str
    late: str


def screen(grid: Grid, at: datetime) -> dict:
    """All of it, with a number of queries that no number of cases changes."""
    today = timezone.localdate(at)
    scope = Scope(grid)
    period = scope.during(today - (DAYS - 1) * DAY, today)
    return {
        "grid": grid,
        "at": at,
        "days": DAYS,
        "numbers": _numbers(scope, period, at),
        "loops": _loops(period, at),
        "trend": _trend(period, at),
        "children": _children(scope, period, at) if grid.level < Level.COMMUNITY else [],
        "hot_spots": find_hot_spots(Event.objects.inside(grid), at)[:HOT_SPOTS_SHOWN],
        "overdue": _overdue(scope, at),
    }


def _numbers(scope: Scope, period: Scope, at: datetime) -> list[Number]:
    today = timezone.localdate(at)
    stock = totals(scope, [m.OPEN_NOW, m.OVERDUE, m.DUE_TODAY], at)
    flow = totals(scope.during(today, today), [m.RECEIVED, m.SETTLED], at)
    lately, given = totals(period, measures_of(RATES), at), weights()
    return [
        Number(m.OPEN_NOW.title, str(stock["open"])),
        Number(m.OVERDUE.title, str(stock["overdue"]), "late" if stock["overdue"] else ""),
        Number(_("Due today"), str(stock["due_today"]), "soon"),
        Number(_("Filed today"), str(flow["received"])),
        Number(_("Closed today"), str(flow["settled"]), "good"),
        *(Number(rate.title, rate_text(rate.value(lately, given))) for rate in RATES),
    ]


def _loops(period: Scope, at: datetime) -> Chart:
    """Where the cases were filed, how high they climbed, and what became of them."""
    rows = counts(period, [m.RECEIVED], at, *loops.BY[:-1])
    found = ((kind, row[m.RECEIVED.name]) for kind, row in rows.items())
    title = _("Where cases of the last %(days)s days went") % {"days": DAYS}
    colours = dict(zip((end.title for end in loops.ENDS), ("good", "open", "other"), strict=True))
    for place, loop in enumerate(LOOPS, start=2):
        colours |= {loops.filed(loop): str(place), loops.reached(loop): str(place)}
    return sankey("loops", title, loops.flows(found), colours=colours)


def _trend(period: Scope, at: datetime) -> Chart:
    found = counts(period, [m.RECEIVED, m.SETTLED], at, "day")
    days = list(Span(period.since, period.until).days)
    series = {
        title: [found.get((day,), {}).get(measure.name, 0) for day in days]
        for title, measure in ((_("filed"), m.RECEIVED), (_("closed"), m.SETTLED))
    }
    title = _("Filed and closed, last %(days)s days") % {"days": DAYS}
    return trend("trend", title, days, series, colours={_("closed"): "good"})


def _children(scope: Scope, period: Scope, at: datetime) -> list[Child]:
    """Those below in order of their codes: they stand side by side, in no ranking."""
    stock = counts(scope, [m.OPEN_NOW, m.OVERDUE], at, "child")
    lately = counts(period, measures_of([ON_TIME]), at, "child")
    most = max((counted["open"] for counted in stock.values()), default=0) or 1
    none = {measure.name: 0 for measure in (m.OPEN_NOW, m.OVERDUE, *ON_TIME.measures)}
    children = Grid.objects.active().filter(parent=scope.grid).order_by("lft")
    return [_child(grid, none | stock.get((grid.code,), {}), lately.get((grid.code,), none), most) for grid in children]


def _child(grid: Grid, stock: Counts, lately: Counts, most: int) -> Child:
    shares = [round(100 * stock[name] / most) for name in ("open", "overdue")]
    return Child(grid.name, stock["open"], stock["overdue"], rate_text(ON_TIME.value(lately, {})), *shares)


def _overdue(scope: Scope, at: datetime) -> list[OverdueCase]:
    """The worst first."""
    events = Event.objects.filter(scope.condition(Day.FILED)).overdue(at).select_related("category", "grid")
    events = list(events.order_by("due_at", "pk")[:OVERDUE_SHOWN])
    codes = {event.pk: community_code(event.grid.code) or event.grid.code for event in events}
    places = Grid.objects.in_bulk(set(codes.values()), field_name="code")
    load_ancestors(places.values())
    show_times(events, at)
    return [
        OverdueCase(
            event.number,
            event.category.minor,
            places[codes[event.pk]].full_name,
            event.get_loop_display(),
            event.time_left.words,
        )
        for event in events
    ]
