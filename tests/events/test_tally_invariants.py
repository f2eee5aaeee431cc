"""Whatever happens to cases and grids, folded at whatever moment: tallies sum up to the cases, and so do figures."""

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
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
from events.models import Category, Event
from events.services import act, file_event, fold_tallies, rebuild_tallies
from events.workflow import Rating
from grids.models import Grid, Post, Role, User
from grids.tree import WIDTHS
from tests.events.test_reorganisation_invariants import Undo, Years
from tests.factories import make_category, make_post, make_service_levels, make_tree, make_user

pytestmark = pytest.mark.django_db

CHAOS = ("move", "merge", "split", "retire", "create", "file", *["act"] * 8, "sweep", "sweep", "fold", "fold",
         "rebuild")  # fmt: skip
# What may come next, so that many cases come to their end; much of it is refused.
NEXT = {
    "filed": ["accept", "accept", "accept", "escalate", "void", "merge"],
    "handling": ["resolve", "resolve", "resolve", "send_back", "escalate", "merge", "ask_suspend", "suspend"],
    "resolved": ["pass_check", "pass_check", "fail_check"],
    "closed": ["rate", "rate", "reopen"],
    "suspended": ["resume"],
    "merged": ["separate"],
}
UPPER = ("reopen", "suspend")
BY = ("", "child", "day", "status", "top_loop", "is_late")


class Counted(Years):
    """A small city whose cases are counted."""

    def __init__(self, people: list[User], category: Category, draw):
        super().__init__(people, category, draw)
        for _turn in range(3):
            self.happen("file")

    def happen(self, what: str = "") -> None:
        super().happen(what or self.draw(st.sampled_from(CHAOS), "what"))

    def file(self) -> None:
        """By who holds a post above all places."""
        reporter = User.objects.get(pk=self.people[-1].pk)
        category = self.category if self.draw(st.integers(0, 4), "no clue") else clue()
        file_event(actor=reporter, category=category, grid=self.pick("where"), title="随机", at=self.now)

    def act(self) -> None:
        """One step after the other of one case."""
        events = list(Event.objects.order_by("-pk")[:3])
        event = self.draw(st.sampled_from(events), "which") if events else None
        for _turn in range(self.draw(st.integers(1, 4), "steps")):
            if event and event.status in NEXT:
                with suppress(ActionRefused, ValidationError, IndexError):
                    event = self.step(event, self.draw(st.sampled_from(NEXT[event.status]), "action"))

    def step(self, event: Event, action: str) -> Event:
        rating = self.draw(st.sampled_from(Rating.values), "rating")
        into = Event.objects.open().exclude(pk=event.pk).first() if action == "merge" else None
        until = timezone.localdate(self.now) + timedelta(days=5)
        given = {"reason": "因", "note": "果", "until": until, "rating": rating, "into": into}
        return act(event=event, actor=self.actor(event, action), action=action, at=self.now, **given)

    def actor(self, event: Event, action: str) -> User:
        """Somebody whose post fits; IndexError where that is nobody."""
        if action == "rate":
            return User.objects.get(pk=event.reporter_id)
        posts = Post.objects.active().select_related("user").order_by("pk")
        if event.checker:
            return posts.filter(grid=event.checker).exclude(user=event.resolver)[:1][0].user
        places = event.holder.get_ancestors() if action in UPPER else [event.holder]
        return posts.filter(grid__in=places)[:1][0].user

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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_the_tallies_sum_up_to_the_cases(city, data):
    try:
        with transaction.atomic():
            years = Counted(*city, data.draw)
            for _turn in range(data.draw(st.integers(1, 14), "turns")):
                years.happen()
            years.check()
            years.fold()
            years.check()
            raise Undo
    except Undo:
        pass


@pytest.fixture
def city(db):
    """Every level has its desk, and who files stands at the top."""
    make_service_levels()
    tree, since = make_tree(), timezone.now() - timedelta(days=400)
    people = [make_user() for _turn in range(6)]
    for grid in (tree.unit, tree.building, tree.second_building, tree.community, tree.other_community):
        make_post(people[0], grid, at=since)
    for person, grid in zip(
        people[1:], (tree.building, tree.community, tree.street, tree.district, tree.city), strict=True
    ):
        make_post(person, grid, Role.CHIEF if grid == tree.building else Role.OFFICIAL, at=since)
    return people, make_category("随机", limit=1, unit="emergency_day")
