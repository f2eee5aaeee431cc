"""What happens to an order at once happens once: two sweeps, two desks, a member and the clock."""

import pytest
from django.core.exceptions import PermissionDenied

from branches.exceptions import StateConflict
from grids.models import Grid
from grids.services import merge_grids
from tests.cast import Cast, make_cast
from tests.factories import make_service_levels
from tests.grids.test_races import at_once
from tests.races import behind
from tests.volunteers.orders import dispatched, fresh, make_helper, make_order
from volunteers import services
from volunteers.models import OrderContact, ServiceOrder
from volunteers.orders.checking import check_orders

pytestmark = pytest.mark.postgres


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    return make_cast()


def test_the_same_form_twice_at_once_orders_once(cast):
    results = at_once(*[lambda: make_order(cast.tree.building, actor=cast.worker, idempotency_key="k")] * 3)
    assert set(results) == {ServiceOrder.objects.get()}
    assert OrderContact.objects.count() == 1


def test_two_sweeps_at_once_let_an_order_climb_one_level(cast):
    order = make_order(cast.tree.building)
    results = at_once(*[lambda: services.sweep_orders(at=order.due_at)] * 4)
    assert sum(result["climb"] for result in results) == 1
    assert fresh(order).holder == cast.tree.community
    assert not list(check_orders())


def test_of_two_desks_that_ask_at_once_the_later_one_holds_and_both_stand_in_the_history(cast):
    order = make_order(cast.tree.building)
    helpers = [make_helper(cast.tree.community) for _number in range(2)]
    at_once(*[lambda helper=helper: dispatched(order, helper) for helper in helpers])
    assert fresh(order).member in helpers
    assert order.steps.filter(action="dispatch").count() == 2
    assert not list(check_orders())


def test_who_accepts_while_it_is_refused_is_told_that_it_is_theirs_no_more(cast):
    order, helper = make_order(cast.tree.building), make_helper(cast.tree.community)
    dispatched(order, helper)
    result = behind(
        lambda: services.refuse_order(order=order, actor=cast.chief, text="做不了"),
        lambda: services.accept_order(order=order, actor=helper),
    )
    assert isinstance(result, PermissionDenied | StateConflict)
    assert fresh(order).state == "refused"
    assert not list(check_orders())


def test_a_reorganisation_while_it_climbs_leaves_it_with_a_holder(cast):
    order = make_order(cast.tree.building)
    building, second = (Grid.objects.get(pk=grid.pk) for grid in (cast.tree.building, cast.tree.second_building))
    at_once(
        lambda: merge_grids(actor=None, grid=building, into=second),
        lambda: services.sweep_orders(at=order.due_at),
    )
    assert fresh(order).grid == cast.tree.second_building
    assert not list(check_orders())


def test_who_declines_while_it_climbs_is_told_that_it_is_theirs_no_more(cast):
    order, helper = make_order(cast.tree.building), make_helper(cast.tree.community)
    order = fresh(dispatched(order, helper))
    result = behind(
        lambda: services.sweep_orders(at=order.due_at),
        lambda: services.decline_order(order=order, actor=helper, text="没空"),
    )
    assert isinstance(result, PermissionDenied | StateConflict)
    assert fresh(order).state == "placed"


def test_the_same_person_asked_twice_at_once_is_asked_once(cast):
    order, helper = make_order(cast.tree.building), make_helper(cast.tree.community)
    behind(lambda: dispatched(order, helper), lambda: dispatched(order, helper))
    assert order.steps.filter(action="dispatch").count() == 1
