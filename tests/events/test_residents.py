"""A resident without an account reports, follows, answers and rates; and what keeps nuisance out."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from events import services
from events.audit import problems
from events.exceptions import ActionConflict, ActionForbidden, PublicLimit
from events.models import Category, Event, Notice, PublicUse, ResidentContact
from events.public import views
from events.public.forms import stamp
from events.services.residents import CODE_ALPHABET, title_of
from grids.models import FormerCode, GridChange, Organisation
from grids.services import retire_grid
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_contact, make_event, make_grid, take

pytestmark = pytest.mark.django_db

TEXT = "2单元楼道灯坏了。晚上老人下楼很危险，请尽快修。"


def report(grid, **fields) -> services.Receipt:
    return services.file_resident_report(**{"grid": grid, "text": TEXT, "at": MONDAY} | fields)


# On the public page of a grid


def test_the_public_page_of_a_grid_leads_here(cast):
    tag = Template("{% load event_tags %}{% report_here grid %}")
    shown = tag.render(Context({"grid": cast.tree.unit}))
    assert f"/g/{cast.tree.unit.code}/report/" in shown
    assert 'href="/follow/"' in shown
    assert not tag.render(Context({"grid": cast.tree.city})).strip()


# Filing


def test_a_report_is_held_like_any_other_and_nobody_is_its_reporter(cast):
    event = report(cast.tree.unit).event
    assert (event.reporter, event.status, event.loop) == (None, "filed", "grid")
    assert event.holder == cast.tree.building
    assert (event.title, event.description) == ("2单元楼道灯坏了", TEXT)
    assert [(step.action, step.side, step.actor) for step in event.steps.all()] == [("file", "reporter", None)]
    assert {notice.recipient for notice in event.notices.all()} == {cast.chief}
    assert not list(problems())


@pytest.mark.parametrize("level", ["unit", "building", "community", "street"])
def test_any_grid_from_unit_to_street_takes_reports(cast, level):
    grid = getattr(cast.tree, level)
    assert report(grid).event.grid == grid


@pytest.mark.parametrize("level", ["district", "city"])
def test_larger_ones_do_not(cast, level):
    with pytest.raises(ValidationError) as refused:
        report(getattr(cast.tree, level))
    assert "grid" in refused.value.message_dict
    assert not Event.objects.exists()


def test_without_a_category_the_desk_decides(cast):
    event = report(cast.tree.unit).event
    assert event.category.minor == "其他诉求"
    assert report(cast.tree.unit).event.category == event.category


def test_the_same_page_sent_twice_is_one_report_and_one_code(cast):
    first, second = (report(cast.tree.unit, idempotency_key="k" * 32) for _time in range(2))
    assert first == second
    assert (Event.objects.count(), ResidentContact.objects.count()) == (1, 1)


def test_the_code_is_kept_nowhere_and_has_no_doubtful_characters(cast):
    receipt = report(cast.tree.unit)
    assert re.fullmatch(f"[{CODE_ALPHABET}]{{6}}", receipt.code)
    assert not set("0O1IL2Z5S8BV") & set(CODE_ALPHABET)
    assert receipt.code not in str(ResidentContact.objects.values().get())
    assert receipt.code not in str(Event.objects.values().get())


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": " \u3000 "}, "text"),
        ({"text": "字" * 2001}, "text"),
        ({"text": "翻\u202e转"}, "text"),
        ({"text": "空\0字"}, "text"),
        ({"name": "名" * 33}, "name"),
        ({"phone": "110"}, "phone"),
        ({"phone": "138123456789"}, "phone"),
        ({"phone": "二八"}, "phone"),
        ({"address": "楼" * 201}, "address"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_filed(cast, given, field):
    with pytest.raises(ValidationError) as refused:
        report(cast.tree.unit, **given)
    assert list(refused.value.message_dict) == [field]
    assert not Event.objects.exists()
    assert not PublicUse.objects.exists()


@pytest.mark.parametrize("typed", ["１３８１２３４５６７８", "138 1234 5678", "+86 138-1234-5678", "13812345678"])
def test_phones_are_taken_as_people_type_them(cast, typed):
    assert report(cast.tree.unit, phone=typed).event.contact.phone.reveal() == "13812345678"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("灯坏了", "灯坏了"),
        ("灯坏了！快修", "灯坏了"),
        ("第一行\n第二行", "第一行"),
        ("长" * 60, "长" * 39 + "…"),
        ("。。。", "。。。"),
    ],
)
def test_the_title_is_the_first_sentence(text, title):
    assert title_of(text) == title


def test_a_retired_grid_takes_no_reports(cast):
    retire_grid(actor=None, grid=cast.tree.second_unit)
    cast.tree.second_unit.refresh_from_db()
    with pytest.raises(ValidationError) as refused:
        report(cast.tree.second_unit)
    assert "grid" in refused.value.message_dict


# Acting for oneself


@pytest.fixture
def receipt(cast):
    return report(cast.tree.unit)


def closed(event: Event, at=MONDAY) -> Event:
    return take(event, "accept", "resolve", "pass_check", at=at)


def resident(event: Event, action: str, **inputs) -> Event:
    contact = ResidentContact.objects.get(event=event)
    return services.act_as_resident(contact=contact, action=action, **{"at": MONDAY} | inputs)


def told(event: Event) -> set:
    """Who is told of the last step."""
    return {notice.recipient for notice in Notice.objects.filter(step=event.steps.last())}


def test_a_word_of_the_resident_reaches_the_desk(cast, receipt):
    event = resident(receipt.event, "comment", note="灯泡是螺口的")
    step = event.steps.last()
    assert (step.action, step.side, step.actor, step.note) == ("comment", "reporter", None, "灯泡是螺口的")
    assert told(event) == {cast.chief}


def test_a_question_is_asked_and_answered(cast, receipt):
    event = take(receipt.event, "accept", "ask", note="几楼的灯？", at=MONDAY)
    assert event.asked_at
    event = resident(event, "answer", note="三楼")
    assert event.asked_at is None
    assert event.steps.last().action == "answer"
    assert told(event) == {cast.chief}
    assert not list(problems())


def test_nothing_is_answered_that_was_not_asked(receipt):
    with pytest.raises(ActionConflict):
        resident(receipt.event, "answer", note="三楼")


def test_satisfied_is_said_once(cast, receipt):
    event = resident(closed(receipt.event), "rate", rating="satisfied")
    assert (event.status, event.rating, event.rated_at) == ("closed", "satisfied", MONDAY)
    assert cast.chief in told(event)
    with pytest.raises(ActionConflict):
        resident(event, "rate", rating="fair")
    assert not list(problems())


def test_unsatisfied_needs_a_reason_and_reopens(cast, receipt):
    event = closed(receipt.event)
    with pytest.raises(ValidationError) as refused:
        resident(event, "rate", rating="unsatisfied")
    assert list(refused.value.message_dict) == ["reason"]
    event = resident(event, "rate", rating="unsatisfied", reason="还是不亮")
    assert (event.status, event.rating, event.round, event.closed_at) == ("handling", "unsatisfied", 2, None)
    assert event.due_at
    assert cast.chief in told(event)
    assert not list(problems())


def test_a_case_that_was_rated_and_closed_again_is_not_rated_again(receipt):
    event = resident(closed(receipt.event), "rate", rating="unsatisfied", reason="还是不亮")
    event = take(event, "resolve", "pass_check", at=MONDAY)
    with pytest.raises(ActionConflict):
        resident(event, "rate", rating="satisfied")
    assert event.rating == "unsatisfied"


@pytest.mark.parametrize(("days", "allowed"), [(0, True), (6.99, True), (7, True), (7.01, False)])
def test_the_result_is_rated_within_seven_days(receipt, days, allowed):
    event, at = closed(receipt.event), MONDAY + timedelta(days=days)
    if allowed:
        assert resident(event, "rate", rating="fair", at=at).rating == "fair"
    else:
        with pytest.raises(ActionConflict):
            resident(event, "rate", rating="fair", at=at)


@pytest.mark.parametrize("rating", ["", "perfect"])
def test_a_rating_is_one_of_three(receipt, rating):
    with pytest.raises(ValidationError) as refused:
        resident(closed(receipt.event), "rate", rating=rating)
    assert list(refused.value.message_dict) == ["rating"]


@pytest.mark.parametrize("action", ["accept", "resolve", "void", "pass_check", "reopen", "urge", "remind", "ask"])
def test_a_resident_does_nothing_else(receipt, action):
    with pytest.raises(ActionForbidden):
        resident(receipt.event, action, note="x", reason="x")


def test_the_contact_of_one_case_opens_no_other(cast, receipt):
    other = report(cast.tree.second_building).event
    with pytest.raises(ActionForbidden):
        services.act(event=other, action="comment", resident=receipt.event.contact, note="x")


def test_either_somebody_or_a_resident_acts(cast, receipt):
    for people in ({}, {"actor": cast.chief, "resident": receipt.event.contact}):
        with pytest.raises(ValueError, match="Either an actor or a resident"):
            services.act(event=receipt.event, action="comment", note="x", **people)


def test_staff_who_filed_rate_in_the_page_and_the_api(cast, client):
    for address, sent in (("page", {"rating": "satisfied"}), ("api", {"action": "rate", "rating": "fair"})):
        event = take(make_event(cast.worker, cast.tree.building), "accept", "resolve")
        event = services.act(event=event, action="pass_check", actor=cast.community)
        client.force_login(cast.worker)
        if address == "page":
            assert 'name="rating"' in client.get(f"/events/{event.number}/").content.decode()
            answer = client.post(reverse("event_act", args=[event.number, "rate"]), sent)
        else:
            answer = client.post(f"/api/v1/events/{event.number}/actions/", sent, "application/json")
        assert answer.status_code in (200, 302), answer.content
        event.refresh_from_db()
        assert event.rating == sent["rating"]


# The code


def test_number_and_code_open_the_case(receipt):
    contact = services.open_case(number=receipt.event.number, code=receipt.code, source="a", at=MONDAY)
    assert contact.event == receipt.event


def test_small_letters_spaces_and_full_width_do_not_matter(receipt):
    wide = "".join(chr(ord(character) + 0xFEE0) for character in receipt.code.lower())
    assert services.open_case(number=f" {receipt.event.number} ", code=f"{wide[:3]} {wide[3:]}", source="a", at=MONDAY)


@pytest.mark.parametrize("code", ["", "AAAAAA", "密码", "\0"])
def test_a_wrong_code_opens_nothing(receipt, code):
    assert services.open_case(number=receipt.event.number, code=code, source="a", at=MONDAY) is None
    assert services.open_case(number="20261123-999999", code=receipt.code, source="a", at=MONDAY) is None
    assert services.open_case(number="二〇二六", code=receipt.code, source="a", at=MONDAY) is None


def test_wrong_codes_are_limited_for_an_address_and_for_a_case(receipt, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"code": (3, 3600), "code_of_case": (5, 86400)}
    attempt = {"number": receipt.event.number, "at": MONDAY}
    for _time in range(3):
        services.open_case(code="AAAAAA", source="a", **attempt)
    with pytest.raises(PublicLimit):
        services.open_case(code=receipt.code, source="a", **attempt)
    for _time in range(2):
        services.open_case(code="AAAAAA", source="b", **attempt)
    with pytest.raises(PublicLimit):
        services.open_case(code=receipt.code, source="c", **attempt)
    tomorrow = attempt | {"at": MONDAY + timedelta(days=1)}
    assert services.open_case(code=receipt.code, source="a", **tomorrow)


def test_right_codes_are_not_counted(receipt, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"code": (2, 3600), "code_of_case": (2, 86400)}
    for _time in range(5):
        assert services.open_case(number=receipt.event.number, code=receipt.code, source="a", at=MONDAY)


# Limits and nuisance


def test_reports_from_an_address_are_limited(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"report": (2, 3600)}
    for _time in range(2):
        report(cast.tree.unit, source="a")
    with pytest.raises(PublicLimit):
        report(cast.tree.unit, source="a")
    report(cast.tree.unit, source="b")
    report(cast.tree.unit, source="a", at=MONDAY + timedelta(hours=1))
    assert Event.objects.count() == 4


def test_reports_in_a_community_are_limited_wherever_in_it(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"report_in_grid": (2, 3600)}
    report(cast.tree.unit, source="a")
    report(cast.tree.second_building, source="b")
    with pytest.raises(PublicLimit):
        report(cast.tree.community, source="c")
    report(cast.tree.other_building, source="d")


def test_a_repeated_request_is_not_counted(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"report": (1, 3600)}
    for _time in range(3):
        report(cast.tree.unit, source="a", idempotency_key="k" * 32)


def test_words_are_limited(receipt, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"word": (2, 3600)}
    for _time in range(2):
        resident(receipt.event, "comment", note="快点")
    with pytest.raises(PublicLimit):
        resident(receipt.event, "comment", note="快点")


def test_nuisance_is_voided_with_one_action_and_counts_against_its_source(cast, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"spam": (2, 7 * 86400)}
    for _time in range(2):
        event = services.mark_spam(event=report(cast.tree.unit, source="a").event, actor=cast.chief, at=MONDAY)
        assert event.status == "voided"
    with pytest.raises(PublicLimit):
        report(cast.tree.unit, source="a")
    report(cast.tree.unit, source="b")
    report(cast.tree.unit, source="a", at=MONDAY + timedelta(days=7))


def test_only_the_desk_marks_nuisance(cast, receipt):
    with pytest.raises(ActionForbidden):
        services.mark_spam(event=receipt.event, actor=cast.worker, at=MONDAY)
    assert not PublicUse.objects.filter(kind="spam").exists()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("unix:", "what is this", True),
    ],
)
def test_an_address_is_known_by_a_keyed_hash(settings, one, other, same):
    assert (services.source_of(one) == services.source_of(other)) is same
    assert one not in services.source_of(one)
    before = services.source_of(one)
    settings.SECRET_KEY = "another " * 10
    assert services.source_of(one) != before


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
        resident(Event.objects.get(), "comment", note="还没修")
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
