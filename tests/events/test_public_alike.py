"""Residents are shown what is open already: enough to recognise it and nothing more, and nobody has to join."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from events.audit import problems
from events.models import Event
from events.public.alike import OpenCase, case_of
from grids.models import PublicUse
from grids.public_forms import stamp
from tests.factories import make_category, make_contact, make_event, make_uploads, take

pytestmark = pytest.mark.django_db

TEXT = "2单元楼道灯坏了。晚上老人下楼很危险。"


@pytest.fixture(autouse=True)
def no_wait(settings):
    settings.PUBLIC_FORM_SECONDS = (0, 3600)


@pytest.fixture
def lamp(cast):
    return make_category("路灯", kind="component", major="公用设施", public_name="路灯不亮")


@pytest.fixture
def target(cast, lamp) -> Event:
    return make_event(
        cast.worker, cast.tree.unit, category=lamp, title="三楼灯坏", description="张三家门口", address="三楼",
        attachments=make_uploads(cast.worker),
    )  # fmt: skip


@pytest.fixture
def send(cast, client, lamp):
    """Sends a report about the lamps of the building, with one thing or another changed."""

    def send(**changes):
        grid = cast.tree.community
        given = {"opened": stamp(grid, timezone.now()), "key": "a" * 32, "text": TEXT, "category": lamp.pk}
        given |= {"place": cast.tree.building.code}
        return client.post(reverse("public_report", args=[grid.code]), given | changes)

    return send


def words(answer) -> str:
    return answer.content.decode()


def keys(answer) -> list[str]:
    """The keys of the cases on offer."""
    return [key for key in re.findall(r'name="into" value="([^"]+)"', words(answer)) if key != "none"]


# What is shown


def test_before_it_is_sent_what_is_open_there_is_shown(send, target):
    answer = send()
    assert answer.status_code == 200
    page = words(answer)
    for shown in ("路灯不亮", "健康社区 1号楼", "state-filed", "刚刚"):
        assert shown in page
    assert len(keys(answer)) == 1
    assert Event.objects.count() == 1
    assert PublicUse.objects.get().kind == "look"


def test_nothing_of_it_but_kind_building_state_and_age(cast, send, target):
    case = take(target, "accept", note="师傅明天来")
    page = words(send())
    hidden = [target.title, target.description, target.number, cast.worker.name, cast.chief.name, "三楼", "1单元"]
    hidden += ["师傅", str(case.attachments.get().key), f'value="{target.pk}"', "/attachments/"]
    # The form below offers the unit as a place, as always.
    shown = page[page.index('id="alike"') : page.index("<details")]
    assert [word for word in hidden if word in shown] == []
    assert set(OpenCase.__dataclass_fields__) == {"key", "what", "place", "state", "status", "ago"}


def test_the_words_of_another_resident_are_never_shown(cast, send, lamp):
    make_contact(cast.tree.unit, "李四家的灯", category=lamp, name="李四", phone="13812345678")
    page = words(send())
    assert len(keys(send())) == 1
    for hidden in ("李四", "13812345678", "5678"):
        assert hidden not in page


def test_clue_reports_show_nothing(cast, send):
    clue = make_category("线索举报", is_confidential=True, public_name="举报违法线索")
    make_event(cast.worker, cast.tree.unit, category=clue)
    assert send(category=clue.pk).status_code == 302


def test_where_nothing_is_open_it_is_filed_at_once(cast, send, target):
    assert send(place=cast.tree.second_building.code).status_code == 302
    take(target, "void")
    assert send(key="b" * 32).status_code == 302


def test_who_cannot_say_what_it_is_about_is_not_asked(send, target):
    assert send(category="").status_code == 302


def test_a_position_finds_what_is_near(cast, send, lamp):
    here = {"latitude": "40.818200", "longitude": "111.708600"}
    take(make_event(cast.worker, cast.tree.unit, category=lamp, **here), "escalate")
    near = {"latitude": "40.818300", "longitude": "111.708600"}
    assert send(place=cast.tree.second_building.code, **near).status_code == 200
    assert send(place=cast.tree.second_building.code, latitude="40.9", longitude="111.7").status_code == 302


def test_a_position_finds_nothing_in_another_community(cast, send, lamp):
    here = {"latitude": "40.818200", "longitude": "111.708600"}
    make_event(cast.neighbour, cast.tree.other_building, category=lamp, **here)
    assert send(**here).status_code == 302


def test_what_others_handle_is_not_offered(cast, send, lamp):
    here = {"latitude": "40.818200", "longitude": "111.708600"}
    make_event(cast.worker, cast.tree.unit, category=lamp, **here)
    assert send(place=cast.tree.second_building.code, **here).status_code == 302


def test_a_step_aside_tells_nothing_of_where_somebody_stood(cast, send, lamp):
    # 44 metres from the crossing that all of these are nearest to; from some of them itself it is more than 50.
    take(
        make_event(cast.worker, cast.tree.unit, category=lamp, latitude="40.818100", longitude="111.708500"), "escalate"
    )
    place = cast.tree.second_building.code
    for latitude in ("40.818260", "40.818400", "40.818600", "40.818740"):
        assert len(keys(send(text="", place=place, latitude=latitude, longitude="111.708600"))) == 1


def test_who_looks_very_often_is_shown_nothing_and_reports_all_the_same(send, settings, target):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"look": (2, 3600)}
    assert [len(keys(send(text=""))) for _time in range(3)] == [1, 1, 0]
    assert send().status_code == 302


# What is typed stays


def test_the_words_and_the_name_stay_in_the_form(send, target):
    page = words(send(name="张三丰", phone="13812345678", address="四楼"))
    for typed in (TEXT, "张三丰", "13812345678", "四楼"):
        assert typed in page


def test_who_has_written_nothing_is_shown_them_with_the_complaint(send, target):
    answer = send(text="")
    assert answer.status_code == 400
    assert len(keys(answer)) == 1


def test_other_mistakes_come_first(send, target):
    answer = send(phone="1")
    assert answer.status_code == 400
    assert not keys(answer)


# None of these


def test_none_of_these_files_a_case_of_its_own(send, target):
    assert send(into="none").status_code == 302
    event = Event.objects.exclude(pk=target.pk).get()
    assert (event.status, event.merged_into, event.description) == ("filed", None, TEXT)


# It is this one


def test_joined_the_report_has_a_number_and_a_code_of_its_own(client, send, target):
    answer = send(into=keys(send())[0], name="张三丰")
    event = Event.objects.exclude(pk=target.pk).get()
    assert (event.merged_into, event.description, event.contact.name.reveal()) == (target, TEXT, "张三丰")
    page = words(client.get(answer.url))
    assert event.number in page
    assert re.search(r'receipt-code">\w{6}<', page)
    assert not list(problems())


def test_the_receipt_of_who_joined_says_so(client, send, target):
    receipt = send(into=keys(send())[0])["Location"]
    assert "已合并办理" in client.get(receipt).content.decode()


def test_joined_without_a_word_it_is_called_by_its_kind(send, target):
    assert send(into=keys(send())[0], text=" ").status_code == 302
    assert Event.objects.exclude(pk=target.pk).get().title == "路灯不亮"


def test_they_follow_how_the_earlier_one_stands_and_read_its_result(client, send, target):
    send(into=keys(send())[0])
    number = Event.objects.exclude(pk=target.pk).get().number
    page = words(client.get(f"/follow/{number}/"))
    for shown in ("按您的确认，已与之前的同一反映合并，一并办理。", "该反映目前", "已收到"):
        assert shown in page
    take(Event.objects.with_related().get(pk=target.pk), "accept", note="内部说明")
    page = words(client.get(f"/follow/{number}/"))
    assert "处理中" in page
    for hidden in (target.number, target.title, target.description, "内部说明", "乌兰"):
        assert hidden not in page
    take(Event.objects.with_related().get(pk=target.pk), "resolve", "pass_check", note="已换灯泡")
    assert "已换灯泡" in words(client.get(f"/follow/{number}/"))


def test_who_joined_is_told_where_to_say_more(client, send, target):
    send(into=keys(send())[0])
    event = Event.objects.exclude(pk=target.pk).get()
    address, again = f"/follow/{event.number}/", reverse("public_report", args=[event.grid.code])
    assert again in words(client.get(address))
    take(Event.objects.with_related().get(pk=target.pk), "accept", "resolve", "pass_check")
    assert again not in words(client.get(address))


def test_what_is_said_to_be_handled_is_marked_so(send, target):
    assert "就是这件，问题还在" not in words(send())
    take(target, "accept", "resolve")
    assert "就是这件，问题还在" in words(send())


def test_the_page_sent_twice_joins_once(send, target):
    key = keys(send())[0]
    assert send(into=key).status_code == send(into=key).status_code == 302
    assert Event.objects.count() == 2


def test_the_limits_hold_for_joining_as_well(send, settings, target):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"report": (0, 3600)}
    answer = send(into=keys(send())[0])
    assert answer.status_code == 429
    assert TEXT in words(answer)


def test_a_program_is_shown_nothing(send, target):
    for sent in ({"homepage": "http://x"}, {"opened": "1.1:forged"}):
        answer = send(**sent)
        assert answer.status_code == 400
        assert not keys(answer)


# What cannot be joined


@pytest.mark.parametrize("key", ["x", "1", "\0"])
def test_a_key_that_is_none_of_ours_joins_nothing(send, target, key):
    answer = send(into=key)
    assert answer.status_code == 400
    assert TEXT in words(answer)
    assert Event.objects.count() == 1


def test_a_key_is_good_as_long_as_the_page_may_be_open(send, settings, target):
    key = keys(send())[0]
    settings.PUBLIC_FORM_SECONDS = (0, -1)
    assert case_of(key) is None


def test_a_key_is_no_receipt_and_a_receipt_no_key(cast, client, send, target):
    key = keys(send())[0]
    client.cookies["saihan_receipt"] = key
    answer = client.get(reverse("public_receipt", args=[cast.tree.community.code]))
    assert answer.url == reverse("public_follow")
    send(into="none", key="b" * 32)
    assert case_of(client.cookies["saihan_receipt"].value) is None


def test_a_key_of_another_place_or_of_a_clue_joins_nothing(cast, send, target):
    key = keys(send())[0]
    assert send(into=key, place=cast.tree.second_building.code).status_code == 400
    clue = make_category("线索举报", is_confidential=True, public_name="举报违法线索")
    assert send(into=key, category=clue.pk).status_code == 400
    assert Event.objects.count() == 1


def test_ended_meanwhile_it_is_said_and_sent_with_the_next_tap(send, target):
    key = keys(send())[0]
    take(target, "void")
    answer = send(into=key)
    assert answer.status_code == 400
    assert "该事件刚刚办完" in words(answer)
    assert TEXT in words(answer)
    assert send(into="").status_code == 302


def test_merged_meanwhile_it_is_followed(cast, send, target):
    key = keys(send())[0]
    last = make_event(cast.worker, cast.tree.unit, category=make_category())
    take(target, "merge", into=last)
    send(into=key)
    assert Event.objects.latest("pk").merged_into == last


# Queries


def test_the_step_costs_the_same_however_many(cast, send, lamp, django_assert_num_queries):
    counts = []
    send(text="")
    for _time in range(2):
        make_event(cast.worker, cast.tree.unit, category=lamp)
        with django_assert_num_queries(13):  # key, grid, category, place, the look, the cases, their places, the page
            send()
        counts.append(Event.objects.count())
    assert counts == [1, 2]


def test_the_desk_reads_the_words_of_who_joined(client, cast, send, target):
    send(into=keys(send())[0])
    client.force_login(cast.chief)
    page = words(client.get(reverse("event_detail", args=[target.number])))
    assert TEXT in page
    assert Event.objects.latest("pk").goes_on_in() == target
