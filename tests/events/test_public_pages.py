"""The pages for residents: from the report to the rating without an account; what is refused keeps every word."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from events import services
from events.audit import problems
from events.models import Category, Event, ResidentContact
from events.public import views
from grids.models import FormerCode, GridChange, Organisation, PublicUse
from grids.public_forms import stamp
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_contact, make_grid, take

pytestmark = pytest.mark.django_db

TEXT = "2单元楼道灯坏了。晚上老人下楼很危险，请尽快修。"


# On the public page of a grid


def test_the_public_page_of_a_grid_leads_here(cast):
    tag = Template("{% load event_tags %}{% report_here grid %}")
    shown = tag.render(Context({"grid": cast.tree.unit}))
    assert f"/g/{cast.tree.unit.code}/report/" in shown
    assert 'href="/follow/"' in shown
    assert not tag.render(Context({"grid": cast.tree.city})).strip()


# Pages


@pytest.fixture
def no_wait(settings):
    settings.PUBLIC_FORM_SECONDS = (0, 3600)


def form_of(grid, **given) -> dict:
    return {"opened": stamp(grid, timezone.now()), "key": "a" * 32, "text": TEXT} | given


def send(client, grid, **given):
    return client.post(reverse("public_report", args=[grid.code]), form_of(grid, **given))


def test_the_page_opens_for_anybody_and_is_kept_nowhere(cast, client, django_assert_num_queries):
    make_category("路灯", public_name="路灯不亮")
    with django_assert_num_queries(5):  # the grid, what lies below and above, categories, the office
        answer = client.get(f"/g/{cast.tree.community.code}/report/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "路灯不亮" in page
    assert cast.tree.unit.code in page
    assert cast.tree.other_building.code not in page
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("code", ["150105", "1501", "999999999999", "nothing"])
def test_other_codes_lead_nowhere(cast, client, code):
    answer = client.get(f"/g/{code}/report/")
    assert answer.status_code == 404
    assert "12345" in answer.content.decode()


def given_up(cast, code: str, *grids) -> None:
    change = GridChange.objects.create(
        grid=grids[0], position=grids[0].lft, kind="merge", at=MONDAY, old_name="旧", new_name="新", old_code=code,
        new_code=grids[0].code,
    )  # fmt: skip
    for grid in grids:
        FormerCode.objects.create(code=code, name="旧", grid=grid, change=change)


def test_an_old_code_leads_to_its_successor(cast, client):
    given_up(cast, "150105001099", cast.tree.community)
    answer = client.get("/g/150105001099/report/")
    assert (answer.status_code, answer.url) == (302, f"/g/{cast.tree.community.code}/report/")


def test_an_old_code_of_a_divided_grid_lets_one_choose(cast, client):
    given_up(cast, "150105001099", cast.tree.community, cast.tree.other_community)
    page = client.get("/g/150105001099/report/").content.decode()
    assert f"/g/{cast.tree.community.code}/report/" in page
    assert f"/g/{cast.tree.other_community.code}/report/" in page


def test_from_report_to_rating(cast, client, no_wait):
    answer = send(client, cast.tree.community, place=cast.tree.unit.code, name="张三", phone="13812345678")
    assert answer.url == reverse("public_receipt", args=[cast.tree.community.code])
    receipt = client.get(answer.url)
    event = Event.objects.get()
    assert event.grid == cast.tree.unit
    assert event.number in receipt.content.decode()
    code = re.search(r'receipt-code">(\w{6})<', receipt.content.decode())[1]

    elsewhere = type(client)()
    assert elsewhere.get(f"/follow/{event.number}/").url == f"/follow/?number={event.number}"
    answer = elsewhere.post(reverse("public_follow"), {"number": event.number, "code": code})
    assert answer.url == reverse("public_event", args=[event.number])
    page = elsewhere.get(answer.url).content.decode()
    assert "2单元楼道灯坏了" in page

    take(event, "accept", "ask", note="几楼？")
    assert "几楼？" in elsewhere.get(answer.url).content.decode()
    elsewhere.post(f"/follow/{event.number}/answer/", {"note": "三楼"})
    event = Event.objects.with_related().get()
    assert event.asked_at is None
    take(event, "resolve", "pass_check")
    page = elsewhere.get(answer.url).content.decode()
    assert 'value="unsatisfied"' in page
    elsewhere.post(f"/follow/{event.number}/rate/", {"rating": "satisfied"})
    event.refresh_from_db()
    assert event.rating == "satisfied"
    assert not list(problems())


def test_the_resident_reads_posts_and_no_names_or_phones_of_staff(cast, client, no_wait):
    send(client, cast.tree.unit)
    event = take(Event.objects.get(), "accept")
    services.act(event=event, action="comment", actor=cast.chief, note="此人常投诉")
    services.act(event=event, action="urge", actor=cast.district)
    take(Event.objects.get(), "resolve", note="已换灯泡，有事打13987654321")
    page = client.get(f"/follow/{event.number}/").content.decode()
    assert "已换灯泡" in page
    assert "139****4321" in page
    assert "1号楼 网格长" in page
    for hidden in ("13987654321", "此人常投诉", cast.chief.name, cast.district.name, cast.community.name):
        assert hidden not in page, hidden


def test_the_way_up_is_told_by_plain_names_from_where_it_began(cast, client, no_wait):
    send(client, cast.tree.community)
    event = Event.objects.get()
    take(event, "escalate")
    answer = client.get(f"/follow/{event.number}/")
    assert [(str(level["label"]), level["is_now"]) for level in answer.context["levels"]] == [
        ("社区", False), ("街道", True), ("区、市", False),
    ]  # fmt: skip
    assert "循环" not in answer.content.decode()


def test_the_reason_of_the_desk_is_told(cast, client, no_wait):
    send(client, cast.tree.unit)
    take(Event.objects.get(), "void", reason="该处为私人住宅内部")
    assert "该处为私人住宅内部" in client.get(f"/follow/{Event.objects.get().number}/").content.decode()


def test_whoever_changes_the_cookie_sees_nothing(cast, client, no_wait):
    send(client, cast.tree.unit)
    other = make_contact(cast.tree.unit)
    [mine] = [name for name in client.cookies if name.startswith("saihan_case_")]
    client.cookies[f"saihan_case_{other.event.number}"] = client.cookies[mine].value
    assert client.get(f"/follow/{other.event.number}/").status_code == 302
    client.cookies[f"saihan_case_{other.event.number}"] = signing.get_cookie_signer(salt="x").sign(str(other.pk))
    assert client.post(f"/follow/{other.event.number}/comment/", {"note": "x"}).status_code == 302
    assert other.event.steps.count() == 1


def test_leaving_closes_the_case_on_this_phone(cast, client, no_wait):
    send(client, cast.tree.unit)
    number = Event.objects.get().number
    assert client.get(f"/follow/{number}/").status_code == 200
    client.post(reverse("public_leave", args=[number]))
    assert client.get(f"/follow/{number}/").status_code == 302


def test_the_receipt_without_its_cookie_asks_for_the_code(cast, client):
    assert client.get(f"/g/{cast.tree.unit.code}/report/receipt/").url == "/follow/"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"text": ""}, 400),
        ({"homepage": "http://x"}, 400),
        ({"opened": ""}, 400),
        ({"opened": "1.1:forged"}, 400),
        ({"category": "99999"}, 400),
        ({"place": "1501050020010001"}, 400),
        ({"phone": "123"}, 400),
        ({"text": "字\0字"}, 400),
    ],
)
def test_what_is_refused_keeps_what_was_typed(cast, client, no_wait, given, status):
    answer = send(client, cast.tree.unit, **{"name": "张三", "address": "三楼"} | given)
    page = answer.content.decode()
    assert answer.status_code == status
    assert "张三" in page
    assert "三楼" in page
    if "text" not in given:
        assert TEXT in page
    assert 'role="alert"' in page
    assert not Event.objects.exists()


def test_a_form_sent_at_once_or_after_a_day_is_sent_again_with_one_tap(cast, client, settings):
    settings.PUBLIC_FORM_SECONDS = (3, 3600)
    quick = send(client, cast.tree.unit)
    assert quick.status_code == 400
    late = send(client, cast.tree.unit, opened=stamp(cast.tree.unit, timezone.now() - timedelta(days=1)))
    assert late.status_code == 400
    assert TEXT in late.content.decode()
    again = send(client, cast.tree.unit, opened=stamp(cast.tree.unit, timezone.now() - timedelta(seconds=4)))
    assert again.status_code == 302


def test_the_stamp_of_another_grid_is_no_stamp(cast, client, no_wait):
    assert send(client, cast.tree.unit, opened=stamp(cast.tree.building, timezone.now())).status_code == 400


def test_too_many_reports_are_told_whom_to_call(cast, client, no_wait, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"report": (0, 3600)}
    community = cast.tree.community
    Organisation.objects.create(
        grid=community, position=community.lft, name="健康社区居委会", kind="government_office", phone="0471-1234567"
    )
    answer = send(client, cast.tree.unit)
    page = answer.content.decode()
    assert answer.status_code == 429
    assert "0471-1234567" in page
    assert "12345" in page
    assert TEXT in page


def test_many_wrong_codes_are_told_to_wait(cast, client, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"code": (1, 3600)}
    sent = {"number": "20261123-000001", "code": "AAAAAA"}
    assert client.post("/follow/", sent).status_code == 400
    assert client.post("/follow/", sent).status_code == 429


def test_behind_the_proxy_the_address_that_it_saw_counts(cast, client, no_wait, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"report": (1, 3600)}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    address = reverse("public_report", args=[cast.tree.unit.code])
    answers = []
    for number, forwarded in enumerate(["1.1.1.1, 9.9.9.9", "2.2.2.2, 9.9.9.9", "3.3.3.3, 8.8.8.8"]):
        sent = form_of(cast.tree.unit, key=f"{number}" * 32)
        answers.append(client.post(address, sent, headers={"X-Forwarded-For": forwarded}).status_code)
    assert answers == [302, 429, 302]


@pytest.mark.parametrize("action", ["accept", "void", "remind", "nothing"])
def test_other_actions_have_no_address(cast, client, no_wait, action):
    send(client, cast.tree.unit)
    assert client.post(f"/follow/{Event.objects.get().number}/{action}/", {"note": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("action", "given"), [("comment", {"note": " "}), ("rate", {"rating": "x"}), ("answer", {"note": "x"})]
)
def test_what_a_resident_may_not_say_is_told_on_the_page(cast, client, no_wait, action, given):
    send(client, cast.tree.unit)
    answer = client.post(f"/follow/{Event.objects.get().number}/{action}/", given)
    assert answer.status_code in (400, 409)
    assert 'role="alert"' in answer.content.decode()


def test_the_case_page_costs_few_queries(cast, client, no_wait, django_assert_num_queries):
    send(client, cast.tree.unit)
    number = Event.objects.get().number
    for _time in range(8):
        services.act_as_resident(contact=ResidentContact.objects.get(), action="comment", note="还没修")
    with django_assert_num_queries(4):  # the contact, the case, its steps, what lies above
        client.get(f"/follow/{number}/")


def test_the_desk_marks_nuisance_in_the_page(cast, client, no_wait):
    send(client, cast.tree.unit)
    event = Event.objects.get()
    client.force_login(cast.chief)
    assert reverse("event_spam", args=[event.number]) in client.get(f"/events/{event.number}/").content.decode()
    assert client.post(reverse("event_spam", args=[event.number]), {"version": 1}).status_code == 302
    event.refresh_from_db()
    assert event.status == "voided"
    assert PublicUse.objects.get(kind="spam").used == 1


def test_another_side_cannot_mark_nuisance(cast, client):
    event = make_contact(cast.tree.unit).event
    client.force_login(cast.worker)
    assert client.post(reverse("event_spam", args=[event.number])).status_code == 403
    client.force_login(cast.neighbour)
    assert client.post(reverse("event_spam", args=[event.number])).status_code == 404


def test_names_for_residents_are_loaded_with_the_categories(db, settings):
    services.load_categories(path=settings.BASE_DIR / "events/data/categories.csv")
    named = Category.objects.exclude(public_name="")
    assert 8 <= named.count() <= 16
    assert named.filter(is_confidential=True).count() == 1
    assert Category.objects.filter(minor="其他诉求").count() == 1


def test_a_community_with_very_many_units_offers_its_buildings(cast, client, monkeypatch):
    for number in range(3, 9):
        make_grid(f"{cast.tree.community.code}{number:04}")
    monkeypatch.setattr(views, "MOST_PLACES", 5)
    page = client.get(f"/g/{cast.tree.community.code}/report/").content.decode()
    assert cast.tree.building.code in page
    assert cast.tree.unit.code not in page
