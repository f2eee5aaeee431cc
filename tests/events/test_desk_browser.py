"""What desks settle among each other on a phone: one case merged into another, and an extension asked and granted."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from events import services
from events.audit import problems
from events.models import Event
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_event, make_service_levels, take

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_category("物业管理")
    return make_cast()


def open_move(page: Page, event: Event, label: str):
    """The form of an action that stands below the first one."""
    page.goto(f"/events/{event.number}/")
    move = page.locator("details.move", has=page.locator("summary", has_text=label))
    move.locator("summary").first.tap()
    return move


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def local(time) -> str:
    return f"{timezone.localtime(time):%Y-%m-%d %H:%M}"


def test_two_cases_become_one_and_both_reporters_learn_of_the_end(cast, new_page, page_of):
    goes_on = make_event(cast.worker, cast.tree.building, title="2单元楼道灯不亮")
    receipt = services.file_resident_report(grid=cast.tree.building, text="二单元的灯坏了好几天")
    number = receipt.event.number

    # The desk finds the number of the other case among those that are likely.
    chief = page_of(cast.chief)
    merge = open_move(chief, receipt.event, "并案")
    assert goes_on.number in merge.locator("datalist option").evaluate_all("options => options.map(each => each.value)")
    merge.get_by_label("并入的事件编号").fill(goes_on.number)
    merge.get_by_role("button", name="并案").tap()
    expect(chief.get_by_text("已并案，事件当前状态")).to_be_visible()
    expect(chief.locator(".history")).to_contain_text(f"已并入 {goes_on.number} 号事件继续办理。")
    chief.get_by_role("link", name=goes_on.number).first.tap()
    expect(chief.locator(".history")).to_contain_text(f"{number} 号事件并入本事件。")

    # The resident reads where it went; nothing can be said about it here any more.
    resident = new_page()
    resident.goto("/follow/")
    resident.get_by_label("编号").fill(number)
    resident.get_by_label("查询码").fill(receipt.code)
    resident.get_by_role("button", name="查询").tap()
    expect(resident.locator(".resident-state")).to_contain_text("其他居民也反映了同一问题")
    expect(resident.get_by_label("还有什么需要办理人员知道的？")).to_have_count(0)

    # The other one is handled and checked; both learn what was done.
    event = take(fresh(goes_on), "accept", "resolve", note="已换灯泡")
    services.act(event=event, action="pass_check", actor=cast.community)
    resident.reload()
    expect(resident.locator(".resident-course")).to_contain_text("与您的反映合并办理的事件已有结果")
    expect(resident.locator(".resident-course")).to_contain_text("已换灯泡")
    worker = page_of(cast.worker)
    worker.goto("/notices/")
    expect(worker.get_by_role("link", name="核查通过 · 2单元楼道灯不亮")).to_be_visible()
    assert not list(problems())


def test_an_extension_is_asked_by_the_desk_and_granted_above(cast, page_of):
    event = take(make_event(cast.worker, cast.tree.building, title="2单元楼道灯不亮"), "accept")
    due = event.due_at

    chief = page_of(cast.chief)
    ask = open_move(chief, event, "申请延期")
    ask.get_by_role("button", name="申请延期").tap()
    expect(ask.locator(".field-error")).to_be_visible()
    ask.get_by_label("理由").fill("灯具需定制，厂家周五到货")
    ask.get_by_role("button", name="申请延期").tap()
    expect(chief.get_by_text("已申请延期")).to_be_visible()
    assert fresh(event).due_at == due

    # Above, it waits on the workbench with its reason, and granting it is the first thing offered.
    district = page_of(cast.district)
    district.goto("/")
    expect(district.get_by_text("待审批：延期").first).to_be_visible()
    district.get_by_role("link", name="2单元楼道灯不亮").first.tap()
    expect(district.locator(".history")).to_contain_text("灯具需定制，厂家周五到货")
    district.locator(".case-next").get_by_role("button", name="延期", exact=True).tap()
    expect(district.get_by_text("已延期，事件当前状态")).to_be_visible()

    # The deadline has moved, and the history tells who asked, who granted, and from when to when.
    event = fresh(event)
    assert (event.extensions, event.due_at > due) == (1, True)
    chief.reload()
    steps = chief.locator(".history .step")
    expect(steps.nth(0)).to_contain_text("延期")
    expect(steps.nth(0)).to_contain_text("刘洋")
    expect(steps.nth(0)).to_contain_text(f"截止时间由 {local(due)} 调整为 {local(event.due_at)}。")
    expect(steps.nth(1)).to_contain_text("申请延期")
    expect(steps.nth(1)).to_contain_text("王建国")
    assert not list(problems())
