"""The pages of orders and of the catalogue: who gets which, what a refusal looks like, how few queries they take."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from tests.events.conftest import MONDAY
from tests.factories import make_member_enrolment, make_offer
from tests.volunteers.orders import accepted, dispatched, done, fresh, make_helper, make_order, make_service, skill_of
from volunteers import services
from volunteers.models import Service, ServiceOrder
from volunteers.orders.day import day_of
from volunteers.templatetags.order_tags import orders_from_here, orders_here, orders_of, orders_waiting

pytestmark = pytest.mark.django_db


def page(name: str, *args) -> str:
    return reverse(name, args=args)


PEOPLE = ("worker", "chief", "community", "street", "police", "neighbour", "stranger", "helper", "admin", "anonymous")
ALL = dict.fromkeys(PEOPLE, 200) | {"anonymous": 302}
READS = ALL | {"police": 404, "neighbour": 404, "stranger": 404}
DESK = {name: 403 if code == 200 else code for name, code in READS.items()}
KEEPS = dict.fromkeys(PEOPLE, 403) | {"anonymous": 302}
MATRIX = {
    ("get", "order_list"): ALL,
    ("get", "order_new"): ALL,
    ("get", "order_detail"): READS,
    ("get", "order_dispatch"): DESK | {"chief": 200, "community": 200, "street": 200, "admin": 200},
    ("get", "order_contact"): DESK | {"chief": 200},
    ("post", "order_act"): DESK | {"helper": 302, "worker": 403},
    ("get", "service_list"): ALL,
    ("get", "service_new"): KEEPS | {"chief": 200, "community": 200, "street": 200, "admin": 200},
    ("get", "service_edit"): KEEPS | {"community": 200, "street": 200, "admin": 200},
    ("post", "service_withdraw"): KEEPS | {"community": 302, "street": 302, "admin": 302},
    ("get", "resource_list"): ALL | {"police": 403, "stranger": 403, "helper": 403},
}


@pytest.mark.parametrize("what", MATRIX)
def test_who_gets_what(cast, as_, client, order, helper, what):
    method, name = what
    dispatched(order, helper)
    service = make_service(cast.tree.community)
    args = {"order_act": [order.pk, "accept"]}.get(name, [order.pk] if name.startswith("order_") else [service.pk])
    args = [] if name in ("order_list", "order_new", "service_list", "service_new", "resource_list") else args
    got = {}
    for who in PEOPLE:
        user = helper if who == "helper" else getattr(cast, who, None)
        browser = as_(user) if user else client
        with transaction.atomic():
            got[who] = getattr(browser, method)(page(name, *args)).status_code
            transaction.set_rollback(True)
    assert got == MATRIX[what]


# One order from the form to the rating


def test_a_worker_writes_an_order_down_and_gets_the_code_for_the_resident(cast, as_):
    sent = {"grid": cast.tree.building.code, "text": "洗衣机不转了", "skill": skill_of().pk, "days": ["weekend"],
            "parts": ["0"], "name": "张三丰", "phone": "13812345678", "idempotency_key": "k"}  # fmt: skip
    shown = [as_(cast.worker).post(page("order_new"), sent).content.decode() for _time in range(2)]
    order = ServiceOrder.objects.get()
    assert (order.when, order.placed_by) == ("周六至周日上午", cast.worker)
    assert all("交给居民的查询码" in one for one in shown)
    assert "13812345678" not in "".join(shown)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"text": ""}, "请简要说明需要什么服务。"),
        ({"grid": "150105002001"}, "只能为自己工作的网格代为点单。"),
        ({"phone": "12"}, "电话号码不对"),
        ({"skill": "x"}, "请从列表中选择。"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(cast, as_, changes, sentence):
    sent = {"grid": cast.tree.building.code, "text": "修门锁", "address": "301室"} | changes
    answer = as_(cast.worker).post(page("order_new"), sent)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert "301室" in answer.content.decode()
    assert not ServiceOrder.objects.exists()


def test_the_form_begins_with_the_service_and_the_grid_that_were_asked_for(cast, as_):
    service = make_service(cast.tree.community)
    shown = as_(cast.worker).get(page("order_new"), {"service": service.pk, "grid": cast.tree.second_building.code})
    assert f'<option value="{service.pk}" selected>' in shown.content.decode()
    assert f'<option value="{cast.tree.second_building.code}" selected>' in shown.content.decode()


def test_the_desk_sees_why_somebody_is_suggested_and_asks_them(cast, as_, order, helper):
    chief = as_(cast.chief)
    shown = chief.get(page("order_dispatch", order.pk)).content.decode()
    assert "可提供“家电维修”" in shown
    assert "手上没有订单" in shown
    assert chief.post(page("order_dispatch", order.pk), {}).status_code == 400
    assert chief.post(page("order_dispatch", order.pk), {"provider": f"member-{cast.stranger.pk}"}).status_code == 400
    answer = chief.post(page("order_dispatch", order.pk), {"provider": f"member-{helper.pk}"})
    assert answer.status_code == 302
    assert fresh(order).member == helper


def test_candidates_are_searched_by_name_and_skill(cast, as_, order, helper):
    make_helper(cast.tree.community, "斯琴", skill="理发")
    shown = as_(cast.chief).get(page("order_dispatch", order.pk), {"search": "斯琴"}).content.decode()
    assert "斯琴" in shown
    assert "巴特尔" not in shown


def test_who_was_asked_accepts_and_finishes_on_the_page(cast, as_, order, helper):
    dispatched(order, helper)
    browser = as_(helper)
    assert "接单" in browser.get(page("order_detail", order.pk)).content.decode()
    assert browser.post(page("order_act", order.pk, "accept"), {"text": ""}).status_code == 302
    assert browser.post(page("order_act", order.pk, "finish"), {"text": "修好了"}).status_code == 302
    assert fresh(order).state == "done"


def test_declining_without_a_reason_stays_on_the_page(as_, order, helper):
    dispatched(order, helper)
    answer = as_(helper).post(page("order_act", order.pk, "decline"), {"text": ""})
    assert answer.status_code == 400
    assert "请简要说明原因。" in answer.content.decode()
    answer = as_(helper).post(page("order_act", order.pk, "decline"), {"text": "出差"}, follow=True)
    assert answer.redirect_chain[-1][0] == page("order_list")  # it is not theirs any more


def test_what_somebody_else_did_meanwhile_is_said(cast, as_, order, helper):
    dispatched(order, helper)
    services.refuse_order(order=order, actor=cast.chief, text="做不了", at=MONDAY)
    answer = as_(cast.chief).post(page("order_act", order.pk, "recall"), {"text": "换人"})
    assert answer.status_code == 409
    assert "无法提供" in answer.content.decode()


def test_the_worker_writes_down_the_rating(cast, as_, order, helper):
    done(order, helper, at=timezone.now())
    answer = as_(cast.worker).post(page("order_act", order.pk, "rate"), {"rating": "excellent"})
    assert answer.status_code == 400
    assert as_(cast.worker).post(page("order_act", order.pk, "rate"), {"rating": "fair"}).status_code == 302
    assert fresh(order).rating == "fair"


def test_an_unknown_step_is_not_there(cast, as_, order):
    for action in ("turn", "rehome", "explode"):
        assert as_(cast.chief).post(page("order_act", order.pk, action)).status_code == 404


# Lists


def test_the_demand_list_is_narrowed_and_exported_without_personal_data(cast, as_, order, helper):
    other = make_order(cast.tree.second_building, skill=skill_of("理发"), text="想理发", name="李四")
    accepted(order, helper)
    browser = as_(cast.community)
    shown = browser.get(page("order_list"), {"state": "placed"}).content.decode()
    assert other.number in shown
    assert order.number not in shown
    for query in ({"search": order.number}, {"grid": cast.tree.building.code}, {"search": "家电"}):
        shown = browser.get(page("order_list"), query).content.decode()
        assert order.number in shown
        assert other.number not in shown
    assert order.number in as_(helper).get(page("order_list"), {"state": "mine"}).content.decode()
    sheet = load_workbook(BytesIO(b"".join(browser.get(page("order_list"), {"export": "xlsx"})))).active
    text = str(list(sheet.values))
    assert order.number in text
    assert not any(secret in text for secret in ("想理发", "李四", "13812345678", "巴特尔"))


@pytest.mark.parametrize(
    "query", ["state=x", "kind=x", "page=99", "search=%00", "grid=abc", "search=9-99999999999999999999"]
)
def test_a_broken_address_is_a_list_all_the_same(cast, as_, order, query):
    assert as_(cast.community).get(f"{page('order_list')}?{query}").status_code == 200


def test_the_project_list_tells_what_came_of_each_service(cast, as_, helper):
    service = make_service(cast.tree.community)
    done(make_order(cast.tree.building, service=service), helper)
    make_order(cast.tree.building, service=service)
    shown = as_(cast.community).get(page("service_list")).content.decode()
    assert "点单 2 · 未结 1 · 完成 1 · 满意和基本满意 0 · 报名提供 1" in shown
    assert b"".join(as_(cast.community).get(page("service_list"), {"export": "xlsx"}))


def test_the_resource_list_is_what_was_offered(cast, as_, order, helper):
    make_offer(make_member_enrolment(cast.tree.far_community), "理发")
    accepted(order, helper)
    shown = as_(cast.community).get(page("resource_list")).content.decode()
    assert "巴特尔" in shown
    assert "手上有 1 件订单" in shown
    assert "理发" not in shown.split('id="offers"')[1]
    assert "巴特尔" in as_(cast.chief).get(page("resource_list")).content.decode()  # offers are made to communities
    assert b"".join(as_(cast.community).get(page("resource_list"), {"export": "xlsx"}))


# The catalogue


def service_form(cast, **changes) -> dict:
    given = {"grid": cast.tree.community.code, "name": "上门理发", "kind": "market", "skill": skill_of("理发").pk,
             "price": "15.5", "place": "上门", "days": ["workdays"], "how": "0471-4901234"}  # fmt: skip
    return given | changes


def test_the_catalogue_is_written_changed_and_withdrawn(cast, as_):
    desk = as_(cast.community)
    assert desk.post(page("service_new"), service_form(cast)).status_code == 302
    service = Service.objects.get()
    assert (service.price, service.when) == (Decimal("15.50"), "周一至周五全天")
    assert "周一至周五" in desk.get(page("service_edit", service.pk)).content.decode()
    assert desk.post(page("service_edit", service.pk), service_form(cast, price="")).status_code == 302
    assert Service.objects.get().price is None
    desk.post(page("service_withdraw", service.pk))
    assert not Service.objects.in_use().exists()
    assert desk.get(page("service_edit", service.pk)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "请起个名称。"),
        ({"price": "-1"}, "0"),
        ({"price": "很多"}, "价格请填数字"),
        ({"skill": ""}, "请选择所需特长。"),
        ({"grid": "150105002"}, "服务目录由负责该网格的岗位维护。"),
    ],
)
def test_what_is_no_service_is_refused(cast, as_, changes, sentence):
    answer = as_(cast.community).post(page("service_new"), service_form(cast, **changes))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Service.objects.exists()


def test_two_of_one_name_are_refused(cast, as_):
    make_service(cast.tree.community, "上门理发")
    answer = as_(cast.community).post(page("service_new"), service_form(cast))
    assert answer.status_code == 400
    assert "该网格已有同名服务项目。" in answer.content.decode()


# The day, and cards on other pages


def test_the_day_of_who_was_asked_and_of_the_desk(cast, order, helper, django_assert_num_queries):
    assert [due.label for due in day_of(cast.chief, MONDAY)] == ["待派订单"]
    dispatched(order, helper)
    with django_assert_num_queries(2):
        [due] = day_of(helper, MONDAY)
    assert (due.label, due.url, due.is_late) == ("待接订单", page("order_detail", order.pk), False)
    assert not day_of(cast.chief, MONDAY)
    assert not day_of(cast.stranger, MONDAY)


def test_cards_take_few_queries(cast, order, helper, django_assert_num_queries):
    dispatched(order, helper)
    chief = type(cast.chief).objects.get(pk=cast.chief.pk)
    assert chief.active_posts
    with django_assert_num_queries(0):
        assert orders_here(cast.tree.building)["is_possible"]
    with django_assert_num_queries(2):
        assert orders_of(cast.tree.building, chief)["counts"]["open"] == 1
    with django_assert_num_queries(2):
        assert orders_waiting(helper) == {"mine": 1, "desk": 0}
    with django_assert_num_queries(1):
        assert orders_from_here("event", "20261123-000001", chief)["orders"] == []


def test_lists_and_pages_take_the_same_queries_however_long_they_are(cast, as_, helper, django_assert_max_num_queries):
    services_ = [make_service(cast.tree.community, f"服务{number}") for number in range(6)]
    orders = [make_order(cast.tree.building, service=service) for service in services_]
    for number in range(8):
        make_helper(cast.tree.community, f"党员{number}")
    desk = as_(cast.community)
    limits = {page("order_list"): 16, page("service_list"): 17, page("resource_list"): 16,
              page("order_detail", orders[0].pk): 24, page("order_dispatch", orders[0].pk): 22}  # fmt: skip
    for address, most in limits.items():
        with django_assert_max_num_queries(most):
            assert desk.get(address).status_code == 200
