"""Whatever happens to cases and grids, folded at whatever moment: tallies sum up to the cases, and so do figures."""

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.audit.tallies import tally_problems
from events.exceptions import ActionRefused
from events.figures.counting import Counts, counts
from events.figures.measures import MEASURES, PROFILE, Day
from events.figures.scope import Scope
from events.figures.tallies import profile_of
from events.models import Category, Event, offices
from events.services import act, file_event, fold_tallies, partner_candidates, rebuild_tallies
from events.workflow import Rating, open_moves, sides
from grids.models import Grid, User
from grids.tree import WIDTHS
from tests.events.test_reorganisation_invariants import Undo, Years, city
from tests.factories import make_category

pytestmark = pytest.mark.django_db

__all__ = ["city"]  # a fixture

CHAOS = ("move", "merge", "split", "retire", "create", *["file"] * 3, *["act"] * 6, "sweep", "sweep", "fold", "fold",
         "rebuild")  # fmt: skip
TOLD = ("comment", "urge", "ask", "answer")  # no figure asks for them
BY = ("", "child", "day", "status", "top_loop", "is_late")


class Counted(Years):
    """A small city whose cases are counted."""

    def happen(self, what: str = "") -> None:
        super().happen(what or self.draw(st.sampled_from(CHAOS), "what"))

    def file(self) -> None:
        reporter = User.objects.get(pk=self.draw(st.sampled_from(self.people), "reporter").pk)
        category = self.category if self.draw(st.integers(0, 4), "no clue") else clue()
        file_event(actor=reporter, category=category, grid=self.pick("where"), title="随机", at=self.now)

    def act(self) -> None:
        able = []
        for event in Event.objects.with_related().order_by("-pk")[:4]:
            for person in User.objects.all():
                moves = open_moves(event.case(self.now), sides(event.case(self.now), person.pk, offices(person)))
                able += [(event, person, move.action) for move in moves if move.action not in TOLD]
        if able:
            self.take(*self.draw(st.sampled_from(able), "who does what"))

    def take(self, event: Event, person: User, action: str) -> None:
        until = timezone.localdate(self.now) + timedelta(days=self.draw(st.integers(1, 9), "days"))
        given = {"reason": "因", "note": "果", "handler": person, "until": until, "rating": self.rating()}
        given["into"] = Event.objects.open().exclude(pk=event.pk).first() if action == "merge" else None
        given["partner"] = partner_candidates(event).first()
        with suppress(ActionRefused):
            act(event=event, actor=person, action=action, at=self.now, **given)

    def rating(self) -> str:
        return self.draw(st.sampled_from(Rating.values), "rating")

    def fold(self) -> None:
        fold_tallies(at=self.now)

    def rebuild(self) -> None:
        rebuild_tallies(at=self.now)

    def check(self) -> None:
        assert list(tally_problems()) == []
        for _turn in range(3):
            scope, by = self.scope(), self.draw(st.sampled_from(BY), "by")
            by = () if not by or (by == "child" and scope.grid.is_leaf_node()) else (by,)
            measures = list(MEASURES.values())
            assert counts(scope, measures, self.now, *by) == plainly(scope, by, self.now)

    def scope(self) -> Scope:
        today = timezone.localdate(self.now)
        days = [None, *(today - timedelta(days=days) for days in (0, 3, 20, 40, 75))]
        grid = self.draw(st.sampled_from(list(Grid.objects.order_by("level", "pk"))), "of what")
        return Scope(grid, self.draw(st.sampled_from(days), "since"), self.draw(st.sampled_from(days), "until"))


def clue() -> Category:
    return Category.objects.filter(is_confidential=True).first() or make_category("线索", is_confidential=True)


def plainly(scope: Scope, by: tuple[str, ...], at) -> dict[tuple, Counts]:
    """The same by going through the cases one by one."""
    found: dict[tuple, Counter] = defaultdict(Counter)
    for measure in MEASURES.values():
        for event in Event.objects.profiled().filter(scope.condition(measure.day), measure.at(at)):
            number = getattr(event, measure.weight) if measure.weight else 1
            found[tuple(column(event, name, scope, measure.day) for name in by)][measure.name] += number
    if not by:
        found[()] += Counter()
    filled = {key: {name: numbers[name] for name in MEASURES} for key, numbers in found.items()}
    return {key: row for key, row in filled.items() if not by or any(row.values())}


def column(event: Event, name: str, scope: Scope, day: Day):
    if name == "child":
        return str(event.position // WIDTHS[scope.grid.level + 1])
    if name == "day":
        return timezone.localdate(event.filed_at if day == Day.FILED else event.closed_at)
    return profile_of(event)[PROFILE.index(name)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_the_tallies_sum_up_to_the_cases(city, data):
    try:
        with transaction.atomic():
            years = Counted(*city, data.draw)
            for _turn in range(data.draw(st.integers(1, 16), "turns")):
                years.happen()
            years.check()
            years.fold()
            years.check()
            raise Undo
    except Undo:
        pass
