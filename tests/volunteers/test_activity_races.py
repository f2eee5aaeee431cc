"""Two at once over the last place, one list, one certificate, on PostgreSQL."""

from datetime import timedelta
from functools import partial

import pytest

from branches.exceptions import StateConflict
from grids.services import merge_grids
from tests.events.conftest import MONDAY
from tests.events.test_races import at_once
from tests.factories import make_activity, make_activity_kind
from tests.races import behind
from tests.volunteers.activities import STARTS, arrive, join, status_of
from volunteers import services
from volunteers.models import Activity, Certificate
from volunteers.services import Plan

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]


def test_of_two_who_sign_up_for_the_last_place_at_once_one_gets_it(cast, pool):
    activity = make_activity(cast.tree.community, STARTS, places=1)
    users = (cast.worker, cast.chief, cast.police, cast.street)
    done = at_once(pool, *(partial(services.join_activity, actor=one, activity=activity, at=MONDAY) for one in users))
    assert sorted(row.status for row in done) == ["joined", "waiting", "waiting", "waiting"]


def test_the_same_person_twice_at_once_has_one_place(cast, pool):
    activity = make_activity(cast.tree.community, STARTS, places=2)
    work = partial(services.join_activity, actor=cast.worker, activity=activity, at=MONDAY)
    assert len({row.pk for row in at_once(pool, work, work)}) == 1


def test_a_place_that_is_given_back_while_somebody_signs_up_is_given_once(cast, pool):
    activity = make_activity(cast.tree.community, STARTS, places=1)
    join(activity, cast.worker, cast.chief)
    at_once(
        pool,
        partial(services.leave_activity, actor=cast.worker, activity=activity, at=MONDAY),
        partial(services.join_activity, actor=cast.police, activity=activity, at=MONDAY + timedelta(hours=1)),
    )
    assert status_of(activity) == {"乌兰": "left", "王建国": "joined", "赵刚": "waiting"}


def test_two_reminders_at_once_are_one(cast, pool):
    make_activity(cast.tree.community, STARTS)
    work = partial(services.remind_of_activities, at=STARTS - timedelta(hours=1))
    assert sum(at_once(pool, work, work)) == 1


def test_a_certificate_asked_for_twice_at_once_is_one(cast, pool):
    activity = make_activity(cast.tree.community, STARTS)
    arrive(activity, cast.worker)
    work = partial(services.issue_certificate, actor=cast.worker, at=STARTS + timedelta(days=1))
    assert {one.pk for one in at_once(pool, work, work)} == {Certificate.objects.get().pk}


def test_called_off_while_somebody_comes_it_goes_one_way(cast, pool):
    activity = make_activity(cast.tree.community, STARTS)
    call_off = partial(services.call_off_activity, actor=cast.community, activity=activity, reason="雪", at=STARTS)
    done = at_once(pool, call_off, partial(arrive, activity, cast.worker))
    assert [type(one) for one in done if isinstance(one, Exception)] == [StateConflict]
    activity.refresh_from_db()
    assert (activity.state == "called_off") != activity.participations.exists()


def test_the_same_plan_twice_at_once_is_one(cast, pool):
    kind, key = make_activity_kind(), "0b8f3c5e-6a8e-4a58-9b1c-0f6f3c1d2e3f"
    plan = Plan(kind=kind, title="走访", place="楼下", starts_at=STARTS, ends_at=STARTS + timedelta(hours=1))
    given = {"actor": cast.community, "organiser": cast.tree.community, "plan": plan, "key": key, "at": MONDAY}
    done = at_once(pool, *[partial(services.plan_activity, **given)] * 2)
    assert {one.pk for one in done} == {Activity.objects.get().pk}


def test_who_signs_up_while_its_grid_is_merged_has_a_place(cast):
    tree = cast.tree
    activity = make_activity(tree.second_building, STARTS)
    row = behind(
        partial(merge_grids, actor=None, grid=tree.second_building, into=tree.building),
        partial(services.join_activity, actor=cast.worker, activity=activity, at=MONDAY),
    )
    assert (row.status, row.activity.grid) == ("joined", tree.building)
