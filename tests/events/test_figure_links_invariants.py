"""Whatever happens to cases and grids: behind each figure of a page lie exactly the cases that it counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.figures.charts import Chart
from events.figures.dashboard import Dashboard
from events.figures.days import Points
from events.figures.measures import Measure
from events.figures.scope import Scope
from events.figures.showing import Figure
from events.figures.side_by_side import By, side_by_side
from events.filters import FIGURES, FilterForm
from events.indicators import INDICATORS, weights
from events.models import Category
from events.services import keep_standings
from grids.models import User
from tests.events.test_reorganisation_invariants import Undo
from tests.events.test_tally_invariants import Counted, city  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db


class Opened(Counted):
    """A small city whose figures are opened."""

    def check(self) -> None:
        user, scope = User.objects.get(is_superuser=True), self.scope()
        for figure in [
            *of_dashboard(scope, self.now),
            *of_table(scope, self.draw(st.sampled_from(By), "by"), self.now),
        ]:
            if figure.value:
                assert behind(figure, user, self.now) == figure.value, figure

    def scope(self) -> Scope:
        scope = super().scope()
        last = min(filter(None, [scope.until, timezone.localdate(self.now)]))
        scope = scope.during(min(scope.since or last - timedelta(days=29), last), last)
        chosen = self.draw(st.sampled_from([None, *Category.objects.order_by("pk")]), "category")
        return replace(scope, category=str(chosen.pk), categories=(chosen,)) if chosen else scope

    def sweep(self) -> None:
        super().sweep()
        keep_standings(at=self.now)


def of_dashboard(scope: Scope, at) -> Iterator[Figure]:
    shown = Dashboard(scope, at, points=Points.WEEK, categories=list(Category.objects.all()))
    for compared in shown.top:
        yield from (compared.figure, compared.before)
    yield from shown.ageing
    yield from shown.trend_totals
    for child in shown.children:
        yield from child.figures.values()
    for major, minors in shown.majors:
        yield from (major, *minors)
    for chart in (shown.flow, shown.trend, shown.treemap, shown.heat):
        yield from cells(chart)


def of_table(scope: Scope, by: By, at) -> Iterator[Figure]:
    total, rows = side_by_side(scope, by, at)
    for row in (total, *rows):
        for each in FIGURES.values():
            value = each.value(row.counts, weights()) if each.name in INDICATORS else row.counts[each.name]
            yield Figure(each.name, each.title, value, row.link(each), each.name in INDICATORS)


def cells(chart: Chart) -> Iterator[Figure]:
    for row in chart.rows:
        for cell in row:
            if cell.url:
                yield Figure(chart.key, cell.text, cell.value, cell.url)


def behind(figure: Figure, user: User, at):
    """The same from the list."""
    form = FilterForm(user, QueryDict(figure.url.partition("?")[2]))
    assert form.is_valid(), (figure, form.errors)
    asked, events = form.asked_figure, form.events(at)
    if isinstance(asked, Measure):
        return number(events, asked)
    found = {each.name: number(events.filter(each.at(at)), each) for each in asked.measures}
    return asked.value(found, weights())


def number(events, measure: Measure) -> int:
    return sum(getattr(event, measure.weight) for event in events) if measure.weight else events.count()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_figure_opens_its_cases(city, data):  # noqa: F811
    User.objects.get_or_create(is_superuser=True, defaults={"username": "root"})
    try:
        with transaction.atomic():
            years = Opened(*city, data.draw)
            for _turn in range(data.draw(st.integers(1, 14), "turns")):
                years.happen()
            years.check()
            raise Undo
    except Undo:
        pass
