"""A reorganisation carries orders and the catalogue along, and leaves no open order without a holder."""

import pytest

from grids import services
from grids.services import Part
from tests.volunteers.orders import accepted, fresh, last, make_helper, make_order, make_service
from volunteers.orders.checking import check_orders

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(cast):
    return make_order(cast.tree.building)


@pytest.fixture(autouse=True)
def proof(db):
    yield
    assert not list(check_orders())


def test_merged_the_order_goes_on_with_the_other_building(cast, order):
    services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    now = fresh(order)
    assert now.grid == cast.tree.second_building
    assert now.position == now.grid.lft
    assert now.holder == cast.tree.second_building  # the posts went there as well
    assert last(order).rule == "reorganised"


def test_divided_it_goes_on_with_who_continues_the_building(cast, order):
    services.split_grid(
        actor=None,
        grid=cast.tree.building,
        parts=[Part("1号楼东", (cast.tree.unit.code,)), Part("1号楼西", (cast.tree.second_unit.code,))],
    )
    assert fresh(order).grid.retired_at is None


def test_a_moved_building_takes_its_order_under_another_community(cast):
    order = make_order(cast.tree.second_building)
    assert order.holder == cast.tree.community
    services.move_grid(actor=None, grid=cast.tree.second_building, new_parent=cast.tree.other_community)
    now = fresh(order)
    assert now.holder == cast.tree.street  # nobody answers for the other community
    assert now.position == now.grid.lft


def test_a_retired_place_leaves_the_order_with_a_level_above(cast):
    order = make_order(cast.tree.other_building)
    services.retire_grid(actor=None, grid=cast.tree.other_building)
    assert fresh(order).holder.retired_at is None


def test_the_catalogue_follows(cast):
    service = make_service(cast.tree.building)
    services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    service.refresh_from_db()
    assert (service.grid, service.position) == (cast.tree.second_building, cast.tree.second_building.lft)


def test_two_catalogues_become_one_and_say_where_the_second_of_a_name_came_from(cast):
    community, other = cast.tree.community, cast.tree.other_community
    kept, came = make_service(community), make_service(other)
    services.merge_grids(actor=None, grid=other, into=community)
    assert list(community.services.order_by("pk")) == [kept, came]
    came.refresh_from_db()
    assert came.name == f"{kept.name}（{other.name}）"


def test_who_was_asked_stays_asked(cast, order):
    helper = make_helper(cast.tree.community)
    accepted(order, helper)
    services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    assert (fresh(order).state, fresh(order).member) == ("accepted", helper)
