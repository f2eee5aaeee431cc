"""How many cases stood open, overdue or due at a past moment: what the last step of each before it tells.

No index is there for this alone. `candidates` finds the cases by those of the lists: the open ones, those closed since
(`event_closed_public`), and those that ended otherwise (`event_state_newest`); of each, the steps come by
`step_follows_once`. A city of a million cases still takes some hundred milliseconds, so `services.keep_standings` keeps
what stood at the beginning of each day.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone

from events.figures.counting import Counts
from events.figures.days import midnight
from events.figures.measures import DUE_TODAY, OPEN_NOW, OVERDUE, Day, is_due_today, is_over
from events.figures.scope import Scope
from events.models import Event, Standing, Step
from events.workflow import OPEN, Status
from grids import tree
from grids.models import Level

# Measures of what there is at a moment, not of what came or went in a period.
STOCKS = {measure.name: measure for measure in (OPEN_NOW, OVERDUE, DUE_TODAY)}
LOWEST_KEPT = Level.STREET
LEVELS_IN_WIDTH = 12  # an interval begins at twelve times a number, plus the level


def standing(scope: Scope, at: datetime) -> Counts:
    """How many stood open, overdue, and due from then until the end of that day here.

    At the beginning of a day what was kept; at any other moment, of a narrowed scope or a small grid, counted.
    """
    return _kept(scope, at) or _stood(scope, at).aggregate(**_aggregates(at))


def standing_below(scope: Scope, at: datetime) -> dict[str, Counts]:
    """The same of each grid one level down, by its code as `counts` gives it; where nothing stood there is no entry."""
    width = tree.WIDTHS[scope.grid.level + 1]
    rows = _stood(scope, at).values(part=_part(width)).annotate(**_aggregates(at))
    return {str(row["part"]): {name: row[name] for name in STOCKS} for row in rows}


def stood(figure: str, at: datetime) -> Q:
    """The condition of exactly the cases that `standing` counts under this name, for a list of them."""
    last = Step.objects.filter(_last(at), _due(figure, at, "due_at"), event=OuterRef("pk"))
    later = Step.objects.filter(event=OuterRef("event"), ordinal__gt=OuterRef("ordinal"), at__lte=at)
    return candidates(at) & Q(Exists(last.filter(~Exists(later))), is_confidential=False)


def candidates(at: datetime) -> Q:
    """All cases that may have stood open then, by what their rows tell now.

    A closed one was closed for the last time at `closed_at`; of a voided or merged one the steps have to tell.
    """
    ended_since = Q(status=Status.CLOSED, closed_at__gt=at) | Q(status__in=[Status.VOIDED, Status.MERGED])
    return Q(filed_at__lte=at) & (Q(status__in=sorted(OPEN)) | ended_since)


def everywhere(at: datetime) -> Iterator[tuple[str, Counter]]:
    """What stood then in every city, district and street that has any of it: its code and its counts, in one query."""
    depth = tree.whole(F("position"), Combinable.MOD, LEVELS_IN_WIDTH)
    grouped = _last_steps(Event.objects.filter(is_confidential=False), at)
    grouped = grouped.values(part=_part(tree.WIDTHS[LOWEST_KEPT]), depth=depth)
    found: dict[str, Counter] = {}
    for row in grouped.annotate(**_aggregates(at)):
        counts = Counter({name: row[name] for name in STOCKS})
        # A case on a district itself lies in no street, whatever its place begins with.
        for level in range(min(row["depth"], LOWEST_KEPT) + 1):
            code = str(row["part"])[: tree.DIGITS[level]]
            found[code] = found.get(code, Counter()) + counts
    yield from found.items()


def _kept(scope: Scope, at: datetime) -> Counts | None:
    day = timezone.localdate(at)
    if scope.grid.level > LOWEST_KEPT or scope.is_narrowed or scope.since or scope.until or at != midnight(day):
        return None
    return Standing.objects.filter(grid=scope.grid, day=day).values(*STOCKS).first()


def _stood(scope: Scope, at: datetime) -> QuerySet[Event]:
    return _last_steps(Event.objects.filter(scope.condition(Day.FILED)), at)


def _last_steps(events: QuerySet[Event], at: datetime) -> QuerySet[Event]:
    """Those that stood open, each with the step that tells so as `last`.

    By the ordinal: two that act at one moment may have read the clock in the other order.
    """
    later = Step.objects.filter(event=OuterRef("pk"), ordinal__gt=OuterRef("last__ordinal"), at__lte=at)
    last = FilteredRelation("steps", condition=_last(at, "steps__"))
    return events.alias(last=last).filter(candidates(at), ~Exists(later), last__isnull=False).order_by()


def _last(at: datetime, way: str = "") -> Q:
    return Q(**{f"{way}at__lte": at, f"{way}to_status__in": sorted(OPEN)})


def _aggregates(at: datetime) -> dict[str, Count]:
    conditions = {name: _due(name, at, "last__due_at") for name in STOCKS}
    return {name: Count("pk", filter=condition) if condition else Count("pk") for name, condition in conditions.items()}


def _due(figure: str, at: datetime, due: str) -> Q:
    match figure:
        case OVERDUE.name:
            return is_over(at, due)
        case DUE_TODAY.name:
            return is_due_today(at, due)
        case _open:
            return Q()


def _part(width: int):
    return tree.whole(F("position"), Combinable.DIV, width)


def open_by_day(scope: Scope, days: Iterable[date]) -> dict[date, int]:
    """How many stood open as each of these days began: what was kept, and counted where nothing was."""
    days = list(days)
    kept = {}
    if not (scope.is_narrowed or scope.since or scope.until):
        rows = Standing.objects.filter(grid=scope.grid, day__in=days)
        kept = dict(rows.values_list("day", OPEN_NOW.name))
    return {day: kept[day] if day in kept else standing(scope, midnight(day))[OPEN_NOW.name] for day in days}
