"""Joint organisations on the pages and over the API: how the desk gives them a case, and what they find of it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from rest_framework.test import APIClient

from events import services
from events.models import Event
from events.workflow import Status
from grids.models import User
from tests.events.companies import ENDS, EVERYBODY
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event, make_organisation, take
from tests.pages import acting, detail, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(cast) -> Event:
    """Accepted by the community."""
    return take(make_event(cast.worker, cast.tree.unit), "escalate", "accept")


# Pages


def test_the_form_offers_people_and_organisations_nearest_first(cast, people, event, company, as_):
    make_organisation(cast.tree.street, "街道市场所", "government_office", representatives=[people["other"]])
    make_organisation(cast.tree.building, "楼内物业", representatives=[people["other"]])
    make_organisation(cast.tree.far_community, "远处物业", representatives=[people["other"]])
    answer = as_(cast.community).get(detail(event))
    names = [one.name for one in answer.context["organisations"]]
    assert (names[0], set(names[1:3]), names[3:]) == ("楼内物业", {"别家物业", "安居物业"}, ["街道市场所"])
    assert f'value="organisation-{company.pk}"' in page(answer)


@pytest.mark.parametrize(("words", "count"), [("安居", 1), ("ajwy", 1), ("健康", 2), ("没有", 0), ("\0", 2)])
def test_organisations_are_searched_with_the_people(cast, event, company, as_, words, count):
    answer = as_(cast.community).get(detail(event), {"handler_search": words})
    assert len(answer.context["organisations"]) == count


def test_a_case_goes_through_plain_forms_with_an_organisation(cast, people, event, company, as_):
    desk, representative = as_(cast.community), as_(people["representative"])
    desk.post(acting(event, "assign"), {"handler": f"organisation-{company.pk}"})
    text = page(desk.get(detail(event)))
    assert "等待安居物业办结" in text
    assert "→ 安居物业" in text
    assert "办结" in page(representative.get(reverse("workbench")))
    answer = representative.get(detail(event))
    assert answer.context["first"].move.action == "resolve"
    assert representative.post(acting(event, "resolve"), {"note": "已更换灯具"}).status_code == 302
    event.refresh_from_db()
    assert event.status == Status.RESOLVED


@pytest.mark.parametrize(
    "value", ["organisation-0", "organisation-", "organisation-x", "organisation-" + "9" * 40, "organisation-１"]
)
def test_a_choice_that_is_none_is_named(cast, event, company, as_, value):
    answer = as_(cast.community).post(acting(event, "assign"), {"handler": value, "note": "请尽快"})
    assert answer.status_code == 400
    assert "此人或单位不能处置该事件" in page(answer)
    assert "请尽快" in page(answer)
    event.refresh_from_db()
    assert event.organisation is None


def test_a_clue_report_offers_no_organisation(cast, company, as_):
    clue = make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))
    clue = take(clue, "escalate", "accept")
    answer = as_(cast.community).get(detail(clue))
    assert answer.context["organisations"] == []
    answer = as_(cast.community).post(acting(clue, "assign"), {"handler": f"organisation-{company.pk}"})
    assert answer.status_code == 400


@pytest.mark.parametrize("end", ENDS)
def test_the_page_says_that_the_desk_is_asked_again(cast, people, company, assigned, as_, end):
    end(cast, people, company)
    answer = as_(cast.community).get(detail(assigned))
    assert answer.context["first"].move.action == "assign"
    assert "等待健康社区派遣或办结" in answer.context["awaited"]


def test_who_represents_finds_their_way_without_a_post(cast, people, assigned, as_):
    browser = as_(people["representative"])
    text = page(browser.get(reverse("workbench")))
    assert "安居物业" in text
    assert "您是单位代表" in text
    assert assigned.title in text
    assert assigned.title in page(browser.get(reverse("event_list"), {"mine": "handled"}))
    assert reverse("grid_detail", args=[assigned.grid.code]) not in page(browser.get(detail(assigned)))
    assert browser.get(reverse("grid_detail", args=[assigned.grid.code])).status_code == 404
    answer = browser.post(
        reverse("event_file"), {"category": assigned.category_id, "grid": assigned.grid.code, "title": "x"}
    )
    assert answer.status_code == 400
    assert "您目前没有岗位" in page(answer)


def test_lists_name_the_organisation(cast, assigned, as_):
    assert "安居物业" in page(as_(cast.street).get(reverse("event_list")))


def test_the_page_of_a_case_keeps_its_queries(cast, people, company, assigned, as_, django_assert_max_num_queries):
    for number in range(20):
        make_organisation(cast.tree.community, f"单位{number}", representatives=[people["other"]])
    for person in (cast.community, people["representative"]):
        browser = as_(person)
        with django_assert_max_num_queries(22):
            browser.get(detail(assigned))


def test_a_batch_of_the_sweep_takes_as_many_queries_for_many_as_for_one(
    cast, people, company, django_assert_max_num_queries
):
    for _number in range(12):
        event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "escalate", "accept", at=MONDAY)
        take(event, "assign", organisation=company, at=MONDAY)
    with django_assert_max_num_queries(20):
        services.sweep(at=event.remind_at)


# API


def api(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client


def act(user, event, **given):
    return api(user).post(f"/api/v1/events/{event.number}/actions/", given)


def test_assigning_and_resolving_over_the_api(cast, people, event, company):
    case = act(cast.community, event, action="assign", organisation=company.pk).json()
    assert case["handler"] is None
    assert case["organisation"] == {"id": company.pk, "name": "安居物业", "kind": "property_company"}
    assert api(people["representative"]).get(f"/api/v1/events/{event.number}/").json()["actions"] == [
        "resolve",
        "ask",
        "comment",
    ]
    assert act(people["representative"], event, action="resolve", note="已更换").status_code == 200
    told = api(cast.community).get(f"/api/v1/events/{event.number}/steps/").json()["results"]
    assert [step["organisation_name"] for step in told] == ["", "", "", "安居物业", "安居物业"]
    assert told[-1]["actor_post"] == "安居物业 代表"


def test_bad_input_over_the_api_is_told_at_the_organisation(cast, people, event, company):
    far = make_organisation(cast.tree.far_community, "远处物业", representatives=[people["other"]])
    beside = make_organisation(cast.tree.community, "小学", "resident_unit")
    bad = [0, -1, "x", 10**30, 987654, "", [1], far.pk, beside.pk]
    for value in bad:
        answer = act(cast.community, event, action="assign", organisation=value)
        assert (answer.status_code, list(answer.json())) == (400, ["organisation"]), value
    both = act(cast.community, event, action="assign", organisation=company.pk, handler="worker")
    assert both.json() == {"organisation": ["处置人和承办单位只能选一个。"]}
    assert act(cast.community, event, action="assign", organisation=far.pk).json()["organisation"] == [
        f"您的范围内没有编号为 {far.pk} 的单位。"
    ]
    event.refresh_from_db()
    assert event.step_count == 3


@pytest.mark.parametrize("name", EVERYBODY)
def test_who_may_assign_over_the_api(people, event, company, name):
    expected = {"community": 200, "neighbour": 404, "stranger": 404}.get(name, 403)
    assert act(people[name], event, action="assign", organisation=company.pk).status_code == expected


def test_a_representative_gets_a_case_alone(cast, people, assigned):
    for name, status in (("representative", 200), ("other", 404)):
        assert api(people[name]).get(f"/api/v1/events/{assigned.number}/").status_code == status
    assert api(people["representative"]).get("/api/v1/grids/").json()["count"] == 0
    assert api(people["representative"]).get("/api/v1/organisations/").json()["count"] == 0


# On the phone


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_desk_to_the_organisation_and_back_on_the_phone(
    cast, people, event, company, new_page, client, live_server, scripts
):
    def phone(user):
        client.force_login(user)
        page = new_page(java_script_enabled=scripts)
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )
        return page

    desk = phone(cast.community)
    desk.goto(detail(event))
    desk.get_by_placeholder("姓名、单位或网格").fill("安居")
    desk.get_by_placeholder("姓名、单位或网格").press("Enter")
    expect(desk.get_by_text("别家物业")).to_have_count(0)
    desk.locator("label", has_text="安居物业").tap()
    desk.get_by_role("button", name="派遣", exact=True).tap()
    expect(desk.get_by_text("等待安居物业办结。")).to_be_visible()

    representative = phone(people["representative"])
    representative.goto("/")
    representative.get_by_role("link", name=event.title).first.tap()
    representative.get_by_label("处置情况").fill("已更换灯具")
    representative.get_by_role("button", name="办结", exact=True).tap()
    expect(representative.get_by_text("已办结，事件当前状态：待核查。")).to_be_visible()
    event.refresh_from_db()
    assert event.resolver == people["representative"]
