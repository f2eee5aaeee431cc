"""My day: everything that asks something of a person, in one list by time, each at one tap."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from branches import services
from events.models import Event
from events.my_day import parts_of
from grids.day import MOST, Due, dues_of, whole_day
from tests.events.conftest import MONDAY, moment
from tests.factories import make_branch, make_category, make_event, make_issued_item, make_vote, take

pytestmark = pytest.mark.django_db


def kinds(user, at=MONDAY) -> list[str]:
    return [due.kind for due in dues_of(user, at)]


def titles(user, at=MONDAY) -> list[str]:
    return [due.title for due in dues_of(user, at)]


@pytest.fixture
def meeting(cast):
    """Tomorrow at nine; the worker is asked."""
    starts = MONDAY + timedelta(days=1)
    branch = make_branch(cast.tree.building, "一号楼党支部", secretary=cast.chief)
    given = {"title": "联席会议", "place": "二楼", "starts_at": starts, "ends_at": starts + timedelta(hours=1)}
    meeting = services.plan_meeting(actor=cast.chief, convener=branch, people=[cast.worker], at=MONDAY, **given)
    return services.convene(actor=cast.chief, meeting=meeting, at=MONDAY)


# What is in it


def test_a_case_stands_there_for_who_has_to_go_on_with_it(cast):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    (due,) = dues_of(cast.chief, MONDAY)
    assert (due.at, due.kind, due.label, due.title) == (event.due_at, "case", "受理", event.title)
    assert due.url == reverse("event_detail", args=[event.number])
    assert dues_of(cast.worker, MONDAY) == []


def test_a_check_of_the_origin_stands_there(cast):
    take(make_event(cast.worker, cast.tree.unit), "accept", "resolve")
    (due,) = dues_of(cast.worker, timezone.now())
    assert due.label == "核查"


def test_a_case_past_its_time_is_late_and_comes_first(cast, meeting):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    take(event, "accept", "assign", handler=cast.worker)
    at = Event.objects.get().due_at + timedelta(minutes=1)
    due = dues_of(cast.worker, at)[0]
    assert (due.kind, due.is_late) == ("case", True)


def test_a_clue_report_is_nobody_elses_day(cast):
    clue = make_category("线索举报", is_confidential=True)
    make_event(cast.worker, cast.tree.unit, category=clue, at=MONDAY)
    assert kinds(cast.chief) == ["case"]
    for other in (cast.worker, cast.community, cast.street, cast.stranger):
        assert kinds(other) == []


def test_a_meeting_waits_for_the_answer_and_then_for_the_hour(cast, meeting):
    (due,) = dues_of(cast.worker, MONDAY)
    assert (due.at, due.label) == (meeting.starts_at, "联席会议，待答复")
    answer = {"actor": cast.worker, "invitation": meeting.invitations.get(), "at": MONDAY}
    services.answer_invitation(answer="yes", **answer)
    assert dues_of(cast.worker, MONDAY)[0].label == "联席会议"
    services.answer_invitation(answer="no", **answer)
    assert kinds(cast.worker) == []


def test_a_resolution_waits_for_who_sees_to_it_by_its_day(cast, meeting):
    services.hold(actor=cast.chief, meeting=meeting, at=meeting.starts_at)
    day = date(2026, 11, 27)
    services.resolve(actor=cast.chief, meeting=meeting, text="修好路灯", due_on=day, owner=cast.worker, at=MONDAY)
    (due,) = dues_of(cast.worker, MONDAY)
    assert (due.at, due.has_hour, due.is_late) == (whole_day(day), False, False)
    assert dues_of(cast.worker, MONDAY + timedelta(days=7))[0].is_late


def test_claims_reports_votes_and_topics_are_in_it(cast):
    item = make_issued_item(cast.tree.district, due_on=date(2026, 11, 25), at=MONDAY)
    make_vote(cast.community, cast.tree.community, at=MONDAY)
    assert kinds(cast.street) == ["claim"]
    assert kinds(cast.worker) == ["vote"]
    claim = item.claims.get(grid=cast.tree.street)
    services.report_claim(actor=cast.street, claim=claim, text="已走访 120 户", at=MONDAY)
    assert dues_of(cast.district, MONDAY)[0].label == "待验收的上报"


def test_of_each_kind_so_much_as_a_day_takes(cast):
    for _turn in range(MOST + 2):
        make_event(cast.worker, cast.tree.unit, at=MONDAY)
    assert len(kinds(cast.chief)) == MOST


# In order


def test_the_parts_are_today_with_what_is_late_tomorrow_later_and_without_an_hour():
    def due(title, at=None, **more):
        return Due(at, "case", "", title, "/", **more)

    evening = moment("2026-11-23 23:30")
    dues = [
        due("late", moment("2026-11-20 09:00"), is_late=True),
        due("today", moment("2026-11-23 10:00")),
        due("tonight", evening),
        due("next", whole_day(date(2026, 11, 24)), has_hour=False),
        due("some day", moment("2026-12-24 10:00")),
        due("whenever"),
    ]
    found = {part.key: [due.title for due in part.dues] for part in parts_of(dues, MONDAY)}
    assert found == {
        "today": ["late", "today", "tonight"],
        "tomorrow": ["next"],
        "later": ["some day"],
        "untimed": ["whenever"],
    }


# The page


def test_each_opens_ready_to_be_done(cast, as_):
    event = make_event(cast.worker, cast.tree.unit)
    text = as_(cast.chief).get(reverse("my_day")).text
    assert f'href="{reverse("event_detail", args=[event.number])}"' in text
    assert "今天" in text or "明天" in text or "之后" in text


def test_whoever_has_nothing_to_do_is_told_so(cast, as_):
    assert "没有待办事项" in as_(cast.worker).get(reverse("my_day")).text


def test_a_member_without_a_post_begins_there_and_others_at_the_workbench(cast, as_):
    assert as_(cast.stranger).get(reverse("workbench")).url == reverse("my_day")
    assert "您还没有岗位" in as_(cast.stranger).get(reverse("my_day")).text
    for user in (cast.worker, cast.admin):
        assert as_(user).get(reverse("workbench")).status_code == 200


def test_the_workbench_leads_there_at_one_tap_and_back(cast, as_):
    for here, there in (("workbench", "my_day"), ("my_day", "workbench")):
        assert f'href="{reverse(there)}"' in as_(cast.worker).get(reverse(here)).text


def test_a_stranger_to_the_house_has_to_log_in(client):
    assert client.get(reverse("my_day")).status_code == 302


@pytest.mark.parametrize(("who", "queries"), [("worker", 19), ("chief", 22), ("district", 23), ("stranger", 19)])
def test_it_asks_a_fixed_number_of_queries(cast, as_, meeting, django_assert_num_queries, who, queries):
    make_vote(cast.community, cast.tree.community, at=timezone.now())
    for _turn in range(3):
        make_issued_item(cast.tree.district, due_on=timezone.localdate(), at=timezone.now() - timedelta(days=1))
        make_event(cast.worker, cast.tree.unit)
    browser = as_(getattr(cast, who))
    with django_assert_num_queries(queries):
        assert browser.get(reverse("my_day")).status_code == 200
