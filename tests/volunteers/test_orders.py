"""What people do with service orders, and what is refused."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches.exceptions import StateConflict
from grids.models import Role
from grids.services import end_post
from tests.events.conftest import MONDAY
from tests.factories import (
    make_branch,
    make_offer,
    make_organisation,
    make_organisation_enrolment,
    make_post,
    make_user,
)
from tests.volunteers.orders import (
    DAY,
    accepted,
    dispatched,
    done,
    fresh,
    last,
    make_helper,
    make_order,
    make_service,
)
from volunteers import services
from volunteers.models import OrderContact, ServiceOrder
from volunteers.orders.access import sides_of, visible_orders
from volunteers.orders.candidates import candidates_for
from volunteers.orders.checking import problems_of
from volunteers.orders.deadlines import due_at
from volunteers.orders.workflow import OrderRule, OrderSide, OrderState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def state(order) -> str:
    return fresh(order).state


# Ordering


def test_an_order_goes_to_the_nearest_desk_and_says_so(cast, order, told):
    assert (order.state, order.holder) == ("placed", cast.tree.building)
    assert last(order).rule == OrderRule.NEAREST
    assert order.due_at == due_at(OrderState.PLACED, MONDAY)
    assert not problems_of(fresh(order))


def test_where_nobody_is_posted_it_goes_on_up_at_once(cast, told):
    order = make_order(cast.tree.second_building)
    assert order.holder == cast.tree.community
    assert last(order).skipped == "2号楼"
    assert [one[:2] for one in told] == [([cast.community], f"A service order has come in: {order}.")]


def test_a_branch_secretary_is_a_desk_as_well(cast):
    make_post(make_user("书记"), cast.tree.second_building, Role.SECRETARY)
    assert make_order(cast.tree.second_building).holder == cast.tree.second_building


def test_without_anybody_anywhere_the_district_holds_it(cast):
    for post in [*cast.street.posts.all(), *cast.district.posts.all()]:
        end_post(actor=None, post=post)
    assert make_order(cast.tree.far_community).holder == cast.tree.district


def test_the_service_says_what_it_takes_and_of_which_kind_it_is(cast):
    service = make_service(cast.tree.community, kind="market", skill="理发")
    order = make_order(cast.tree.building, service=service, text="", skill=None)
    assert (order.skill.name, order.kind, order.title) == ("理发", "market", "上门修家电")


def test_the_same_key_orders_once(cast):
    sent = [make_order(cast.tree.building, actor=cast.worker, idempotency_key="k") for _time in range(2)]
    assert sent[0] == sent[1]
    assert ServiceOrder.objects.count() == OrderContact.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"text": " ", "skill": None}, "text", "Say in a few words what is needed."),
        ({"times": 0}, "times", "Choose at least one time that suits."),
        ({"phone": "123"}, "phone", "This is no phone number of eleven digits"),
        ({"name": "名" * 33}, "name", "At most 32 characters."),
    ],
)
def test_what_is_no_order_is_refused_at_its_field(cast, changes, field, sentence):
    with pytest.raises(ValidationError) as refused:
        make_order(cast.tree.building, actor=cast.worker, **changes)
    assert sentence in refused.value.message_dict[field][0]
    assert not ServiceOrder.objects.exists()


def test_a_street_is_no_place_to_come_to(cast):
    with pytest.raises(ValidationError, match="Choose the community or the building"):
        make_order(cast.tree.street, actor=cast.street)


def test_a_service_of_elsewhere_or_of_before_is_not_ordered(cast):
    elsewhere = make_service(cast.tree.far_community)
    before = services.withdraw_service(actor=None, service=make_service(cast.tree.community, "理发"))
    for service in (elsewhere, before):
        with pytest.raises(ValidationError, match="not offered there any more"):
            make_order(cast.tree.building, service=service)


def test_nobody_writes_down_orders_of_elsewhere(cast):
    for user in (cast.neighbour, cast.stranger):
        with pytest.raises(PermissionDenied, match="You write down orders for the grids where you work"):
            make_order(cast.tree.building, actor=user)


# Dispatching


def test_those_who_offered_are_suggested_and_one_of_them_is_asked(cast, order, helper, told):
    assert [one.provider for one in candidates_for(fresh(order), MONDAY)] == [helper]
    services.dispatch_order(order=order, actor=cast.chief, provider=helper, text="请联系", at=MONDAY)
    now = fresh(order)
    assert (now.state, now.member, now.due_at) == ("dispatched", helper, due_at(OrderState.DISPATCHED, MONDAY))
    assert told[-1][:2] == ([helper], f"You are asked to do a service order: {order}.")


def test_asking_the_same_again_changes_nothing(cast, order, helper):
    dispatched(order, helper)
    steps = order.steps.count()
    dispatched(order, helper, at=MONDAY + DAY)
    assert order.steps.count() == steps


def test_who_offered_nothing_there_is_not_asked(cast, order):
    elsewhere = make_helper(cast.tree.far_community)
    for somebody in (elsewhere, cast.stranger):
        with pytest.raises(ValidationError, match="Choose somebody who offered something there"):
            dispatched(order, somebody)
    assert state(order) == "placed"


def test_only_who_acts_for_the_holder_dispatches(cast, order, helper):
    for user in (cast.worker, cast.police, cast.neighbour, cast.stranger, helper):
        with pytest.raises(PermissionDenied):
            services.dispatch_order(order=order, actor=user, provider=helper, at=MONDAY)
    assert services.dispatch_order(order=order, actor=cast.community, provider=helper, at=MONDAY).member == helper


def test_the_secretary_of_the_branch_that_covers_the_grid_dispatches(cast, order, helper):
    secretary = make_user("书记")
    make_branch(cast.tree.building, secretary=secretary)
    assert visible_orders(secretary).get() == order
    assert services.dispatch_order(order=order, actor=secretary, provider=helper, at=MONDAY).member == helper


def test_the_provider_of_the_service_is_asked_without_an_offer(cast):
    company = make_organisation(cast.tree.community, "好帮手家政")
    order = make_order(cast.tree.building, service=make_service(cast.tree.community, organisation=company))
    assert [one.provider for one in candidates_for(fresh(order), MONDAY)] == [company]
    now = dispatched(order, company)
    assert now.organisation == company


def test_for_an_organisation_without_accounts_the_desk_writes_down_the_answer(cast, order):
    company = make_organisation(cast.tree.community, "好帮手家政")
    make_offer(make_organisation_enrolment(company, cast.tree.community))
    now = dispatched(order, company)
    assert OrderSide.PROVIDER in sides_of(cast.chief, now)
    assert services.accept_order(order=now, actor=cast.chief, at=MONDAY).state == "accepted"


def test_a_representative_answers_for_the_organisation(cast, order):
    boss = make_user("老板")
    company = make_organisation(cast.tree.community, "好帮手家政", representatives=[boss])
    make_offer(make_organisation_enrolment(company, cast.tree.community))
    now = dispatched(order, company)
    assert OrderSide.PROVIDER not in sides_of(cast.chief, now)
    assert services.accept_order(order=now, actor=boss, at=MONDAY).state == "accepted"


# Answering


def test_who_was_asked_accepts_and_does_it(cast, order, helper):
    now = done(order, helper)
    assert (now.state, now.member, now.due_at) == ("done", helper, None)
    assert last(order).text == "修好了"
    assert not problems_of(fresh(order))


def test_accepting_twice_is_accepting_once(order, helper):
    accepted(order, helper)
    services.accept_order(order=order, actor=helper, at=MONDAY)
    assert order.steps.filter(action="accept").count() == 1


def test_another_member_does_not_answer(cast, order, helper):
    other = make_helper(cast.tree.community)
    dispatched(order, helper)
    for act in (services.accept_order, services.decline_order):
        with pytest.raises(PermissionDenied):
            act(order=order, actor=other, text="我来", at=MONDAY)


def test_declining_takes_a_reason_and_leads_back_to_the_desk(cast, order, helper, told):
    dispatched(order, helper)
    with pytest.raises(ValidationError, match="Say why"):
        services.decline_order(order=order, actor=helper, text=" ", at=MONDAY)
    now = services.decline_order(order=order, actor=helper, text="出差", at=MONDAY)
    assert (now.state, now.member, now.declines) == ("placed", None, 1)
    assert last(order).provider_name == "巴特尔"
    assert told[-1].users == [cast.chief]


def test_declined_for_the_second_time_it_climbs_at_once(cast, order, helper):
    for member in (helper, make_helper(cast.tree.community)):
        dispatched(order, member)
        services.decline_order(order=order, actor=member, text="没空", at=MONDAY)
    now = fresh(order)
    assert (now.state, now.holder, now.declines) == ("placed", cast.tree.community, 0)
    assert last(order).rule == OrderRule.DECLINED
    assert not problems_of(now)


def test_who_declined_is_suggested_last(cast, order, helper):
    dispatched(order, helper)
    services.decline_order(order=order, actor=helper, text="没空", at=MONDAY)
    other = make_helper(cast.tree.community, skill="理发")
    found = candidates_for(fresh(order), MONDAY)
    assert [one.provider for one in found] == [other, helper]
    assert found[1].match.reasons[0].text == "declined this order"


def test_the_desk_takes_it_back_to_ask_somebody_else(cast, order, helper, told):
    accepted(order, helper)
    now = services.recall_order(order=order, actor=cast.chief, text="换人", at=MONDAY)
    assert (now.state, now.member) == ("placed", None)
    assert told[-1][:2] == ([helper], f"This service order was taken back: {order}.")


def test_the_desk_passes_it_up_by_hand(cast, order):
    now = services.climb_order(order=order, actor=cast.chief, text="本楼无人", at=MONDAY)
    assert (now.holder, now.state) == (cast.tree.community, "placed")
    assert last(order).text == "本楼无人"
    for holder in (cast.tree.street, cast.tree.district):
        assert services.climb_order(order=order, actor=cast.admin, text="还是没有", at=MONDAY).holder == holder
    with pytest.raises(StateConflict, match="There is no level above"):
        services.climb_order(order=order, actor=cast.admin, text="还是没有", at=MONDAY)


def test_what_cannot_be_served_ends_with_a_reason_and_may_be_taken_up_again(cast, order):
    services.refuse_order(order=order, actor=cast.chief, text="超出服务范围", at=MONDAY)
    assert state(order) == "refused"
    now = services.reopen_order(order=order, actor=cast.chief, text="找到人了", at=MONDAY)
    assert (now.state, now.holder) == ("placed", cast.tree.building)
    assert not problems_of(fresh(order))


# Rating


def test_what_was_done_is_rated_once(cast, order, helper):
    done(order, helper)
    now = services.rate_order(order=order, actor=None, rating="satisfied", at=MONDAY + DAY)
    assert (now.state, now.rating) == ("done", "satisfied")
    services.rate_order(order=order, actor=None, rating="satisfied", at=MONDAY + DAY)
    assert order.steps.filter(action="rate").count() == 1
    with pytest.raises(StateConflict, match="an order is rated once"):
        services.rate_order(order=order, actor=None, rating="fair", at=MONDAY + DAY)


def test_after_seven_days_it_is_too_late(order, helper):
    done(order, helper)
    with pytest.raises(StateConflict, match="The seven days for rating are over"):
        services.rate_order(order=order, actor=None, rating="fair", at=MONDAY + 7 * DAY + DAY / 24)


def test_what_was_not_good_is_taken_up_again(cast, order, helper, told):
    done(order, helper)
    with pytest.raises(ValidationError, match="Say why"):
        services.rate_order(order=order, actor=None, rating="unsatisfied", at=MONDAY)
    now = services.rate_order(order=order, actor=None, rating="unsatisfied", text="还漏水", at=MONDAY)
    assert (now.state, now.rating, now.member) == ("placed", "unsatisfied", None)
    assert [one.users for one in told[-2:]] == [[cast.chief], [helper]]
    assert not problems_of(fresh(order))


def test_who_wrote_it_down_rates_for_the_resident_and_who_did_it_does_not(cast, order, helper):
    done(order, helper)
    for user in (helper, cast.chief, cast.community):
        with pytest.raises(PermissionDenied):
            services.rate_order(order=order, actor=user, rating="satisfied", at=MONDAY)
    assert services.rate_order(order=order, actor=cast.worker, rating="satisfied", at=MONDAY).rating == "satisfied"


def test_nobody_rates_their_own_work(cast):
    helper_and_worker = make_helper(cast.tree.community)
    make_post(helper_and_worker, cast.tree.building)
    order = make_order(cast.tree.building, actor=helper_and_worker)
    done(order, helper_and_worker)
    with pytest.raises(PermissionDenied):
        services.rate_order(order=order, actor=helper_and_worker, rating="satisfied", at=MONDAY)


def test_what_is_not_needed_any_more_is_withdrawn(order, helper, told):
    accepted(order, helper)
    assert services.withdraw_order(order=order, actor=None, at=MONDAY).state == "withdrawn"
    services.withdraw_order(order=order, actor=None, at=MONDAY)
    assert order.steps.filter(action="withdraw").count() == 1
    assert told[-1].users == [helper]


# Seeing


def test_who_sees_an_order(cast, order, helper):
    people = {name: getattr(cast, name) for name in cast.__dataclass_fields__ if name != "tree"} | {"helper": helper}
    seen = {name for name, user in people.items() if visible_orders(user).filter(pk=order.pk).exists()}
    assert seen == {"worker", "chief", "community", "street", "district", "city", "admin"}
    dispatched(order, helper)
    assert visible_orders(helper).get() == order
    services.decline_order(order=order, actor=helper, text="没空", at=MONDAY)
    assert not visible_orders(helper).exists()


def test_a_closed_account_sees_nothing(cast, order):
    cast.chief.is_active = False
    assert not visible_orders(cast.chief).exists()
