"""Late orders climb by themselves, level by level; no order is ever without somebody who holds it."""

import logging
from contextlib import suppress

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.clock import Limit, Unit, add
from grids.services import end_post, notified
from tests.events.conftest import MONDAY, moment
from tests.volunteers.orders import DAY, accepted, dispatched, fresh, last, make_helper, make_order
from volunteers import services
from volunteers.models import OrderLimit, ServiceOrder
from volunteers.orders.checking import check_orders, problems_of
from volunteers.orders.deadlines import due_at
from volunteers.orders.workflow import OPEN, OrderState
from volunteers.tasks import sweep_orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def order(cast):
    return make_order(cast.tree.building)


def sweep(order, at=None) -> dict:
    return dict(services.sweep_orders(at=at or fresh(order).due_at))


def test_a_limit_runs_in_working_days_and_is_editable(order):
    friday = moment("2026-11-27 10:00")
    assert due_at(OrderState.PLACED, friday) == moment("2026-11-30 10:00")
    OrderLimit.objects.filter(stage="placed").update(days=2)
    assert due_at(OrderState.PLACED, friday) == add(friday, Limit(2, Unit.WORKING_DAY))
    assert due_at(OrderState.DONE, friday) is None


def test_before_its_time_nothing_happens(order):
    assert sweep(order, order.due_at - DAY / 24) == {}


def test_what_nobody_dispatches_climbs_to_the_district_and_is_marked_there_once(cast, order):
    for holder in (cast.tree.community, cast.tree.street, cast.tree.district):
        assert sweep(order) == {"climb": 1}
        assert fresh(order).holder == holder
        assert last(order).rule == "late_dispatch"
    assert sweep(order) == {"supervise": 1}
    assert fresh(order).is_late
    assert sweep(order, MONDAY + 60 * DAY) == {}
    assert not problems_of(fresh(order))


def test_the_same_sweep_again_does_nothing(order):
    at = order.due_at
    assert sweep(order, at) == {"climb": 1}
    assert sweep(order, at) == {}


def test_who_does_not_answer_is_asked_no_more(cast, order, helper):
    dispatched(order, helper)
    assert sweep(order) == {"climb": 1}
    now = fresh(order)
    assert (now.state, now.member, now.holder) == ("placed", None, cast.tree.community)
    assert last(order).rule == "late_answer"


def test_who_accepted_goes_on_while_the_level_above_sees_to_it(cast, order, helper):
    accepted(order, helper)
    assert sweep(order) == {"hand_up": 1}
    now = fresh(order)
    assert (now.state, now.member, now.holder) == ("accepted", helper, cast.tree.community)
    assert services.finish_order(order=now, actor=helper, at=now.due_at).state == "done"
    assert not problems_of(fresh(order))


def test_a_level_without_anybody_is_passed_over_and_named(cast, order):
    end_post(actor=None, post=cast.community.posts.get())
    sweep(order)
    assert fresh(order).holder == cast.tree.street
    assert last(order).skipped == "健康社区"


def test_asked_on_the_last_level_the_clock_runs_anew(cast, order, helper):
    for _level in range(4):
        sweep(order)
    now = dispatched(order, helper, at=MONDAY + 30 * DAY)
    assert not now.is_late
    assert now.wake_at == now.due_at


def test_what_is_over_climbs_no_more(order, helper):
    services.refuse_order(order=order, actor=None, text="做不了", at=MONDAY)
    assert services.sweep_orders(at=MONDAY + 90 * DAY) == {}


def test_one_that_fails_is_postponed_and_does_not_stop_the_others(cast, order, caplog):
    other = make_order(cast.tree.building)

    def stumble(text, **kwargs):
        if order.number in text:
            raise RuntimeError("the outbox is out of order")

    notified.connect(stumble)
    with caplog.at_level(logging.ERROR):
        assert services.sweep_orders(at=order.due_at) == {"postponed": 1, "climb": 1}
    notified.disconnect(stumble)
    assert f"primary key {order.pk}" in caplog.text
    assert fresh(order).wake_at > order.due_at
    assert fresh(order).holder == cast.tree.building
    assert fresh(other).holder == cast.tree.community


def test_the_task_does_the_same(order):
    ServiceOrder.objects.update(wake_at=timezone.now() - DAY)
    assert sweep_orders() == {"climb": 1}


def test_the_command_proves_it_and_names_what_is_wrong(order, capsys):
    call_command("check_orders")
    assert "1 service orders, each as its steps say." in capsys.readouterr().out
    ServiceOrder.objects.update(declines=7)
    with pytest.raises(CommandError, match="1 problems were found"):
        call_command("check_orders")
    assert order.number in capsys.readouterr().out


# Histories of any kind

ACTS = ["dispatch", "accept", "decline", "finish", "recall", "climb", "refuse", "reopen", "rate", "complain", "sweep",
        "vacate", "withdraw"]  # fmt: skip


def act(name: str, order: ServiceOrder, helpers: list, cast, at) -> None:
    asked = fresh(order).member
    doings = {
        "dispatch": lambda: services.dispatch_order(order=order, actor=cast.admin, provider=helpers[at.day % 2], at=at),
        "accept": lambda: services.accept_order(order=order, actor=asked, at=at),
        "decline": lambda: services.decline_order(order=order, actor=asked, text="没空", at=at),
        "finish": lambda: services.finish_order(order=order, actor=asked, at=at),
        "recall": lambda: services.recall_order(order=order, actor=cast.admin, text="换人", at=at),
        "climb": lambda: services.climb_order(order=order, actor=cast.admin, text="没人", at=at),
        "refuse": lambda: services.refuse_order(order=order, actor=cast.admin, text="不行", at=at),
        "reopen": lambda: services.reopen_order(order=order, actor=cast.admin, text="再办", at=at),
        "rate": lambda: services.rate_order(order=order, actor=None, rating="fair", at=at),
        "complain": lambda: services.rate_order(order=order, actor=None, rating="unsatisfied", text="不好", at=at),
        "withdraw": lambda: services.withdraw_order(order=order, actor=None, at=at),
        "sweep": lambda: services.sweep_orders(at=at),
        "vacate": lambda: [end_post(actor=None, post=post) for post in cast.community.posts.active()],
    }
    doings[name]()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 4)), max_size=14))
def test_whatever_happens_the_steps_give_the_row_and_somebody_holds_it(cast, taken):
    with transaction.atomic():
        order, at = make_order(cast.tree.building), MONDAY
        helpers = [make_helper(cast.tree.community) for _number in range(2)]
        for name, days in taken:
            at += days * DAY
            with suppress(ValidationError, PermissionDenied), transaction.atomic():
                act(name, order, helpers, cast, at)
            now = fresh(order)
            assert not problems_of(now)
            assert (now.state in OPEN) == bool(now.due_at)
            assert bool(now.provider) >= (now.state in {"dispatched", "accepted", "done"})
        assert not list(check_orders())
        transaction.set_rollback(True)
