"""Pages of double check-in: who may open which, what they show, what they refuse, how many questions they ask."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from grids.models import SheetImport
from grids.services import apply_sheet, check_sheet, undo_sheet
from tests.factories import (
    make_member_enrolment,
    make_offer,
    make_organisation_enrolment,
    make_user,
)
from tests.grids.sheets.makers import xlsx
from volunteers.models import MemberEnrolment, OrganisationEnrolment, Skill

pytestmark = pytest.mark.django_db

PEOPLE = ("admin", "district", "community", "worker", "member", "speaker", "neighbour", "stranger", "nobody")
# Code of an answer to each in turn; who is not logged in is led to the door.
EVERYBODY = (200, 200, 200, 200, 200, 200, 200, 200, 302)
READ = (200, 200, 200, 200, 200, 200, 404, 404, 302)
ANSWER = (302, 302, 302, 403, 403, 403, 404, 404, 302)
APPLICANT = (200, 200, 200, 403, 200, 200, 404, 404, 302)
SPOKEN_FOR = (200, 200, 200, 403, 403, 200, 404, 404, 302)


@pytest.fixture
def member():
    return make_user("巴特尔")


@pytest.fixture
def enrolment(cast, office, member):
    return make_member_enrolment(cast.tree.community, member, office)


@pytest.fixture
def report(cast, office, member):
    return make_organisation_enrolment(office, cast.tree.community)


@pytest.fixture
def codes(client, as_, cast, member, speaker):
    """The answers to all the people in turn."""
    known = {"member": member, "speaker": speaker}

    def ask(address: str, method: str = "get", data=None) -> tuple[int, ...]:
        people = [known.get(who) or getattr(cast, who, None) for who in PEOPLE]
        return tuple(getattr(as_(one) if one else client, method)(address, data).status_code for one in people)

    return ask


def text_of(response) -> str:
    return response.content.decode()


# Who may open what


@pytest.mark.parametrize(
    "page",
    ["volunteer_home", "enrolment_mine", "enrolment_report", "enrolment_figures", "enrolment_list",
     "organisation_enrolment_list", "offer_list"],
)  # fmt: skip
def test_everybody_has_these_pages(codes, enrolment, report, page):
    assert codes(reverse(page)) == EVERYBODY


@pytest.mark.parametrize(("page", "expected"), [("enrolment_detail", READ), ("enrolment_offer", APPLICANT)])
def test_who_opens_a_members_enrolment(codes, enrolment, page, expected):
    assert codes(reverse(page, args=[enrolment.pk])) == expected


@pytest.mark.parametrize(
    ("page", "expected"), [("organisation_enrolment_detail", READ), ("organisation_enrolment_change", SPOKEN_FOR)]
)
def test_who_opens_an_organisations_enrolment(codes, enrolment, report, page, expected):
    assert codes(reverse(page, args=[report.pk])) == expected


def test_who_answers_a_member(codes, enrolment):
    # The first confirms, the others after them find it confirmed, which is as well.
    MemberEnrolment.objects.update(state="applied")
    assert codes(reverse("enrolment_act", args=[enrolment.pk, "confirm"]), "post") == ANSWER


def test_who_answers_an_organisation(codes, enrolment, report):
    OrganisationEnrolment.objects.update(state="applied")
    assert codes(reverse("organisation_enrolment_act", args=[report.pk, "confirm"]), "post") == ANSWER


@pytest.mark.parametrize("page", ["enrolment_sheet", "enrolment_sheet_template"])
def test_the_sheet_is_for_who_represents_an_organisation_or_manages_a_grid(codes, office, page):
    assert codes(reverse(page)) == (200, 403, 403, 403, 403, 200, 403, 403, 302)


def test_the_report_of_an_organisation_is_for_who_represents_one_or_answers_for_a_grid(codes, office):
    assert codes(reverse("organisation_enrolment_report")) == (200, 200, 200, 403, 403, 200, 403, 403, 302)


def test_needs_are_for_who_has_a_grid(codes, office):
    assert codes(reverse("need_list")) == (200, 200, 200, 200, 404, 404, 200, 404, 302)


@pytest.mark.parametrize("page", ["enrolment_list", "organisation_enrolment_list", "offer_list", "enrolment_figures"])
def test_lists_hold_only_what_one_may_see(cast, as_, enrolment, report, office, page):
    make_offer(enrolment)
    seen = {who: text_of(as_(getattr(cast, who)).get(reverse(page))) for who in ("worker", "neighbour", "stranger")}
    word = {"offer_list": "家电维修</span>", "enrolment_figures": "健康社区"}.get(page, "区住建局")
    assert {who: word in text for who, text in seen.items()} == {"worker": True, "neighbour": False, "stranger": False}


def test_a_member_sees_themselves_and_no_other_member(cast, as_, enrolment, office):
    make_member_enrolment(cast.tree.community, make_user("高娃"), office)
    text = text_of(as_(enrolment.user).get(reverse("enrolment_list")))
    assert "巴特尔" in text
    assert "高娃" not in text


# A member


def sent(**fields) -> dict:
    skill = Skill.objects.get(name="家电维修")
    return {"grid": "健康社区", "organisation": "区住建局", "skills": [skill.pk], "times": ["5-0"], "note": ""} | fields


def test_a_member_reports_and_reads_what_became_of_it(cast, as_, member, office):
    browser = as_(member)
    answer = browser.post(reverse("enrolment_report"), sent(), follow=True)
    assert answer.redirect_chain == [(reverse("enrolment_mine"), 302)]
    assert all(word in text_of(answer) for word in ("人民路街道 健康社区", "待确认", "家电维修", "周六上午"))
    answer = browser.post(reverse("enrolment_report"), sent(), follow=True)
    assert "您此前已向 健康社区 报到" in text_of(answer)
    assert MemberEnrolment.objects.count() == 1


def test_in_another_community_it_is_said_where_and_since_when_and_a_move_is_offered(cast, as_, enrolment, office):
    browser = as_(enrolment.user)
    answer = browser.post(reverse("enrolment_report"), sent(grid="学苑社区"))
    assert answer.status_code == 400
    assert all(
        word in text_of(answer) for word in ("自 2026-01-01 起已在 人民路街道 健康社区 报到", 'value="学苑社区"')
    )
    answer = browser.post(reverse("enrolment_report"), sent(grid="学苑社区", is_moving="on"))
    assert answer.status_code == 302
    states = dict(MemberEnrolment.objects.values_list("grid__name", "state"))
    assert states == {"健康社区": "ended", "学苑社区": "applied"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"organisation": ""}, "没有单位的，请先联系社区"),
        ({"organisation": "区水务局"}, "没有这个名称"),
        ({"grid": ""}, "请填写社区名称"),
        ({"grid": "桃花源"}, "没有这个名称"),
        ({"grid": "社区"}, "有几个符合"),
        ({"skills": ["999999"]}, "请重新选择"),
        ({"times": ["9-9"]}, "请重新选择"),
        ({"grid": "健康\0"}, "请重新输入"),
    ],
)
def test_what_a_report_lacks_is_said_and_nothing_is_lost(cast, as_, member, office, fields, said):
    answer = as_(member).post(reverse("enrolment_report"), sent(**{"note": "会蒙古语"} | fields))
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert "会蒙古语" in text_of(answer)
    assert not MemberEnrolment.objects.exists()


def test_a_member_changes_what_they_offer(cast, as_, enrolment):
    skill = Skill.objects.get(name="入户探望")
    answer = as_(enrolment.user).post(
        reverse("enrolment_offer", args=[enrolment.pk]), {"skills": [skill.pk], "note": "会蒙古语"}, follow=True
    )
    assert all(word in text_of(answer) for word in ("入户探望", "随时", "会蒙古语"))


def test_a_member_ends_it_with_a_word(cast, as_, enrolment):
    address = reverse("enrolment_act", args=[enrolment.pk, "end"])
    assert as_(enrolment.user).post(address, {"text": " "}).status_code == 400
    answer = as_(enrolment.user).post(address, {"text": "调离"}, follow=True)
    assert "您还没有在社区报到" in text_of(answer)


# The community


def test_the_community_places_a_member_with_a_post(cast, as_, enrolment):
    address = reverse("enrolment_act", args=[enrolment.pk, "place"])
    answer = as_(cast.community).post(address, {"place": cast.tree.building.code, "with_post": "on"}, follow=True)
    assert all(word in text_of(answer) for word in ("已安排", "1号楼", "志愿者岗位"))
    assert enrolment.user.posts.active().get().grid == cast.tree.building
    other = {"place": cast.tree.other_building.code}
    assert as_(cast.community).post(address, other).status_code == 400


def test_what_is_not_open_any_more_is_said_with_what_was_typed(cast, as_, enrolment):
    answer = as_(cast.community).post(reverse("enrolment_act", args=[enrolment.pk, "refuse"]), {"text": "非本社区"})
    assert answer.status_code == 409
    assert "已确认" in text_of(answer)
    assert as_(cast.community).post(reverse("enrolment_act", args=[enrolment.pk, "praise"])).status_code == 404


def test_many_reports_are_confirmed_at_once(cast, as_, office):
    waiting = [make_member_enrolment(cast.tree.community, organisation=office, state="applied") for _ in range(3)]
    far = make_member_enrolment(cast.tree.far_community, organisation=office, state="applied")
    code = cast.tree.community.code
    page = as_(cast.community).get(reverse("enrolment_list"), {"state": "applied", "grid": code})
    assert page.context["may_confirm"]
    keys = [*(one.pk for one in waiting), far.pk, "x", "9" * 30]
    answer = as_(cast.community).post(reverse("enrolment_confirm"), {"grid": code, "enrolment": keys}, follow=True)
    assert "已确认 3 人的报到" in text_of(answer)
    assert MemberEnrolment.objects.filter(state="confirmed").count() == 3
    assert as_(cast.worker).post(reverse("enrolment_confirm"), {"grid": code}).status_code == 403
    assert as_(cast.neighbour).post(reverse("enrolment_confirm"), {"grid": code}).status_code == 404


# Lists and figures


def test_counts_by_organisation_community_and_grid_open_just_those(cast, as_, enrolment, report, office):
    make_member_enrolment(cast.tree.community, organisation=office, state="placed", place=cast.tree.building)
    make_member_enrolment(cast.tree.far_community, organisation=office, state="applied")
    browser = as_(cast.district)
    for by, name, counts in (
        ("organisation", "区住建局", (1, 1, 1)),
        ("community", "健康社区", (0, 1, 1)),
        ("place", "1号楼", (0, 0, 1)),
    ):
        page = browser.get(reverse("enrolment_figures"), {"by": by}).context["page"]
        [line] = [line for line in page.object_list if line.name.endswith(name)]
        assert (line.waiting, line.confirmed, line.placed) == counts
        for state, count in zip(("applied", "confirmed", "placed"), counts, strict=True):
            opened = browser.get(reverse("enrolment_list"), line.query | {"state": state})
            assert opened.context["page"].paginator.count == count, (by, state)


def test_filters_that_are_wrong_are_told(cast, as_, enrolment):
    for query in ({"state": "x"}, {"grid": "99"}, {"organisation": "0"}, {"search": "\0"}, {"grid": "15\0"}):
        assert as_(cast.community).get(reverse("enrolment_list"), query).status_code == 400, query


def test_offers_that_nobody_used_are_all_while_nothing_uses_them(cast, as_, enrolment, report):
    make_offer(enrolment)
    make_offer(report, "理发")
    answer = as_(cast.community).get(reverse("offer_list"), {"unused": "on"})
    assert [str(offer.giver) for offer in answer.context["page"].object_list] == ["区住建局", "巴特尔"][::-1]


@pytest.mark.parametrize(("page", "most"), [
    ("volunteer_home", 22), ("enrolment_figures", 16), ("enrolment_list", 13), ("organisation_enrolment_list", 14),
    ("offer_list", 13), ("enrolment_mine", 18),
])  # fmt: skip
def test_pages_ask_few_questions_however_many_rows(cast, as_, office, page, most, django_assert_max_num_queries):
    for number in range(12):
        one = make_member_enrolment(cast.tree.community, make_user(f"党员{number}"), office)
        make_offer(one)
    make_offer(make_organisation_enrolment(office, cast.tree.community))
    browser = as_(cast.community)
    with django_assert_max_num_queries(most):
        assert browser.get(reverse(page)).status_code == 200


@pytest.mark.parametrize("page", ["enrolment_list", "organisation_enrolment_list", "offer_list"])
def test_each_list_is_exported(cast, as_, enrolment, report, page):
    make_offer(enrolment)
    answer = as_(cast.community).get(reverse(page), {"export": "xlsx"})
    assert answer["Content-Type"].startswith("application/vnd.openxmlformats")
    assert b"".join(answer.streaming_content)[:2] == b"PK"


# Organisations


def test_who_represents_an_organisation_reports_for_it(cast, as_, office, speaker):
    skill = Skill.objects.get(name="法律咨询")
    given = {"organisation": office.pk, "grid": "健康社区", "until": "2030-01-01", "contact": speaker.pk,
             "skills": [skill.pk]}  # fmt: skip
    answer = as_(speaker).post(reverse("organisation_enrolment_report"), given, follow=True)
    assert all(word in text_of(answer) for word in ("待确认", "法律咨询", "2030-01-01", "韩梅"))
    again = as_(speaker).post(reverse("organisation_enrolment_report"), given | {"until": "2031-01-01"})
    assert again.status_code == 400
    assert "起已向 健康社区 报到" in text_of(again)


def test_a_community_enters_an_organisation_that_comes_to_it_and_no_other_community_does(cast, as_, office):
    given = {"organisation": "区住建局", "grid": "健康社区"}
    assert as_(cast.community).post(reverse("organisation_enrolment_report"), given).status_code == 302
    far = as_(cast.community).post(reverse("organisation_enrolment_report"), given | {"grid": "桥靠社区"})
    assert far.status_code == 400
    assert "由单位联络人报到" in text_of(far)


def test_what_an_organisation_offers_is_changed_and_ended(cast, as_, report, speaker):
    skill = Skill.objects.get(name="理发")
    address = reverse("organisation_enrolment_change", args=[report.pk])
    answer = as_(speaker).post(address, {"until": "2030-01-01", "skills": [skill.pk]}, follow=True)
    assert all(word in text_of(answer) for word in ("2030-01-01", "理发"))
    assert as_(speaker).post(address, {"until": "2025-01-01"}).status_code == 400
    ending = reverse("organisation_enrolment_act", args=[report.pk, "end"])
    assert "已结束" in text_of(as_(cast.community).post(ending, {"text": "协议期满"}, follow=True))


# The sheet


def test_the_sheet_goes_all_its_way_outside_administration(cast, as_, office, speaker):
    rows = [("报到社区", "姓名"), (cast.tree.community.code, "高娃")]
    file = SimpleUploadedFile("名单.xlsx", xlsx(rows).getvalue())
    browser = as_(speaker)
    answer = browser.post(reverse("enrolment_sheet"), {"file": file})
    sheet = SheetImport.objects.get()
    here = reverse("enrolment_sheet_import", args=[sheet.pk])
    assert answer.url == here
    check_sheet(pk=sheet.pk)
    assert "高娃" in text_of(browser.get(here))
    assert browser.get(reverse("enrolment_sheet_errors", args=[sheet.pk])).status_code == 200
    for action, work in (("confirm", apply_sheet), ("undo", undo_sheet)):
        assert browser.post(reverse("enrolment_sheet_act", args=[sheet.pk, action])).url == here
        work(pk=sheet.pk)
        sheet.refresh_from_db()
        assert sheet.status == {"confirm": "applied", "undo": "undone"}[action], sheet.problem
        assert MemberEnrolment.objects.exists() == (action == "confirm")
        assert browser.get(here).status_code == 200
    for other in (cast.worker, cast.community):
        assert as_(other).get(here).status_code in (403, 404)


def test_what_is_no_sheet_is_told(cast, as_, office, speaker):
    for file in ({}, {"file": SimpleUploadedFile("名单.xlsx", b"")}):
        assert as_(speaker).post(reverse("enrolment_sheet"), file).status_code == 400
