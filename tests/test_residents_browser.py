"""A resident on a phone, from the code at the door to the rating, with and without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from events import services
from events.models import Event
from tests import pictures
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_service_levels, make_uploads, take

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db, settings) -> Cast:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    make_service_levels()
    make_category("路灯", kind="component", major="公用设施", public_name="路灯不亮")
    make_category("线索举报", is_confidential=True, public_name="举报违法线索（保密）")
    return make_cast()


@pytest.fixture(autouse=True)
def album(settings, tmp_path) -> Path:
    """Where the phone has its photos, beside the folder of the uploads."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    for number, colour in enumerate(("red", "green", "blue"), start=1):
        (tmp_path / f"IMG_{number}.jpg").write_bytes(pictures.telling_photo(colour=colour))
    (tmp_path / "坏.jpg").write_bytes(pictures.EXECUTABLE)
    return tmp_path


def see(page: Page, selector: str, count: int) -> None:
    """So many pictures, all of them really drawn."""
    pictures = page.locator(selector)
    expect(pictures).to_have_count(count)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).not_to_have_js_property("naturalWidth", 0)


def report(page: Page, grid, *photos: Path) -> None:
    page.goto(f"/g/{grid.code}/report/")
    page.get_by_label("路灯不亮").check()
    page.get_by_label("楼栋或单元").select_option(label="1号楼")
    page.get_by_label("是什么情况").fill("楼道灯坏了三天了。晚上老人下楼很危险。")
    page.get_by_label("您的姓名").fill("张三丰")
    page.get_by_label("您的电话").fill("138 1234 5678")
    if photos:
        page.locator("input[capture]").set_input_files(photos[0])
        page.locator("input[multiple]").set_input_files(photos[1:])
    page.get_by_role("button", name="提交", exact=True).tap()


def reported(page: Page) -> None:
    expect(page.get_by_role("heading", name="您反映的问题已收到")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_door_to_the_rating(cast, new_page, page_of, album, scripts):
    page = new_page(java_script_enabled=scripts)
    # Two photos and something else, which is told; the photos are kept and need not be chosen again.
    report(page, cast.tree.community, album / "IMG_1.jpg", album / "IMG_2.jpg", album / "坏.jpg")
    expect(page.get_by_role("alert")).to_contain_text("“坏.jpg”不予接收：这里只收照片")
    expect(page.get_by_label("是什么情况")).to_have_value("楼道灯坏了三天了。晚上老人下楼很危险。")
    see(page, ".uploads-kept img", 2)
    page.get_by_role("button", name="提交", exact=True).tap()
    reported(page)
    number, code = page.locator(".receipt-number").inner_text(), page.locator(".receipt-code").inner_text()
    event = Event.objects.with_related().get(number=number)
    assert event.grid == cast.tree.building
    page.reload()
    expect(page.locator(".receipt-code")).to_have_text(code)
    page.get_by_role("link", name="查看办理进展").tap()
    see(page, ".gallery-photo img", 2)

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
    page.locator("form[action$='/comment/'] input[multiple]").set_input_files(album / "IMG_3.jpg")
    page.get_by_role("button", name="提交补充").tap()
    expect(page.get_by_text("您补充的情况已经收到，谢谢。")).to_be_visible()
    see(page, ".gallery-photo img", 3)
    chief = page_of(cast.chief, width=1280)
    chief.goto(f"/events/{number}/")
    see(chief, ".history .gallery-photo img", 3)
    with page.context.expect_page() as opened:
        page.locator(".resident-course .gallery-photo").tap()
    see(opened.value, "img", 1)
    # A browser that opened nothing gets nothing, by none of the addresses.
    stranger = new_page()
    for link in page.locator(".gallery-photo").all():
        for address in (link.get_attribute("href"), link.locator("img").get_attribute("src")):
            assert stranger.goto(address).status == 404

    # It is resolved, with a photo of the result, and checked, and not good yet.
    take(Event.objects.with_related().get(), "resolve", note="已换灯泡", attachments=make_uploads(cast.chief))
    take(Event.objects.with_related().get(), "pass_check")
    page.goto(f"/follow/{number}/")
    expect(page.get_by_text("已换灯泡")).to_be_visible()
    see(page, ".gallery-photo img", 4)
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
    # The button is “my position”; on a computer the input of the camera is left out.
    assert reached == ["category", "address", "button", "text", "attachments", "name", "phone", "submit"]
    page.keyboard.press("Enter")
    reported(page)


def test_nothing_is_wider_than_the_phone_and_everything_large_enough_for_a_thumb(cast, new_page):
    page = new_page(width=360)
    report(page, cast.tree.community)
    reported(page)
    for address in (f"/g/{cast.tree.community.code}/report/", f"/follow/{Event.objects.get().number}/", "/follow/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                'main :is(button, select, input:not([type=hidden]), .choice, .upload-button)')]
            .filter(e => !['radio', 'file'].includes(e.type) && e.name !== 'homepage')
            .filter(e => e.offsetHeight && e.offsetHeight < 44)
            .map(e => e.outerHTML.slice(0, 80))"""
        )
        assert not small, address
    fonts = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert fonts >= 18


def test_the_desk_reveals_with_a_reason_and_marks_nuisance(cast, page_of):
    receipt = services.file_resident_report(grid=cast.tree.unit, text="加微信领红包", phone="13812345678")
    page = page_of(cast.chief, width=1280)
    page.goto(f"/events/{receipt.event.number}/")
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
