"""Joint organisations and cases: who may give them one, who sees and handles it, who is told, what is written."""

import hashlib
import json
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import services
from events.exceptions import ActionConflict, ActionForbidden
from events.explanations import explain
from events.history import digest, replay
from events.models import Event, Step
from events.workflow import Case, Membership, Office, Side, Status, serves, sides
from grids.models import Organisation, Role, User
from grids.services import describe_organisation, dissolve_organisation, move_grid, set_representatives
from tests.events.companies import ENDS, EVERYBODY
from tests.events.conftest import MONDAY, snapshot
from tests.events.test_workflow import EXPECTED
from tests.factories import description, make_category, make_event, make_organisation, make_post, make_user, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(cast) -> Event:
    """Accepted by the community."""
    return take(make_event(cast.worker, cast.tree.unit), "escalate", "accept")


def found(people, question: str, event: Event) -> set[str]:
    """The names of those whose list holds the case; each asked as in a new request."""
    names = set()
    for name, person in people.items():
        fresh = User.objects.get(pk=person.pk)
        if getattr(Event.objects, question)(fresh).filter(pk=event.pk).exists():
            names.add(name)
    return names


def told(event: Event) -> set[str]:
    return {notice.recipient.name for notice in event.steps.last().notices.all()}


# The table


def at(event: Event, status: str) -> Event:
    """The case in that state, with the company as it was and a reply due."""
    row = {"status": status, "reply_to": event.reporter, "reply_due_at": MONDAY, "reply_wake_at": MONDAY}
    row["checker"] = event.holder if status == Status.RESOLVED else None
    if status == Status.SUSPENDED:
        row["suspended_until"] = MONDAY.date()
    if status == Status.MERGED:
        row["merged_into"] = make_event(event.reporter, event.grid)
    Event.objects.filter(pk=event.pk).update(**row)
    return Event.objects.with_people().get(pk=event.pk)


@pytest.mark.parametrize("status", Status.values)
def test_every_action_from_every_state_by_a_representative(people, company, assigned, status):
    event = at(assigned, status)
    before = snapshot(event)
    for action, (sources, target, by) in EXPECTED.items():
        by_handler = "handler" in by.split()
        savepoint = transaction.savepoint()
        given = {"reason": "情况如此", "note": "已处理", "organisation": company}
        if by_handler and status in sources.split():
            after = services.act(event=event, action=action, actor=people["representative"], **given)
            assert after.status == (target or status), action
            transaction.savepoint_rollback(savepoint)
        else:
            with pytest.raises(ActionConflict if by_handler else ActionForbidden):
                services.act(event=event, action=action, actor=people["representative"], **given)
        assert snapshot(event) == before, action


@pytest.mark.parametrize("name", [*EVERYBODY, "other"])
def test_nobody_else_becomes_its_handler(people, assigned, name):
    assert Side.HANDLER not in assigned.sides_of(people[name])


def test_each_representative_is_handler_and_nothing_else_without_a_post(people, assigned):
    for name in ("representative", "colleague"):
        assert assigned.sides_of(people[name]) == {Side.HANDLER, Side.VIEWER}


def test_a_representative_with_a_post_keeps_its_sides(cast, people, assigned):
    make_post(people["representative"], cast.tree.community, Role.DISPATCHER)
    fresh = User.objects.get(pk=people["representative"].pk)
    assert assigned.sides_of(fresh) == {Side.HANDLER, Side.DESK, Side.ORIGIN, Side.VIEWER}


codes = st.sampled_from(
    [
        "1501",
        "150105",
        "150105001",
        "150105001001",
        "1501050010010001",
        "150105001001000101",
        "150105001002",
        "150105002",
    ]
)


@given(codes, codes, st.sampled_from([None, 1, 2]), st.booleans(), st.sampled_from([1, 2]))
def test_membership_gives_the_handlers_side_exactly_where_it_should(code, holder, organisation, clue, own):
    case = Case("handling", "grid", "grid", holder, holder, organisation_id=organisation, is_confidential=clue)
    is_handler = not clue and organisation == own and (code.startswith(holder) or holder.startswith(code))
    assert sides(case, 7, [], [Membership(own, code)]) == ({Side.HANDLER, Side.VIEWER} if is_handler else frozenset())
    assert serves(code, holder) == serves(holder, code)


def test_without_organisations_nothing_is_changed():
    case = Case("handling", "grid", "grid", "150105001001", "150105001001", handler_id=1)
    assert sides(case, 1, [Office("staff", "150105001001")]) == sides(case, 1, [Office("staff", "150105001001")], [])


# Assigning


@pytest.mark.usefixtures("in_english")
class TestAssigning:
    def refusal(self, event: Event, **given) -> dict:
        before = snapshot(event)
        with pytest.raises(ValidationError) as refused:
            take(event, "assign", **given)
        assert snapshot(event) == before
        return refused.value.message_dict

    def test_it_goes_from_the_one_to_the_other(self, cast, event, company):
        event = take(event, "assign", organisation=company)
        assert (event.handler, event.organisation) == (None, company)
        event = take(event, "assign", handler=cast.worker)
        assert (event.handler, event.organisation) == (cast.worker, None)
        event = take(event, "assign", organisation=company)
        assert (event.handler, event.organisation) == (None, company)

    def test_exactly_one_of_both(self, cast, event, company):
        both = self.refusal(event, handler=cast.worker, organisation=company)
        assert both == {"organisation": ["Choose a person or an organisation, not both."]}
        assert self.refusal(event) == {"handler": ["Choose who is to handle it."]}

    def test_everything_wrong_is_said_at_once(self, event, company):
        wrong = self.refusal(event, organisation=dissolve_organisation(actor=None, organisation=company), note="a\0")
        assert set(wrong) == {"organisation", "note"}

    @pytest.mark.parametrize(
        "place", ["city", "district", "street", "community", "building", "unit", "second_building"]
    )
    def test_inside_the_holder_or_on_a_grid_above_it(self, cast, people, event, place):
        company = make_organisation(getattr(cast.tree, place), representatives=[people["other"]])
        assert take(event, "assign", organisation=company).organisation == company

    @pytest.mark.parametrize("place", ["other_community", "other_building", "other_street", "far_community"])
    def test_nothing_beside_it(self, cast, people, event, place):
        company = make_organisation(getattr(cast.tree, place), "远处物业", representatives=[people["other"]])
        said = "远处物业 lies neither inside 健康社区 nor on a grid above it. Choose one that does."
        assert self.refusal(event, organisation=company) == {"organisation": [said]}

    def test_a_dissolved_one_and_one_that_takes_no_cases(self, cast, event, company):
        describe_organisation(actor=None, organisation=company, **description(company, is_joint=False))
        said = self.refusal(event, organisation=company)["organisation"]
        assert said == ["安居物业 takes no cases. Choose another, or have it opened to cases."]
        describe_organisation(actor=None, organisation=company, **description(company, is_joint=True))
        dissolve_organisation(actor=None, organisation=company)
        assert self.refusal(event, organisation=company) == {
            "organisation": ["安居物业 has been dissolved. Choose another."]
        }

    def test_one_without_anybody_to_send(self, people, event, company):
        for name in ("representative", "colleague"):
            people[name].is_active = False
            people[name].save()
        said = "安居物业 has no representative who could handle it. Choose another, or have one entered."
        assert self.refusal(event, organisation=company) == {"organisation": [said]}

    def test_a_clue_report_never(self, cast, company):
        clue = make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))
        clue = take(clue, "escalate", "accept")
        said = "A clue report stays with the police and the desk; it is never given to an organisation."
        assert self.refusal(clue, organisation=company) == {"organisation": [said]}
        assert not services.organisation_candidates(clue).exists()


@pytest.mark.parametrize("name", [name for name in EVERYBODY if name != "community"] + ["representative", "other"])
def test_only_the_desk_assigns(people, event, company, name):
    with pytest.raises(ActionForbidden):
        services.act(event=event, action="assign", actor=people[name], organisation=company)


# Seeing and waiting


def test_a_case_is_seen_by_its_representatives_too(people, event, company):
    before = found(people, "visible_to", event)
    event = take(event, "assign", organisation=company)
    assert found(people, "visible_to", event) == before | {"representative", "colleague"}
    assert found(people, "waiting_for", event) == {"representative", "colleague"}


def test_representatives_see_nothing_else(cast, people, assigned):
    make_event(cast.worker, cast.tree.building)
    assert list(Event.objects.visible_to(people["representative"])) == [assigned]
    assert list(Event.objects.visible_to(people["other"])) == []


@pytest.mark.parametrize("wrong", [{"is_confidential": True}, {"handler": "worker"}])
def test_the_database_keeps_organisations_from_clue_reports_and_from_what_a_person_handles(cast, assigned, wrong):
    wrong = {name: getattr(cast, value) if value == "worker" else value for name, value in wrong.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=assigned.pk).update(**wrong)


@pytest.mark.parametrize("end", ENDS)
def test_an_organisation_that_cannot_handle_it_any_more_leaves_it_to_the_desk(cast, people, company, assigned, end):
    end(cast, people, company)
    assert found(people, "waiting_for", assigned) == {"community"}
    with pytest.raises(ActionForbidden):
        services.act(event=assigned, action="resolve", actor=User.objects.get(username="baiyin"), note="我还在处理")
    assert take(assigned, "assign", handler=cast.worker).handler == cast.worker


def test_one_representative_less_is_still_somebody(people, company, assigned):
    set_representatives(actor=None, organisation=company, representatives=[people["colleague"]])
    assert found(people, "waiting_for", assigned) == {"colleague"}
    assert "representative" not in found(people, "visible_to", assigned)


def test_after_a_move_of_the_holder_it_is_asked_again(cast, people, assigned):
    make_post(make_user("社区长"), cast.tree.community, Role.CHIEF)
    company = make_organisation(cast.tree.street, "街道市场所", representatives=[people["other"]])
    event = take(assigned, "assign", organisation=company)
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    assert "other" not in found(people, "waiting_for", event)
    assert "community" in found(people, "waiting_for", event)


# Handling and telling


def test_a_representative_resolves_it_for_the_organisation(cast, people, assigned):
    event = services.act(event=assigned, action="resolve", actor=people["representative"], note="已更换灯具")
    step = event.steps.last()
    assert (event.status, event.resolver, event.organisation.name) == ("resolved", people["representative"], "安居物业")
    assert (step.side, step.actor_name, step.actor_post) == ("handler", "白音", "安居物业 代表")
    waits = found(people, "waiting_for", event)
    assert "worker" in waits
    assert not {"representative", "colleague"} & waits


def test_a_representative_neither_files_nor_checks(cast, people, assigned):
    with pytest.raises(ValidationError):
        make_event(people["representative"], cast.tree.unit)
    event = services.act(event=assigned, action="resolve", actor=people["representative"], note="已更换灯具")
    for name in ("representative", "colleague"):
        with pytest.raises(ActionForbidden):
            services.act(event=event, action="pass_check", actor=people[name])


def test_representatives_are_told_as_handlers_are(cast, people, event, company):
    event = take(event, "assign", organisation=company)
    assert told(event) == {"白音", "高娃"}
    event = services.act(event=event, action="urge", actor=cast.city)
    assert told(event) == {"白音", "高娃", "李秀英"}
    event = services.act(event=event, action="comment", actor=people["representative"], note="周三上门")
    assert told(event) == {"高娃", "李秀英", "乌兰"}
    event = services.act(event=event, action="resolve", actor=people["representative"], note="已更换")
    event = services.act(event=event, action="fail_check", actor=cast.police, reason="还是不亮")
    assert told(event) == {"白音", "高娃", "李秀英"}
    event = services.act(event=event, action="resolve", actor=people["colleague"], note="已更换")
    event = services.act(event=event, action="pass_check", actor=cast.police)
    assert told(event) == {"白音", "高娃", "乌兰"}


def test_reminding_tells_the_representatives_or_without_them_the_desk(cast, people, company):
    event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "escalate", "accept", at=MONDAY)
    event = take(event, "assign", organisation=company, at=MONDAY)
    services.sweep(at=event.remind_at)
    assert told(event) == {"白音", "高娃"}
    Event.objects.update(wake_at=event.remind_at)
    set_representatives(actor=None, organisation=company, representatives=[])
    services.sweep(at=event.remind_at)
    assert told(event) == {"李秀英"}


def test_climbing_takes_it_from_the_organisation_and_tells_it(cast, people, company):
    event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "escalate", "accept", at=MONDAY)
    event = take(event, "assign", organisation=company, at=MONDAY)
    services.sweep(at=event.due_at)
    event = Event.objects.with_people().get()
    assert (event.organisation, event.holder) == (None, cast.tree.street)
    assert told(event) == {"白音", "高娃", "李秀英", "张伟"}
    assert not {"representative", "colleague"} & found(people, "visible_to", event)


def test_reopening_gives_it_back_to_the_organisation(cast, people, assigned):
    event = services.act(event=assigned, action="resolve", actor=people["representative"], note="已更换")
    event = take(event, "pass_check", "reopen")
    assert event.organisation.name == "安居物业"
    assert {"白音", "高娃"} <= told(event)
    assert found(people, "waiting_for", event) == {"representative", "colleague"}


# What is written down


@pytest.fixture
def long_story(cast, people, company) -> Event:
    """From a person to the organisation and up, there to another, renamed meanwhile, and back to a person."""
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "accept", "assign", handler=cast.worker)
    event = take(event, "assign", "comment", organisation=company)
    event = services.act(event=event, action="resolve", actor=people["representative"], note="已更换")
    event = take(event, "fail_check")
    company = describe_organisation(actor=None, organisation=company, **description(company, name="安心物业"))
    event = take(Event.objects.with_people().get(), "escalate", "accept")
    event = take(event, "assign", organisation=company)
    return take(event, "assign", handler=cast.worker)


def steps(event: Event) -> list[Step]:
    return list(Step.objects.select_related("event").filter(event=event).order_by("ordinal"))


def test_the_steps_replay_to_the_row_after_each_of_them(long_story):
    told = [replay(steps(long_story)[: number + 1])["organisation_id"] for number in range(long_story.step_count)]
    pk = Organisation.objects.get(name="安心物业").pk
    assert told == [None] * 4 + [pk] * 4 + [None] * 2 + [pk] + [None]
    row = Event.objects.get(pk=long_story.pk)
    assert {name: getattr(row, name) for name in replay(steps(long_story))} == replay(steps(long_story))


def test_names_are_those_of_their_time(long_story):
    names = [step.organisation_name for step in steps(long_story)]
    assert names == [""] * 4 + ["安居物业"] * 4 + [""] * 2 + ["安心物业"] + [""]


def test_the_chain_holds_and_covers_the_organisation(long_story):
    assert all(step.hash == digest(step, step.event.number) for step in steps(long_story))
    step = steps(long_story)[5]
    Step.objects.filter(pk=step.pk).update(details=step.details | {"organisation": {"id": 99, "name": "别家"}})
    step = steps(long_story)[5]
    assert step.hash != digest(step, step.event.number)


def test_check_events_finds_the_history_sound_and_a_changed_row_wrong(long_story, company):
    call_command("check_events", stdout=StringIO())
    Event.objects.filter(pk=long_story.pk).update(handler=None, organisation=company)
    complaints = StringIO()
    with pytest.raises(CommandError):
        call_command("check_events", stdout=StringIO(), stderr=complaints)
    assert "承办单位" in complaints.getvalue()


# Sealed before there were organisations: number and primary keys as they were, and the hash of that day.
OLD = {
    "ordinal": 1, "action": "file", "side": "reporter", "actor_name": "乌兰", "actor_post": "1号楼 网格员",
    "from_status": "", "to_status": "filed", "from_loop": "", "to_loop": "grid", "holder_name": "健康社区 1号楼",
    "handler_name": "", "checker_name": "", "round": 1, "reason": "", "note": "", "rule": "place",
    "details": {"limit": [1, "working_day"], "report": "x"}, "previous_hash": "",
}  # fmt: skip


def test_a_chain_of_old_verifies_as_it_did():
    step = Step(event=Event(number="20261123-000001"), at=MONDAY, due_at=MONDAY, actor_id=7, holder_id=5, **OLD)
    content = {
        name: value for name, value in OLD.items() if name != "previous_hash"
    } | {
        "number": "20261123-000001", "at": f"{MONDAY.timestamp():.6f}", "due_at": f"{MONDAY.timestamp():.6f}",
        "actor_id": 7, "holder_id": 5, "handler_id": None, "checker_id": None,
    }  # fmt: skip
    text = json.dumps(["", content], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert digest(step, step.event.number) == hashlib.sha256(text.encode()).hexdigest()
    assert replay([step])["organisation_id"] is None


def test_a_case_without_an_organisation_says_nothing_of_one(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept", "resolve")
    assert not any("organisation" in step.details for step in steps(event))


def test_assigning_is_explained(assigned):
    assert "安居物业的任一代表均可办理。" in explain(assigned.steps.last())


# Whatever happens


class Undo(Exception):
    """Takes an example back out of the database."""


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happens_handler_and_organisation_are_never_both(cast, people, company, data):
    try:
        with transaction.atomic():
            event = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "accept", at=MONDAY)
            for _turn in range(data.draw(st.integers(1, 8), "turns")):
                event = happen(cast, people, company, Event.objects.with_people().get(pk=event.pk), data)
                row = Event.objects.with_people().get(pk=event.pk)
                assert not (row.handler and row.organisation)
                assert {name: getattr(row, name) for name in replay(steps(row))} == replay(steps(row))
                if row.status in ("filed", "handling"):
                    assert any(found({name: person}, "waiting_for", row) for name, person in people.items())
            raise Undo
    except Undo:
        pass


def happen(cast, people, company, event: Event, data) -> Event:
    what = data.draw(st.sampled_from(["person", "company", "move on", "sweep", *ENDS]), "what")
    if callable(what):
        if not Organisation.objects.get(pk=company.pk).dissolved_at:
            what(cast, people, Organisation.objects.get(pk=company.pk))
        return event
    if what == "sweep":
        services.sweep(at=event.due_at) if event.due_at else None
        return event
    given = {"handler": services.handler_candidates(event).order_by("pk").first()}
    if what == "company":
        given = {"organisation": services.organisation_candidates(event).order_by("pk").first()}
    action = {"filed": "accept", "handling": "assign", "resolved": "fail_check"}.get(event.status)
    if what == "move on":
        action, given = {"filed": "accept", "handling": "resolve", "resolved": "fail_check"}.get(event.status), {}
    if action is None or (action == "assign" and not any(given.values())):
        return event
    return take(event, action, at=event.due_at, **given)
