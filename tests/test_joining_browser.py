"""“It is this one” in a real browser: a resident without scripts, and a worker with a position and a tap."""

import pytest
from playwright.sync_api import Page, expect

from events.models import Category, Event
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_event, make_service_levels, make_uploads, take

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

HERE = {"latitude": 40.8182, "longitude": 111.7086, "accuracy": 18}


@pytest.fixture
def cast(transactional_db, settings) -> Cast:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    make_service_levels()
    make_category("路灯", kind="component", major="公用设施", public_name="路灯不亮")
    return make_cast()


@pytest.fixture
def target(cast) -> Event:
    """Open in the first building, with a photo, and held by the community, which answers for both."""
    event = make_event(
        cast.police,
        cast.tree.unit,
        category=Category.objects.get(minor="路灯"),
        title="三楼灯坏",
        description="张三家门口很黑",
        attachments=make_uploads(cast.police),
        latitude="40.818300",
        longitude="111.708600",
    )
    return take(event, "escalate")


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_resident_joins_what_is_open_already(cast, target, new_page, scripts):
    page = new_page(java_script_enabled=scripts)
    page.goto(f"/g/{cast.tree.community.code}/report/")
    expect(page.get_by_role("button", name="使用我的位置")).to_be_visible(visible=scripts)
    page.get_by_label("路灯不亮").check()
    page.get_by_label("楼栋或单元").select_option(label="1号楼")
    page.get_by_label("是什么情况").fill("四楼也不亮")
    page.get_by_role("button", name="提交", exact=True).tap()

    expect(page.get_by_role("heading", name="是不是已经有人反映过？")).to_be_visible()
    expect(page.get_by_text("张三家门口很黑")).to_have_count(0)
    page.get_by_text("您填写的内容").tap()
    expect(page.get_by_label("是什么情况")).to_have_value("四楼也不亮")
    if scripts:
        assert fits(page)
    page.get_by_role("button", name="就是这件").tap()

    expect(page.get_by_role("heading", name="您反映的问题已收到")).to_be_visible()
    page.get_by_role("link", name="查看办理进展").tap()
    expect(page.get_by_text("已与之前的同一反映合并")).to_be_visible()
    event = Event.objects.exclude(pk=target.pk).get()
    assert (event.merged_into, event.title) == (target, "四楼也不亮")
    take(Event.objects.with_related().get(pk=target.pk), "accept", "resolve", "pass_check", note="已换灯泡")
    page.reload()
    expect(page.get_by_text("已换灯泡")).to_be_visible()


def test_a_resident_for_whom_it_is_none_of_these_goes_on(cast, target, new_page):
    page = new_page(java_script_enabled=False)
    page.goto(f"/g/{cast.tree.building.code}/report/")
    page.get_by_label("路灯不亮").check()
    page.get_by_label("是什么情况").fill("院子里的灯不亮")
    page.get_by_role("button", name="提交", exact=True).tap()
    page.get_by_role("button", name="都不是，继续提交").tap()
    expect(page.get_by_role("heading", name="您反映的问题已收到")).to_be_visible()
    assert Event.objects.get(title="院子里的灯不亮").status == "filed"


def test_a_worker_taps_that_it_is_this_one(cast, target, page_of):
    page = page_of(cast.worker, geolocation=HERE, permissions=["geolocation"])
    page.goto("/events/file/")
    # In the second building there is none; thirty metres off there is.
    page.get_by_text("2号楼").first.tap()
    page.locator("#familiar").get_by_text("路灯").tap()
    expect(page.get_by_role("button", name="就是这件")).to_have_count(0)
    page.get_by_role("button", name="使用我的位置").tap()
    expect(page.get_by_text("已记录位置：40.818200, 111.708600（误差约 18 米）")).to_be_visible()
    same = page.get_by_role("button", name="就是这件")
    expect(same).to_be_visible()
    expect(page.get_by_text("张三家门口很黑")).to_be_visible()
    picture = page.get_by_alt_text("该事件的第一张照片")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    assert fits(page)

    # The position is taken back and given again.
    page.get_by_role("button", name="清除位置").tap()
    expect(same).to_have_count(0)
    page.get_by_role("button", name="使用我的位置").tap()
    page.get_by_label("情况", exact=True).fill("四楼也黑")
    same.tap()
    expect(page.get_by_text("已并入本事件，办理结果会通知您")).to_be_visible()
    expect(page.get_by_role("heading", name="另有 1 人反映同一问题")).to_be_visible()
    expect(page.get_by_text("四楼也黑")).to_be_visible()
    event = Event.objects.get(title="四楼也黑")
    assert (event.merged_into, event.grid, str(event.latitude)) == (target, cast.tree.second_building, "40.818200")


def test_without_a_position_from_the_device_it_says_so(cast, page_of):
    page = page_of(cast.worker, permissions=[])
    page.goto("/events/file/")
    page.get_by_role("button", name="使用我的位置").tap()
    expect(page.get_by_text("设备未允许获取位置")).to_be_visible()
    expect(page.get_by_role("button", name="清除位置")).to_be_hidden()


def test_the_desk_merges_the_likely_one_with_a_tap(cast, target, page_of):
    other = make_event(cast.worker, cast.tree.second_unit, category=target.category, title="又一次")
    page = page_of(cast.chief, width=1280)
    page.goto(f"/events/{other.number}/")
    page.locator("summary", has_text="并案").click()
    page.get_by_label("三楼灯坏").check()
    page.get_by_role("button", name="并案", exact=True).click()
    expect(page.get_by_text("已并案，事件当前状态：并案。")).to_be_visible()
    other.refresh_from_db()
    assert other.merged_into == target
