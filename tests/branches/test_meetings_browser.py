"""A joint meeting on a phone, from the agenda to a case that closes and is told of at the next meeting."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from branches.models import Meeting, Partner
from events.models import Event
from events.services import act
from grids.models import User
from tests.cast import Cast, make_cast
from tests.factories import make_branch, make_category, make_event, make_organisation, make_service_levels, make_user

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_category()
    cast = make_cast()
    agent = make_user("温都苏", "agent")
    company = make_organisation(cast.tree.community, "安居物业", representatives=[agent])
    branch = make_branch(cast.tree.building, "一号楼党支部", secretary=cast.chief, site_address="党群服务中心")
    Partner.objects.create(branch=branch, organisation=company)
    case = make_event(cast.worker, cast.tree.unit, title="楼道线路老化")
    Event.objects.filter(pk=case.pk).update(is_supervised=True)
    return cast


def close(event: Event, cast: Cast) -> None:
    """The company's case is dealt with and checked by others."""
    act(event=event, action="accept", actor=cast.chief)
    event.refresh_from_db()
    act(event=event, action="resolve", actor=cast.chief, note="已更换")
    event.refresh_from_db()
    act(event=event, action="pass_check", actor=cast.worker)


def test_from_the_agenda_to_a_case_that_closes_and_to_the_next_meeting(page_of, cast: Cast):
    page = page_of(cast.chief)
    page.goto("/meetings/")
    page.get_by_role("link", name="拟定会议").click()
    page.get_by_role("link", name="一号楼党支部").click()
    expect(page.get_by_role("checkbox", name="楼道线路老化")).to_be_checked()
    page.get_by_label("其他议题").fill("冬季用电安全")
    page.get_by_role("button", name="拟定会议").click()
    page.get_by_role("button", name="召集并发出邀请").click()
    expect(page.get_by_text("已召集，受邀的人员和单位现在可以看到会议。")).to_be_visible()
    meeting = Meeting.objects.get()

    guest = page_of(User.objects.get(username="agent"))
    guest.goto(f"/meetings/{meeting.pk}/")
    guest.get_by_text("参加", exact=True).click()
    guest.get_by_label("附言").fill("带上改造方案")
    guest.get_by_role("button", name="答复").click()
    expect(guest.get_by_text("已答复。")).to_be_visible()

    now = timezone.now()  # the day has come
    Meeting.objects.update(starts_at=now - timedelta(hours=1), ends_at=now)
    page.goto(f"/meetings/{meeting.pk}/")
    page.get_by_role("link", name="记录到会，撰写纪要").click()
    page.get_by_role("button", name="保存到会情况").click()
    page.get_by_role("textbox", name="议定事项").fill("更换楼道照明线路")
    page.get_by_label("责任人或单位").select_option(label="王建国")
    page.get_by_role("button", name="添加议定事项").click()
    page.get_by_role("textbox", name="议定事项").fill("张贴用电提示")
    page.get_by_label("责任人或单位").select_option(label="安居物业")
    page.locator("textarea[name=minutes]").fill("一致同意。")
    page.get_by_role("button", name="纪要定稿").click()
    expect(page.get_by_text("纪要已定稿。")).to_be_visible()

    page.get_by_role("link", name="转为事件").first.click()
    expect(page.get_by_text("由来：更换楼道照明线路")).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("更换楼道照明线路")
    page.get_by_text("物业管理", exact=True).first.click()
    page.get_by_role("button", name="提交上报").last.click()
    expect(page.get_by_role("link", name="更换楼道照明线路")).to_be_visible()
    event = Event.objects.get(title="更换楼道照明线路")
    assert event.occasion.resolution.meeting == meeting

    page.get_by_role("link", name="更换楼道照明线路").click()
    expect(page.locator(f"#resolution-{event.occasion.resolution_id}")).to_contain_text("事件：待受理")
    close(event, cast)
    page.reload()
    expect(page.locator(f"#resolution-{event.occasion.resolution_id}")).to_contain_text("已完成")

    page.get_by_role("link", name="拟定下次会议").click()
    expect(page.get_by_role("checkbox", name="张贴用电提示")).to_be_checked()
    expect(page.get_by_role("checkbox", name="更换楼道照明线路")).to_have_count(0)
