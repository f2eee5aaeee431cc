"""After a reorganisation every open case has a holder above it and in use, and a step that says why."""

from datetime import timedelta

import pytest

from events import services
from events.audit import problems
from events.explanations import explain
from events.history import replay
from events.models import Category, Event
from grids.models import Grid, Role
from grids.services import move_grid, retire_grid
from tests.factories import make_grid, make_post


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
