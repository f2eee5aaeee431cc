"""Photos on a phone's page: taken one after the other, kept through a mistake, seen in the timeline and printed."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from events.models import Attachment, Event
from tests import pictures
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_event, make_service_levels

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_category("物业管理")
    return make_cast()


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """Where the uploads go, and where the phone has its photos."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    for number, colour in enumerate(("red", "green", "blue"), start=1):
        (tmp_path / f"IMG_{number}.jpg").write_bytes(pictures.telling_photo(colour=colour))
    (tmp_path / "坏.jpg").write_bytes(pictures.EXECUTABLE)
    return tmp_path


def is_drawn(page: Page, selector: str) -> bool:
    return page.locator(selector).first.evaluate("image => image.complete && image.naturalWidth > 0")


def test_a_case_with_photos_from_the_camera_to_the_timeline(cast, page_of, folder):
    page = page_of(cast.worker)
    page.goto("/events/file/")
    page.get_by_label("情况", exact=True).fill("2单元楼道灯不亮")
    page.locator("#familiar").get_by_text("物业管理").tap()
    # Two shots, one after the other, and two files from the album, one of which is none.
    camera, album = page.locator("#filing input[capture]"), page.locator("#filing input[multiple]")
    camera.set_input_files(folder / "IMG_1.jpg")
    camera.set_input_files(folder / "IMG_2.jpg")
    album.set_input_files([folder / "IMG_3.jpg", folder / "坏.jpg"])
    expect(page.locator(".uploads-chosen .upload")).to_have_count(4)
    expect(page.locator(".uploads-chosen canvas")).to_have_count(3)
    page.get_by_role("button", name="移除 IMG_3.jpg").tap()
    expect(page.locator(".uploads-chosen .upload")).to_have_count(3)

    page.get_by_role("button", name="提交上报").tap()
    expect(page.locator(".uploads .field-error")).to_contain_text("“坏.jpg”不予接收")
    expect(page.get_by_label("情况", exact=True)).to_have_value("2单元楼道灯不亮")
    assert page.locator(".uploads-kept input:checked").count() == 2

    page.get_by_role("button", name="提交上报").tap()
    expect(page.get_by_text("上报成功")).to_be_visible()
    assert [photo.name for photo in Event.objects.get().attachments.all()] == ["IMG_1.jpg", "IMG_2.jpg"]
    timeline = page.locator(".history .gallery-photo img")
    expect(timeline).to_have_count(2)
    timeline.first.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.history .gallery-photo img').naturalWidth > 0")


def test_a_photo_with_a_step_opens_in_full_and_stands_in_the_case_file(cast, page_of, folder):
    event = make_event(cast.worker, cast.tree.building)
    page = page_of(cast.chief)
    page.goto(f"/events/{event.number}/")
    page.locator("summary", has_text="批注").tap()
    remark = page.locator("form[action$='/comment/']")
    remark.locator("textarea").fill("现场照片如下")
    remark.locator("input[multiple]").set_input_files(folder / "IMG_1.jpg")
    remark.get_by_role("button", name="批注").tap()
    expect(page.get_by_text("已批注")).to_be_visible()
    with page.context.expect_page() as opened:
        page.locator(".history .gallery-photo").first.tap()
    opened.value.wait_for_load_state()
    assert is_drawn(opened.value, "img")

    page.goto(f"/events/{event.number}/print/")
    expect(page.get_by_role("button", name="打印")).to_be_visible()
    assert is_drawn(page, ".paper-photos img")


def test_without_script_photos_are_chosen_all_the_same(cast, page_of, folder):
    page = page_of(cast.worker, java_script_enabled=False)
    page.goto("/events/file/")
    page.get_by_label("情况", exact=True).fill("2单元楼道灯不亮")
    page.locator("#familiar").get_by_text("物业管理").tap()
    page.locator("#filing input[capture]").set_input_files(folder / "IMG_1.jpg")
    page.locator("#filing input[multiple]").set_input_files([folder / "IMG_2.jpg", folder / "IMG_3.jpg"])
    page.get_by_role("button", name="提交上报").tap()
    expect(page.get_by_text("上报成功")).to_be_visible()
    assert Attachment.objects.exclude(step=None).count() == 3


def test_a_list_is_downloaded_as_a_sheet(cast, page_of):
    make_event(cast.worker, cast.tree.building)
    page = page_of(cast.worker)
    page.goto("/events/?status=open")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").tap()
    assert download.value.suggested_filename.startswith("事件清单")
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
