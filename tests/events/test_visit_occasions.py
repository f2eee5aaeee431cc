"""A case that a visit to a key household led to: it carries nothing of the household, and says so to nobody else."""

import pytest
from django.urls import reverse

from events import occasions
from events.audit import problems
from events.explanations import explain
from events.models import Event
from events.services import file_event
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_household, make_member_enrolment, make_user
from volunteers.services import note_visit, withdraw_consent

pytestmark = pytest.mark.django_db

SECRET = ("张桂兰", "13812345678", "三楼东户302", "血压药快吃完了", "走访", "重点户", "/households/")


@pytest.fixture
def visit(cast):
    household = make_household(cast.tree.unit, cast.worker)
    return note_visit(actor=cast.worker, household=household, note="血压药快吃完了", finding="单元门锁坏了")


@pytest.fixture
def event(cast, visit):
    occasion = occasions.find(cast.worker, f"visit-{visit.pk}")
    preset = {"title": occasions.preset(occasion)["title"], "grid": cast.tree.unit, "category": make_category()}
    return file_event(actor=cast.worker, occasion=occasion, at=MONDAY, **preset)


def test_the_form_begins_with_place_and_finding_alone(cast, as_, visit):
    page = as_(cast.worker).get(reverse("event_file"), {"occasion": f"visit-{visit.pk}"})
    form = page.context["form"]
    assert (form.text("title"), form.text("description"), form.text("grid")) == (
        "单元门锁坏了", "", cast.tree.unit.code,
    )  # fmt: skip
    assert not [word for word in SECRET[:4] if word in page.content.decode()]


def test_only_keeper_and_desk_file_from_it(cast, visit):
    people = [getattr(cast, name) for name in cast.__dataclass_fields__ if name != "tree"]
    may = [user for user in people if occasions.find(user, f"visit-{visit.pk}")]
    assert may == [cast.worker, cast.community]


def test_a_member_without_a_post_leaves_it_to_the_desk(cast):
    member = make_member_enrolment(cast.tree.community, make_user("党员甲")).user
    household = make_household(cast.tree.unit, member)
    visit = note_visit(actor=member, household=household, note="都好", finding="灯不亮")
    assert occasions.find(member, f"visit-{visit.pk}") is None
    assert occasions.find(cast.community, f"visit-{visit.pk}").thing == visit


@pytest.mark.parametrize("who", ["chief", "street", "district", "city", "admin"])
def test_readers_of_the_case_learn_nothing_of_the_household(cast, as_, event, who):
    browser = as_(getattr(cast, who))
    for page in (f"/events/{event.number}/", f"/events/{event.number}/print/", f"/api/v1/events/{event.number}/",
                 f"/api/v1/events/{event.number}/steps/", f"/admin/events/event/{event.pk}/change/"):  # fmt: skip
        text = browser.get(page).content.decode()
        assert not [word for word in SECRET if word in text], page
    assert browser.get(f"/api/v1/events/{event.number}/").json().get("occasion") is None


def test_an_export_of_cases_says_nothing_of_it(cast, as_, event):
    answer = as_(cast.district).get(reverse("event_export"))
    body = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    assert not [word for word in SECRET if word.encode() in body]


@pytest.mark.parametrize("who", ["worker", "community"])
def test_who_sees_the_household_finds_the_way_back(cast, as_, visit, event, who):
    browser = as_(getattr(cast, who))
    link = f"{reverse('household_detail', args=[visit.household_id])}#visit-{visit.pk}"
    assert link in browser.get(f"/events/{event.number}/").content.decode()
    shown = browser.get(reverse("household_detail", args=[visit.household_id])).content.decode()
    assert event.number in shown


def test_the_history_tells_of_it_without_a_word(event):
    step = event.steps.get()
    assert step.details["occasion"]["title"] == ""
    assert not [
        sentence for sentence in explain(step) if "arose" in sentence or "源自" in sentence or "来自" in sentence
    ]


def test_it_becomes_one_case_and_the_proof_holds(cast, visit, event):
    again = occasions.find(cast.community, f"visit-{visit.pk}")
    other = file_event(
        actor=cast.community, occasion=again, at=MONDAY, grid=cast.tree.unit, category=event.category, title="门锁"
    )
    assert other == event == Event.objects.get()
    assert list(problems(at=MONDAY)) == []


def test_erased_the_household_leaves_the_case_as_it_was(cast, visit, event):
    withdraw_consent(actor=cast.worker, household=visit.household)
    assert list(problems(at=MONDAY)) == []
    assert occasions.find(cast.community, f"visit-{visit.pk}") is None
    assert Event.objects.get().title == "单元门锁坏了"
