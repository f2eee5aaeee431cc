"""Activities until they begin: planned, published, joined, changed, called off, reminded of."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from branches.exceptions import StateConflict
from grids.models import User
from grids.services import notified
from tests.events.conftest import MONDAY
from tests.factories import make_activity, make_branch, make_plan, make_post, make_user
from tests.volunteers.activities import STARTS, arrive, join, status_of
from volunteers import services
from volunteers.models import Activity, ActivityStep, Participation
from volunteers.tasks import remind_of_activities

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def plan(cast, at=MONDAY, **fields) -> Activity:
    return services.plan_activity(
        actor=cast.community, organiser=cast.tree.community, plan=make_plan(STARTS, **fields), at=at
    )


def change(activity: Activity, actor, at=MONDAY, **fields) -> Activity:
    given = {name: getattr(activity, name) for name in ("title", "place", "ends_at", "places", "kind")}
    return services.change_activity(
        actor=actor, activity=activity, plan=make_plan(**{"starts_at": activity.starts_at} | given | fields), at=at
    )


# Planning


def test_who_acts_for_the_grid_plans_and_publishes(cast):
    activity = plan(cast)
    assert (activity.state, activity.position) == ("planned", cast.tree.community.lft)
    services.publish_activity(actor=cast.community, activity=activity, at=MONDAY)
    assert list(activity.steps.values_list("action", "by_name")) == [("plan", "李秀英"), ("publish", "李秀英")]


def test_a_secretary_plans_for_the_branch(cast):
    branch = make_branch(cast.tree.building, secretary=cast.stranger)
    activity = services.plan_activity(actor=cast.stranger, organiser=branch, plan=make_plan(STARTS), at=MONDAY)
    assert (activity.grid, activity.organiser) == (cast.tree.building, branch)


def test_who_works_there_without_answering_for_it_does_not(cast):
    with pytest.raises(PermissionDenied):
        services.plan_activity(
            actor=cast.worker, organiser=cast.tree.community, plan=make_plan(STARTS), at=MONDAY
        )  # fmt: skip


def test_a_form_that_is_sent_twice_plans_once(cast):
    given = {"actor": cast.community, "organiser": cast.tree.community, "key": uuid.uuid4(), "at": MONDAY}
    first, second = (services.plan_activity(plan=make_plan(STARTS), **given) for _time in range(2))
    assert first == second
    assert Activity.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"place": "\u200b"}, "place"),
        ({"places": 0}, "places"),
        ({"places": 501}, "places"),
        ({"needs": "字" * 2001}, "needs"),
        ({"ends_at": STARTS}, "ends_at"),
        ({"ends_at": STARTS + timedelta(days=2)}, "ends_at"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(cast, fields, field):
    with pytest.raises(ValidationError) as caught:
        plan(cast, **fields)
    assert list(caught.value.error_dict) == [field]
    assert not Activity.objects.exists()


def test_nothing_is_planned_for_yesterday(cast):
    with pytest.raises(ValidationError, match="has passed"):
        plan(cast, at=STARTS)


def test_publishing_twice_is_publishing_once(cast, activity):
    services.publish_activity(actor=cast.community, activity=activity, at=MONDAY)
    assert activity.steps.filter(action="publish").count() == 1


def test_what_lay_around_until_it_was_over_is_not_published(cast):
    with pytest.raises(StateConflict, match="has passed"):
        services.publish_activity(actor=cast.community, activity=plan(cast), at=STARTS)


# Joining


def test_the_places_go_in_order_and_the_rest_waits(cast, activity, member):
    join(activity, cast.worker, member, cast.chief, cast.police)
    assert status_of(activity) == {"乌兰": "joined", "呼日勒": "joined", "王建国": "waiting", "赵刚": "waiting"}


def test_signing_up_twice_is_signing_up_once(cast, activity):
    first, second = join(activity, cast.worker, cast.worker)
    assert (first.pk, first.queued_at) == (second.pk, second.queued_at)
    assert activity.steps.filter(action="join").count() == 1


def test_a_place_that_is_given_back_goes_to_the_first_who_waits_and_they_hear_of_it(cast, activity, member, told):
    join(activity, cast.worker, member, cast.chief, cast.police)
    services.leave_activity(actor=cast.worker, activity=activity, at=MONDAY)
    assert status_of(activity) == {"乌兰": "left", "呼日勒": "joined", "王建国": "joined", "赵刚": "waiting"}
    assert [one.users for one in told] == [[cast.chief]]


def test_who_withdraws_from_the_queue_moves_nobody_up(cast, activity, member, told):
    join(activity, cast.worker, member, cast.chief, cast.police)
    services.leave_activity(actor=cast.chief, activity=activity, at=MONDAY)
    assert status_of(activity)["赵刚"] == "waiting"
    assert told == []


def test_who_comes_back_queues_anew(cast, activity, member):
    join(activity, cast.worker, member, cast.chief)
    services.leave_activity(actor=cast.worker, activity=activity, at=MONDAY)
    join(activity, cast.police, cast.worker, at=MONDAY + timedelta(hours=1))
    services.leave_activity(actor=member, activity=activity, at=MONDAY + timedelta(hours=2))
    assert status_of(activity) == {"乌兰": "waiting", "呼日勒": "left", "王建国": "joined", "赵刚": "joined"}


def test_more_places_move_the_queue_up(cast, activity, member, told):
    join(activity, cast.worker, member, cast.chief, cast.police)
    change(activity, cast.community, places=3)
    assert status_of(activity)["王建国"] == "joined"
    change(activity, cast.community, places=None)
    assert set(status_of(activity).values()) == {"joined"}
    assert [one.users[0].name for one in told] == ["王建国", "赵刚"]


def test_fewer_places_than_are_given_are_refused(cast, activity):
    join(activity, cast.worker, cast.chief)
    with pytest.raises(ValidationError, match="2 people have a place"):
        change(activity, cast.community, places=1)
    activity.refresh_from_db()
    assert activity.places == 2


def test_a_closed_account_is_not_moved_up(cast, activity, member):
    join(activity, cast.worker, member, cast.chief, cast.police)
    User.objects.filter(pk=cast.chief.pk).update(is_active=False)
    services.leave_activity(actor=member, activity=activity, at=MONDAY)
    assert status_of(activity)["赵刚"] == "joined"


def test_who_does_not_live_or_work_around_does_not_join(cast, activity):
    for user in (cast.neighbour, cast.stranger):
        with pytest.raises(PermissionDenied):
            join(activity, user)


def test_an_activity_of_the_street_is_for_all_of_its_communities(cast, member):
    activity = make_activity(cast.tree.street, STARTS, actor=cast.street)
    join(activity, cast.worker, cast.neighbour, member)
    assert set(status_of(activity).values()) == {"joined"}


def test_once_it_has_begun_one_signs_up_at_the_door(cast, activity):
    with pytest.raises(StateConflict, match="has begun"):
        join(activity, cast.worker, at=STARTS)


def test_who_never_signed_up_withdraws_from_nothing(cast, activity):
    assert services.leave_activity(actor=cast.worker, activity=activity, at=MONDAY) is None


def test_nobody_is_moved_up_when_it_has_begun(cast, activity, member, told):
    join(activity, cast.worker, member, cast.chief)
    services.leave_activity(actor=cast.worker, activity=activity, at=STARTS)
    assert status_of(activity)["王建国"] == "waiting"
    assert told == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["join", "leave", "more"])), max_size=14))
def test_whatever_people_do_nobody_waits_beside_a_free_place_or_out_of_turn(cast, moves):
    activity = make_activity(cast.tree.community, STARTS, actor=cast.community, places=1)
    users = [cast.worker, cast.chief, cast.community, cast.police, cast.street]
    for number, (who, what) in enumerate(moves):
        at = MONDAY + timedelta(minutes=number)
        activity.refresh_from_db()
        if what == "more":
            change(activity, cast.community, at=at, places=activity.places + 1)
        else:
            service = services.join_activity if what == "join" else services.leave_activity
            service(actor=users[who], activity=activity, at=at)
        activity.refresh_from_db()
        rows = [row.status for row in activity.participations.exclude(status="left")]
        assert rows == ["joined"] * min(len(rows), activity.places) + ["waiting"] * max(0, len(rows) - activity.places)


# Changing and calling off


def test_another_time_is_told_to_who_signed_up_and_reminded_of_again(cast, activity, told):
    join(activity, cast.worker, cast.chief)
    services.remind_of_activities(at=STARTS - timedelta(hours=3))
    later = STARTS + timedelta(hours=5)
    change(activity, cast.community, starts_at=later, ends_at=later + timedelta(hours=2))
    assert [one.key.split("-")[2] for one in told] == ["reminder", "change"]
    assert services.remind_of_activities(at=later - timedelta(hours=1)) == 1


def test_another_title_alone_is_told_to_nobody(cast, activity, told):
    join(activity, cast.worker)
    change(activity, cast.community, title="清理楼道")
    assert told == []
    assert activity.steps.last().action == "change"


def test_a_change_of_nothing_leaves_no_trace(cast, activity):
    change(activity, cast.community)
    assert activity.steps.last().action == "publish"


def test_calling_off_says_why_and_is_told_once(cast, activity, member, told):
    join(activity, cast.worker, member, cast.chief)
    with pytest.raises(ValidationError, match="Say why"):
        services.call_off_activity(actor=cast.community, activity=activity, reason=" ", at=MONDAY)
    for _time in range(2):
        services.call_off_activity(actor=cast.community, activity=activity, reason="暴雪预警", at=MONDAY)
    [(users, text, _key)] = told
    assert {user.name for user in users} == {"乌兰", "呼日勒", "王建国"}
    assert "暴雪预警" not in text  # it may name somebody; the page says it
    assert activity.steps.last().text == "暴雪预警"


def test_what_somebody_has_come_to_is_not_called_off(cast, activity):
    arrive(activity, cast.worker)
    with pytest.raises(StateConflict, match="takes place"):
        services.call_off_activity(actor=cast.community, activity=activity, reason="人少", at=STARTS)


def test_what_was_called_off_is_joined_by_nobody(cast, activity):
    services.call_off_activity(actor=cast.community, activity=activity, reason="暴雪", at=MONDAY)
    with pytest.raises(StateConflict, match="called off"):
        join(activity, cast.worker)


def test_a_step_is_never_edited(activity):
    with pytest.raises(TypeError):
        activity.steps.first().save()


# Reminding


def test_who_has_a_place_is_reminded_the_day_before_and_once(cast, activity, member, told):
    join(activity, cast.worker, member, cast.chief)
    assert services.remind_of_activities(at=STARTS - timedelta(days=2)) == 0
    assert services.remind_of_activities(at=STARTS - timedelta(hours=23)) == 1
    assert services.remind_of_activities(at=STARTS - timedelta(hours=22)) == 0
    [(users, _text, key)] = told
    assert key == f"activity-{activity.pk}-reminder-{int(STARTS.timestamp())}"
    assert set(users) == {cast.worker, member}


def test_nobody_is_reminded_of_what_has_begun_is_not_published_or_called_off(cast, activity, told):
    plan(cast)
    services.call_off_activity(actor=cast.community, activity=activity, reason="暴雪", at=MONDAY)
    make_activity(cast.tree.community, STARTS - timedelta(hours=1))
    assert services.remind_of_activities(at=STARTS - timedelta(minutes=5)) == 0


def test_one_reminder_that_fails_stops_no_other(cast, activity, caplog):
    other = make_activity(cast.tree.community, STARTS + timedelta(hours=1))
    join(activity, cast.worker)
    join(other, cast.worker)

    def fail(key, **kwargs):
        if key.startswith(f"activity-{activity.pk}-"):
            raise OSError("the disk is full")

    notified.connect(fail)
    try:
        assert services.remind_of_activities(at=STARTS - timedelta(hours=3)) == 1
    finally:
        notified.disconnect(fail)
    assert f"activity {activity.pk}" in caplog.text
    assert set(Activity.objects.filter(reminded_at=None)) == {activity}  # the next run takes it again


def test_the_clock_reminds(activity):
    Activity.objects.update(starts_at=timezone.now() + timedelta(hours=2), ends_at=timezone.now() + timedelta(hours=3))
    assert (remind_of_activities(), remind_of_activities()) == (1, 0)


def test_the_cost_of_a_run_without_anything_due(activity, django_assert_num_queries):
    with django_assert_num_queries(1):
        services.remind_of_activities(at=MONDAY)


def test_no_row_is_left_behind_by_a_plan_that_is_refused(cast, activity):
    with pytest.raises(ValidationError):
        services.change_activity(
            actor=cast.community, activity=activity, plan=replace(make_plan(STARTS), title=""), at=MONDAY
        )  # fmt: skip
    assert ActivityStep.objects.count() == 2
    assert not Participation.objects.exists()


def test_two_activities_side_by_side_do_not_share_their_places(cast, activity):
    other = make_activity(cast.tree.community, STARTS, places=1)
    join(activity, cast.worker, make_post(make_user(), cast.tree.second_building).user)
    join(other, cast.chief)
    assert set(status_of(other).values()) == {"joined"}


def test_nobody_withdraws_from_what_is_over(cast, activity):
    join(activity, cast.worker)
    with pytest.raises(StateConflict, match="It is over"):
        services.leave_activity(actor=cast.worker, activity=activity, at=STARTS + timedelta(hours=2))
