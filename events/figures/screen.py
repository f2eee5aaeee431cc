"""What the wall of a command centre shows of a grid: numbers, and no more of a case than its kind and community.

No titles and no people: whoever walks past may read it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

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
from events.workflow import LOOPS, OPEN, Loop, Status
from grids.models import Grid, Level, load_ancestors
from grids.tree import community_code

DAYS = 30  # of rates and pictures; what is open is counted whatever its age
OVERDUE_SHOWN = 60
HOT_SPOTS_SHOWN = 12
RATES = (ON_TIME, SATISFACTION)
ENDS = (m.CLOSED.title, pgettext_lazy("chart", "still open"), pgettext_lazy("chart", "ended"))  # of cases


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
    due_at: datetime


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
    climbs, ends = Counter(), Counter()
    found = counts(period, [m.RECEIVED], at, "start_loop", "top_loop", "status")
    for (start, top, status), counted in found.items():
        climbs[LOOPS.index(top), LOOPS.index(start)] += counted["received"]
        ends[LOOPS.index(top), _end(status)] += counted["received"]
    # In this order the loops stand below each other on every wall alike, the lowest first.
    flows = [(_filed(LOOPS[start]), _reached(LOOPS[top]), climbs[top, start], "") for top, start in sorted(climbs)]
    flows += [(_reached(LOOPS[top]), str(ENDS[end]), ends[top, end], "") for top, end in sorted(ends)]
    title = _("Where cases of the last %(days)s days went") % {"days": DAYS}
    colours = dict(zip(ENDS, ("good", "open", "other"), strict=True))
    colours |= {name(loop): str(place) for place, loop in enumerate(LOOPS, start=2) for name in (_filed, _reached)}
    return sankey("loops", title, flows, colours=colours)


def _filed(loop: Loop) -> str:
    return _("filed: %(loop)s") % {"loop": loop.label}


def _reached(loop: Loop) -> str:
    return _("highest: %(loop)s") % {"loop": loop.label}


def _end(status: str) -> int:
    """Its place in `ENDS`."""
    if status == Status.CLOSED:
        return 0
    return 1 if status in OPEN else 2


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
    return [
        OverdueCase(
            event.number,
            event.category.minor,
            places[codes[event.pk]].full_name,
            event.get_loop_display(),
            event.due_at,
        )
        for event in events
    ]
