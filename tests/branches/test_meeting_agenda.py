"""The agenda that gathers itself: what was not done, open cases, hot spots, and never a clue report."""

from datetime import timedelta

import pytest

from branches.meetings.agenda import proposals
from branches.models import Resolution
from branches.references import found, offered
from events import occasions
from events.models import Event
from events.services import file_event
from tests.events.conftest import MONDAY
from tests.factories import make_branch, make_category, make_event, make_meeting, make_resolution, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

NEXT = MONDAY + timedelta(weeks=4)


def keys(joint, kind: str, at=NEXT) -> list[str]:
    return [point.key for point in proposals(joint.secretary, joint.branch, at) if point.kind == kind]


def case_of(joint, resolution) -> Event:
    occasion = occasions.find(joint.secretary, f"resolution-{resolution.pk}")
    return make_event(joint.secretary, joint.branch.grid, occasion=occasion, at=MONDAY)


def test_what_was_not_done_comes_again_the_oldest_first(joint, held):
    later = make_resolution(held, "晚些", due_on=NEXT.date())
    sooner = make_resolution(held, "早些")
    assert keys(joint, "resolution") == [str(sooner.pk), str(later.pk)]


def test_what_was_done_does_not(joint, held):
    make_resolution(held, done_at=NEXT, done_word="已办")
    assert keys(joint, "resolution") == []


def test_a_resolution_of_another_branch_or_of_the_grid_is_theirs(joint, cast):
    other = make_branch(cast.tree.second_building)
    for convener in (other, cast.tree.community):
        make_resolution(make_meeting(convener, cast.community, starts_at=MONDAY, state="minuted"))
    assert keys(joint, "resolution") == []
    community = proposals(cast.community, cast.tree.community, NEXT)
    assert [point.kind for point in community] == ["resolution"]


def test_a_case_that_closes_ends_its_resolution(joint, held):
    resolution = make_resolution(held)
    case = case_of(joint, resolution)
    assert keys(joint, "resolution") == [str(resolution.pk)]
    take(case, "accept", "resolve", "pass_check", at=MONDAY)
    assert keys(joint, "resolution") == []


def test_a_case_that_was_voided_does_not(joint, held):
    resolution = make_resolution(held)
    take(case_of(joint, resolution), "void", at=MONDAY)
    assert keys(joint, "resolution") == [str(resolution.pk)]


def test_a_case_that_was_merged_ends_with_the_other(joint, held):
    resolution, other = make_resolution(held), make_event(joint.secretary, joint.branch.grid, at=MONDAY)
    case = take(case_of(joint, resolution), "merge", into=other, at=MONDAY)
    assert Resolution.objects.unfinished().get() == resolution
    other.refresh_from_db()
    take(other, "accept", "resolve", "pass_check", at=MONDAY)
    assert not Resolution.objects.unfinished().exists()
    assert case.status == "merged"


def test_open_cases_come_supervised_and_overdue_first(joint, cast):
    plain = make_event(cast.worker, cast.tree.unit, at=NEXT)
    late = make_event(cast.worker, cast.tree.unit, at=NEXT - timedelta(days=1))
    Event.objects.filter(pk=late.pk).update(due_at=NEXT - timedelta(hours=1))
    both = make_event(cast.worker, cast.tree.unit, at=NEXT - timedelta(hours=1))
    Event.objects.filter(pk=both.pk).update(due_at=NEXT - timedelta(minutes=1), is_supervised=True)
    make_event(cast.worker, cast.tree.second_building, at=NEXT)
    assert keys(joint, "event") == [both.number, late.number, plain.number]
    why = [point.why for point in proposals(joint.secretary, joint.branch, NEXT)]
    assert why == ["to be accepted · supervised · overdue", "to be accepted · overdue", "to be accepted"]


def test_closed_cases_and_clue_reports_do_not(joint, cast):
    take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "accept", "resolve", "pass_check", at=MONDAY)
    clue = make_category("线索举报", is_confidential=True)
    file_event(actor=cast.chief, category=clue, grid=cast.tree.building, title="线索", at=MONDAY)
    assert proposals(joint.secretary, joint.branch, NEXT) == []


def test_hot_spots_of_the_community_come_for_who_sees_its_cases(cast, settings):
    category = make_category("电动车乱停")
    for _number in range(settings.HOT_SPOT_CASES):
        make_event(cast.worker, cast.tree.unit, category=category, at=MONDAY)
    points = [point for point in proposals(cast.community, cast.tree.community, MONDAY) if point.kind == "hot_spot"]
    assert [point.name for point in points] == ["健康社区 · 电动车乱停"]
    assert found(cast.community, "hot_spot", points[0].key).url
    assert found(cast.neighbour, "hot_spot", points[0].key) is None


@pytest.mark.parametrize("key", ["", "-", "1-1", "150105001001-x", "150105001001-999999", "x" * 64])
def test_a_key_of_no_hot_spot_shows_nothing(cast, key):
    assert found(cast.community, "hot_spot", key) is None


def test_the_agenda_takes_the_same_queries_however_much_is_open(joint, cast, django_assert_num_queries):
    for _number in range(3):
        make_event(cast.worker, cast.tree.unit, at=MONDAY)
    _ = joint.secretary.active_posts
    with django_assert_num_queries(4):  # the area, resolutions, cases, hot spots
        assert len(proposals(joint.secretary, joint.branch, NEXT)) == 3


def test_a_meeting_that_was_held_can_be_pointed_to(joint, cast, held, plan):
    plan()
    assert [shown.key for shown in offered(cast.community, cast.tree.community, "meeting")] == [str(held.pk)]
    assert offered(cast.community, cast.tree.community, "meeting", "十一月")
    assert not offered(cast.community, cast.tree.community, "meeting", "别的")
    assert found(cast.community, "meeting", str(held.pk)).is_done
    assert found(cast.stranger, "meeting", str(held.pk)) is None
    assert found(cast.community, "meeting", "x") is None


def test_a_resolution_shows_what_became_of_its_case(joint, held):
    resolution = make_resolution(held)
    assert found(joint.secretary, "resolution", str(resolution.pk)).state == "not done yet"
    take(case_of(joint, resolution), "accept", at=MONDAY)
    assert found(joint.secretary, "resolution", str(resolution.pk)).state == "case: in handling"
