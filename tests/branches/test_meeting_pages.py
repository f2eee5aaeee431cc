"""The pages of joint meetings: who may open which, what each sends and refuses, and how much they ask the database."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches import services
from branches.meetings.agenda import Point
from branches.models import Invitation, Meeting, Resolution
from events import occasions
from events.models import Event
from grids.models import User
from tests.branches.meetings import STARTS
from tests.events.conftest import MONDAY
from tests.factories import make_branch, make_event, make_meeting, make_organisation, make_resolution, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

EVERYBODY = (
    "chief", "community", "street", "district", "city", "worker", "police", "neighbour", "stranger", "admin", "agent"
)  # fmt: skip


def as_(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def codes(joint, name: str, *args, method: str = "get", **data) -> dict[str, int]:
    """What everybody gets from a page."""
    people = {who: getattr(joint.cast, who, None) or joint.agent for who in EVERYBODY}
    url = reverse(name, args=args)
    return {who: getattr(as_(person), method)(url, data).status_code for who, person in people.items()}


RUN = ("chief", "community", "street", "district", "city", "admin")
READ = (*RUN, "worker", "police", "agent")


def expected(open_to: tuple[str, ...], seen_by: tuple[str, ...] = READ, code: int = 200) -> dict[str, int]:
    return {who: code if who in open_to else 403 if who in seen_by else 404 for who in EVERYBODY}


@pytest.mark.parametrize("name", ["meeting_detail", "meeting_print"])
def test_who_is_around_or_asked_reads(joint, held, name):
    assert codes(joint, name, held.pk) == expected(READ)


def test_one_in_preparation_is_for_who_prepares_it(joint, plan):
    assert codes(joint, "meeting_detail", plan().pk) == expected(RUN, RUN)


@pytest.mark.parametrize("name", ["meeting_agenda", "meeting_minutes"])
def test_who_runs_it_writes(joint, convened, name):
    assert codes(joint, name, convened.pk) == expected(RUN)


@pytest.mark.parametrize(
    ("name", "data"),
    [("meeting_invite", {}), ("meeting_call_off", {"reason": ""}), ("meeting_minutes", {"minutes": ""})],
)
def test_who_does_not_run_it_changes_nothing(joint, convened, name, data):
    got = codes(joint, name, convened.pk, method="post", **data)
    assert {who: code for who, code in got.items() if who not in RUN} == {
        who: code for who, code in expected(RUN).items() if who not in RUN
    }


def test_only_who_may_convene_gets_the_form(joint):
    url = reverse("meeting_plan")
    for who, code in (("chief", 200), ("community", 200), ("worker", 403), ("neighbour", 404), ("stranger", 404)):
        assert as_(getattr(joint.cast, who)).get(url, {"branch": joint.branch.pk}).status_code == code
    assert as_(joint.cast.worker).get(url, {"branch": "9" * 40}).status_code == 404
    assert as_(joint.cast.worker).get(url, {"branch": "x"}).status_code == 404


def test_the_way_in_offers_what_one_may_call_together(joint):
    page = as_(joint.cast.community).get(reverse("meeting_plan"))
    assert page.context["conveners"] == [joint.cast.tree.community, joint.branch]
    assert as_(joint.cast.worker).get(reverse("meeting_plan")).context["conveners"] == []


def sent(joint, **changes) -> dict:
    given = {
        "title": "联席会议", "place": "党群中心", "starts_at": "2026-12-01T09:30", "minutes": "90",
        "people": [joint.cast.worker.pk], "organisations": [joint.company.pk],
        "key": "0b8f3c5e-6a8e-4a58-9b1c-0f6f3c1d2e3f",
    }  # fmt: skip
    return given | changes


def test_a_plan_begins_with_what_suggests_itself(joint, cast):
    make_event(cast.worker, cast.tree.unit, title="不急")
    case = make_event(cast.worker, cast.tree.unit)
    Event.objects.filter(pk=case.pk).update(is_supervised=True)
    url = f"{reverse('meeting_plan')}?branch={joint.branch.pk}"
    form = as_(joint.secretary).get(url).context["form"]
    assert [row.point.key for row in form.rows() if row.is_chosen] == [case.number]
    assert len(form.rows()) == 2
    assert form["organisations"].value() == [joint.company.pk]


def test_the_next_plan_begins_where_and_with_whom_it_met_last(joint, held):
    url = f"{reverse('meeting_plan')}?branch={joint.branch.pk}"
    form = as_(joint.secretary).get(url).context["form"]
    assert form["place"].value() == held.place
    assert form["people"].value() == [joint.cast.worker.pk]
    assert form["organisations"].value() == [joint.company.pk]


def test_a_plan_is_kept_in_the_order_that_was_given(joint, cast):
    first, second = (make_event(cast.worker, cast.tree.unit, title=title) for title in ("甲", "乙"))
    points = {"points": [f"event:{first.number}", f"event:{second.number}"], "more": "年终慰问\n\n年终慰问"}
    order = {f"place-event:{first.number}": "2", f"place-event:{second.number}": "1"}
    url = f"{reverse('meeting_plan')}?branch={joint.branch.pk}"
    for _time in range(2):  # a second tap
        assert as_(joint.secretary).post(url, sent(joint, **points) | order).status_code == 302
    meeting = Meeting.objects.get()
    assert [item.name[16:] or item.name for item in meeting.agenda.all()] == ["乙", "甲", "年终慰问"]
    assert meeting.ends_at - meeting.starts_at == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Name the meeting."),
        ({"starts_at": "morgen"}, "Say when it begins: day and time."),
        ({"starts_at": "0001-01-01T00:00"}, "Choose a day from 2000 to 2100."),
        ({"starts_at": "9999-12-31T23:59"}, "Choose a day from 2000 to 2100."),
        ({"minutes": "7"}, "Choose how long it takes."),
        ({"points": ["event:\0"]}, "A point is not there any more"),
        ({"points": [f":{number}" for number in range(60)]}, "At most 50 points"),
        ({"points": [":" + "长" * 501]}, "Ensure this value has at most 500 characters"),
        ({"points": ["event:20990101-000000"]}, "A point is not there any more"),
        ({"points": ["nothing:1"]}, "A point is not there any more"),
        ({"more": "长" * 501}, "Too long for a point"),
        ({"people": ["999999"]}, "Select a valid choice"),
    ],
)
def test_a_plan_that_is_wrong_says_where_and_loses_nothing(joint, changes, said):
    url = f"{reverse('meeting_plan')}?branch={joint.branch.pk}"
    page = as_(joint.secretary).post(url, sent(joint, place="三楼会议室") | changes)
    assert page.status_code == 400
    assert said in page.content.decode()
    assert "三楼会议室" in page.content.decode()
    assert not Meeting.objects.exists()


def test_an_agenda_is_changed_and_points_of_before_stay(joint, plan):
    meeting = plan(points=[Point("旧议题"), Point("另一件")])
    url = reverse("meeting_agenda", args=[meeting.pk])
    form = as_(joint.secretary).get(url).context["form"]
    assert [(row.point.name, row.is_chosen) for row in form.rows()] == [("旧议题", True), ("另一件", True)]
    given = sent(joint, points=[":另一件", ":旧议题"]) | {"place-:另一件": "1", "place-:旧议题": "2"}
    assert as_(joint.secretary).post(url, given).status_code == 302
    assert [item.name for item in meeting.agenda.all()] == ["另一件", "旧议题"]


def test_the_agenda_of_a_held_meeting_stands(joint, held):
    url = reverse("meeting_agenda", args=[held.pk])
    assert as_(joint.secretary).get(url).url == reverse("meeting_detail", args=[held.pk])


def test_guests_are_found_by_name_and_asked(joint, plan):
    meeting = plan()
    page = as_(joint.secretary).get(reverse("meeting_detail", args=[meeting.pk]), {"guest": "赵"})
    assert page.context["found_people"] == [joint.cast.police]
    url = reverse("meeting_invite", args=[meeting.pk])
    assert as_(joint.secretary).post(url, {"people": [joint.cast.police.pk]}).status_code == 302
    assert as_(joint.secretary).post(url, {"people": [joint.cast.stranger.pk]}).status_code == 400
    assert meeting.invitations.count() == 3


def test_convening_shows_it_to_who_is_asked(joint, plan):
    meeting = plan()
    assert as_(joint.agent).get(reverse("meeting_detail", args=[meeting.pk])).status_code == 404
    assert as_(joint.secretary).post(reverse("meeting_convene", args=[meeting.pk])).status_code == 302
    page = as_(joint.agent).get(reverse("meeting_detail", args=[meeting.pk]))
    assert "Does somebody of 安居物业 come?" in page.content.decode()


def test_an_answer_is_ones_own(joint, convened):
    own = convened.invitations.get(organisation=joint.company)
    url = reverse("meeting_answer", args=[convened.pk, own.pk])
    assert as_(joint.cast.worker).post(url, {"answer": "yes"}).status_code == 404
    assert as_(joint.agent).post(url, {"answer": "perhaps", "word": "待定"}).status_code == 400
    assert as_(joint.agent).post(url, {"answer": "yes", "word": "两人参加"}).status_code == 302
    own.refresh_from_db()
    assert (own.answer, own.word) == ("yes", "两人参加")


def test_what_is_not_open_any_more_is_said_with_the_state(joint, held):
    own = held.invitations.get(organisation=joint.company)
    page = as_(joint.agent).post(reverse("meeting_answer", args=[held.pk, own.pk]), {"answer": "yes"})
    assert page.status_code == 409
    assert "The meeting is now: held" in page.content.decode()


def test_calling_off_needs_a_reason(joint, convened):
    url = reverse("meeting_call_off", args=[convened.pk])
    page = as_(joint.secretary).post(url, {"reason": " "})
    assert (page.status_code, "Say why it does not take place." in page.content.decode()) == (400, True)
    assert as_(joint.secretary).post(url, {"reason": "大雪"}).status_code == 302


@pytest.fixture
def begun(joint) -> Meeting:
    """A meeting that has just begun, with the company asked to it."""
    meeting = make_meeting(joint.branch, joint.secretary, starts_at=timezone.now() - timedelta(minutes=5))
    Invitation.objects.create(meeting=meeting, organisation=joint.company)
    return meeting


def test_minutes_from_attendance_to_the_end(joint, begun):
    client, url = as_(joint.secretary), reverse("meeting_minutes", args=[begun.pk])
    here = {"attended": [begun.invitations.get().pk]}
    assert client.post(url, here).status_code == 302
    given = {"text": "更换线路", "owner": f"organisation-{joint.company.pk}", "due_on": "2099-01-01"}
    assert client.post(url, here | given | {"minutes": ""}).status_code == 302
    assert client.post(url, here | {"minutes": " ", "finish": "1"}).status_code == 400
    assert client.post(url, here | {"minutes": "一致同意", "finish": "1"}).status_code == 302
    begun.refresh_from_db()
    assert (begun.state, begun.invitations.get().attended, begun.resolutions.count()) == ("minuted", True, 1)
    paper = client.get(reverse("meeting_print", args=[begun.pk])).content.decode()
    assert "一致同意" in paper
    assert "更换线路" in paper
    assert client.post(url, {"minutes": "改"}).status_code == 409


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"owner": "person-0"}, "Choose somebody who was asked"),
        ({"owner": ""}, "Choose who sees to it."),
        ({"text": ""}, "Say what was resolved."),
        ({"due_on": "2020-01-01"}, "Choose a day after the meeting."),
        ({"due_on": "bald"}, "Say by when: choose a day."),
        ({"attended": ["0"]}, "is not asked to this meeting"),
    ],
)
def test_minutes_that_are_wrong_say_where_and_lose_nothing(joint, begun, changes, said):
    client, url = as_(joint.secretary), reverse("meeting_minutes", args=[begun.pk])
    client.post(url)
    given = {"text": "更换线路", "owner": f"organisation-{joint.company.pk}", "due_on": "2099-01-01"}
    page = client.post(url, given | {"minutes": "写了很久的纪要"} | changes)
    assert page.status_code == 400
    assert said in page.content.decode()
    assert "写了很久的纪要" in page.content.decode()
    begun.refresh_from_db()
    assert (begun.minutes, begun.resolutions.count()) == ("", 0)


def test_a_resolution_is_reported_by_its_owner(joint, held):
    resolution = make_resolution(held, organisation=joint.company)
    url = reverse("resolution_fulfil", args=[resolution.pk])
    assert as_(joint.cast.worker).post(url, {"word": "好了"}).status_code == 403
    assert as_(joint.cast.neighbour).post(url, {"word": "好了"}).status_code == 404
    page = as_(joint.agent).post(url, {"word": ""})
    assert (page.status_code, "Say what was done." in page.content.decode()) == (400, True)
    assert as_(joint.agent).post(url, {"word": "已更换"}).status_code == 302


def test_a_resolution_leads_to_its_case_for_who_may_see_it(joint, held):
    resolution = make_resolution(held)
    file = f"{reverse('event_file')}?occasion=resolution-{resolution.pk}"
    url = reverse("meeting_detail", args=[held.pk])
    assert file in as_(joint.secretary).get(url).content.decode()
    assert file not in as_(joint.cast.worker).get(url).content.decode()
    occasion = occasions.find(joint.secretary, f"resolution-{resolution.pk}")
    case = make_event(joint.secretary, joint.branch.grid, occasion=occasion)
    assert case.number in as_(joint.cast.worker).get(url).content.decode()
    outside = as_(joint.agent).get(url).content.decode()
    assert case.number not in outside
    assert "It became a case outside your area." in outside


def test_the_list_shows_a_branch_or_a_grid_with_all_below(joint, convened, cast):
    other = make_meeting(cast.tree.other_community, cast.street, starts_at=STARTS)
    past = make_meeting(joint.branch, joint.secretary, starts_at=MONDAY, state="minuted")
    client, url = as_(cast.street), reverse("meeting_list")

    def shown(**query) -> list[Meeting]:
        return list(client.get(url, query).context["page"].object_list)

    assert set(shown()) == {convened, other}
    assert shown(grid=cast.tree.community.code) == [convened]
    assert shown(branch=joint.branch.pk) == [convened]
    assert shown(branch=joint.branch.pk, when="past") == [past]
    assert client.get(url, {"branch": 0}).status_code == 404


def test_the_list_takes_the_same_queries_however_long(joint, cast, django_assert_num_queries):
    for _number in range(3):
        make_meeting(joint.branch, joint.secretary, starts_at=STARTS)
    client = as_(cast.community)
    with django_assert_num_queries(8):  # session, user, posts, what one leads, conveners, count, page, notices
        client.get(reverse("meeting_list"))


def test_one_meeting_takes_the_same_queries_however_much_it_resolved(joint, held):
    def asked() -> int:
        client = as_(joint.secretary)
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse("meeting_detail", args=[held.pk]))
        return len(counted)

    make_resolution(held)
    first = asked()
    for _number in range(4):
        resolution = make_resolution(held, organisation=joint.company)
    occasion = occasions.find(joint.secretary, f"resolution-{resolution.pk}")
    make_event(joint.secretary, joint.branch.grid, occasion=occasion)
    assert asked() <= first + 3  # the organisations that one speaks for, the case, and what it was merged into


def card(text: str, **context) -> str:
    return Template("{% load meeting_tags %}" + text).render(Context(context))


def test_the_card_of_a_branch(joint, held, plan, django_assert_num_queries):
    plan(title="下次会议")
    make_resolution(held, "更换线路")
    with django_assert_num_queries(7):  # posts, covers led, to come, past, resolutions, cases, who may convene
        shown = card("{% meetings_of branch user %}", branch=joint.branch, user=User.objects.get(pk=joint.secretary.pk))
    assert all(word in shown for word in ("十一月联席会议", "下次会议", "更换线路", "Prepare a meeting"))
    outside = card("{% meetings_of branch user %}", branch=joint.branch, user=joint.cast.stranger)
    assert "十一月联席会议" not in outside


def test_the_card_of_a_grid(cast):
    make_meeting(cast.tree.street, cast.street, starts_at=STARTS, title="街道联席会议")
    shown = card("{% meetings_of grid user %}", grid=cast.tree.street, user=cast.district)
    assert "街道联席会议" in shown
    assert f"?grid={cast.tree.street.code}" in shown


def test_a_meeting_of_the_street_is_not_for_who_works_below_unless_asked(cast):
    meeting = make_meeting(cast.tree.street, cast.street, starts_at=STARTS)
    url = reverse("meeting_detail", args=[meeting.pk])
    assert as_(cast.worker).get(url).status_code == 404
    Invitation.objects.create(meeting=meeting, person=cast.worker)
    assert as_(cast.worker).get(url).status_code == 200


def test_the_card_of_the_workbench(joint, cast, django_assert_num_queries):
    soon = timezone.now() + timedelta(days=1)
    meeting = make_meeting(joint.branch, joint.secretary, starts_at=soon)
    Invitation.objects.create(meeting=meeting, organisation=joint.company)
    Invitation.objects.create(meeting=meeting, person=cast.worker, answer="yes")
    make_resolution(meeting, "更换线路", organisation=joint.company)
    # The person, what they lead, posts, minutes, keys and rows of what is to answer and of resolutions, what is to
    # come, their cases, whom they speak for.
    with django_assert_num_queries(11):
        agent = card("{% meetings_waiting user %}", user=User.objects.get(pk=joint.agent.pk))
    assert "To answer" in agent
    assert "更换线路" in agent
    assert "To come" in card("{% meetings_waiting user %}", user=cast.worker)
    assert card("{% meetings_waiting user %}", user=cast.neighbour).strip() == ""


def test_the_card_of_who_convened_begins_with_the_minutes_to_write(joint, cast):
    now, day = timezone.now(), timedelta(days=1)
    begun = make_meeting(joint.branch, joint.secretary, starts_at=now - day, title="昨天的会")
    coming = make_meeting(joint.branch, joint.secretary, starts_at=now + day, title="明天的会")
    for meeting in (begun, coming):
        Invitation.objects.create(meeting=meeting, person=cast.worker, answer="yes")
    shown = card("{% meetings_waiting user %}", user=joint.secretary)
    assert shown.index("Minutes to write") < shown.index("昨天的会") < shown.index("To come") < shown.index("明天的会")
    assert "昨天的会" not in card("{% meetings_waiting user %}", user=cast.worker)


def test_a_person_who_is_closed_out_sees_nothing(joint, convened):
    person = joint.agent
    person.is_active = False
    person.save()
    assert card("{% meetings_waiting user %}", user=person).strip() == ""
    with pytest.raises(ValidationError):
        services.invite(actor=joint.secretary, meeting=convened, people=[person])


def test_a_former_representative_is_out(joint, convened):
    joint.company.representatives.clear()
    assert as_(joint.agent).get(reverse("meeting_detail", args=[convened.pk])).status_code == 404


def test_names_of_other_districts_are_not_to_be_found(joint, plan):
    make_organisation(joint.cast.tree.city, "安居集团")
    make_branch(joint.cast.tree.city, secretary=make_user("安平"))
    page = as_(joint.secretary).get(reverse("meeting_detail", args=[plan().pk]), {"guest": "安"})
    assert (page.context["found_people"], page.context["found_organisations"]) == ([], [])
    assert not Resolution.objects.exists()


# Cases on the agenda before people who may not open them


@pytest.mark.parametrize("page", ["meeting_detail", "meeting_print"])
def test_who_may_not_open_a_case_reads_its_number_and_no_word_of_it(joint, plan, page):
    case = make_event(joint.cast.worker, joint.cast.tree.unit, title="张三家漏水")
    point = Point(f"{case.number} {case.title}", "event", case.number, "拖了三天")
    meeting = services.convene(actor=joint.secretary, meeting=plan(points=[point]), at=MONDAY)
    shown = {
        who: as_(who).get(reverse(page, args=[meeting.pk])).content.decode() for who in (joint.agent, joint.secretary)
    }
    assert f"{case.number}, a case that you may not open" in shown[joint.agent]
    assert "张三" not in shown[joint.agent]
    assert "拖了三天" not in shown[joint.agent]
    assert "张三家漏水" in shown[joint.secretary]


def test_who_prepares_it_keeps_a_point_that_became_confidential_without_a_word_of_it(joint, plan):
    case = make_event(joint.cast.worker, joint.cast.tree.unit, title="张三家漏水")
    meeting = plan(points=[Point(f"{case.number} {case.title}", "event", case.number)])
    Event.objects.update(is_confidential=True)
    pages = [
        as_(joint.secretary).get(reverse(name, args=[meeting.pk])) for name in ("meeting_agenda", "meeting_detail")
    ]
    assert not any("张三" in answer.content.decode() for answer in pages)


def test_a_change_that_is_refused_changes_nothing(joint, plan):
    meeting = plan()
    sent = {
        "title": "换了题目",
        "place": "别处",
        "starts_at": "2099-01-05T09:30",
        "minutes": 60,
        "more": "\n".join("点" * n for n in range(1, 60)),
    }
    assert as_(joint.secretary).post(reverse("meeting_agenda", args=[meeting.pk]), sent).status_code == 400
    assert Meeting.objects.get().title == meeting.title
