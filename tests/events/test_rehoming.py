"""After a reorganisation every open case has a holder above it and in use, and a step that says why."""

from datetime import timedelta

import pytest

from events import services
from events.audit import problems
from events.explanations import explain
from events.history import replay
from events.models import Category, Event
from grids.models import Grid, Organisation, Role
from grids.services import Part, merge_grids, move_grid, rename_grid, retire_grid, split_grid
from tests.factories import make_category, make_event, make_grid, make_post, take


@pytest.fixture(autouse=True)
def sound(db):
    """Every case is sound when a test is over."""
    yield
    assert list(problems()) == []


@pytest.fixture
def event(cast) -> Event:
    category = Category.objects.create(kind="governance", major="社会治理", minor="物业管理")
    return services.file_event(actor=cast.worker, category=category, grid=cast.tree.unit, title="楼道灯不亮")


def climb(event: Event, times: int) -> Event:
    for _time in range(times):
        event.refresh_from_db()
        services.sweep(at=event.due_at + timedelta(minutes=1))
    event.refresh_from_db()
    return event


def assert_replays(event: Event) -> None:
    row = replay(event.steps.all())
    assert {name: getattr(event, name) for name in row} == row


def test_case_held_above_a_moved_community_goes_to_its_new_street(cast, event):
    make_post(grid=cast.tree.other_street, role=Role.OFFICIAL)
    due_at = climb(event, 2).due_at
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    event.refresh_from_db()
    assert (event.holder, event.due_at) == (cast.tree.other_street, due_at)
    assert "网格已调整" in explain(event.steps.last())[0]
    assert_replays(event)


def test_case_held_inside_a_moved_community_stays_where_it_is(cast, event):
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    event.refresh_from_db()
    assert (event.holder, event.step_count) == (cast.tree.building, 1)


def test_case_moves_on_where_the_new_street_is_vacant(cast, event):
    climb(event, 2)
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    event.refresh_from_db()
    assert (event.holder, event.loop, event.status) == (cast.tree.district, "city", "filed")
    assert_replays(event)


def test_case_of_a_retired_building_goes_to_its_community(cast, event):
    for grid in (cast.tree.unit, cast.tree.second_unit, cast.tree.building):
        retire_grid(actor=None, grid=Grid.objects.get(pk=grid.pk))
    event.refresh_from_db()
    assert (event.holder, event.loop) == (cast.tree.community, "community")
    assert_replays(event)


def test_check_due_at_a_retired_grid_moves_up(cast, event):
    event = services.act(event=event, action="accept", actor=cast.chief)
    services.act(event=event, action="resolve", actor=cast.chief, note="换了灯泡")
    for grid in (cast.tree.unit, cast.tree.second_unit, cast.tree.building):
        retire_grid(actor=None, grid=Grid.objects.get(pk=grid.pk))
    event.refresh_from_db()
    assert (event.status, event.checker) == ("resolved", cast.tree.community)
    assert_replays(event)


def test_case_at_the_city_starts_afresh_in_the_district_of_another_city(cast, event):
    for code in ("1502", "150202"):
        make_post(grid=make_grid(code), role=Role.OFFICIAL)
    street = make_grid("150202001")
    climb(event, 4)
    move_grid(actor=None, grid=cast.tree.community, new_parent=street)
    event.refresh_from_db()
    assert (event.holder.code, event.status, event.is_overdue()) == ("150202", "filed", False)
    assert climb(event, 1).holder.code == "1502"
    assert_replays(event)
    assert list(problems()) == []


def test_ended_case_keeps_its_last_holder_and_passes_the_audit(cast, event):
    climb(event, 2)
    services.act(event=Event.objects.get(pk=event.pk), action="void", actor=cast.street, reason="重复")
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    event.refresh_from_db()
    assert (event.status, event.holder) == ("voided", cast.tree.street)
    assert list(problems()) == []


# Merged, split and replaced


def now(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def last_words(event: Event) -> str:
    return " ".join(explain(event.steps.last()))


def test_an_open_case_moves_to_what_it_was_merged_into(cast):
    event = make_event(cast.worker, cast.tree.second_building)
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building, reason="两楼打通")
    event = now(event)
    assert (event.grid, event.position) == (cast.tree.building, cast.tree.building.lft)
    assert event.holder == cast.tree.community  # it had climbed there, as nobody sat at the desk below
    step = event.steps.last()
    assert (step.action, step.reason, event.step_count) == ("rehome", "两楼打通", 2)
    assert step.details["place"]["from"] == ["健康社区 2号楼", cast.tree.second_building.code]
    assert step.details["place"]["to"] == ["健康社区 1号楼", cast.tree.building.code]
    assert "“健康社区 2号楼”（1501050010010002）" in last_words(event)
    assert event.place_name == "健康社区 1号楼"


def test_the_handler_keeps_the_case_and_can_resolve_it(cast):
    event = take(make_event(cast.worker, cast.tree.building), "accept")
    event = take(event, "assign", handler=cast.worker)
    due_at = event.due_at
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    event = now(event)
    assert (event.holder, event.handler, event.status) == (cast.tree.second_building, cast.worker, "handling")
    assert event.due_at == due_at
    worker = type(cast.worker).objects.get(pk=cast.worker.pk)
    assert event in Event.objects.waiting_for(worker)
    assert services.act(event=event, action="resolve", actor=worker, note="已修好").status == "resolved"


def test_a_case_below_is_told_only_when_its_holder_is_gone(cast):
    inside = make_event(cast.worker, cast.tree.building)  # held by the building itself
    above = take(make_event(cast.worker, cast.tree.unit), "escalate")  # held by the community
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.far_community)
    inside, above = now(inside), now(above)
    assert (inside.holder, inside.step_count) == (cast.tree.building, 1)
    assert (above.holder, above.loop) == (cast.tree.far_community, "community")
    assert "place" not in above.steps.last().details
    assert "健康社区" in last_words(above)


def test_a_check_goes_on_at_the_successor_on_the_same_clock(cast):
    event = take(make_event(cast.worker, cast.tree.building), "accept", "resolve")
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    after = now(event)
    assert (after.checker, after.due_at) == (cast.tree.second_building, event.due_at)


def test_a_split_sends_the_cases_of_the_grid_itself_to_the_first_part(cast):
    category = make_category("垃圾", lowest_loop="community")
    own = make_event(cast.community, cast.tree.community, category=category)
    inside = make_event(cast.worker, cast.tree.second_building, category=category)
    parts = [Part("东区", (cast.tree.building.code,)), Part("西区", (cast.tree.second_building.code,))]
    east, west = split_grid(actor=None, grid=cast.tree.community, parts=parts)
    assert (now(own).grid, now(own).holder) == (east, east)
    assert now(inside).grid.parent == west
    assert now(inside).holder == cast.tree.street  # the western part has nobody yet


def test_a_retired_grid_gives_its_cases_to_its_successor(cast):
    event = make_event(cast.worker, cast.tree.second_building)
    retire_grid(actor=None, grid=cast.tree.second_building, successor=cast.tree.community)
    assert now(event).grid == cast.tree.community
    retire_grid(actor=None, grid=cast.tree.far_community)


def test_without_a_successor_it_climbs_and_stays_where_it_arose(cast):
    event = make_event(cast.neighbour, cast.tree.other_building)
    retire_grid(actor=None, grid=cast.tree.other_building)
    assert now(event).grid == cast.tree.other_building


def test_a_clue_report_goes_along(cast):
    event = make_event(cast.worker, cast.tree.building, category=make_category("线索", is_confidential=True))
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    assert now(event).holder == cast.tree.second_building
    assert set(event.notices.filter(step__action="rehome").values_list("recipient", flat=True)) == {cast.chief.pk}


def test_a_case_of_a_joined_organisation_goes_to_its_namesake(cast):
    there, here = (
        Organisation.objects.create(name="安居物业", grid=grid, kind="property_company", is_joint=True)
        for grid in (cast.tree.building, cast.tree.second_building)
    )
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    Event.objects.filter(pk=event.pk).update(organisation=there)
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    assert now(event).organisation == here


def test_a_case_from_elsewhere_goes_along_with_the_organisation_that_handles_it(cast):
    there, here = (
        Organisation.objects.create(name="安居物业", grid=grid, kind="property_company", is_joint=joint)
        for grid, joint in ((cast.tree.building, True), (cast.tree.second_building, False))
    )
    there.representatives.add(cast.stranger)
    event = take(make_event(cast.worker, cast.tree.second_building), "accept")
    event = services.act(event=event, action="assign", actor=cast.community, organisation=there)
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    assert now(event).organisation == here
    assert Event.objects.waiting_for(cast.stranger).get() == event


def test_a_closed_case_stays_with_the_name_of_its_time(cast):
    event = take(make_event(cast.worker, cast.tree.building), "accept", "resolve", "pass_check")
    rename_grid(actor=None, grid=cast.tree.building, name="甲楼")
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    after = now(event)
    assert (after.grid, after.place_name) == (cast.tree.building, "健康社区 1号楼")
    assert after.step_count == event.step_count


def test_a_closed_case_that_opens_again_is_at_the_successor(cast):
    event = take(make_event(cast.worker, cast.tree.building), "accept", "resolve", "pass_check")
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    event = services.act(event=now(event), action="reopen", actor=cast.district, reason="又坏了")
    assert (event.grid, event.holder) == (cast.tree.second_building, cast.tree.second_building)
    assert "1号楼" in last_words(event)


def test_the_place_has_the_name_of_the_last_step(cast):
    event = make_event(cast.worker, cast.tree.unit)
    assert event.place_name == "健康社区 1号楼 1单元"
    rename_grid(actor=None, grid=cast.tree.building, name="甲楼")
    assert now(event).place_name == "健康社区 1号楼 1单元"
    assert take(now(event), "accept").place_name == "健康社区 甲楼 1单元"


def test_the_record_counts_the_steps(cast):
    make_event(cast.worker, cast.tree.second_building)
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    assert cast.tree.second_building.gridchanges.get().counts["events.step"] == 1


def test_many_cases_move_with_few_queries(cast, django_assert_max_num_queries):
    for _turn in range(30):
        make_event(cast.worker, cast.tree.second_building)
    with django_assert_max_num_queries(76):
        merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    assert Event.objects.filter(grid=cast.tree.building).count() == 30
