"""What counts as closed implausibly fast, and the medians that it is compared with.

The rule, for a closed case that is no clue report:

- Its time is plain time by the clock on the wall, from the report until it was last resolved. Not from the acceptance:
  who accepts late and resolves at once may have worked in between. Not working time: nights and weekends then count
  for nothing, and who works on a Sunday would look too fast; with plain time everybody can check the sum.
- It is compared with the median of the same category in the same district, over the cases closed within a year; where
  fewer than `least_compared` were closed, there is nothing to compare with.
- It is listed when its time is below `share` per cent of that median, and in any case when it is below the floor. Where
  most of a category are closed in two minutes, the median says nothing; the floor still does.
- A case that was done again is measured from its report like any other, and so is hardly ever listed: a second pair of
  eyes has been on it already.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median
from typing import NamedTuple

from django.db import connection
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.expressions import Combinable

from events.models import Event, QuickRule
from events.workflow import Status
from grids import tree
from grids.models import Level

COMPARED = timedelta(days=365)


class Median(NamedTuple):
    """The middle of the times of so many cases."""

    time: timedelta | None
    compared: int


Medians = dict[tuple[int, int], Median]  # by the district's number and the category's key


class _Middle(Aggregate):
    """PostgreSQL's own; no other database of ours has one."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def closed_cases(begin: datetime, end: datetime) -> QuerySet[Event]:
    """The cases closed in this time, with their `time` and `district`; never a clue report."""
    cases = Event.objects.filter(
        status=Status.CLOSED, is_confidential=False, closed_at__gte=begin, closed_at__lt=end, resolved_at__isnull=False
    )
    time = ExpressionWrapper(F("resolved_at") - F("filed_at"), output_field=DurationField())
    return cases.annotate(time=time, district=tree.whole(F("position"), Combinable.DIV, tree.WIDTHS[Level.DISTRICT]))


def medians(at: datetime) -> Medians:
    """Of all categories in all districts, over the year before `at`."""
    cases = closed_cases(at - COMPARED, at).order_by()
    return dict(_grouped(cases) if connection.vendor == "postgresql" else _counted(cases))


def _grouped(cases: QuerySet[Event]) -> Iterator[tuple[tuple[int, int], Median]]:
    groups = cases.values("district", "category").annotate(middle=_Middle("time"), compared=Count("pk"))
    for district, category, middle, compared in groups.values_list("district", "category", "middle", "compared"):
        yield (district, category), Median(middle, compared)


def _counted(cases: QuerySet[Event]) -> Iterator[tuple[tuple[int, int], Median]]:
    """A row at a time in the order of the groups, with the times of one group in memory."""
    rows = cases.order_by("district", "category").values_list("district", "category", "time").iterator()
    for key, group in groupby(rows, key=lambda row: row[:2]):
        times = [time for *_key, time in group]
        yield key, Median(median(times), len(times))


@dataclass(frozen=True)
class Yardstick:
    """The rule as it is now, with the medians of now."""

    rule: QuickRule
    medians: Medians

    def median_of(self, district: int, category: int) -> Median:
        """Without a time where too few cases were closed; then only the floor counts."""
        found = self.medians.get((district, category), Median(timedelta(), 0))
        return found if found.compared >= self.rule.least_compared else Median(None, found.compared)

    def is_too_fast(self, time: timedelta, of_kind: Median) -> bool:
        if time < self.rule.floor:
            return True
        return of_kind.time is not None and 100 * time < self.rule.share * of_kind.time
