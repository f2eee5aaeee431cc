"""A resident on a phone, from the code at the door to the rating, with and without scripts."""

import pytest
from playwright.sync_api import Page, expect

from events import services
from events.models import Event
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_service_levels, take

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db, settings) -> Cast:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    make_service_levels()
    make_category("路灯", kind="component", major="公用设施", public_name="路灯不亮")
    make_category("线索举报", is_confidential=True, public_name="举报违法线索（保密）")
    return make_cast()


def report(page: Page, grid) -> None:
    page.goto(f"/g/{grid.code}/report/")
    page.get_by_label("路灯不亮").check()
    page.get_by_label("楼栋或单元").select_option(label="1号楼")
    page.get_by_label("是什么情况").fill("楼道灯坏了三天了。晚上老人下楼很危险。")
    page.get_by_label("您的姓名").fill("张三丰")
    page.get_by_label("您的电话").fill("138 1234 5678")
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_role("heading", name="您反映的问题已收到")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_door_to_the_rating(cast, new_page, scripts):
    page = new_page(java_script_enabled=scripts)
    report(page, cast.tree.community)
    number, code = page.locator(".receipt-number").inner_text(), page.locator(".receipt-code").inner_text()
    event = Event.objects.with_related().get(number=number)
    assert event.grid == cast.tree.building
    page.reload()
    expect(page.locator(".receipt-code")).to_have_text(code)

    # Another day, on another phone, a question waits.
    event = take(event, "accept", "ask", note="请问是几楼？")
    page = new_page(java_script_enabled=scripts)
    page.goto("/follow/")
    page.get_by_label("编号").fill(number)
    page.get_by_label("查询码").fill(code.lower())
    page.get_by_role("button", name="查询").tap()
    expect(page.get_by_text("处理中", exact=True)).to_be_visible()
    expect(page.get_by_text("请问是几楼？").first).to_be_visible()
    page.get_by_label("您的答复").fill("三楼")
    page.get_by_role("button", name="提交答复").tap()
    expect(page.get_by_text("感谢您的答复，我们已经收到。")).to_be_visible()
    page.get_by_label("还有什么需要办理人员知道的？").fill("灯泡是螺口的")
    page.get_by_role("button", name="提交补充").tap()
    expect(page.get_by_text("您补充的情况已经收到，谢谢。")).to_be_visible()

    # It is resolved and checked, and not good yet.
    take(Event.objects.with_related().get(), "resolve", "pass_check", note="已换灯泡")
    page.goto(f"/follow/{number}/")
    expect(page.get_by_text("已换灯泡")).to_be_visible()
    page.get_by_role("radio", name="不满意", exact=True).check()
    page.get_by_role("button", name="提交评价").tap()
    expect(page.get_by_role("alert")).to_contain_text("请说明哪里还没处理好")
    expect(page.get_by_role("radio", name="不满意", exact=True)).to_be_checked()
    page.get_by_label("您的意见").fill("还是不亮")
    page.get_by_role("button", name="提交评价").tap()
    expect(page.get_by_text("重新办理").first).to_be_visible()
    event = Event.objects.get()
    assert (event.status, event.rating) == ("handling", "unsatisfied")
    page.get_by_role("button", name="在这部手机上退出查看").tap()
    expect(page.get_by_role("heading", name="查询办理进展")).to_be_visible()
    page.goto(f"/follow/{number}/")
    expect(page.get_by_label("查询码")).to_be_visible()


def test_the_report_is_sent_with_the_keyboard_alone(cast, new_page):
    page = new_page(width=1280)
    page.goto(f"/g/{cast.tree.unit.code}/report/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    reached = []
    for _press in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.type || ''"))
        if reached[-1] == "text":
            page.keyboard.type("楼道灯坏了")
        if reached[-1] == "submit":
            break
    assert reached == ["category", "address", "button", "text", "name", "phone", "submit"]  # the button: “my position”
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="您反映的问题已收到")).to_be_visible()


def test_nothing_is_wider_than_the_phone_and_everything_large_enough_for_a_thumb(cast, new_page):
    page = new_page(width=360)
    report(page, cast.tree.community)
    for address in (f"/g/{cast.tree.community.code}/report/", f"/follow/{Event.objects.get().number}/", "/follow/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
        small = page.evaluate(
            """() => [...document.querySelectorAll('main :is(button, select, input:not([type=hidden]), .choice)')]
            .filter(e => e.type !== 'radio' && e.name !== 'homepage' && e.offsetHeight && e.offsetHeight < 44)
            .map(e => e.outerHTML.slice(0, 80))"""
        )
        assert not small, address
    fonts = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert fonts >= 18


def test_the_desk_reveals_with_a_reason_and_marks_nuisance(cast, new_page):
    cast.chief.set_password("saihan-demo")
    cast.chief.save()
    receipt = services.file_resident_report(grid=cast.tree.unit, text="加微信领红包", phone="13812345678")
    page = new_page(width=1280)
    page.goto(f"/accounts/login/?next=/events/{receipt.event.number}/")
    page.get_by_label("用户名").fill("chief")
    page.get_by_label("密码").fill("saihan-demo")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_text("138****5678")).to_be_visible()
    page.get_by_role("link", name="填写用途后查看全部").click()
    page.get_by_label("查看用途").fill("核实是否居民本人")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_text("13812345678")).to_be_visible()
    page.get_by_role("link", name="返回事件").click()
    expect(page.get_by_text("核实是否居民本人")).to_be_visible()
    page.get_by_role("button", name="标记为骚扰信息").click()
    expect(page.get_by_text("已标记为骚扰信息并作废。")).to_be_visible()
    assert Event.objects.get().status == "voided"
