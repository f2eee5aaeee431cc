"""The demo's orders: each demo account finds work of theirs, and every order is as its steps say."""

import pytest
from django.utils import timezone

from tests.volunteers.orders import make_helper
from volunteers.demo.orders import order_services
from volunteers.models import Service, ServiceOrder
from volunteers.orders.access import own_orders, waiting_orders
from volunteers.orders.checking import check_orders

pytestmark = pytest.mark.django_db


def test_each_finds_something_on_a_first_look(cast):
    helpers = [make_helper(cast.tree.community, skill="家电维修") for _number in range(2)]
    given = {"worker": cast.worker, "chief": cast.chief, "desk": cast.community}
    order_services(community=cast.tree.community, end=timezone.now(), **given)
    assert Service.objects.count() == 7
    assert not list(check_orders())
    states = set(ServiceOrder.objects.values_list("state", flat=True))
    assert {"placed", "dispatched", "accepted", "done"} <= states
    assert all(waiting_orders(user).exists() for user in (cast.chief, cast.community, cast.street, cast.district))
    assert all(own_orders(helper).exists() for helper in helpers)
