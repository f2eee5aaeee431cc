"""A member reports on the phone, the community places them, and the member reads where; in a real browser."""

import pytest

from tests.factories import make_organisation, make_user
from volunteers.models import MemberEnrolment, Skill

pytestmark = [pytest.mark.postgres, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = 390


@pytest.fixture
def browse(live_server, new_page, as_):
    """`browse(user)`: a phone on which this person is logged in."""

    def open_phone(user):
        page = new_page(width=PHONE)
        session = as_(user).cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        return page

    return open_phone


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_member_reports_is_placed_and_moves(cast, live_server, browse):
    make_organisation(cast.tree.district, "区住建局", kind="government_office")
    Skill.objects.get_or_create(name="家电维修")  # the clearing after such a test takes the list away
    member = make_user("巴特尔")
    phone = browse(member)
    phone.goto(f"{live_server.url}/volunteers/")
    phone.get_by_role("link", name="向社区报到").click()
    phone.get_by_label("居住地或服务地的社区").fill("健康")
    phone.get_by_label("所在单位").fill("住建局")
    phone.get_by_text("家电维修", exact=True).click()
    phone.locator(".week").get_by_text("上午").nth(5).click()
    assert fits(phone)
    phone.get_by_role("button", name="报到", exact=True).click()
    phone.get_by_text("周六上午").wait_for()
    desk = browse(cast.community)
    desk.goto(f"{live_server.url}/volunteers/")
    desk.get_by_text("1 名党员的报到待确认").click()
    desk.get_by_role("link", name="巴特尔").click()
    desk.locator("select[name=place]").select_option(label="1号楼")
    desk.get_by_text("同时给那里的志愿者岗位").click()
    assert fits(desk)
    desk.get_by_role("button", name="安排").click()
    desk.get_by_text("1号楼，并给志愿者岗位").wait_for()
    phone.goto(f"{live_server.url}/enrolments/mine/")
    phone.get_by_text("志愿者岗位", exact=True).wait_for()
    phone.get_by_role("link", name="转到别的社区").click()
    phone.get_by_label("居住地或服务地的社区").fill("学苑")
    phone.get_by_role("button", name="转过去").click()
    phone.get_by_text("已向 学苑社区 报到").wait_for()
    assert fits(phone)
    states = dict(MemberEnrolment.objects.values_list("grid__name", "state"))
    assert states == {"健康社区": "ended", "学苑社区": "applied"}
    assert not member.posts.active().exists()
