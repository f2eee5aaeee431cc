"""The pages with which residents order, follow and rate, without an account."""

import pytest
from django.urls import reverse

from grids.readable import plain_code
from grids.services import retire_grid
from tests.events.conftest import MONDAY
from tests.factories import make_organisation
from tests.volunteers.orders import done, fresh, last, make_helper, make_order, make_service
from volunteers import services
from volunteers.models import ServiceOrder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(settings):
    settings.PUBLIC_FORM_SECONDS = (0, 3600)


def fields(client, address: str) -> dict:
    """What the form of the page carries unseen."""
    form = client.get(address).context["form"]
    return {name: form[name].value() for name in ("opened", "key")}


def ordered(client, grid, **typed):
    """Open the page, type and send."""
    address = reverse("public_order", args=[grid.code])
    sent = fields(client, address) | {"text": "洗衣机不转了", "phone": "138 1234 5678", "name": "张三丰"} | typed
    return client.post(address, sent)


def code_of(answer) -> str:
    return plain_code(answer.context["code"])


def test_the_catalogue_tells_of_whom_where_when_and_at_what_price(cast, client):
    company = make_organisation(cast.tree.community, "好帮手家政")
    make_service(cast.tree.street, "家政保洁", organisation=company, price="30", price_note="每小时", place="上门")
    make_service(cast.tree.far_community, "远处的服务")
    shown = client.get(reverse("public_services", args=[cast.tree.building.code])).content.decode()
    assert all(word in shown for word in ("家政保洁", "好帮手家政", "30.00 元", "每小时", "随时"))
    assert "远处的服务" not in shown


def test_the_public_page_of_the_grid_leads_there(cast, client):
    shown = client.get(reverse("public_grid", args=[cast.tree.building.code])).content.decode()
    assert reverse("public_services", args=[cast.tree.building.code]) in shown
    assert reverse("public_order_follow") in shown


def test_an_order_arrives_and_its_code_opens_it(cast, client):
    service = make_service(cast.tree.community)
    answer = ordered(client, cast.tree.building, service=service.pk, days=["weekend"], address="301室")
    assert answer.status_code == 200
    order = ServiceOrder.objects.get()
    assert (order.service, order.grid, order.placed_by) == (service, cast.tree.building, None)
    assert [order.contact.phone.reveal(), order.contact.address.reveal()] == ["13812345678", "301室"]
    shown = client.post(reverse("public_order_follow"), {"code": code_of(answer).lower()})
    assert "待派单" in shown.content.decode()
    assert order.number in shown.content.decode()
    assert "13812345678" not in shown.content.decode()


def test_the_place_below_is_chosen(cast, client):
    ordered(client, cast.tree.street, place=cast.tree.community.code)
    assert ServiceOrder.objects.get().grid == cast.tree.community


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text": ""}, "请简要说明需要什么服务。"),
        ({"phone": ""}, "请留下电话"),
        ({"phone": "12"}, "电话"),
        ({"service": "999"}, "该服务已不再提供"),
        ({"place": "150105002001"}, "请从列表中选择"),
        ({"homepage": "x"}, "网"),
        ({"opened": "x"}, "页面停留时间过长"),
    ],
)
def test_what_is_no_order_is_said_and_what_was_typed_stays(cast, client, typed, sentence):
    answer = ordered(client, cast.tree.building, **{"address": "301室"} | typed)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert "301室" in answer.content.decode()
    assert not ServiceOrder.objects.exists()


def test_a_street_asks_for_the_community(cast, client):
    answer = ordered(client, cast.tree.street)
    assert answer.status_code == 400
    assert "请选择需要服务的社区或楼栋。" in answer.content.decode()


def test_sent_twice_it_is_one_order_with_one_code(cast, client):
    address = reverse("public_order", args=[cast.tree.building.code])
    sent = fields(client, address) | {"text": "修灯", "phone": "13812345678"}
    codes = {code_of(client.post(address, sent)) for _time in range(2)}
    assert len(codes) == 1
    assert ServiceOrder.objects.count() == 1


def test_too_many_are_refused_and_nothing_is_lost(cast, client, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"order": (1, 3600)}
    ordered(client, cast.tree.building)
    answer = ordered(client, cast.tree.building, text="还有一件")
    assert answer.status_code == 429
    assert "还有一件" in answer.content.decode()


def test_wrong_codes_are_counted(cast, client, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"order_code": (2, 3600)}
    codes = [client.post(reverse("public_order_follow"), {"code": f"AAAA{n}"}).status_code for n in range(3)]
    assert codes == [400, 400, 429]
    assert client.post(reverse("public_order_follow"), {}).status_code == 400


def test_a_retired_grid_takes_no_orders(cast, client):
    retire_grid(actor=None, grid=cast.tree.other_building)
    assert client.get(reverse("public_order", args=[cast.tree.other_building.code])).status_code in (200, 404)
    assert client.get(reverse("public_services", args=["999"])).status_code == 404


# Following


@pytest.fixture
def receipt(cast, client):
    return ordered(client, cast.tree.building)


def send(client, code: str, action: str, **typed):
    return client.post(reverse("public_order_act", args=[action]), {"code": code} | typed)


def finished(cast) -> ServiceOrder:
    order = ServiceOrder.objects.get()
    return done(fresh(order), make_helper(cast.tree.community, "巴特尔"), at=order.placed_at)


def test_the_resident_reads_what_happened_and_rates(cast, client, receipt):
    finished(cast)
    code = code_of(receipt)
    shown = client.post(reverse("public_order_follow"), {"code": code}).content.decode()
    assert "修好了" in shown
    assert "基本满意" in shown
    answer = send(client, code, "rate", rating="satisfied", text="很好")
    assert answer.status_code == 200
    assert "评价 · 满意" in answer.content.decode()
    assert ServiceOrder.objects.get().rating == "satisfied"
    assert send(client, code, "rate", rating="fair").status_code == 409


@pytest.mark.parametrize("typed", [{}, {"rating": "great"}, {"rating": "unsatisfied"}])
def test_a_rating_that_is_none_is_refused(cast, client, receipt, typed):
    finished(cast)
    assert send(client, code_of(receipt), "rate", **typed).status_code == 400
    assert ServiceOrder.objects.get().rating == ""


def test_not_satisfied_it_is_taken_up_again(cast, client, receipt):
    finished(cast)
    answer = send(client, code_of(receipt), "rate", rating="unsatisfied", text="还漏水")
    assert answer.status_code == 200
    assert ServiceOrder.objects.get().state == "placed"


def test_the_resident_withdraws(client, receipt):
    assert send(client, code_of(receipt), "withdraw").status_code == 200
    assert ServiceOrder.objects.get().state == "withdrawn"


def test_without_the_code_nothing_is_done(cast, client, receipt):
    for code in ("", "AAAAAAAAAA"):
        assert send(client, code, "withdraw").status_code == 400
    assert send(client, code_of(receipt), "turn").status_code == 404
    assert ServiceOrder.objects.get().state == "placed"


def test_the_reason_why_it_cannot_be_served_is_read(cast, client, receipt):
    services.refuse_order(order=ServiceOrder.objects.get(), actor=cast.chief, text="超出服务范围")
    shown = client.post(reverse("public_order_follow"), {"code": code_of(receipt)}).content.decode()
    assert "超出服务范围" in shown


def test_what_desks_say_among_each_other_is_not_read(cast, client, receipt):
    services.climb_order(order=ServiceOrder.objects.get(), actor=cast.chief, text="内部说明")
    shown = client.post(reverse("public_order_follow"), {"code": code_of(receipt)}).content.decode()
    assert "内部说明" not in shown
    assert "健康社区" in shown


def test_after_erasing_the_code_opens_nothing(client, receipt):
    order = ServiceOrder.objects.get()
    services.withdraw_order(order=order, actor=None, at=MONDAY)
    ServiceOrder.objects.update(changed_at=MONDAY.replace(year=2025))
    services.erase_order_contacts()
    assert client.post(reverse("public_order_follow"), {"code": code_of(receipt)}).status_code == 400
    assert last(order).action == "withdraw"


def test_an_order_that_a_worker_wrote_down_is_followed_in_the_same_way(cast, client):
    receipt = services.place_order(actor=cast.worker, grid=cast.tree.building, text="修灯")
    shown = client.post(reverse("public_order_follow"), {"code": receipt.code})
    assert receipt.order.number in shown.content.decode()
    assert make_order(cast.tree.building).contact.code_hash != receipt.order.contact.code_hash
