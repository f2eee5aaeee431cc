"""What the tallies are made of and how figures read them: where a case is counted, and which rows sum up a scope."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import BigIntegerField, Case, Count, DateField, F, Q, QuerySet, When
from django.db.models.functions import Cast, TruncDate, TruncMonth
from django.utils import timezone

from events.figures.days import DAY, next_month
from events.figures.measures import PROFILE, Day
from events.figures.scope import Scope
from events.models import Event, Grain, Tally
from grids.models import Grid, Level
from grids.tree import DIGITS, WIDTHS, whole

Key = tuple  # one row of the tallies without grain and count: the columns of KEY
KEY = ("code", "dated_by", "day", *PROFILE)
LEVELS = (Level.CITY, Level.DISTRICT, Level.STREET)  # of which there are folded rows
FOLDED = (Grain.DAY, Grain.MONTH)


def keys_of(event: Event) -> list[Key]:
    """Where the case is counted: in its street, on the day when it was filed and on that when it was closed.

    What arose directly on a district or city is counted as of a street without a name, 150105000, so that the codes of
    streets begin with the code of what is above them, too.
    """
    if event.is_confidential:
        return []
    street, profile = event.position // WIDTHS[Level.STREET], profile_of(event)
    days = {Day.FILED: event.filed_at, Day.CLOSED: event.closed_at}
    return [(street, dated_by.value, timezone.localdate(at), *profile) for dated_by, at in days.items() if at]


def profile_of(event: Event) -> tuple:
    """The columns of PROFILE, as `EventQuerySet.profiled` has them."""
    asked = {"is_accepted": event.accepted_at is not None, "is_late": event.late_at is not None}
    return tuple(asked[name] if name in asked else getattr(event, name) for name in PROFILE)


def rolled_up(key: Key) -> Iterator[tuple]:
    """The folded rows, as grain and key, that an entry of a street goes into."""
    street, dated_by, day, *profile = key
    for code in (street // _room(level) for level in LEVELS):
        yield Grain.DAY, code, dated_by, day, *profile
        yield Grain.MONTH, code, dated_by, day.replace(day=1), *profile


# The same by SQL, for many cases at once.


def cases_by_key(
    dated_by: str, *, level: int = Level.STREET, grain: str = Grain.DAY, shift: int = 0, events: QuerySet | None = None
) -> QuerySet:
    """How many cases there are of each key, as the folded rows of that level and grain are to have it.

    With a `shift` also the code that each had before the grids were moved by so much, as `was`.
    """
    events = Event.objects.all() if events is None else events
    counted = events.profiled().filter(**{f"{dated_by}_at__isnull": False, "is_confidential": False}).order_by()
    day = TruncDate(f"{dated_by}_at") if grain == Grain.DAY else _month(f"{dated_by}_at")
    columns = {"k_code": whole(F("position"), "/", WIDTHS[level]), "k_day": day}
    if shift:
        columns["k_was"] = whole(F("position") - shift, "/", WIDTHS[level])
    return counted.values(**columns, **_profile_columns()).annotate(n=Count("pk"))


def key_of(row: dict, dated_by: str, code: str = "k_code") -> Key:
    """The key of one row of `cases_by_key`."""
    return row[code], str(dated_by), row["k_day"], *(row[f"k_{name}"] for name in PROFILE)


def tallies_by_key(dated_by: str, *, level: int, grain: str) -> QuerySet:
    """The rows that must sum up to `cases_by_key`: the folded ones, and the entries that are still to be folded."""
    folded = Q(grain=grain, code__range=codes_inside("", level))
    rows = Tally.objects.filter(folded | Q(grain=Grain.ENTRY), dated_by=dated_by).order_by()
    day = F("day") if grain == Grain.DAY else _month("day")
    return rows.values(k_code=_code_at(level), k_day=day, **_profile_columns())


def _code_at(level: int) -> Case:
    """The code of that level which a row counts for: folded rows have it, entries that of their street."""
    entered = whole(F("code"), "/", _room(level))
    return Case(When(grain=Grain.ENTRY, then=entered), default=F("code"), output_field=BigIntegerField())


def _month(field: str) -> Cast:
    """As a date: PostgreSQL truncates to a time."""
    return Cast(TruncMonth(field), DateField())


def _profile_columns() -> dict[str, F]:
    return {f"k_{name}": F(name) for name in PROFILE}


def codes_inside(code: str, level: int) -> tuple[int, int]:
    """The first and last number of that level's digits that begins with the code."""
    room = 10 ** (DIGITS[level] - len(code))
    return (int(code) * room, int(code) * room + room - 1) if code else (room // 10, room - 1)


def _room(level: int) -> int:
    """How many streets the codes of a level have room for."""
    return 10 ** (DIGITS[Level.STREET] - DIGITS[level])


# Reading


def answers(scope: Scope, by: Sequence[str]) -> bool:
    """Whether the tallies know all that is asked: place and period, down to streets, and columns of PROFILE."""
    lowest = Level.DISTRICT if "child" in by else Level.STREET
    return not scope.is_narrowed and set(by) <= {"child", "day", *PROFILE} and scope.grid.level <= lowest


def rows_of(scope: Scope, dated_by: str, by: Sequence[str]) -> QuerySet:
    """The fewest rows that sum up the scope: whole months, the days at the edges, and what is not folded yet.

    One statement, so that a fold is seen wholly or not at all.
    """
    grid, since, until = scope.grid, scope.since, scope.until
    chosen = Q(grain=Grain.ENTRY, code__range=codes_inside(grid.code, Level.STREET)) & _between(since, until)
    codes = Q(code__in=_child_codes(grid)) if "child" in by else Q(code=int(grid.code))
    for grain, *days in [(Grain.DAY, since, until)] if "day" in by else stretches(since, until):
        chosen |= Q(grain=grain) & codes & _between(*days)
    return Tally.objects.filter(chosen, dated_by=dated_by).order_by()


def child_code(grid: Grid) -> Case:
    """The code directly below the grid that a row counts for."""
    return _code_at(grid.level + 1)


def _child_codes(grid: Grid) -> list[int]:
    """Of all below it, also those out of use, and of what arose on the grid itself."""
    below = Grid.objects.filter(parent=grid).order_by().values_list("code", flat=True)
    return [codes_inside(grid.code, grid.level + 1)[0], *map(int, below)]


def stretches(since: date | None, until: date | None) -> Iterator[tuple[str, date | None, date | None]]:
    """The period as whole months, each by its first day, and the days before and after them; None without end."""
    after = until and until + DAY
    first = since and (since if since.day == 1 else next_month(since))
    end = after and after.replace(day=1)  # the first day behind the last whole month
    if first and end and first >= end:
        yield Grain.DAY, since, until
        return
    yield Grain.MONTH, first, end and end - DAY
    if since and since < first:
        yield Grain.DAY, since, first - DAY
    if until and end <= until:
        yield Grain.DAY, end, until


def _between(since: date | None, until: date | None) -> Q:
    return (Q(day__gte=since) if since else Q()) & (Q(day__lte=until) if until else Q())
