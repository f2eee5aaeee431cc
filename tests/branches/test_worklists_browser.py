"""A work list in the browser: issued, claimed on the phone, reported with evidence, accepted."""

import pytest
from playwright.sync_api import expect

from branches.models import Claim
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_event, make_service_levels

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_category("物业管理")
    return make_cast()


def issue(page) -> None:
    """Two items: one is everybody's, one to be claimed."""
    page.goto("/work-lists/")
    page.get_by_role("link", name="新建清单").click()
    page.get_by_label("标题").fill("党建引领重点任务")
    page.get_by_label("年份").fill("2099")
    page.get_by_role("button", name="下一步：填写任务").click()
    for text, way in (("补齐空白网格", "必办"), ("打造示范阵地", "自愿认领")):
        page.get_by_role("link", name="添加任务").click()
        page.get_by_label("工作任务").fill(text)
        page.get_by_label("完成标准").fill("有名单，有照片")
        page.locator("label.chip-choice", has_text="街道").click()
        page.locator("label.chip-choice", has_text=way).click()
        page.get_by_label("完成期限").fill("2099-12-20")
        page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_role("button", name="下发清单").click()


def test_a_work_list_is_issued_claimed_reported_and_accepted(cast, page_of):
    event = make_event(cast.worker, cast.tree.building, title="2单元楼道灯不亮")
    other = make_event(cast.worker, cast.tree.building, title="下水道堵塞")
    district = page_of(cast.district, width=1440)
    issue(district)
    expect(district.get_by_text("已下发，交办 2 项")).to_be_visible()
    expect(district.locator(".matrix tbody tr")).to_have_count(2)

    street = page_of(cast.street)
    street.goto("/work-lists/")
    street.locator(".work-list-name", has_text="党建引领重点任务").tap()
    card = street.locator(".matrix-card", has_text="打造示范阵地")
    card.locator("summary").tap()
    card.get_by_role("link", name="查看任务").tap()
    street.get_by_role("button", name="由人民路街道认领").tap()
    expect(street.get_by_text("人民路街道已认领")).to_be_visible()

    street.get_by_label("完成情况").fill("阵地已开放，附事件为证")
    street.locator(".evidence-offers label", has_text=other.number).tap()
    street.locator("input[name=words]").fill("楼道灯")
    street.get_by_role("button", name="查找").tap()
    expect(street.locator(".evidence-offers label")).to_have_count(1)
    street.locator(".evidence-offers label", has_text=event.number).tap()
    expect(street.get_by_label("完成情况")).to_have_value("阵地已开放，附事件为证")
    street.locator("#report").get_by_role("button", name="上报完成").tap()
    expect(street.locator(".claim-head .claim-reported")).to_be_visible()

    district.goto("/work-lists/")
    district.get_by_role("link", name="打造示范阵地").click()
    for one in (event, other):
        expect(district.locator(".evidence").get_by_role("link", name=one.number).first).to_be_visible()
    district.get_by_role("button", name="验收通过").click()
    expect(district.locator(".claim-head .claim-accepted")).to_be_visible()
    assert Claim.objects.get(state="accepted").item.text == "打造示范阵地"

    district.goto("/work-lists/")
    district.get_by_role("link", name="党建引领重点任务").first.click()
    expect(district.locator("td .claim-accepted")).to_have_count(1)
