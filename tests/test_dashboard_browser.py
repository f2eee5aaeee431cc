"""A street official in the morning: from the city's late cases down to one of them, and back with the browser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.cast import Cast, make_cast
from tests.factories import make_category, make_event, make_service_levels

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_category("物业管理")
    cast = make_cast()
    at = timezone.now()
    make_event(cast.worker, cast.tree.building, title="消防通道堵塞", at=at - timedelta(days=40))
    make_event(cast.worker, cast.tree.building, title="楼道灯坏了", at=at)
    make_event(cast.neighbour, cast.tree.other_building, title="井盖丢失", at=at)
    return cast


def headed(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


@pytest.mark.parametrize("width", [390, 1440], ids=["phone", "desktop"])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_city_to_a_case_and_back(cast, page_of, width, scripts):
    page = page_of(cast.city, width=width, java_script_enabled=scripts)
    page.goto("/dashboards/")
    headed(page, "呼和浩特市看板")
    expect(page.get_by_role("link", name="消防通道堵塞")).to_be_visible()
    for name in ("赛罕区", "人民路街道", "健康社区"):
        page.locator(".board-children").get_by_role("link", name=name, exact=True).click()
        headed(page, f"{name}看板")
    row = page.locator(".board-children tr", has_text="1号楼")
    overdue = row.locator('[data-figure="overdue"]')
    expect(overdue).to_have_text("1")
    overdue.click()
    expect(page).to_have_url(re.compile("figure=overdue"))
    page.locator("a:visible", has_text="消防通道堵塞").click()
    headed(page, "消防通道堵塞")
    page.go_back()
    expect(page).to_have_url(re.compile("figure=overdue"))
    for name in ("健康社区", "人民路街道", "赛罕区", "呼和浩特市"):
        page.go_back()
        headed(page, f"{name}看板")


def test_a_period_stays_on_the_way_down_and_up(cast, page_of):
    page = page_of(cast.city, width=1440)
    page.goto(f"/dashboards/{cast.tree.district.code}/")
    page.get_by_role("link", name="近 7 天").click()
    page.locator(".board-children").get_by_role("link", name="人民路街道", exact=True).click()
    headed(page, "人民路街道看板")
    expect(page).to_have_url(re.compile("period=7"))
    page.get_by_role("navigation", name="所在位置").get_by_role("link", name="呼和浩特市").click()
    headed(page, "呼和浩特市看板")
    expect(page).to_have_url(re.compile("period=7"))


def test_vacancies_come_after_the_page(cast, page_of):
    page = page_of(cast.street, width=1440)
    page.goto("/dashboards/")
    vacant = page.locator(".coverage-figure", has_text="空缺")
    expect(vacant).to_be_visible()
    vacant.click()
    expect(page).to_have_url(re.compile("figure=vacant"))


def test_the_year_comes_after_the_page_too(cast, page_of):
    page = page_of(cast.street, width=1440)
    page.goto("/dashboards/")
    expect(page.locator("#year")).to_contain_text("一年内每日上报")
    expect(page).to_have_title("看板 · 人民路街道 · 赛罕网格")
