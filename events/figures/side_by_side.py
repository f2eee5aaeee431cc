"""Counts and rates of a scope beside those of its parts: grids one level down, organisations, months or categories."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.figures.counting import Counts, counts, totals
from events.figures.measures import MEASURES, RECEIVED, Measure
from events.figures.scope import Scope
from events.indicators import INDICATORS, Indicator, Weights
from events.models import Category
from grids.models import Grid, Level, Organisation

ALL = list(MEASURES.values())


class By(models.TextChoices):
    """What the parts are: each grid one level down, or each organisation, month or category that has cases."""

    NONE = "none", gettext_lazy("the sum alone")
    CHILD = "child", gettext_lazy("grids one level down")
    ORGANISATION = "organisation", gettext_lazy("organisations that handle cases")
    MONTH = "month", gettext_lazy("months")
    CATEGORY = "category", gettext_lazy("categories")


@dataclass(frozen=True)
class Row:
    """What is counted under one heading, and which cases these are."""

    key: str
    name: str
    counts: Counts
    scope: Scope
    is_direct: bool = False  # on the very grid of the scope, without what lies below

    def link(self, figure: Measure | Indicator) -> str:
        """The list of exactly the cases that the figure counts here."""
        return self.scope.link(figure, directly="true") if self.is_direct else self.scope.link(figure)

    def told(self, weights: Weights) -> dict[str, Any]:
        rates = {each.name: each.value(self.counts, weights) for each in INDICATORS.values()}
        return {
            "key": self.key,
            "name": self.name,
            "counts": self.counts,
            "rates": {name: None if rate is None else round(rate, 6) for name, rate in rates.items()},
            "cases_url": self.link(RECEIVED),
        }


def side_by_side(scope: Scope, by: str, at: datetime) -> tuple[Row, list[Row]]:
    """The sum, and beside it a row for each part."""
    rows = list(_ROWS[By(by)](scope, at))
    # Every case is in one part, so the sum need not be counted once more; but not all are handled by organisations.
    is_sum = rows and by != By.ORGANISATION
    counted = _summed(row.counts for row in rows) if is_sum else _all(totals(scope, ALL, at))
    return Row(scope.grid.code, scope.grid.name, counted, scope), rows


def _by_child(scope: Scope, at: datetime) -> Iterator[Row]:
    if scope.grid.level == Level.UNIT:
        return
    found = {code: each for (code,), each in counts(scope, ALL, at, "child").items()}
    for child in Grid.objects.filter(parent=scope.grid).order_by("lft"):
        given = found.pop(child.code, None)
        if given or not child.retired_at:
            yield Row(child.code, child.name, _all(given), scope.of(child))
    if found:  # what happened on none of them but on the grid itself
        yield Row(scope.grid.code, _("directly on this grid"), _summed(found.values()), scope, is_direct=True)


def _by_month(scope: Scope, at: datetime) -> Iterator[Row]:
    found: dict[str, list[Counts]] = {}
    for (day,), each in counts(scope, ALL, at, "day").items():
        if day:  # what is not closed has no day of closing
            found.setdefault(f"{day:%Y-%m}", []).append(each)
    today = timezone.localdate(at)
    since, until = scope.since, scope.until
    if since is None:
        if not found:
            return
        since = date.fromisoformat(f"{min(found)}-01")
        until = min(until or today, today)  # what nobody chose to begin is not drawn on into years without a case
    for first, last in months(since, until or max(today, since)):
        key = f"{first:%Y-%m}"
        yield Row(key, key, _summed(found.get(key, ())), scope.during(first, last))


def months(since: date, until: date) -> Iterator[tuple[date, date]]:
    """The period cut at the beginnings of months; its ends may be parts of one."""
    while since <= until:
        following = (since.replace(day=1) + timedelta(days=31)).replace(day=1)
        yield since, min(following - timedelta(days=1), until)
        since = following


def _by_category(scope: Scope, at: datetime) -> Iterator[Row]:
    found = {key: each for (key,), each in counts(scope, ALL, at, "category").items()}
    for category in Category.objects.filter(pk__in=found).order_by("kind", "major", "pk"):
        own = replace(scope, category=str(category.pk), categories=(category,))
        yield Row(str(category.pk), str(category), _all(found[category.pk]), own)


def _by_organisation(scope: Scope, at: datetime) -> Iterator[Row]:
    found = {key: each for (key,), each in counts(scope, ALL, at, "organisation").items() if key}
    for organisation in Organisation.objects.filter(pk__in=found).order_by("position", "name"):
        own = replace(scope, organisation=organisation)
        yield Row(str(organisation.pk), organisation.name, _all(found[organisation.pk]), own)


_ROWS = {
    By.NONE: lambda scope, at: (),
    By.CHILD: _by_child,
    By.ORGANISATION: _by_organisation,
    By.MONTH: _by_month,
    By.CATEGORY: _by_category,
}


def _all(given: Counts | None) -> Counts:
    """With 0 for what was not counted."""
    return {each.name: (given or {}).get(each.name, 0) for each in ALL}


def _summed(rows: Iterable[Counts]) -> Counts:
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    return _all(total)
