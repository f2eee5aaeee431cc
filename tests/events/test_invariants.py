"""Whatever people, clock and reorganisations do in whatever order, these things hold after each step."""

from contextlib import nullcontext, suppress
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import services
from events.audit import problems
from events.exceptions import ActionRefused
from events.explanations import explain
from events.history import digest, replay
from events.models import Event, Step, offices
from events.reckoning import reckon
from events.running import marks_of
from events.workflow import LOOPS, MAX_SEND_BACKS, Loop, Rating, open_moves, sides
from grids.models import Grid, Post, Role, User
from grids.services import appoint, end_post, move_grid
from tests.events.conftest import MONDAY
from tests.factories import Tree, make_category, make_tree, make_user

pytestmark = pytest.mark.django_db

RUNNING = ("filed", "handling", "resolved")
PLACES = ("unit", "building", "community", "street", "district", "city", "second_building", "other_community")
CHAOS = ("act", "act", "act", "act", "act", "sweep", "sweep", "appoint", "dismiss", "move")


class Undo(Exception):
    """Takes an example back out of the database."""


class Story:
    """A random staffing of the small city, one case, and what happens to it."""

    def __init__(self, tree: Tree, people: list[User], data: st.DataObject):
        self.tree, self.people, self.draw, self.now = tree, people, data.draw, MONDAY
        for _turn in range(self.draw(st.integers(0, 8), "posts")):
            self.appoint()
        appoint(actor=None, user=people[0], role=Role.STAFF, grid=tree.unit, at=MONDAY)
        loop = self.draw(st.sampled_from(Loop.values), "lowest loop")
        clue = self.draw(st.booleans(), "clue")
        category = make_category("甲", lowest_loop=loop, is_confidential=clue, limit=1, unit="emergency_hour")
        self.other, self.event = (
            services.file_event(
                actor=User.objects.get(pk=people[0].pk), category=category, grid=tree.unit, title=title, at=MONDAY
            )
            for title in ("同一件事", "随机")
        )

    def happen(self) -> None:
        self.now += timedelta(minutes=self.draw(st.integers(0, 90), "minutes"))
        getattr(self, self.draw(st.sampled_from(CHAOS), "what"))()
        self.event = Event.objects.with_related().get(pk=self.event.pk)

    def act(self) -> None:
        """Somebody takes a step that is open to them; nearly always somebody can."""
        able = []
        for person in User.objects.all():
            moves = open_moves(self.event.case(), sides(self.event.case(), person.pk, offices(person)))
            able += [(person, move.action) for move in moves if move.action != "comment"]
        if not able:
            return
        person, action = self.draw(st.sampled_from(able), "who does what")
        handler = services.handler_candidates(self.event).first()
        if action != "assign" or handler:
            until = timezone.localdate(self.now) + timedelta(days=self.draw(st.integers(1, 9), "days"))
            given = {"reason": "因", "note": "果", "handler": handler, "until": until, "into": self.other}
            given["partner"] = services.partner_candidates(self.event).first()
            given["rating"] = self.draw(st.sampled_from(Rating.values), "rating")
            given["outcome"] = self.draw(st.sampled_from(["", "unfixable"]), "outcome")
            # The other case may have ended by now, or be out of sight; the officer may handle it together already.
            with suppress(ValidationError) if action in ("merge", "join") else nullcontext():
                services.act(event=self.event, action=action, actor=person, at=self.now, **given)

    def refuse(self) -> None:
        person = self.draw(st.sampled_from(self.people), "who tries")
        with pytest.raises(ActionRefused):
            services.act(event=self.event, action="rehome", actor=person)

    def sweep(self) -> None:
        times = [self.event.wake_at, self.event.due_at, self.event.reply_wake_at]
        if times := [time for time in times if time]:
            self.now = max(self.now, self.draw(st.sampled_from(times), "until"))
        assert "postponed" not in services.sweep(at=self.now)

    def appoint(self) -> None:
        grid = getattr(self.tree, self.draw(st.sampled_from(PLACES), "where"))
        person = self.draw(st.sampled_from(self.people), "who")
        role = self.draw(st.sampled_from([Role.CHIEF, Role.STAFF, Role.POLICE, Role.OFFICIAL]), "role")
        if role != Role.CHIEF or not Post.objects.active().filter(grid=grid, role=role).exists():
            appoint(actor=None, user=person, role=role, grid=Grid.objects.get(pk=grid.pk), at=MONDAY)

    def dismiss(self) -> None:
        posts = list(Post.objects.active().select_related("user"))
        if posts:
            end_post(actor=None, post=self.draw(st.sampled_from(posts), "whose post"))

    def move(self) -> None:
        building = Grid.objects.select_related("parent").get(pk=self.tree.building.pk)
        other = {self.tree.community.pk: self.tree.other_community, self.tree.other_community.pk: self.tree.community}
        move_grid(actor=None, grid=building, new_parent=other[building.parent_id], at=self.now)

    def check(self) -> None:
        event, steps = self.event, list(Step.objects.select_related("event").filter(event=self.event))
        running = event.status in RUNNING
        assert {name: getattr(event, name) for name in replay(steps)} == replay(steps)
        assert [step.ordinal for step in steps] == list(range(1, len(steps) + 1))
        assert [step.previous_hash for step in steps] == ["", *[step.hash for step in steps[:-1]]]
        assert all(step.hash == digest(step, step.event.number) for step in steps)
        assert event.position == event.grid.lft
        if running:
            assert event.grid.code.startswith(event.holder.code)
            assert event.due_at
            assert event.wake_at or event.is_supervised
        assert event.status != "resolved" or event.grid.code.startswith(event.checker.code)
        assert (event.checker is None) == (event.status != "resolved")
        assert (event.wake_at is None) or running or event.status == "suspended"
        assert event.wake_at or event.status != "suspended"
        assert not list(problems())
        self.check_clock()
        assert LOOPS.index(event.loop) >= LOOPS.index(event.start_loop)
        assert event.send_backs <= MAX_SEND_BACKS
        climbs = [(step.from_loop, step.round) for step in steps if step.action == "escalate"]
        assert len(climbs) == len(set(climbs))
        into_closed = [step.action for step in steps if step.to_status == "closed" != step.from_status]
        assert set(into_closed) <= {"pass_check"}
        assert all(step.actor_id != before.actor_id for before, step in resolutions(steps))
        for step in steps:
            assert all(explain(step))

    def check_clock(self) -> None:
        """What the account counted sums up to the limit, without what was paused."""
        event = self.event
        marks = marks_of([event.pk])[event.pk]
        reckoning = reckon(event, marks, self.now)
        if event.status in RUNNING:
            assert reckoning.due_at == event.due_at
            assert reckoning.counted == reckoning.clock.limit.running(reckoning.clock.calendar)
        assert reckoning.clock.is_paused == (event.status == "suspended")


def resolutions(steps: list[Step]) -> list[tuple[Step, Step]]:
    """Each check by a person beside the resolution that it judged."""
    pairs, last = [], None
    for step in steps:
        if step.action == "resolve":
            last = step
        elif step.action in ("pass_check", "fail_check"):
            pairs.append((last, step))
    return pairs


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_a_case_stays_sound(city, data):
    tree, people = city
    try:
        with transaction.atomic():
            story = Story(tree, people, data)
            story.check()
            for _turn in range(data.draw(st.integers(1, 14), "turns")):
                story.happen()
                story.check()
            story.refuse()
            raise Undo
    except Undo:
        pass


@pytest.fixture
def city(db):
    return make_tree(), [make_user() for _turn in range(6)]
