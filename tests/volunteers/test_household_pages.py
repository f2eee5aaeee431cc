"""Pages of key households and looks: who may open which, what they show and what they keep to themselves."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from grids.models import Role
from tests.factories import make_grid, make_household, make_member_enrolment, make_post, make_user
from volunteers import reveals
from volunteers.households.reveals import KIND
from volunteers.households.views import PAGE_SIZE, VISITS_SHOWN
from volunteers.models import CareNeed, ConsentText, Household, HouseholdReveal, Visit
from volunteers.reveals import PAGE_SIZE as LOOKS_ON_A_PAGE
from volunteers.services import note_visit, reveal_household, withdraw_consent
from volunteers.urls import urlpatterns

pytestmark = pytest.mark.django_db

NAME, PHONE, ADDRESS, NOTE = "张桂兰", "13812345678", "三楼东户302", "血压药快吃完了"
SECRET = (NAME, PHONE, ADDRESS, NOTE, "刘芳芳", "每周代买菜")
PEOPLE = (
    "worker", "community", "member", "chief", "street", "district", "city", "police", "neighbour", "stranger", "admin",
    "nobody",
)  # fmt: skip
# Code of an answer to each in turn; who is not logged in is led to the door.
THEIRS = (200, 200, 404, 404, 404, 404, 404, 404, 404, 404, 404, 302)
DESK = (403, 200, *THEIRS[2:])
LOOKS = (200, 200, 404, 404, 404, 200, 404, 404, 404, 404, 404, 302)
NEW = (200, 200, 404, 200, 404, 404, 404, 404, 200, 404, 404, 302)
LIST = NEW
FIGURES = (403, 404, 403, 404, 200, 200, 200, 403, 403, 403, 200, 302)
AUDIT = (404, 404, 404, 404, 404, 200, 404, 404, 404, 404, 404, 302)
MATRIX = {
    "household_list": LIST,
    "household_new": NEW,
    "household_figures": FIGURES,
    "reveal_list": AUDIT,
    "household_detail": THEIRS,
    "household_edit": THEIRS,
    "household_hand_over": DESK,
    "household_renew": THEIRS,
    "household_reveal": LOOKS,
    "visit_note": THEIRS,
}
WITHOUT_ONE = {"household_list", "household_new", "household_figures", "reveal_list"}


@pytest.fixture
def household(cast):
    household = make_household(cast.tree.unit, cast.worker, NAME, agreed="每周代买菜", contact_name="刘芳芳")
    note_visit(actor=cast.worker, household=household, note=NOTE, finding="楼道灯不亮")
    return household


@pytest.fixture
def member(cast):
    """A member who is enrolled in the community and answers for nobody."""
    return make_member_enrolment(cast.tree.community, make_user("党员甲", "member")).user


def address(page: str, household: Household) -> str:
    return reverse(page, args=[] if page in WITHOUT_ONE else [household.pk])


def browser_of(cast, as_, client, member, who):
    person = {"member": member, "nobody": None}.get(who) or getattr(cast, who, None)
    return as_(person) if person else client


@pytest.mark.parametrize("page", MATRIX)
def test_who_may_open_which_page(cast, as_, client, member, household, page):
    got = [browser_of(cast, as_, client, member, who).get(address(page, household)).status_code for who in PEOPLE]
    assert tuple(got) == MATRIX[page]


@pytest.mark.parametrize(
    ("who", "expected"), [("worker", 302), ("community", 302), ("chief", 404), ("district", 404), ("admin", 404)]
)
def test_who_may_erase_it(cast, as_, household, who, expected):
    answer = as_(getattr(cast, who)).post(reverse("household_withdraw", args=[household.pk]))
    assert answer.status_code == expected
    assert Household.objects.kept().exists() == (expected == 404)


def test_every_page_of_households_is_in_the_matrix():
    names = {pattern.name for pattern in urlpatterns if pattern.callback.__module__.startswith("volunteers.households")}
    assert names | {"reveal_list"} == {*MATRIX, "household_withdraw", "consent_text"}


@pytest.mark.parametrize("page", [page for page in MATRIX if page != "visit_note"])
@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_shows_in_full_who_it_is(cast, as_, client, member, household, page, who):
    text = browser_of(cast, as_, client, member, who).get(address(page, household), follow=True).content.decode()
    is_theirs = who in ("worker", "community") and page in ("household_detail", "household_edit")
    shown = {word for word in SECRET if word in text}
    assert shown <= ({NOTE, "每周代买菜"} if is_theirs else set())


def test_search_finds_by_place_and_by_nothing_else(cast, as_, household):
    make_household(cast.tree.second_building, cast.worker, "李秀珍")
    browser, page = as_(cast.community), reverse("household_list")
    found = {
        words: browser.get(page, {"search": words}).context["page"].paginator.count
        for words in ("1号楼", "2号楼", "1单元", cast.tree.unit.code, NAME, PHONE, "302", "\0", "张")
    }
    assert found == {
        "1号楼": 1, "2号楼": 1, "1单元": 1, cast.tree.unit.code: 1, NAME: 0, PHONE: 0, "302": 0, "\0": 0, "张": 0,
    }  # fmt: skip


@pytest.mark.parametrize("who", ["worker", "community", "street", "district", "police", "admin"])
def test_other_searches_lists_sheets_and_the_api_know_nothing_of_it(cast, as_, household, who):
    browser = as_(getattr(cast, who))
    for page in (
        f"/events/?search={NAME}", f"/events/?search={PHONE}", "/events/export/", f"/grids/?search={NAME}",
        "/grids/?export=xlsx", f"/grids/{cast.tree.unit.code}/", "/api/v1/events/", f"/api/v1/events/?search={NAME}",
        "/api/v1/grids/", "/workbench/", "/", f"/households/?search={NAME}&export=xlsx", "/api/v1/households/",
    ):  # fmt: skip
        answer = browser.get(page, follow=True)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = body.decode(errors="replace").replace(f'value="{NAME}"', "").replace(f'value="{PHONE}"', "")
        text = text.replace(f"“{NAME}”", "").replace(f"“{PHONE}”", "")
        assert not [word for word in (PHONE, ADDRESS, NOTE, "刘芳芳") if word in text and word not in page], page


def test_no_household_is_in_the_administration():
    kept = {model._meta.label for model in admin.site._registry if model._meta.app_label == "volunteers"}
    assert not {"volunteers.Household", "volunteers.Visit", "volunteers.HouseholdReveal"} & kept


def test_the_rhythm_and_the_text_are_kept_in_the_administration(cast, as_):
    browser, need = as_(cast.admin), CareNeed.objects.get(kind="alone")
    browser.post(reverse("admin:volunteers_careneed_change", args=[need.pk]), {"rhythm": "monthly"})
    assert CareNeed.objects.get(kind="alone").rhythm == "monthly"
    browser.post(reverse("admin:volunteers_consenttext_add"), {"text": "第二版", "since": "2026-12-01"})
    assert ConsentText.objects.first().version == 2
    assert "第二版" in as_(cast.worker).get(reverse("consent_text")).content.decode()
    assert "第二版" not in as_(cast.worker).get(reverse("consent_text"), {"version": 1}).content.decode()


@pytest.mark.parametrize("version", ["9", "x", "99999999999", "²"])
def test_a_text_that_there_is_not(cast, as_, version):
    assert as_(cast.worker).get(reverse("consent_text"), {"version": version}).status_code == 404


# Taking in, changing, handing over


def filled(cast, **changes):
    day = timezone.localdate()
    given = {
        "grid": cast.tree.unit.code, "name": "李秀珍", "needs": ["alone", "illness"], "consented_on": day,
        "kept_until": f"{day.year + 1}-06-01", "consent_text": ConsentText.objects.first().pk, "idempotency_key": "k",
    }  # fmt: skip
    return given | changes


def test_a_household_is_taken_in_on_its_page(cast, as_):
    for _twice in range(2):
        answer = as_(cast.community).post(
            reverse("household_new"), filled(cast, phone="0471-5551234", answered_by=cast.chief.pk)
        )
    household = Household.objects.get()
    assert answer.url == reverse("household_detail", args=[household.pk])
    assert (household.answered_by, household.needs.count()) == (cast.chief, 2)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"grid": "1501050010020001"}, "grid"), ({"grid": "1\0"}, "grid"), ({"needs": ["upset"]}, "needs"),
     ({"name": ""}, "name"), ({"kept_until": "2020-01-01"}, "kept_until"), ({"consent_text": "x"}, "consent_text"),
     ({"answered_by": "0"}, "answered_by"), ({"phone": "打给我"}, "phone"), ({"name": "\u202e"}, "name")],
)  # fmt: skip
def test_a_wrong_household_is_refused_at_its_field(cast, as_, wrong, field):
    answer = as_(cast.community).post(reverse("household_new"), filled(cast, **wrong))
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not Household.objects.exists()


def test_the_unit_asked_for_brings_its_people_with_their_reasons(cast, as_):
    text = as_(cast.community).get(reverse("household_new"), {"grid": cast.tree.unit.code}).content.decode()
    assert "本楼网格人员" in text
    assert "2号楼" not in text


def test_changed_on_its_page(cast, as_, household):
    sent = {"needs": ["hardship"], "rhythm": "quarterly", "agreed": "", "forget": ["phone"]}
    answer = as_(cast.worker).post(reverse("household_edit", args=[household.pk]), sent)
    household.refresh_from_db()
    assert answer.status_code == 302
    assert (household.name.reveal(), household.phone, household.agreed) == (NAME, None, None)


def test_handed_over_and_renewed_on_their_pages(cast, as_, household):
    browser, day = as_(cast.community), timezone.localdate()
    browser.post(reverse("household_hand_over", args=[household.pk]), {"answered_by": cast.chief.pk})
    sent = {"consent_text": ConsentText.objects.first().pk, "consented_on": day, "kept_until": f"{day.year + 1}-10-01"}
    browser.post(reverse("household_renew", args=[household.pk]), sent)
    household.refresh_from_db()
    assert (household.answered_by, household.kept_until.month) == (cast.chief, 10)


def test_erased_it_is_told_to_the_desk_and_changed_no_more(cast, as_, household):
    withdraw_consent(actor=None, household=household)
    browser = as_(cast.community)
    assert "清除" in browser.get(reverse("household_detail", args=[household.pk])).content.decode()
    for page in ("household_edit", "household_hand_over", "household_renew", "visit_note"):
        assert browser.get(reverse(page, args=[household.pk])).status_code == 404
    assert browser.post(reverse("household_withdraw", args=[household.pk])).status_code == 302


# Visits and looks


def test_a_visit_is_noted_and_leads_to_the_case(cast, as_, household):
    sent = {"note": "精神不错", "finding": "单元门锁坏了", "then": "case", "idempotency_key": "v"}
    answer = as_(cast.worker).post(reverse("visit_note", args=[household.pk]), sent)
    visit = Visit.objects.first()
    assert answer.url == f"{reverse('event_file')}?occasion=visit-{visit.pk}"
    assert as_(cast.worker).post(reverse("visit_note", args=[household.pk]), sent).url == answer.url
    assert Visit.objects.count() == 2


@pytest.mark.parametrize(("wrong", "field"), [({"note": ""}, "note"), ({"then": "case"}, "finding")])
def test_a_visit_without_words_is_asked_for_them(cast, as_, household, wrong, field):
    answer = as_(cast.worker).post(reverse("visit_note", args=[household.pk]), {"note": "都好"} | wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])


def test_in_full_after_a_reason_and_written_down(cast, as_, household):
    browser, page = as_(cast.worker), reverse("household_reveal", args=[household.pk])
    assert browser.post(page, {"reason": " "}).status_code == 400
    answer = browser.post(page, {"reason": "约时间"})
    assert all(word in answer.content.decode() for word in (NAME, PHONE, ADDRESS))
    assert "no-store" in answer["Cache-Control"]
    assert HouseholdReveal.objects.get().reason == "约时间"


def test_the_auditor_reads_who_looked_and_not_at_whom(cast, as_, household):
    reveal_household(actor=cast.worker, household=household, reason="约定时间")
    text = as_(cast.district).get(reverse("reveal_list")).content.decode()
    assert all(word in text for word in ("乌兰", "约定时间", "健康社区 1号楼 1单元"))
    assert not any(word in text for word in SECRET)
    found = {words: len(as_(cast.district).get(reverse("reveal_list"), {"words": words}).context["page"].object_list)
             for words in ("乌兰", "时间", "孙丽", "\0")}  # fmt: skip
    assert found == {"乌兰": 1, "时间": 1, "孙丽": 0, "\0": 1}


def test_looks_of_several_kinds_are_one_list(cast, as_, household, monkeypatch):
    for reason in ("第一次", "第二次"):
        reveal_household(actor=cast.worker, household=household, reason=reason)
    monkeypatch.setitem(reveals._kinds, "other", KIND._replace(key="other"))
    looks = as_(cast.district).get(reverse("reveal_list")).context["page"].object_list
    assert [(look.kind.key, look.reason) for look in looks if look.kind.key == "other"] == [
        ("other", "第二次"), ("other", "第一次"),
    ]  # fmt: skip
    assert [look.reason for look in looks] == ["第二次", "第二次", "第一次", "第一次"]


def test_the_auditor_of_another_district_reads_nothing_of_it(cast, as_, household):
    reveal_household(actor=cast.worker, household=household, reason="约定时间")
    other = make_post(make_user("外区"), make_grid("150102", "新城区"), Role.OFFICIAL).user
    assert as_(other).get(reverse("reveal_list")).context["page"].paginator.count == 0


# How long lists may be


def test_lists_take_the_same_queries_however_long(cast, as_, household, django_assert_num_queries):
    for number in range(PAGE_SIZE):
        one = make_household(cast.tree.unit, cast.chief, f"王{number}")
        reveal_household(actor=cast.chief, household=one, reason="约定时间")
    for _number in range(VISITS_SHOWN):
        note_visit(actor=cast.worker, household=household, note="都好", finding="灯")
    pages = {
        "household_list": (cast.community, 10),
        "household_detail": (cast.worker, 15),
        "reveal_list": (cast.district, 8),
        "household_figures": (cast.district, 11),
    }
    for page, (person, queries) in pages.items():
        browser = as_(person)
        with django_assert_num_queries(queries):
            browser.get(address(page, household))


def test_long_lists_have_pages(cast, as_, household):
    for number in range(PAGE_SIZE + 1):
        one = make_household(cast.tree.unit, cast.chief, f"王{number}")
        reveal_household(actor=cast.chief, household=one, reason="约定时间")
    page = as_(cast.community).get(reverse("household_list"), {"page": 2}).context["page"]
    assert len(page.object_list) == 2
    looks = as_(cast.district).get(reverse("reveal_list"), {"page": 2}).context["page"]
    assert len(looks.object_list) == 1
    assert LOOKS_ON_A_PAGE == PAGE_SIZE
