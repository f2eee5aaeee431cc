"""A member on a phone: enrolled, joining an activity, confirming at its door, and getting a certificate."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from grids.models import User
from tests.cast import Cast, make_cast
from tests.factories import make_activity_kind, make_member_enrolment, make_service_levels, make_user
from volunteers.activities.door import token_of
from volunteers.models import Activity, Certificate

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture
def cast(transactional_db) -> Cast:
    make_service_levels()
    make_activity_kind("下网格访民情")
    return make_cast()


@pytest.fixture
def member(cast: Cast) -> User:
    """Has reported to the community and was placed there; no post."""
    member = make_user("呼日勒", "member")
    make_member_enrolment(cast.tree.community, member, state="placed", place=cast.tree.building)
    return member


def plan(page: Page) -> Activity:
    """The community plans for next week, publishes, and then the day comes."""
    page.goto("/activities/")
    page.get_by_role("link", name="策划活动").click()
    page.get_by_role("link", name="健康社区").click()
    page.get_by_text("下网格访民情", exact=True).click()
    page.get_by_label("活动名称").fill("供暖入户走访")
    page.get_by_role("textbox", name="地点").fill("一号楼前")
    page.get_by_role("spinbutton", name="名额").fill("1")
    page.get_by_role("button", name="保存活动").click()
    page.get_by_role("button", name="发布活动").click()
    expect(page.get_by_text("已发布，范围内的人可以看到并报名。")).to_be_visible()
    return Activity.objects.get()


def test_a_member_joins_confirms_at_the_door_and_gets_a_certificate(page_of, new_page, live_server, cast, member):
    desk = page_of(cast.community)
    activity = plan(desk)

    page = page_of(member)
    page.goto("/activities/")
    page.get_by_role("link", name="供暖入户走访").click()
    page.get_by_role("button", name="报名").click()
    expect(page.get_by_role("heading", name="您已报名成功")).to_be_visible()

    other = page_of(cast.worker)
    other.goto(f"/activities/{activity.pk}/")
    other.get_by_role("button", name="加入候补").click()
    expect(other.get_by_role("heading", name="您在候补名单中")).to_be_visible()

    now = timezone.now()  # the day has come
    Activity.objects.update(starts_at=now - timedelta(minutes=50), ends_at=now + timedelta(minutes=10))
    desk.goto(f"/activities/{activity.pk}/")
    desk.get_by_role("link", name="出示到场码").click()
    expect(desk.locator(".activity-qr")).to_be_visible()

    activity.refresh_from_db()
    page.goto(reverse("activity_door", args=[token_of(activity)]))  # what a camera reads from the code
    page.get_by_role("button", name="我是呼日勒，确认到场").click()
    expect(page.get_by_text("呼日勒，已登记您到场")).to_be_visible()

    desk.get_by_role("link", name="打开名单勾选").click()
    expect(desk.get_by_role("checkbox", name="呼日勒")).to_be_checked()
    expect(desk.get_by_role("checkbox", name="乌兰")).not_to_be_checked()
    desk.get_by_role("button", name="保存").click()
    desk.get_by_role("link", name="写活动小结").click()
    desk.locator("textarea[name=report]").fill("走访十二户，暖气都热。")
    desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_role("link", name="写成宣传案例")).to_be_visible()

    Activity.objects.update(ends_at=timezone.now())  # and is over
    page.goto("/activities/hours/")
    page.get_by_role("button", name="开具时长证明").click()
    expect(page.get_by_text("兹证明 呼日勒 于")).to_be_visible()

    public = new_page()
    public.goto(f"{live_server.url}/certificate/")
    public.get_by_label("证明编号").fill(Certificate.objects.get().code)
    public.get_by_role("button", name="核验").click()
    expect(public.get_by_text("证明属实。")).to_be_visible()
    expect(public.get_by_text("呼*")).to_be_visible()
    expect(public.get_by_text("呼日勒")).to_have_count(0)
