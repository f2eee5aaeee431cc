"""A dispatcher brings in a sheet of the hotline: once with every question, and again with none and nothing added."""

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from events.models import Event
from saihan import broker
from tests.cast import Cast, make_cast
from tests.events.hotline_sheets import PHONE, line, sheet
from tests.factories import make_category, make_service_levels

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db, private_redis, settings) -> Cast:
    settings.CACHES = {**django_settings.CACHES, "progress": broker.cache(private_redis.url)}
    make_service_levels()
    make_category()
    make_category("线索举报", is_confidential=True)
    return make_cast()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "12345工单.xlsx"
    lines = (
        line("HH1"),
        line("HH2", 诉求类别="物业服务纠纷", 诉求内容=f"电梯坏了，来电人电话{PHONE}"),
        line("HH3", 诉求类别="线索举报"),
        line("HH4", 所属社区="健康第一", 诉求地址="东门"),
        line("HH5", 诉求内容=""),
    )
    path.write_bytes(sheet(*lines).read())
    return path


def send(page: Page, path) -> None:
    page.goto("/events/file/")
    page.get_by_role("link", name="导入 12345 工单").click()
    page.get_by_label("热线系统导出的表格").set_input_files(path)
    page.get_by_role("button", name="上传并核对").click()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_first_sheet_is_told_once_and_the_second_adds_nothing(cast, celery_worker_process, page_of, file, width):
    page = page_of(cast.street, width=width)
    send(page, file)

    # Every heading is new; the guesses are right.
    expect(page.get_by_role("heading", name="各列对应什么？")).to_be_visible(timeout=30_000)
    assert page.get_by_label("联系电话").input_value() == "phone"
    page.get_by_role("button", name="保存并核对各行").click()

    # What only a person can say: a category, and an area.
    expect(page.get_by_text("可登记 2")).to_be_visible(timeout=30_000)
    expect(page.get_by_text(PHONE)).to_have_count(0)
    page.get_by_label("物业服务纠纷").fill("社会治理 · 物业管理")
    page.get_by_role("button", name="保存类别").click()
    page.get_by_label("人民路街道 健康第一").fill("健康社区")
    page.get_by_role("button", name="保存地点").click()
    expect(page.get_by_text("可登记 4")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert Event.objects.count() == 0

    # The page follows the worker.
    page.get_by_role("button", name="登记 4 件事件").click()
    expect(page.get_by_text("已登记 4")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("不能使用 1")).to_be_visible()
    expect(page.get_by_text("已登记，只有承办岗位和网格警员能看到")).to_be_visible()
    assert Event.objects.count() == 4
    page.get_by_role("link", name="楼道灯坏了三天了").first.click()
    expect(page.get_by_text("由 12345 热线工单表导入，工单编号 HH1。")).to_be_visible()

    # The same sheet again: no question, and nothing to file.
    send(page, file)
    expect(page.get_by_text("已有 4")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="已有 4").click()
    expect(page.get_by_text("已有，编号").first).to_be_visible()
    expect(page.get_by_role("button", name="登记")).to_have_count(0)
    assert Event.objects.count() == 4


def test_it_works_without_scripts(cast, celery_worker_process, page_of, file):
    page = page_of(cast.street, java_script_enabled=False)
    send(page, file)
    for _second in range(30):
        if page.get_by_role("link", name="刷新").count() == 0:
            break
        page.wait_for_timeout(500)
        page.get_by_role("link", name="刷新").click()
    expect(page.get_by_role("heading", name="各列对应什么？")).to_be_visible()
    page.get_by_role("button", name="保存并核对各行").click()
    for _second in range(30):
        if page.get_by_role("link", name="刷新").count() == 0:
            break
        page.wait_for_timeout(500)
        page.get_by_role("link", name="刷新").click()
    expect(page.get_by_text("可登记 2")).to_be_visible()
