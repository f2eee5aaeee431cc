"""Who holds a case, who checks it, and the sentence that says why."""

from datetime import timedelta

import pytest

from events import services
from events.explanations import explain
from events.models import Event
from events.routing import Unroutable, climb, descend, entry
from events.workflow import Loop
from grids.models import Grid, Post, Role
from grids.services import end_post, move_grid, retire_grid
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

UNIT, BUILDING, COMMUNITY = "150105001001000101", "1501050010010001", "150105001001"
STREET, DISTRICT, CITY = "150105001", "150105", "1501"
EVERYWHERE = {UNIT, BUILDING, COMMUNITY, STREET, DISTRICT, CITY}


def vacate(*grids: Grid) -> None:
    for post in Post.objects.active().filter(grid__in=grids):
        end_post(actor=None, post=post)


def why(event: Event) -> list[str]:
    """What the timeline says of the last step, its time limit left out."""
    return [sentence for sentence in explain(event.steps.last()) if not sentence.startswith("Time limit")]


# The arithmetic


@pytest.mark.parametrize(
    ("place", "lowest", "staffed", "loop", "holder", "skipped"),
    [
        (UNIT, "grid", EVERYWHERE, "grid", UNIT, ()),
        (UNIT, "grid", EVERYWHERE - {UNIT}, "grid", BUILDING, (UNIT,)),
        (UNIT, "grid", {STREET, CITY}, "street", STREET, (UNIT, BUILDING, COMMUNITY)),
        (UNIT, "community", EVERYWHERE, "community", COMMUNITY, ()),
        (UNIT, "street", EVERYWHERE, "street", STREET, ()),
        (UNIT, "city", EVERYWHERE, "city", DISTRICT, ()),
        (UNIT, "city", {CITY}, "city", CITY, (DISTRICT,)),
        (STREET, "grid", EVERYWHERE, "street", STREET, ()),
        (CITY, "grid", EVERYWHERE, "city", CITY, ()),
    ],
)
def test_a_case_enters_at_the_lowest_staffed_grid_of_its_loop(place, lowest, staffed, loop, holder, skipped):
    route = entry(place, Loop(lowest), staffed.__contains__)
    assert (route.loop, route.code, route.skipped, route.is_unstaffed) == (loop, holder, skipped, False)


def test_where_nobody_is_posted_at_all_the_city_holds_it():
    route = entry(UNIT, Loop.GRID, set().__contains__)
    assert (route.code, route.is_unstaffed) == (CITY, True)
    assert route.skipped == (UNIT, BUILDING, COMMUNITY, STREET, DISTRICT)


@pytest.mark.parametrize(
    ("holder", "to"),
    [(UNIT, COMMUNITY), (BUILDING, COMMUNITY), (COMMUNITY, STREET), (STREET, DISTRICT), (DISTRICT, CITY)],
)
def test_climbing_goes_one_loop_up_and_in_the_city_loop_from_district_to_city(holder, to):
    assert climb(UNIT, holder, EVERYWHERE.__contains__).code == to


def test_climbing_passes_over_vacant_grids():
    route = climb(UNIT, UNIT, {CITY}.__contains__)
    assert (route.code, route.skipped) == (CITY, (COMMUNITY, STREET, DISTRICT))


def test_nothing_is_above_the_city_or_below_the_grid_loop():
    with pytest.raises(Unroutable):
        climb(UNIT, CITY, EVERYWHERE.__contains__)
    with pytest.raises(Unroutable):
        descend(UNIT, BUILDING, EVERYWHERE.__contains__)


@pytest.mark.parametrize(("holder", "to"), [(COMMUNITY, UNIT), (STREET, COMMUNITY), (DISTRICT, STREET), (CITY, STREET)])
def test_sending_back_goes_one_loop_down(holder, to):
    assert descend(UNIT, holder, EVERYWHERE.__contains__).code == to


# Filing


def test_a_case_starts_at_the_lowest_desk_above_its_place(cast):
    event = make_event(cast.worker, cast.tree.unit)
    assert (event.loop, event.start_loop, event.holder) == ("grid", "grid", cast.tree.building)
    assert why(event) == [
        "It arose here, so 健康社区 1号楼 holds it in the grid loop.",
        "Nobody is posted at 健康社区 1号楼 1单元, so it went on up (post vacant).",
    ]


def test_a_category_may_start_higher(cast):
    category = make_category("违法建设", lowest_loop="street")
    event = make_event(cast.worker, cast.tree.unit, category=category)
    assert (event.loop, event.start_loop, event.holder) == ("street", "street", cast.tree.street)
    assert why(event) == ["This category starts in the street loop, so 人民路街道 holds it."]


def test_a_case_that_vacant_posts_lift_starts_in_the_loop_where_it_lands(cast):
    event = make_event(cast.worker, cast.tree.second_building)
    assert (event.start_loop, event.holder) == ("community", cast.tree.community)
    assert why(event)[1] == "Nobody is posted at 健康社区 2号楼, so it went on up (post vacant)."


@pytest.mark.parametrize("role", [Role.STAFF, Role.POLICE])
def test_staff_and_police_are_no_desk(cast, role):
    vacate(cast.tree.building)
    make_post(grid=cast.tree.building, role=role)
    assert make_event(cast.worker, cast.tree.building).holder == cast.tree.community


def test_a_closed_account_staffs_no_desk(cast):
    cast.chief.is_active = False
    cast.chief.save()
    assert make_event(cast.worker, cast.tree.building).holder == cast.tree.community


def test_with_all_desks_vacant_the_city_holds_it_and_the_step_says_so(cast):
    tree = cast.tree
    vacate(tree.building, tree.community, tree.street, tree.district, tree.city)
    event = make_event(cast.worker, tree.second_building)
    assert (event.loop, event.holder) == ("city", tree.city)
    assert why(event)[-1] == "No grid on the way up has anybody posted; the city holds it all the same."
    assert not event.notices.exists()


# Climbing and sending back


def test_a_case_climbs_desk_by_desk_to_the_city(cast):
    event, holders = make_event(cast.worker, cast.tree.unit), []
    for _turn in range(4):
        event = take(event, "escalate")
        holders.append((event.loop, event.holder.name, event.status))
    assert holders == [
        ("community", "健康社区", "filed"),
        ("street", "人民路街道", "filed"),
        ("city", "赛罕区", "filed"),
        ("city", "呼和浩特市", "filed"),
    ]
    assert why(event) == ["The desk decided so; 呼和浩特市 holds it now, in the city loop."]


def test_climbing_takes_the_case_out_of_the_handlers_hands(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept", "assign", handler=cast.worker)
    event = take(event, "escalate")
    assert (event.status, event.handler, event.accepted_at is not None) == ("filed", None, True)


def test_accepting_again_higher_up_keeps_the_time_of_the_first_acceptance(cast):
    event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "accept", at=MONDAY)
    event = take(event, "escalate", "accept", at=MONDAY + timedelta(hours=1))
    assert event.accepted_at == MONDAY


def test_climbing_over_vacant_desks_says_which(cast):
    vacate(cast.tree.community, cast.tree.street)
    event = take(make_event(cast.worker, cast.tree.unit), "escalate")
    assert event.holder == cast.tree.district
    assert why(event)[1] == "Nobody is posted at 健康社区、人民路街道, so it went on up (post vacant)."


def test_sending_back_opens_a_new_round_one_loop_down(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "escalate", "send_back")
    assert (event.holder, event.status, event.round, event.send_backs) == (cast.tree.community, "filed", 2, 1)


def test_the_city_sends_back_to_the_street(cast):
    event = take(make_event(cast.worker, cast.tree.unit), *["escalate"] * 4, "send_back")
    assert (event.loop, event.holder) == ("street", cast.tree.street)


def test_sending_back_to_a_vacant_desk_comes_up_again_at_once_and_says_so(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "escalate")
    vacate(cast.tree.community)
    event = take(event, "send_back")
    assert (event.holder, event.send_backs) == (cast.tree.street, 1)
    assert why(event)[1] == "Nobody is posted at 健康社区, so it went on up (post vacant)."


def test_the_third_wish_to_send_back_climbs_instead(cast):
    event = make_event(cast.worker, cast.tree.unit)
    event = take(event, *["escalate", "send_back"] * 2, "escalate")
    assert (event.holder, event.send_backs) == (cast.tree.community, 2)
    event = take(event, "send_back", reason="不归我们管")
    assert (event.holder, event.send_backs, event.status) == (cast.tree.street, 2, "filed")
    assert event.steps.last().action == "escalate"
    assert event.steps.last().reason == "不归我们管"
    assert why(event) == ["It had been sent back twice; a third time it climbs instead, to 人民路街道."]


# Checking


def check_at(event: Event) -> str:
    return take(event, "accept", "resolve").checker.name


def test_the_check_goes_to_the_lowest_grid_with_somebody_who_did_not_resolve_it(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept", "resolve")
    assert event.checker == cast.tree.building  # the worker is posted there beside the chief, who resolved it
    assert why(event) == [
        "It is checked where it arose, by 健康社区 1号楼, and never by who resolved it.",
        "Nobody who may check it is posted at 健康社区 1号楼 1单元, so the check went on up.",
    ]


def test_where_only_the_resolver_is_posted_the_check_goes_on_up(cast):
    end_post(actor=None, post=cast.worker.active_posts[0])
    assert check_at(make_event(cast.worker, cast.tree.unit)) == "健康社区"


def test_the_check_of_a_street_case_stays_with_the_street(cast):
    make_post(grid=cast.tree.street, role=Role.STAFF)
    assert check_at(make_event(cast.street, cast.tree.street)) == "人民路街道"


def overdue_check(cast):
    return take(make_event(cast.worker, cast.tree.unit), "accept", "resolve")


def later(event: Event) -> Event:
    services.sweep(at=event.due_at + timedelta(seconds=1))
    return Event.objects.with_related().get(pk=event.pk)


def test_a_check_that_nobody_makes_climbs_to_community_then_street_then_is_supervised(cast):
    event, seen = overdue_check(cast), []
    for _turn in range(3):
        event = later(event)
        seen.append((event.checker.name, event.status, event.is_supervised))
    assert seen == [
        ("健康社区", "resolved", False),
        ("人民路街道", "resolved", False),
        ("人民路街道", "resolved", True),
    ]
    assert event.wake_at is None
    assert why(event) == ["The time limit ran out and there is no level above, so it is supervised."]


def test_a_check_that_climbed_says_why(cast):
    assert why(later(overdue_check(cast))) == [
        "Nobody checked in time, so the check moved up to 健康社区. Nothing is closed by silence."
    ]


def test_only_once_the_check_has_climbed_may_the_street_check(cast):
    event = later(overdue_check(cast))
    with pytest.raises(services.acting.ActionForbidden):
        services.act(event=event, action="pass_check", actor=cast.street)
    event = later(event)
    assert services.act(event=event, action="pass_check", actor=cast.street).status == "closed"


def test_a_check_climbs_higher_only_where_community_and_street_are_empty(cast):
    vacate(cast.tree.community, cast.tree.street)
    event = later(overdue_check(cast))
    assert event.checker == cast.tree.district
    assert later(event).is_supervised


# Rework


def fail(event: Event, times: int) -> Event:
    for _turn in range(times):
        event = take(event, "resolve", "fail_check")
    return event


def test_a_failed_check_goes_back_to_who_handled_it_as_a_new_round(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept", "assign", handler=cast.worker)
    event = fail(event, 1)
    assert (event.status, event.handler, event.reworks, event.round) == ("handling", cast.worker, 1, 2)
    assert (event.resolver, event.checker, event.resolved_at) == (None, None, None)


def test_the_third_rework_climbs(cast):
    event = fail(take(make_event(cast.worker, cast.tree.unit), "accept"), 2)
    assert (event.holder, event.status) == (cast.tree.building, "handling")
    event = fail(event, 1)
    assert (event.holder, event.status, event.reworks) == (cast.tree.community, "filed", 3)
    assert [step.action for step in event.steps.all()][-2:] == ["fail_check", "escalate"]
    assert event.steps.last().side == "system"
    assert why(event) == ["The check failed a third time, so it climbed to 健康社区."]


def test_the_third_rework_at_the_city_is_supervised(cast):
    event = fail(take(make_event(cast.worker, cast.tree.unit), *["escalate"] * 4, "accept"), 3)
    assert (event.holder, event.status, event.is_supervised) == (cast.tree.city, "handling", True)
    assert event.due_at
    assert event.wake_at
    assert why(event) == ["The check failed a third time and nothing is above the city, so it is supervised."]


# Reopening


def closed(cast) -> Event:
    return take(make_event(cast.worker, cast.tree.unit), "escalate", "accept", "resolve", "pass_check")


def test_an_upper_level_reopens_a_closed_case_where_it_was(cast):
    event = services.act(event=closed(cast), action="reopen", actor=cast.city, reason="又漏水了")
    assert (event.status, event.holder, event.round) == ("handling", cast.tree.community, 2)
    assert event.due_at
    assert event.closed_at is None


def test_a_case_whose_grid_moved_while_it_was_closed_is_reopened_on_its_new_way_up(cast):
    event = closed(cast)
    desk = make_post(make_user("新社区"), cast.tree.other_community, Role.DISPATCHER).user
    move_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), new_parent=cast.tree.other_community)
    event = Event.objects.with_related().get(pk=event.pk)
    event = services.act(event=event, action="reopen", actor=cast.city, reason="又漏水了")
    assert (event.loop, event.holder) == ("community", cast.tree.other_community)
    assert list(Event.objects.waiting_for(desk)) == [event]
    assert later(event).holder == cast.tree.street


def test_a_case_whose_holder_was_retired_while_it_was_closed_is_reopened_above_it(cast):
    event = take(make_event(cast.worker, cast.tree.building), "accept", "resolve", "pass_check")
    retire_grid(actor=None, grid=cast.tree.unit)
    retire_grid(actor=None, grid=cast.tree.second_unit)
    retire_grid(actor=None, grid=cast.tree.building)
    event = Event.objects.with_related().get(pk=event.pk)
    event = services.act(event=event, action="reopen", actor=cast.city, reason="又漏水了")
    assert event.holder == cast.tree.community


# Reorganisation


def test_an_open_case_follows_its_grid_into_another_community(cast):
    make_post(grid=cast.tree.other_community, role=Role.DISPATCHER)
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "accept")
    move_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), new_parent=cast.tree.other_community)
    after = Event.objects.with_related().get(pk=event.pk)
    assert (after.holder, after.status, after.due_at) == (cast.tree.other_community, "handling", event.due_at)
    assert why(after) == [
        "The grids were reorganised; 学苑社区 holds it now, in the community loop.",
        "1号楼 was moved: its code was 1501050010010001 and is 1501050010020002 now.",
    ]


def test_a_case_whose_holder_stays_above_it_notices_nothing_of_a_move(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "escalate")
    move_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), new_parent=cast.tree.other_community)
    after = Event.objects.select_related("grid").get(pk=event.pk)
    assert after.step_count == event.step_count
    assert after.position == after.grid.lft


def test_a_check_follows_too(cast):
    event = later(overdue_check(cast))  # now checked by the community
    make_post(grid=cast.tree.other_community, role=Role.STAFF)
    move_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), new_parent=cast.tree.other_community)
    after = Event.objects.with_related().get(pk=event.pk)
    assert after.checker.code.startswith(cast.tree.other_community.code)
    assert after.status == "resolved"


# Clue reports


@pytest.fixture
def clue(cast):
    return make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))


def test_a_clue_report_is_checked_by_the_police(cast, clue):
    assert take(clue, "accept", "resolve").checker == cast.tree.community
    assert take(Event.objects.with_related().get(pk=clue.pk), "pass_check").status == "closed"


def test_the_check_of_a_clue_report_never_goes_down_again(cast, clue):
    event = later(take(clue, "accept", "resolve"))
    assert (event.checker, event.is_supervised) == (cast.tree.community, True)


def test_without_police_the_holders_own_desk_checks_a_clue_report(cast, clue):
    vacate(cast.tree.community)
    make_post(cast.community, cast.tree.community, Role.DISPATCHER)
    second = make_post(grid=cast.tree.building, role=Role.DISPATCHER).user
    event = take(clue, "accept", "resolve")
    assert event.checker == cast.tree.building
    assert "unstaffed" not in event.steps.last().details
    assert services.act(event=event, action="pass_check", actor=second).status == "closed"


def test_a_clue_report_that_its_own_desk_checks_moves_with_its_grid(cast):
    clue = make_category("线索举报", is_confidential=True, lowest_loop="community")
    vacate(cast.tree.community)
    make_post(cast.community, cast.tree.community, Role.DISPATCHER)
    event = take(make_event(cast.worker, cast.tree.unit, category=clue), "accept", "resolve")
    desk = make_post(grid=cast.tree.other_community, role=Role.DISPATCHER).user
    move_grid(actor=None, grid=Grid.objects.get(pk=cast.tree.building.pk), new_parent=cast.tree.other_community)
    event = Event.objects.with_related().get(pk=event.pk)
    assert (event.holder, event.checker) == (cast.tree.other_community, cast.tree.other_community)
    assert services.act(event=event, action="pass_check", actor=desk).status == "closed"


# Clock and route together


def test_each_move_starts_a_fresh_clock_with_the_new_loops_limit(cast):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    assert event.due_at == MONDAY + timedelta(days=1)
    event = take(event, "escalate", at=MONDAY + timedelta(hours=1))
    assert event.due_at == MONDAY + timedelta(days=3, hours=1)
    assert event.steps.last().details["limit"] == [3, "working_day"]
    event = take(event, "accept", at=MONDAY + timedelta(hours=2))
    assert event.due_at == MONDAY + timedelta(days=3, hours=1)
