"""Sheets in a real browser with a real worker: errors, the sheet of errors mended, confirmation, undoing."""

import pytest
from django.conf import settings as django_settings
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from grids.models import Grid
from saihan import broker
from tests.cast import Cast, make_cast
from tests.factories import make_service_levels
from tests.grids.sheets.makers import HEADER, workbook

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

ROWS = [
    ["健康社区楼栋表"],
    [],
    [*HEADER, "备注"],
    ["1501050010010003", "3号楼", 30, "东侧"],
    ["１５０１０５００１００１０００４", "4号楼", "三十二", ""],
    [1.50105001001e17, "5号楼", 28, ""],
    ["1501050010010001", "甲楼", None, ""],
    ["注：以上数据截至 2026 年 3 月。"],
]


@pytest.fixture
def cast(transactional_db, private_redis, settings) -> Cast:
    settings.CACHES = {**django_settings.CACHES, "progress": broker.cache(private_redis.url)}
    make_service_levels()
    return make_cast()


def send(page: Page, path) -> None:
    page.get_by_label("表格文件").set_input_files(path)
    page.get_by_role("button", name="上传并核对").click()


def sheet_file(tmp_path, name="楼栋.xlsx"):
    path = tmp_path / name
    workbook(ROWS).save(path)
    return path


@pytest.mark.parametrize("width", [390, 1440])
def test_a_sheet_with_errors_is_mended_confirmed_and_undone(cast, celery_worker_process, page_of, tmp_path, width):
    page = page_of(cast.admin, width=width)
    page.goto(f"/admin/grids/grid/?parent={cast.tree.community.code}")
    page.get_by_text("表格导入导出").click()
    page.get_by_role("link", name="导入、下载模板").first.click()

    # The preview comes by itself; nothing can be confirmed.
    send(page, sheet_file(tmp_path))
    expect(page.get_by_text("有错误行时不写入任何内容")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("row", name="5 1501050010010004 4号楼")).to_contain_text("请填写不带符号的整数")
    expect(page.get_by_text("末位数字可能丢失")).to_be_visible()
    expect(page.get_by_role("button", name="确认写入")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    # The sheet of errors is mended where it is marked, and uploaded again.
    with page.expect_download() as download:
        page.get_by_role("link", name="下载标有错误的表格").click()
    download.value.save_as(tmp_path / "错误.xlsx")
    book = load_workbook(tmp_path / "错误.xlsx")
    sheet = book.active
    assert "整数" in sheet["E5"].value
    assert "文本格式" in sheet["E6"].value
    sheet["C5"], sheet["A6"] = 32, "1501050010010005"
    book.save(tmp_path / "改正.xlsx")
    page.get_by_role("link", name="上传改正后的表格").click()
    send(page, tmp_path / "改正.xlsx")
    expect(page.get_by_role("button", name="确认写入")).to_be_visible(timeout=30_000)
    expect(page.locator(".sheet-rows")).to_contain_text("名称 1号楼 → 名称 甲楼")

    # One confirmation; the page follows the worker.
    page.get_by_role("button", name="确认写入").click()
    expect(page.get_by_text("已写入。")).to_be_visible(timeout=30_000)
    assert Grid.objects.get(code="1501050010010004").households == 32
    assert Grid.objects.get(pk=cast.tree.building.pk).name == "甲楼"

    # And back again.
    page.get_by_text("撤销本次导入").click()
    page.get_by_role("button", name="确认撤销").click()
    expect(page.get_by_text("待撤销")).to_have_count(0, timeout=30_000)
    expect(page.get_by_text("已撤销。")).to_be_visible()
    assert not Grid.objects.filter(code="1501050010010004").exists()
    assert Grid.objects.get(pk=cast.tree.building.pk).name == "1号楼"


def test_it_works_without_scripts_and_survives_closing_the_page(cast, celery_worker_process, page_of, tmp_path):
    celery_worker_process.kill()
    page = page_of(cast.admin, java_script_enabled=False)
    page.goto("/admin/grids/sheetimport/kind/grids/")
    send(page, sheet_file(tmp_path))
    expect(page.get_by_text("可以关闭页面稍后再看")).to_be_visible()
    address = page.url
    page.goto("about:blank")
    celery_worker_process.start()
    page.goto(address)
    for _second in range(30):
        if page.get_by_role("link", name="刷新").count() == 0:
            break
        page.wait_for_timeout(1000)
        page.get_by_role("link", name="刷新").click()
    expect(page.get_by_text("有错误行时不写入任何内容")).to_be_visible()
