"""A case that once ran over a limit of its handling stays late, however it was settled."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from events.models import Event
from events.services import sweep
from events.workflow import Action
from tests.factories import make_event, take

FIGURES = import_module("events.migrations.0029_figures")
pytestmark = pytest.mark.django_db


def test_a_case_settled_in_time_is_never_late(cast):
    event = take(make_event(cast.worker, cast.tree.building), Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK)
    assert (event.status, event.late_at) == ("closed", None)


def test_who_acts_after_the_limit_makes_it_late_since_then(cast):
    event = make_event(cast.worker, cast.tree.building)
    due = event.due_at
    event = take(event, Action.ACCEPT, at=due + timedelta(minutes=1))
    assert event.late_at == due


def test_a_case_that_climbs_by_the_clock_is_late_and_stays_so_when_it_is_closed(cast):
    event = make_event(cast.worker, cast.tree.building)
    due = event.due_at
    sweep(at=due)
    event = take(Event.objects.get(pk=event.pk), Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK, at=due)
    assert (event.loop, event.status, event.late_at) == ("community", "closed", due)


def test_a_check_that_comes_late_does_not_make_the_handling_late(cast):
    event = take(make_event(cast.worker, cast.tree.building), Action.ACCEPT, Action.RESOLVE)
    event = take(event, Action.PASS_CHECK, at=event.due_at + timedelta(days=1))
    assert event.late_at is None


def test_old_cases_learn_it_from_their_steps(cast):
    late, punctual = (make_event(cast.worker, cast.tree.building) for _ in range(2))
    take(late, Action.ACCEPT, at=late.due_at + timedelta(days=1))
    take(punctual, Action.ACCEPT, Action.RESOLVE)
    before = dict(Event.objects.values_list("pk", "late_at"))
    Event.objects.update(late_at=None)
    with connection.cursor() as cursor:
        cursor.execute(FIGURES.LATE_FROM_STEPS)
    assert dict(Event.objects.values_list("pk", "late_at")) == before
    assert set(before.values()) == {late.due_at, None}


def test_the_highest_loop_stays_when_a_case_is_sent_back(cast):
    event = make_event(cast.worker, cast.tree.building)
    assert (event.start_loop, event.top_loop) == ("grid", "grid")
    event = take(event, Action.ESCALATE, Action.SEND_BACK)
    assert (event.loop, event.top_loop) == ("grid", "community")
    Event.objects.update(top_loop="")
    with connection.cursor() as cursor:
        cursor.execute(FIGURES.TOP_FROM_STEPS)
    assert Event.objects.get().top_loop == "community"
