"""An order from a resident to a rating, on phones, with and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.cast import Cast, make_cast
from tests.factories import make_service_levels
from tests.volunteers.orders import make_helper, make_service
from volunteers.models import ServiceOrder

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db, settings) -> Cast:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    make_service_levels()
    return make_cast()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_resident_to_the_rating(cast, new_page, page_of, scripts):
    make_service(cast.tree.community, "家电上门检修", place="上门")
    helper = make_helper(cast.tree.community, "巴特尔")

    # The resident orders at the public page of the building.
    resident = new_page(java_script_enabled=scripts)
    resident.goto(f"/g/{cast.tree.building.code}/")
    resident.get_by_role("link", name="我要点单").tap()
    resident.get_by_role("link", name="点单：家电上门检修").tap()
    resident.get_by_label("需要什么").fill("洗衣机不转了")
    resident.get_by_label("周六、周日").check()
    resident.locator("main form button[type=submit]").tap()
    expect(resident.get_by_role("alert")).to_contain_text("请留下电话")
    expect(resident.get_by_label("需要什么")).to_have_value("洗衣机不转了")
    resident.get_by_label("您的电话").fill("138 1234 5678")
    resident.get_by_label("您的门牌").fill("2单元301室")
    resident.locator("main form button[type=submit]").tap()
    expect(resident.get_by_role("heading", name="您的订单已收到")).to_be_visible()
    code = resident.locator(".receipt-number").inner_text()
    order = ServiceOrder.objects.get()

    # The grid's desk asks the member who offered it.
    chief = page_of(cast.chief)
    chief.goto(f"/orders/{order.pk}/")
    expect(chief.get_by_text("138****5678")).to_be_visible()
    chief.get_by_role("link", name="派单").first.tap()
    chief.get_by_label("巴特尔").check()
    expect(chief.get_by_text("可提供“家电维修”")).to_be_visible()
    chief.locator("form[method=post] button[type=submit]").tap()
    expect(chief.get_by_text("待接单").first).to_be_visible()

    # The member accepts, looks up the phone with a reason, and does it.
    member = page_of(helper)
    member.goto(f"/orders/{order.pk}/")
    member.get_by_role("button", name="接单").first.tap()
    expect(member.get_by_text("服务中").first).to_be_visible()
    member.get_by_role("link", name="查看").last.tap()
    member.get_by_label("查看是为了什么？").fill("约上门时间")
    member.locator("main form button[type=submit]").tap()
    expect(member.get_by_role("link", name="13812345678")).to_be_visible()
    member.goto(f"/orders/{order.pk}/")
    member.locator("#finish_text").fill("换了皮带")
    member.get_by_role("button", name="已完成").tap()
    expect(member.get_by_text("辛苦了，居民现在可以评价。")).to_be_visible()

    # The resident looks it up on another phone, and rates.
    other = new_page(java_script_enabled=scripts)
    other.goto("/my-order/")
    other.get_by_label("查询码").fill(code.lower())
    other.get_by_role("button", name="查询").tap()
    expect(other.get_by_text("换了皮带")).to_be_visible()
    other.get_by_label("满意", exact=True).check()
    other.get_by_role("button", name="提交评价").tap()
    expect(other.get_by_role("status")).to_contain_text("感谢您的评价")
    order.refresh_from_db()
    assert (order.state, order.rating) == ("done", "satisfied")
