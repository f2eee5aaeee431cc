"""Which cases a figure is about: a place, a period, a category, an organisation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from events.figures.days import DAY, midnight
from events.figures.measures import Day, Measure
from events.indicators import Indicator
from events.models import Category
from grids.models import Grid, Organisation


@dataclass(frozen=True)
class Scope:
    """The subtree of a grid; whole days here from `since` to `until`, both included, None without end.

    `categories` is what `category` of the address stands for: one minor, or all of a major.
    """

    grid: Grid
    since: date | None = None
    until: date | None = None
    category: str = ""
    categories: tuple[Category, ...] = ()
    organisation: Organisation | None = None

    def of(self, grid: Grid) -> "Scope":
        """The same of another grid."""
        return replace(self, grid=grid)

    def during(self, since: date | None, until: date | None) -> "Scope":
        """The same of another period."""
        return replace(self, since=since, until=until)

    def about(self, category: str) -> "Scope":
        """The same of another category, for its link; what it stands for is not looked up."""
        return replace(self, category=category)

    def handled_by(self, organisation: Organisation) -> "Scope":
        """The same of what an organisation handles."""
        return replace(self, organisation=organisation)

    @property
    def is_narrowed(self) -> bool:
        """Whether more is asked than place and period, which is all that tallies know."""
        return bool(self.categories or self.organisation)

    def condition(self, day: Day) -> Q:
        """Which rows of `Event` are inside; never a confidential one."""
        found = Q(position__range=(self.grid.lft, self.grid.rght), is_confidential=False) & self.days(day)
        if self.categories:
            found &= Q(category__in=self.categories)
        if self.organisation:
            found &= Q(organisation=self.organisation)
        return found

    def days(self, day: Day) -> Q:
        """Which rows of `Event` are inside by their time alone."""
        found = Q()
        if self.since:
            found &= Q(**{f"{day}_at__gte": midnight(self.since)})
        if self.until:
            found &= Q(**{f"{day}_at__lt": midnight(self.until + DAY)})
        return found

    def query(self) -> dict[str, str]:
        """As the address of a list says it, without the grid."""
        given = {
            "former": self.grid.retired_at and "true",  # else its code leads on to what took its place
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "category": self.category,
            "organisation": self.organisation and str(self.organisation.pk),
        }
        return {name: value for name, value in given.items() if value}

    def link(self, figure: Measure | Indicator, **further: str | date) -> str:
        """The list of exactly the cases that the figure counts here; `further` narrows it by more filters."""
        more = f"&{urlencode(further)}" if further else ""
        return f"{self._list}?figure={figure.name}&{self._cases}{more}"

    @cached_property
    def _list(self) -> str:
        return reverse("event_list")

    @cached_property
    def _cases(self) -> str:
        """What its links have in common, put together once: a page has hundreds of them."""
        return urlencode({"grid": self.grid.code} | self.query())

    def links(self, measure: Measure, periods: Iterable[tuple[date, date]]) -> list[str]:
        """As `link`, of each of many periods: put together once, for a year has many days."""
        whole = self.during(None, None).link(measure)
        return [f"{whole}&since={first.isoformat()}&until={last.isoformat()}" for first, last in periods]
