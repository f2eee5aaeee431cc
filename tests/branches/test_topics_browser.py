"""A topic in the browser: from a resident's phone to a published result that the residents confirm."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from branches import services
from branches.models import Topic
from events.models import Event
from tests.cast import Cast, make_cast
from tests.factories import make_category, make_service_levels

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db, settings) -> Cast:
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    make_service_levels()
    make_category("物业管理")
    return make_cast()


def pass_time(topic: Topic, **fields) -> None:
    """As if the days until then had gone by: the next reading of the page finds them over."""
    Topic.objects.filter(pk=topic.pk).update(**fields)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_a_resident_to_a_confirmed_result(cast, new_page, page_of, scripts):
    here = f"/g/{cast.tree.community.code}"
    phone = new_page(java_script_enabled=scripts)
    desk = page_of(cast.community, width=1280)

    # A resident proposes, and has a number for the answer.
    phone.goto(f"{here}/")
    phone.get_by_role("link", name="这里的议事").tap()
    phone.get_by_role("link", name="提出议题").tap()
    phone.get_by_label("希望商议什么事").fill("老人上下楼太难了，能不能装电梯？")
    phone.get_by_role("button", name="提交提议").tap()
    number = phone.locator(".receipt-number").inner_text()

    # The desk takes it up in words of its own, sets the options and opens the vote to the households.
    topic = Topic.objects.get()
    desk.goto(f"/topics/{topic.pk}/")
    desk.get_by_role("textbox", name="标题").fill("1号楼加装电梯")
    desk.get_by_role("textbox", name="议题内容").fill("是否同意加装电梯？")
    desk.get_by_role("button", name="列入议事").click()
    desk.get_by_role("textbox", name="选项，每行一个").fill("同意\n不同意")
    desk.get_by_role("button", name="保存选项").click()
    desk.get_by_text("开启表决", exact=True).click()
    desk.get_by_label("最低参与", exact=True).fill("0")
    desk.get_by_role("button", name="固定选项和名单").click()
    expect(desk.get_by_text("选项和表决权人名单已固定")).to_be_visible()
    desk.get_by_role("link", name="居民户的表决票").click()
    desk.get_by_role("button", name="打印表决票").first.click()
    expect(desk.locator(".slip")).to_have_count(40)
    slip = desk.locator(".slip-code").first.inner_text()

    # The household votes with its slip, and changes its mind with the receipt.
    phone.goto(f"{here}/topics/receipt/")
    phone.get_by_label("编号").fill(number)
    phone.get_by_role("button", name="查询").tap()
    phone.get_by_role("link", name="1号楼加装电梯").tap()
    phone.get_by_role("link", name="凭本户表决票投票").tap()
    phone.get_by_label("不同意").check()
    phone.get_by_label("表决票上的票码").fill(slip)
    phone.get_by_role("button", name="投票", exact=True).tap()
    receipt = phone.locator(".receipt-number").inner_text()
    phone.goto(f"{here}/topics/{topic.pk}/vote/")
    phone.get_by_label("同意", exact=True).check()
    phone.get_by_label("表决票上的票码").fill(slip)
    phone.get_by_text("我已投过票，要更改").tap()
    phone.get_by_label("表决回执码").fill(receipt)
    phone.get_by_role("button", name="投票", exact=True).tap()
    expect(phone.get_by_text("您的选择已更改。")).to_be_visible()

    # The time is over: the first reading closes the vote, and the receipt is on the list.
    pass_time(topic, opens_at=timezone.now() - timedelta(days=8), closes_at=timezone.now())
    phone.goto(f"{here}/topics/{topic.pk}/")
    expect(phone.get_by_text("形成决定：同意")).to_be_visible()
    assert re.fullmatch(r"[0-9a-f]{64} 1\n", services.published_ballots(topic))

    # The decision is written, becomes a case, and is published.
    desk.goto(f"/topics/{topic.pk}/")
    desk.get_by_role("textbox", name="决定").fill("同意加装电梯，由社区牵头。")
    desk.get_by_role("button", name="写明决定").click()
    desk.get_by_role("link", name="转为事件").click()
    expect(desk.get_by_label("情况", exact=True)).to_have_value("1号楼加装电梯")
    desk.get_by_text("物业管理", exact=True).first.click()
    desk.get_by_role("button", name="提交上报").click()
    expect(desk.get_by_text("议题的决定").first).to_be_visible()
    assert Event.objects.get().occasion.topic == topic
    desk.goto(f"/topics/{topic.pk}/")
    desk.get_by_role("button", name="公布结果").click()
    phone.goto(f"{here}/topics/{topic.pk}/")
    expect(phone.get_by_text("同意加装电梯，由社区牵头。")).to_be_visible()
    expect(phone.get_by_text("已转办落实：待受理")).to_be_visible()

    # What was done is told, and the household confirms it.
    desk.get_by_role("textbox", name="落实了什么").fill("电梯已经装好，通过验收。")
    desk.get_by_role("button", name="请居民确认是否落实").click()
    phone.reload()
    phone.get_by_label("已经落实").check()
    phone.get_by_label("表决票上的票码").fill(slip)
    phone.get_by_role("button", name="答复").tap()
    expect(phone.get_by_text("谢谢，您的答复已计入。")).to_be_visible()
    pass_time(topic, answers_until=timezone.now())
    phone.goto(f"{here}/topics/")
    phone.get_by_role("link", name="1号楼加装电梯").tap()
    expect(phone.get_by_text("居民已确认")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
