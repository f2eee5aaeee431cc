"""The demo: a made-up Saihan on real divisions, in which every desk has something to do."""

import re
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Max, Min, Sum
from django.test import TestCase
from django.utils import translation

from events import services
from events.demo.people import ACCOUNTS, HOME
from events.demo.places import COMMUNITY, DISTRICT, STREET
from events.hot_spots import hot_spots
from events.management.commands import load_demo
from events.models import Category, Event, Notice, QuickClosing, Sample, Step
from events.workflow import Action, Loop, Status
from grids.models import Grid, Level, Organisation, OrganisationKind, Post, Role, User
from tests.events.conftest import moment
from volunteers.models import MemberEnrolment

AT = moment("2025-11-20 10:30")  # a Thursday
STATES = set(Status) - {Status.SUSPENDED}


def load(**options) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("load_demo", stdout=out, **options)
    return out.getvalue()


class DemoTests(TestCase):
    """One load for all."""

    @classmethod
    def setUpTestData(cls):
        cls.callbacks_before = len(connection.run_on_commit)
        cls.said = load(at=AT.isoformat())
        cls.callbacks_after = len(connection.run_on_commit)

    def person(self, username: str) -> User:
        return User.objects.get(username=username)

    def test_it_says_what_it_loaded(self):
        assert f"{Grid.objects.count()} grids" in self.said
        assert f"{Event.objects.count()} cases" in self.said

    def test_the_divisions_are_real_and_the_buildings_marked_as_made_up(self):
        assert Grid.objects.filter(is_demo=False).count() == 1506
        assert 6500 < Grid.objects.count() < 7500
        made_up = Grid.objects.filter(is_demo=True)
        assert set(made_up.values_list("level", flat=True)) == {Level.BUILDING, Level.UNIT}
        assert not made_up.exclude(code__startswith="150105").exists()

    def test_a_building_has_the_households_of_its_units(self):
        buildings = Grid.objects.filter(level=Level.BUILDING).annotate(of_units=Sum("children__households"))
        assert {(grid.households - grid.of_units, grid.households > 0) for grid in buildings} == {(0, True)}

    def test_people_are_posted_at_every_level_from_every_source(self):
        active = Post.objects.active()
        assert set(active.values_list("grid__level", flat=True)) == set(Level) - {Level.UNIT}
        assert set(active.values_list("role", flat=True)) == set(Role)
        hired = active.exclude(role=Role.SECRETARY)  # these come with their branches
        assert hired.values("source").distinct().count() == 5
        assert not hired.filter(duties="").exists()

    def test_one_street_is_complete_and_elsewhere_chiefs_are_missing(self):
        lowest = Grid.objects.filter(level__in=(Level.COMMUNITY, Level.BUILDING))
        complete = lowest.filter(code__startswith=STREET)
        assert not complete.vacant().exists()
        assert complete.filter(posts__role=Role.STAFF).distinct().count() == complete.count()
        assert lowest.exclude(code__startswith=STREET).filter(level=Level.BUILDING).vacant().count() > 100

    def test_the_nine_accounts_log_in_and_nobody_else(self):
        accounts = settings.DEMO_ACCOUNTS
        assert all(authenticate(username=name, password="saihan-demo") for name in accounts)
        assert set(accounts) == {*ACCOUNTS, "member"}
        others = User.objects.exclude(username__in=accounts)
        assert others.count() > 1000
        assert not any(person.has_usable_password() for person in others)
        assert [user.username for user in User.objects.filter(is_superuser=True)] == ["admin"]

    def test_the_complete_street_has_organisations_that_say_that_they_are_made_up(self):
        organisations = Organisation.objects.active()
        assert set(organisations.values_list("kind", flat=True)) == set(OrganisationKind)
        assert all(one.is_demo and "示例" in one.name and one.grid_code.startswith(DISTRICT) for one in organisations)
        assert all(re.fullmatch("0471-0000[0-9]{3}", one.public_phone) for one in organisations)
        joint = Organisation.objects.working()
        assert not User.objects.filter(organisations__in=joint, posts__isnull=False).exists()
        assert Grid.objects.get(code=COMMUNITY).organisations.filter(pk__in=joint).exists()

    def test_organisations_have_settled_cases_and_have_some_to_settle(self):
        handled = Counter(Event.objects.exclude(organisation=None).values_list("status", flat=True))
        assert handled[Status.CLOSED] >= 3
        assert handled[Status.HANDLING] >= 1

    def test_there_are_cases_in_every_state_and_loop(self):
        assert 290 < Event.objects.count() < 350
        assert set(Event.objects.values_list("status", flat=True)) == STATES
        assert set(Event.objects.filter(status=Status.CLOSED).values_list("loop", flat=True)) == set(Loop)
        assert Event.objects.filter(is_confidential=True).count() >= 3

    def test_everything_happens_that_can_happen(self):
        untold = {
            Action.REHOME, Action.ADJUST,
            Action.ASK_SUSPEND, Action.ASK_EXTEND, Action.SUSPEND, Action.EXTEND,
            Action.DECLINE, Action.RESUME, Action.INFORM, Action.REPLY, Action.SEPARATE, Action.RELEASE,
        }  # fmt: skip
        assert set(Step.objects.values_list("action", flat=True)) == set(Action) - untold
        rules = Counter(Step.objects.values_list("rule", flat=True))
        assert rules.keys() >= {"overdue", "check_overdue", "top_overdue", "third_rework", "third_send_back"}

    def test_one_report_was_joined_to_another(self):
        event = Event.objects.get(status=Status.MERGED)
        assert event.merged_into.is_open
        assert event.merged_into.point
        assert event.steps.last().rule == "same_case"

    def test_one_trouble_all_over_the_community_is_a_hot_spot(self):
        for name in ("community", "street"):
            spots = hot_spots(self.person(name), AT)
            assert ("占用消防通道", COMMUNITY) in {(spot.category.minor, spot.community.code) for spot in spots}

    def test_nothing_happens_before_people_are_posted_or_after_the_time(self):
        times = Step.objects.aggregate(first=Min("at"), last=Max("at"))
        members = MemberEnrolment.objects.exclude(post=None).values("post")  # they came to help later
        staff = Post.objects.exclude(pk__in=members)
        assert staff.aggregate(last=Max("started_at"))["last"] < times["first"]
        assert times["last"] <= AT

    def test_each_history_runs_forward(self):
        times: dict[int, list] = {}
        for event, at in Step.objects.order_by("event", "ordinal").values_list("event", "at"):
            times.setdefault(event, []).append(at)
        assert all(history == sorted(history) for history in times.values())

    def test_the_clock_was_on_time(self):
        assert not Step.objects.filter(details__has_key="late").exists()

    def test_every_desk_has_work(self):
        waiting = {name: Event.objects.waiting_for(self.person(name)).count() for name in ACCOUNTS if name != "admin"}
        assert all(count >= 3 for count in waiting.values()), waiting
        assert waiting["worker"] >= 10
        assert waiting["chief"] >= 10

    def test_second_eyes_have_begun_to_look(self):
        sample = Sample.objects.with_figures().get()
        assert sample.drawn == 12
        assert (sample.holds, sample.fails, sample.unclear) == (5, 1, 1)
        assert sample.announced in sample.seed
        assert QuickClosing.objects.waiting().count() >= 2
        assert QuickClosing.objects.in_state("looked").count() == 1
        assert QuickClosing.objects.exclude(median=None).exists()
        assert Category.objects.exclude(checklist="").count() == 2

    def test_cases_climb_within_minutes_of_the_start(self):
        due = list(Event.objects.open().filter(wake_at__isnull=False).values_list("due_at", flat=True))
        assert any(AT - timedelta(minutes=4) < at < AT for at in due)
        assert sum(AT < at < AT + timedelta(minutes=10) for at in due) >= 3

    def test_old_notices_are_read_and_todays_are_not(self):
        assert not Notice.objects.filter(delivered_at=None).exists()
        assert Notice.objects.unread().filter(recipient=self.person("worker")).exists()
        assert not Notice.objects.unread().filter(created_at__lt=AT - timedelta(days=3)).exists()
        assert self.callbacks_after == self.callbacks_before

    def test_all_of_it_is_sound(self):
        call_command("check_grids", stdout=StringIO())
        call_command("check_events", stdout=StringIO())
        call_command("check_samples", stdout=StringIO())

    def test_a_second_run_changes_nothing(self):
        before = Grid.objects.count(), User.objects.count(), Step.objects.count()
        assert load(seed="another") == "The database is not empty; nothing was loaded.\n"
        assert (Grid.objects.count(), User.objects.count(), Step.objects.count()) == before

    def test_the_accounts_take_a_case_to_the_city_and_back(self):
        event = services.file_event(
            actor=self.person("worker"),
            category=Category.objects.get(minor="物业管理"),
            grid=Grid.objects.get(code=HOME[0]),
            title="电梯停运",
            at=AT,
        )
        for name in ("chief", "community", "street", "district"):
            event = services.act(event=event, action="accept", actor=self.person(name), at=AT)
            event = services.act(event=event, action="escalate", actor=self.person(name), reason="需要上级协调", at=AT)
        assert event.holder.level == Level.CITY
        for name, code in (("city", STREET), ("street", COMMUNITY)):
            event = services.act(event=event, action="send_back", actor=self.person(name), reason="已协调", at=AT)
            assert event.holder.code == code
        community, worker = self.person("community"), self.person("worker")
        event = services.act(event=event, action="accept", actor=community, at=AT)
        event = services.act(event=event, action="assign", actor=community, handler=worker, at=AT)
        ticked = event.category.checklist_items()
        event = services.act(event=event, action="resolve", actor=worker, note="电梯已修好", checklist=ticked, at=AT)
        event = services.act(event=event, action="pass_check", actor=self.person("chief"), at=AT)
        assert event.status == Status.CLOSED

    def test_a_clue_is_seen_by_the_police_and_not_by_the_street(self):
        clues = Event.objects.filter(is_confidential=True)
        assert clues.visible_to(self.person("police")).count() == clues.count()
        assert not clues.visible_to(self.person("street")).exists()


def test_production_refuses_it(db, settings):
    settings.DEMO_ALLOWED = False
    with pytest.raises(CommandError, match="never loaded in production"):
        load()
    assert not User.objects.exists()


def test_a_time_in_the_future_is_refused(db):
    with pytest.raises(CommandError, match="in the future"):
        load(at="2100-01-01T09:00+08:00")
    assert not Grid.objects.exists()


def test_a_database_with_people_is_left_alone(cast):
    before = Grid.objects.count()
    assert "nothing was loaded" in load()
    assert Grid.objects.count() == before


def test_it_loads_all_or_nothing(db, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("the power went")

    monkeypatch.setattr(load_demo, "hire", broken)
    with pytest.raises(RuntimeError):
        load()
    assert not Grid.objects.exists()
    assert not Category.objects.exists()
