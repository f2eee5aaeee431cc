"""Joint patrols: who plans them from what, who goes, what is found and becomes a case, and nobody else."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from branches.exceptions import StateConflict
from events import services as cases
from events.audit import problems
from events.models import Event
from grids.services import merge_grids
from tests.factories import make_category, make_event, make_member_enrolment, make_patrol, patrol_plan
from volunteers import services
from volunteers.models import Patrol, PatrolFinding
from volunteers.patrols.day import day_of
from volunteers.patrols.suggesting import hints
from volunteers.patrols.workflow import TABLE, PatrolAction, PatrolSide, PatrolState
from volunteers.workflow import refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

EXPECTED = {
    "change": ("planned under_way", "", "planner"),
    "start": ("planned", "under_way", "planner member"),
    "find": ("under_way", "", "planner member"),
    "note": ("planned under_way done", "", "planner member"),
    "finish": ("under_way", "done", "planner member"),
    "call_off": ("planned under_way", "called_off", "planner"),
}


@pytest.fixture
def patrol(cast):
    return make_patrol(cast.police, cast.tree.community, [cast.police, cast.worker], [cast.tree.building])


@pytest.fixture
def under_way(cast, patrol):
    return services.start_patrol(actor=cast.police, patrol=patrol)


@pytest.mark.parametrize("state", PatrolState)
@pytest.mark.parametrize("side", PatrolSide)
def test_every_action_from_every_state_by_every_side(state, side):
    for action, (states, to, sides) in EXPECTED.items():
        refused = refusal(TABLE, state, PatrolAction(action), [side])
        is_open = state.value in states.split() and side.value in sides.split()
        assert (refused is None) == is_open
        assert (TABLE[action].to or "") == to
    assert set(EXPECTED) == set(TABLE)


# Planning


def test_police_desk_and_branch_plan_and_staff_does_not(cast):
    plan = patrol_plan([cast.worker], [cast.tree.building])
    for person in (cast.police, cast.community, cast.street):
        assert services.plan_patrol(actor=person, community=cast.tree.community, plan=plan).state == "planned"
    for person in (cast.worker, cast.chief, cast.neighbour, cast.stranger):
        with pytest.raises(PermissionDenied):
            services.plan_patrol(actor=person, community=cast.tree.community, plan=plan)


def test_a_plan_that_is_sent_twice_is_one_patrol(cast):
    plan = patrol_plan([cast.worker], [cast.tree.building])
    given = {"actor": cast.police, "community": cast.tree.community, "plan": plan, "key": "a"}
    assert services.plan_patrol(**given) == services.plan_patrol(**given)
    assert Patrol.objects.count() == 1


def test_what_is_wrong_with_a_plan_is_said_by_field(cast):
    plan = patrol_plan([cast.neighbour], [cast.tree.other_building], aim=" ", hours=-1)
    with pytest.raises(ValidationError) as refused:
        services.plan_patrol(actor=cast.police, community=cast.tree.community, plan=plan)
    assert set(refused.value.message_dict) == {"aim", "ends_at", "people", "buildings"}
    assert not Patrol.objects.exists()


def test_a_patrol_is_of_one_community(cast):
    with pytest.raises(ValidationError, match="one community"):
        services.plan_patrol(
            actor=cast.street, community=cast.tree.street, plan=patrol_plan([cast.worker], [cast.tree.building])
        )


def test_an_enrolled_member_goes_along(cast):
    member = make_member_enrolment(cast.tree.community).user
    patrol = make_patrol(cast.police, cast.tree.community, [member], [cast.tree.building])
    assert list(patrol.people.all()) == [member]


def test_a_change_leaves_what_stays(cast, patrol):
    plan = patrol_plan([cast.chief], [cast.tree.building, cast.tree.second_building])
    services.change_patrol(actor=cast.community, patrol=patrol, plan=plan)
    assert list(patrol.people.all()) == [cast.chief]
    assert patrol.places.count() == 2
    with pytest.raises(PermissionDenied):
        services.change_patrol(actor=cast.worker, patrol=patrol, plan=plan)


def test_buildings_where_something_occurred_suggest_themselves(cast, safety):
    clue = make_category("线索举报", is_confidential=True, police_work="safety")
    for _number in range(2):
        make_event(cast.worker, cast.tree.unit, category=safety)
    make_event(cast.worker, cast.tree.second_building, category=safety, at=timezone.now() - timedelta(days=91))
    make_event(cast.worker, cast.tree.building)  # of another kind
    make_event(cast.police, cast.tree.building, category=clue)
    found = hints(cast.police, cast.tree.community, timezone.now())
    assert {code: [hint.count for hint in these] for code, these in found.items()} == {cast.tree.building.code: [2]}


def test_a_number_opens_exactly_the_cases_that_it_counts(cast, safety, client):
    event = make_event(cast.worker, cast.tree.unit, category=safety)
    make_event(cast.worker, cast.tree.second_building, category=safety)
    client.force_login(cast.police)
    (hint,) = hints(cast.police, cast.tree.community, timezone.now())[cast.tree.building.code]
    assert list(client.get(hint.url).context["events"]) == [event]


# On the way


def test_it_sets_out_and_is_finished_once(cast, patrol):
    for _time in range(2):
        patrol = services.start_patrol(actor=cast.worker, patrol=patrol)
    for _time in range(2):
        patrol = services.finish_patrol(actor=cast.police, patrol=patrol, text="未见异常")
    assert [step.action for step in patrol.steps.all()] == ["plan", "start", "finish"]
    with pytest.raises(StateConflict):
        services.start_patrol(actor=cast.police, patrol=make_done(cast, patrol))


def make_done(cast, patrol):
    Patrol.objects.filter(pk=patrol.pk).update(state=PatrolState.CALLED_OFF)
    return patrol


def test_calling_off_needs_a_word_and_who_plans(cast, patrol):
    with pytest.raises(ValidationError, match="few words"):
        services.call_off_patrol(actor=cast.police, patrol=patrol, text=" ")
    with pytest.raises(PermissionDenied):
        services.call_off_patrol(actor=cast.worker, patrol=patrol, text="下雨")
    assert services.call_off_patrol(actor=cast.police, patrol=patrol, text="下雨").state == "called_off"


def test_notes_are_written_once(cast, under_way):
    for _time in range(2):
        services.note_patrol(actor=cast.worker, patrol=under_way, text="已提醒住户")
    assert under_way.steps.filter(action="note").count() == 1


def test_a_finding_is_a_case_at_once(cast, under_way, safety):
    given = {"actor": cast.worker, "patrol": under_way, "grid": cast.tree.building, "key": "k"}
    event = cases.file_finding(category=safety, text="楼道堆放杂物", **given)
    assert (event.title, event.grid, event.reporter) == ("楼道堆放杂物", cast.tree.building, cast.worker)
    assert event.steps.get().details["occasion"]["kind"] == "finding"
    assert cases.file_finding(category=safety, text="楼道堆放杂物", **given) == event
    assert (PatrolFinding.objects.count(), Event.objects.count()) == (1, 1)
    assert list(problems(at=timezone.now())) == []


def test_a_finding_that_cannot_be_filed_is_not_noted_either(cast, under_way, safety):
    clue = make_category("线索举报", is_confidential=True)
    with pytest.raises(ValidationError, match="without what led to it"):
        cases.file_finding(actor=cast.police, patrol=under_way, grid=cast.tree.building, category=clue, text="可疑")
    with pytest.raises(ValidationError, match="buildings of this patrol"):
        cases.file_finding(
            actor=cast.police, patrol=under_way, grid=cast.tree.second_building, category=safety, text="杂物"
        )
    assert not PatrolFinding.objects.exists()
    assert not Event.objects.exists()


def test_only_who_goes_or_plans_finds_and_only_under_way(cast, patrol, safety):
    given = {"patrol": patrol, "grid": cast.tree.building, "category": safety, "text": "杂物"}
    with pytest.raises(StateConflict):
        cases.file_finding(actor=cast.worker, **given)
    services.start_patrol(actor=cast.worker, patrol=patrol)
    with pytest.raises(PermissionDenied):
        cases.file_finding(actor=cast.chief, **given)
    assert cases.file_finding(actor=cast.community, **given).occasion.finding.patrol == patrol


def test_who_left_every_post_goes_no_more(cast, under_way):
    visitor = make_member_enrolment(cast.tree.community).user
    with pytest.raises(PermissionDenied):
        services.note_finding(actor=visitor, patrol=under_way, grid=cast.tree.building, text="杂物")


# Somebody's day, and the tree


def test_the_day_tells_of_it(cast, patrol, django_assert_num_queries):
    with django_assert_num_queries(1):
        (due,) = day_of(cast.worker, timezone.now())
    assert (due.kind, due.at, due.is_late) == ("patrol", patrol.starts_at, False)
    assert day_of(cast.chief, timezone.now()) == []


def test_patrols_go_on_with_what_took_the_place(cast, under_way, safety):
    tree = cast.tree
    cases.file_finding(actor=cast.worker, patrol=under_way, grid=tree.building, category=safety, text="杂物")
    merge_grids(actor=None, grid=tree.building, into=tree.second_building)
    assert [place.grid for place in under_way.places.all()] == [tree.second_building]
    assert under_way.findings.get().grid == tree.second_building
    merge_grids(actor=None, grid=tree.community, into=tree.other_community)
    moved = Patrol.objects.get()
    assert (moved.grid, moved.position) == (tree.other_community, tree.other_community.lft)
    assert moved.steps.last().action == "rehome"
