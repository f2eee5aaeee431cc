"""Counts and rates of a scope beside those of its parts: grids one level down, organisations, months or categories."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.figures.counting import Counts, below, counts, summed, totals
from events.figures.days import Points, spans
from events.figures.measures import MEASURES, RECEIVED, Measure
from events.figures.scope import Scope
from events.indicators import INDICATORS, Indicator, Weights
from events.models import Category
from grids.models import Level, Organisation

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
    counted = summed((row.counts for row in rows), ALL) if is_sum else totals(scope, ALL, at)
    return Row(scope.grid.code, scope.grid.name, counted, scope), rows


def _by_child(scope: Scope, at: datetime) -> Iterator[Row]:
    if scope.grid.level == Level.UNIT:
        return
    found = {code: each for (code,), each in counts(scope, ALL, at, "child").items()}
    for code, child in below(scope.grid, found):
        if child:
            yield Row(code, child.name, found.get(code) or summed((), ALL), scope.of(child))
        else:
            yield Row(scope.grid.code, _("directly on this grid"), found[code], scope, is_direct=True)


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
    for first, last in spans(since, until or max(today, since), Points.MONTH):
        key = f"{first:%Y-%m}"
        yield Row(key, key, summed(found.get(key, ()), ALL), scope.during(first, last))


def _by_category(scope: Scope, at: datetime) -> Iterator[Row]:
    found = {key: each for (key,), each in counts(scope, ALL, at, "category").items()}
    for category in Category.objects.filter(pk__in=found).order_by("kind", "major", "pk"):
        own = replace(scope, category=str(category.pk), categories=(category,))
        yield Row(str(category.pk), str(category), found[category.pk], own)


def _by_organisation(scope: Scope, at: datetime) -> Iterator[Row]:
    found = {key: each for (key,), each in counts(scope, ALL, at, "organisation").items() if key}
    for organisation in Organisation.objects.filter(pk__in=found).order_by("position", "name"):
        own = replace(scope, organisation=organisation)
        yield Row(str(organisation.pk), organisation.name, found[organisation.pk], own)


_ROWS = {
    By.NONE: lambda scope, at: (),
    By.CHILD: _by_child,
    By.ORGANISATION: _by_organisation,
    By.MONTH: _by_month,
    By.CATEGORY: _by_category,
}
