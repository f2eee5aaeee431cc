"""What stood at the beginning of each day, kept for streets, districts and cities."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from events.drafts import Draft
from events.figures.days import DAY, midnight
from events.figures.standing import LEVELS_IN_WIDTH, LOWEST_KEPT, STOCKS, everywhere
from events.models import Standing
from grids.models import Grid, GridChange, Level
from grids.moments import aware_now
from grids.tree import WIDTHS, ancestor_codes, level_of

DAYS_BACK = 8  # what pages compare with
# Who acted just before midnight has committed by then.
SETTLED_AFTER = timedelta(minutes=5)


@transaction.atomic
def keep_standings(*, at: datetime | None = None, days: int = DAYS_BACK) -> int:
    """Keep what is missing of today and the days before; how many rows that were.

    So an outage, a grid that is new and a reorganisation are made up for; safe to run twice and beside itself. A
    reorganisation waits until it is done: else it could keep what it has counted where the cases were before.
    """
    at = aware_now(at)
    Grid.objects.lock_cities(Grid.objects.filter(level=Level.CITY).values_list("code", flat=True))
    last = timezone.localdate(at - SETTLED_AFTER)
    wanted = [last - back * DAY for back in range(days)]
    grids = dict(Grid.objects.active().filter(level__lte=LOWEST_KEPT).values_list("pk", "code"))
    kept = set(Standing.objects.filter(day__in=wanted).values_list("grid", "day"))
    return sum(_keep(day, {pk: code for pk, code in grids.items() if (pk, day) not in kept}) for day in wanted)


def _keep(day: date, missing: dict[int, str]) -> int:
    if not missing:
        return 0
    stood, nothing = dict(everywhere(midnight(day))), dict.fromkeys(STOCKS, 0)
    rows = [Standing(grid_id=pk, day=day, **nothing | stood.get(code, {})) for pk, code in missing.items()]
    Standing.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def forget_standings(
    *, change: GridChange, successors: list[Grid], moved: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    """After a reorganisation: of the grids that cases left or came to, so that they are counted again."""
    ways = [(old, new) for (old, _), (new, _) in moved]
    if change.grid.retired_at and successors:
        ways.append((change.grid.lft, successors[0].lft))
    _forget((_code(old), _code(new)) for old, new in ways)


def forget_standings_of(drafts: Iterable[Draft]) -> None:
    """The same of cases that open again, and take the place of the grid that continues theirs."""
    _forget((place["from"][1], place["to"][1]) for draft in drafts if (place := draft.details.get("place")))


def _forget(ways: Iterable[tuple[str, str]]) -> None:
    """Of all that is above one of the two grids and not above the other."""
    touched = set().union(*(_upwards(old) ^ _upwards(new) for old, new in ways))
    if touched:
        Standing.objects.filter(grid__code__in=touched).delete()


def _code(lft: int) -> str:
    """The code of the grid that begins there."""
    return str(lft // WIDTHS[lft % LEVELS_IN_WIDTH])


def _upwards(own: str) -> set[str]:
    """The codes from the grid up to its city, of the levels whose standings are kept."""
    return {code for code in (own, *ancestor_codes(own)) if level_of(code) <= LOWEST_KEPT}
