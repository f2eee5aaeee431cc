"""The main job in a real browser, with a real worker and a real Redis: filing to closing, and a climb by itself."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from events.models import Event
from grids.models import User
from saihan.celery import app
from tests.cast import Cast, make_cast
from tests.conftest import wait_until
from tests.factories import make_category, make_event, make_service_levels

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

PASSWORD = "saihan-demo"
MOST_TAPS = 3


@pytest.fixture
def cast(transactional_db) -> Cast:
    """The cast with passwords, and what migrations and commands would have added."""
    make_service_levels()
    make_category("物业管理")
    make_category("路灯", kind="component", major="公用设施")
    cast = make_cast()
    for person in (cast.worker, cast.chief, cast.community):
        person.set_password(PASSWORD)
        person.save()
    return cast


class Taps:
    """A thumb that counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target: Locator) -> None:
        self.count += 1
        target.tap()


@pytest.fixture
def log_in(new_page):
    """Opens the workbench of a person, on the phone unless a width is given."""

    def open_workbench(person: User, **options) -> Page:
        page = new_page(**options)
        page.goto("/accounts/login/")
        page.get_by_label("用户名").fill(person.username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page.get_by_role("heading", name=f"您好，{person.name}")).to_be_visible()
        return page

    return open_workbench


def test_from_filing_to_closing_as_three_people(cast, celery_worker_process, log_in):
    # The worker files on the phone.
    worker, tap = log_in(cast.worker), Taps()
    tap(worker.get_by_role("main").get_by_role("link", name="上报事件"))
    worker.get_by_label("情况", exact=True).fill("2单元楼道灯不亮")
    tap(worker.locator("#familiar").get_by_text("物业管理"))
    tap(worker.get_by_role("button", name="提交上报"))
    expect(worker.get_by_text("上报成功")).to_be_visible()
    assert tap.count <= MOST_TAPS
    event = Event.objects.get()
    assert (event.title, event.grid) == ("2单元楼道灯不亮", cast.tree.building)
    expect(worker.get_by_text("等待健康社区 1号楼受理。")).to_be_visible()

    # The chief accepts and assigns.
    chief = log_in(cast.chief)
    chief.get_by_role("link", name="2单元楼道灯不亮").first.tap()
    chief.get_by_role("button", name="受理", exact=True).tap()
    expect(chief.get_by_text("已受理，事件")).to_be_visible()
    chief.locator("label", has_text="乌兰").tap()
    chief.get_by_role("button", name="派遣", exact=True).tap()
    expect(chief.get_by_text("等待乌兰办结。")).to_be_visible()

    # The worker resolves; the desk that was told by the worker process sees it in its inbox.
    worker.goto("/")
    worker.get_by_role("link", name="2单元楼道灯不亮").first.tap()
    worker.get_by_label("处置情况").fill("已更换灯泡，现场照明正常")
    worker.get_by_role("button", name="办结", exact=True).tap()
    expect(worker.get_by_text("已办结，事件")).to_be_visible()
    assert worker.get_by_role("button", name="核查通过").count() == 0

    # Another post of the community checks and closes it, at a desk.
    community = log_in(cast.community, width=1440)
    community.goto(f"/events/{event.number}/")
    community.get_by_role("button", name="核查通过", exact=True).click()
    expect(community.get_by_text("已核查通过，事件")).to_be_visible()
    expect(community.get_by_text("事件已结案，无需办理。")).to_be_visible()
    event.refresh_from_db()
    assert event.status == "closed"
    wait_until(lambda: not event.notices.filter(delivered_at=None).exists(), what="notices delivered by the worker")


def test_any_category_is_filed_in_as_few_taps(cast, log_in):
    page, tap = log_in(cast.worker), Taps()
    tap(page.get_by_role("main").get_by_role("link", name="公用设施"))
    tap(page.locator("#majors").get_by_text("路灯", exact=True))
    page.get_by_label("情况", exact=True).fill("路灯不亮")
    tap(page.get_by_role("button", name="提交上报"))
    expect(page.get_by_text("上报成功")).to_be_visible()
    assert tap.count <= MOST_TAPS
    assert Event.objects.get().category.minor == "路灯"


def test_searches_filter_while_one_types(cast, log_in):
    page = log_in(cast.worker)
    page.goto("/events/file/")
    page.get_by_label("查找类别").fill("路灯")
    expect(page.locator("#majors").get_by_text("路灯", exact=True)).to_be_visible()
    expect(page.locator("#majors").get_by_text("物业管理")).to_be_hidden()
    page.get_by_text("其他地点").tap()
    page.get_by_label("查找地点").fill("2号楼")
    expect(page.locator("#found-places").get_by_text("健康社区 1号楼")).to_have_count(0)
    page.locator("#found-places").get_by_text("健康社区 2号楼").tap()
    assert page.locator("input[name=grid]:checked").get_attribute("value") == cast.tree.second_building.code


def test_the_list_filters_without_loading_the_page_anew(cast, log_in):
    make_event(cast.worker, cast.tree.building, title="楼道堆物")
    make_event(cast.worker, cast.tree.second_building, title="水管漏水")
    page = log_in(cast.chief, width=1440)
    page.goto("/events/")
    page.evaluate("window.stayed = true")
    page.get_by_placeholder("编号、关键词、地点或人员").fill("堆物")
    expect(page.get_by_role("link", name="水管漏水")).to_have_count(0)
    expect(page.get_by_role("table").get_by_role("link", name="楼道堆物")).to_be_visible()
    expect(page).to_have_url(re.compile("search=%E5%A0%86%E7%89%A9"))
    assert page.evaluate("window.stayed")
    page.get_by_text("已结案", exact=True).click()
    expect(page.get_by_text("没有符合条件的事件")).to_be_visible()


def test_everything_works_without_scripts(cast, log_in):
    worker = log_in(cast.worker, java_script_enabled=False)
    worker.get_by_role("main").get_by_role("link", name="上报事件").tap()
    worker.get_by_label("情况", exact=True).fill("路灯不亮")
    worker.get_by_label("查找类别").fill("路灯")
    worker.locator("button[name=search][value=category]").tap()
    worker.locator("#majors").get_by_text("路灯", exact=True).tap()
    worker.get_by_role("button", name="提交上报").tap()
    expect(worker.get_by_text("上报成功")).to_be_visible()

    chief = log_in(cast.chief, java_script_enabled=False)
    chief.goto("/events/?status=open")
    chief.get_by_role("link", name="路灯不亮").tap()
    chief.locator("summary", has_text="上报升级").tap()
    chief.locator("#escalate_reason").fill("需要社区协调")
    chief.get_by_role("button", name="上报升级").tap()
    expect(chief.get_by_text("已上报升级，事件当前状态：待受理。")).to_be_visible()
    assert Event.objects.get().loop == "community"


def test_somebody_was_faster_on_the_screen(cast, log_in):
    event = make_event(cast.worker, cast.tree.building)
    slow, fast = log_in(cast.chief), log_in(cast.chief)
    for page in (slow, fast):
        page.goto(f"/events/{event.number}/")
    fast.get_by_role("button", name="受理", exact=True).tap()
    expect(fast.get_by_text("已受理，事件")).to_be_visible()
    slow.locator("summary", has_text="上报升级").tap()
    slow.locator("#escalate_reason").fill("需要社区协调")
    slow.get_by_role("button", name="上报升级").tap()
    expect(slow.get_by_text("有人抢先一步")).to_be_visible()
    expect(slow.locator("#escalate_reason")).to_have_value("需要社区协调")
    assert event.steps.count() == 2


def test_a_case_left_alone_climbs_by_itself_and_says_why(cast, celery_worker_process, log_in):
    event = make_event(cast.worker, cast.tree.building, at=timezone.now() - timedelta(days=30))
    page = log_in(cast.worker)
    page.goto(f"/events/{event.number}/")
    expect(page.locator(".clock-over")).to_contain_text("超时")
    expect(page.locator("[aria-current=step]", has_text="网格内循环")).to_be_visible()

    app.send_task("events.tasks.sweep")
    wait_until(lambda: Event.objects.get().loop == "community", what="the worker's sweep")

    page.reload()
    expect(page.locator("[aria-current=step]", has_text="社区微循环")).to_be_visible()
    expect(page.get_by_text("下级循环超时未办结，系统自动上报至健康社区。")).to_be_visible()
    expect(page.get_by_text("系统自动 → 健康社区")).to_be_visible()
    expect(page.get_by_text("等待健康社区受理。")).to_be_visible()
