"""Joint meetings: what each step does, in which state it is taken, by whom, and that a repeat changes nothing."""

import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches import services
from branches.exceptions import StateConflict
from branches.meetings.agenda import Point, proposals
from branches.meetings.workflow import LEADS_TO, TAKEN_IN, Action, State
from branches.models import Invitation, Meeting, MeetingStep, Resolution
from grids.models import Grid
from grids.services import merge_grids, move_grid
from tests.branches.meetings import STARTS
from tests.events.conftest import MONDAY
from tests.factories import make_branch, make_meeting, make_organisation, make_post, make_resolution

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

DUE = date(2026, 12, 1)


def refusal(call, **given) -> dict | list:
    with pytest.raises(ValidationError) as refused:
        call(**given)
    return getattr(refused.value, "message_dict", refused.value.messages)


def test_a_plan_holds_agenda_and_guests(joint, plan):
    meeting = plan(
        points=[Point("20261123-000001 楼道灯坏了", "event", "20261123-000001", "supervised"), Point("宣传")]
    )
    assert (meeting.level, meeting.state, meeting.position) == ("branch", "planned", joint.branch.grid.lft)
    assert list(meeting.agenda.values_list("ordinal", "kind", "name")) == [
        (1, "event", "20261123-000001 楼道灯坏了"),
        (2, "", "宣传"),
    ]
    assert {str(invitation) for invitation in meeting.invitations.all()} == {"乌兰", "安居物业"}
    assert meeting.steps.get().action == "plan"


def test_a_title_with_what_nobody_sees_is_made_a_name(plan):
    meeting = plan(points=[Point("20261123-000001 楼道\u200b灯坏了", "event", "20261123-000001")])
    assert meeting.agenda.get().name == "20261123-000001 楼道 灯坏了"
    assert "points" in refusal(plan, points=[Point("楼道\u200b灯坏了")])


def test_the_same_form_plans_one_meeting(plan):
    key = uuid.uuid4()
    assert plan(key=key) == plan(key=key, title="改了")
    assert Meeting.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "一\u202e二"}, "title"),
        ({"place": ""}, "place"),
        ({"ends_at": STARTS}, "ends_at"),
        ({"points": [Point("议题")] * 51}, "points"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(plan, changes, field):
    assert field in refusal(plan, **changes)
    assert not Meeting.objects.exists()


def test_a_whole_community_meets(cast, plan):
    meeting = plan(actor=cast.community, convener=cast.tree.community)
    assert (meeting.level, meeting.branch, meeting.grid) == ("community", None, cast.tree.community)


def test_a_building_meets_as_a_branch_alone(cast, plan):
    assert "does not" in refusal(plan, actor=cast.community, convener=cast.tree.building)[0]


def test_only_who_leads_or_answers_for_it_convenes(cast, plan):
    for actor in (cast.worker, cast.police, cast.neighbour, cast.stranger):
        with pytest.raises(PermissionDenied):
            plan(actor=actor)
    for actor in (cast.community, cast.street, cast.district, cast.admin):
        assert plan(actor=actor)


def test_a_guest_of_another_district_is_not_asked(cast, plan):
    far = make_organisation(cast.tree.city, "市局")
    assert "cannot be asked" in refusal(plan, organisations=[far])["organisations"][0]
    assert "cannot be asked" in refusal(plan, people=[cast.stranger])["people"][0]


def test_who_is_asked_already_is_asked_once(joint, plan):
    meeting = plan()
    services.invite(actor=joint.secretary, meeting=meeting, people=[joint.cast.worker, joint.cast.police])
    services.invite(actor=joint.secretary, meeting=meeting, people=[joint.cast.police])
    assert meeting.invitations.count() == 3
    assert meeting.steps.filter(action="invite").count() == 1


def test_convening_twice_is_convening_once(joint, convened):
    again = services.convene(actor=joint.secretary, meeting=convened)
    assert (again.state, again.sequence) == ("convened", 1)
    assert convened.steps.filter(action="convene").count() == 1


def test_nobody_is_not_convened(joint, plan):
    meeting = plan(people=[], organisations=[])
    assert refusal(services.convene, actor=joint.secretary, meeting=meeting) == [
        "Nobody is asked yet. Ask somebody first."
    ]


def test_a_person_answers_for_themselves(joint, convened):
    invitation = convened.invitations.get(person=joint.cast.worker)
    answered = services.answer_invitation(actor=joint.cast.worker, invitation=invitation, answer="later", word="值班")
    assert (answered.answer, answered.word, answered.answered_by) == ("later", "值班", joint.cast.worker)


def test_a_representative_answers_for_the_organisation(joint, convened):
    invitation = convened.invitations.get(organisation=joint.company)
    services.answer_invitation(actor=joint.agent, invitation=invitation, answer="yes")
    with pytest.raises(PermissionDenied):
        services.answer_invitation(actor=joint.secretary, invitation=invitation, answer="no")


def test_an_answer_is_changed_until_it_is_held_and_repeated_in_silence(joint, convened):
    invitation = convened.invitations.get(person=joint.cast.worker)
    for answer in ("no", "yes", "yes"):
        services.answer_invitation(actor=joint.cast.worker, invitation=invitation, answer=answer)
    assert convened.steps.filter(action="answer").count() == 2
    services.hold(actor=joint.secretary, meeting=convened, at=STARTS)
    with pytest.raises(StateConflict, match="The meeting is now: held"):
        services.answer_invitation(actor=joint.cast.worker, invitation=invitation, answer="no")


def test_no_answer_is_none(joint, convened):
    invitation = convened.invitations.get(person=joint.cast.worker)
    for answer in ("", "maybe"):
        assert "answer" in refusal(
            services.answer_invitation, actor=joint.cast.worker, invitation=invitation, answer=answer
        )


def test_who_was_there_is_noted_when_it_has_begun(joint, convened):
    here = convened.invitations.filter(person=joint.cast.worker)
    with pytest.raises(StateConflict, match="has not begun"):
        services.hold(actor=joint.secretary, meeting=convened, attended=here, at=STARTS - timedelta(minutes=1))
    held = services.hold(actor=joint.secretary, meeting=convened, attended=here, at=STARTS)
    assert held.state == "held"
    assert dict(held.invitations.values_list("person", "attended")) == {joint.cast.worker.pk: True, None: False}


def test_a_mistake_in_attendance_is_mended(joint, held):
    services.hold(actor=joint.secretary, meeting=held, attended=held.invitations.all(), at=STARTS)
    assert held.invitations.filter(attended=True).count() == 2


def test_a_resolution_has_one_owner_and_a_day(joint, held):
    given = {"actor": joint.secretary, "meeting": held, "text": "更换线路", "due_on": DUE}
    assert "owner" in refusal(services.resolve, **given)
    assert "owner" in refusal(services.resolve, **given, owner=joint.secretary, organisation=joint.company)
    assert "due_on" in refusal(services.resolve, **given | {"due_on": date(2026, 11, 1)}, owner=joint.secretary)
    assert "text" in refusal(services.resolve, **given | {"text": " "}, owner=joint.secretary)
    first = services.resolve(**given, organisation=joint.company)
    assert services.resolve(**given, organisation=joint.company) == first
    assert (first.ordinal, first.responsible, held.resolutions.count()) == (1, joint.company, 1)


def test_finished_minutes_stand(joint, held):
    assert refusal(services.finish_minutes, actor=joint.secretary, meeting=held) == [
        "The minutes are empty. Write them first."
    ]
    services.write_minutes(actor=joint.secretary, meeting=held, minutes="一致同意。\r\n散会。")
    done = services.finish_minutes(actor=joint.secretary, meeting=held)
    assert (done.state, done.minutes) == ("minuted", "一致同意。\n散会。")
    assert services.finish_minutes(actor=joint.secretary, meeting=held).sequence == done.sequence
    with pytest.raises(StateConflict):
        services.write_minutes(actor=joint.secretary, meeting=held, minutes="改写")


def test_done_is_told_once_with_a_word(joint, held):
    resolution = make_resolution(held, organisation=joint.company)
    assert "word" in refusal(services.fulfil, actor=joint.agent, resolution=resolution, word=" ")
    with pytest.raises(PermissionDenied):
        services.fulfil(actor=joint.cast.worker, resolution=resolution, word="好了")
    done = services.fulfil(actor=joint.agent, resolution=resolution, word="已更换")
    assert (done.done_word, done.done_by) == ("已更换", joint.agent)
    assert services.fulfil(actor=joint.secretary, resolution=resolution, word="又一次").done_word == "已更换"
    assert not Resolution.objects.unfinished().exists()


def test_calling_off_needs_a_reason_and_is_told_to_calendars(joint, convened):
    assert "reason" in refusal(services.call_off, actor=joint.secretary, meeting=convened, reason="")
    off = services.call_off(actor=joint.secretary, meeting=convened, reason="大雪")
    assert (off.state, off.sequence) == ("called_off", 2)
    assert services.call_off(actor=joint.secretary, meeting=convened, reason="大雪").sequence == 2


def test_another_time_counts_the_version_up_and_the_same_does_not(joint, convened):
    given = {"title": convened.title, "place": convened.place, "starts_at": STARTS, "ends_at": convened.ends_at}
    assert services.arrange_meeting(actor=joint.secretary, meeting=convened, **given).sequence == 1
    later = given | {"starts_at": STARTS + timedelta(minutes=30)}
    assert services.arrange_meeting(actor=joint.secretary, meeting=convened, **later).sequence == 2


def test_the_agenda_is_replaced_as_a_whole(joint, plan):
    meeting = plan(points=[Point("一"), Point("二")])
    services.set_agenda(actor=joint.secretary, meeting=meeting, points=[Point("二"), Point("三")])
    services.set_agenda(actor=joint.secretary, meeting=meeting, points=[Point("二"), Point("三")])
    assert list(meeting.agenda.values_list("name", flat=True)) == ["二", "三"]
    assert meeting.steps.filter(action="agenda").count() == 1


CALLS = {
    Action.ARRANGE: lambda meeting, joint: services.arrange_meeting(
        actor=None, meeting=meeting, title="新", place="新", starts_at=STARTS, ends_at=STARTS + timedelta(hours=2)
    ),
    Action.AGENDA: lambda meeting, joint: services.set_agenda(actor=None, meeting=meeting, points=[Point("新")]),
    Action.INVITE: lambda meeting, joint: services.invite(actor=None, meeting=meeting, people=[joint.cast.police]),
    Action.CONVENE: lambda meeting, joint: services.convene(actor=None, meeting=meeting),
    Action.ANSWER: lambda meeting, joint: services.answer_invitation(
        actor=joint.agent, invitation=meeting.invitations.get(), answer="yes"
    ),
    Action.HOLD: lambda meeting, joint: services.hold(actor=None, meeting=meeting, attended=meeting.invitations.all()),
    Action.WRITE: lambda meeting, joint: services.write_minutes(actor=None, meeting=meeting, minutes="新"),
    Action.RESOLVE: lambda meeting, joint: services.resolve(
        actor=None, meeting=meeting, text="新", due_on=DUE, owner=joint.secretary
    ),
    Action.FINISH: lambda meeting, joint: services.finish_minutes(actor=None, meeting=meeting),
    Action.FULFIL: lambda meeting, joint: services.fulfil(
        actor=joint.agent, resolution=meeting.resolutions.get(), word="好了"
    ),
    Action.CALL_OFF: lambda meeting, joint: services.call_off(actor=None, meeting=meeting, reason="雪"),
}


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("action", TAKEN_IN)
def test_the_table_of_actions_holds(joint, action, state):
    """Each listed action works in its states; every other pair is refused, or was done already, and changes nothing."""
    meeting = make_meeting(joint.branch, joint.secretary, starts_at=MONDAY, state=state, minutes="已写")
    Invitation.objects.create(meeting=meeting, organisation=joint.company)
    make_resolution(meeting, organisation=joint.company)
    before = Meeting.objects.filter(pk=meeting.pk).values().get()
    if state in TAKEN_IN[action]:
        CALLS[action](meeting, joint)
        meeting.refresh_from_db()
        assert meeting.state == LEADS_TO.get(action, state)
        assert MeetingStep.objects.get().action == action
        return
    if state != LEADS_TO.get(action):
        with pytest.raises(StateConflict):
            CALLS[action](meeting, joint)
    else:
        CALLS[action](meeting, joint)
    assert Meeting.objects.filter(pk=meeting.pk).values().get() == before
    assert not MeetingStep.objects.exists()


def test_each_state_is_known_to_the_pages():
    assert set(TAKEN_IN) | {Action.PLAN} == set(Action)


def test_a_reorganisation_carries_meetings_along(joint, convened):
    tree = joint.cast.tree
    move_grid(actor=None, grid=tree.building, new_parent=tree.other_community)
    convened.refresh_from_db()
    joint.branch.refresh_from_db()
    assert convened.position == joint.branch.position == convened.grid.lft


def test_what_a_merged_grid_left_undone_goes_on_the_agenda_of_the_one_that_took_its_place(cast, plan):
    meeting = plan(actor=cast.community, convener=cast.tree.community)
    meeting = services.hold(actor=None, meeting=services.convene(actor=None, meeting=meeting), at=STARTS)
    left = make_resolution(meeting)
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community)
    successor = Grid.objects.get(pk=cast.tree.other_community.pk)
    points = proposals(cast.street, successor, MONDAY)
    assert [point.key for point in points if point.kind == "resolution"] == [str(left.pk)]


def test_a_dissolved_branch_leaves_its_resolutions_to_who_answers_for_the_grid(joint, held):
    resolution = make_resolution(held, owner=joint.cast.worker)
    joint.branch.dissolved_on = DUE
    joint.branch.save()
    with pytest.raises(PermissionDenied):
        services.fulfil(actor=joint.cast.police, resolution=resolution, word="好了")
    assert services.fulfil(actor=joint.cast.community, resolution=resolution, word="已移交").done_at


def test_a_deputy_leads_too(joint, cast, plan):
    deputy = cast.neighbour
    branch = make_branch(cast.tree.second_building, deputy=deputy)
    make_post(deputy, cast.tree.community)
    assert plan(actor=deputy, convener=branch).convened_by == deputy
