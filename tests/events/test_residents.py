"""A resident without an account reports, follows, answers and rates; and what keeps nuisance out."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from events import services
from events.audit import problems
from events.exceptions import ActionConflict, ActionForbidden
from events.models import Event, Notice, ResidentContact
from events.services.residents import title_of
from grids.models import PublicUse
from grids.readable import ALPHABET
from grids.services import PublicLimit, retire_grid, source_of
from tests.events.conftest import MONDAY
from tests.factories import make_event, take

pytestmark = pytest.mark.django_db

TEXT = "2单元楼道灯坏了。晚上老人下楼很危险，请尽快修。"


def report(grid, **fields) -> services.Receipt:
    return services.file_resident_report(**{"grid": grid, "text": TEXT, "at": MONDAY} | fields)


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
    assert re.fullmatch(f"[{ALPHABET}]{{6}}", receipt.code)
    assert not set("0O1IL2Z5S8BV") & set(ALPHABET)
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


def test_a_residents_word_is_not_called_a_remark_among_colleagues(cast, client, receipt):
    resident(receipt.event, "comment", note="灯泡是螺口的")
    assert receipt.event.steps.last().action_name == "补充情况"
    services.act(event=receipt.event, action="comment", actor=cast.chief, note="已联系")
    assert receipt.event.steps.last().action_name == "批注"
    client.force_login(cast.chief)
    assert "补充情况" in client.get(reverse("event_detail", args=[receipt.event.number])).content.decode()


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
    assert (source_of(one) == source_of(other)) is same
    assert one not in source_of(one)
    before = source_of(one)
    settings.SECRET_KEY = "another " * 10
    assert source_of(one) != before
