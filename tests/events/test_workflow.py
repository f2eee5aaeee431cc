"""The table, walked: each listed move works, every other pair is refused and leaves the row and the steps as they were.

What is expected stands here by hand, as `domain.md` lists it, and is not asked of the table.
"""

import dataclasses
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from events import services
from events.exceptions import ActionConflict, ActionForbidden, ActionRefused, StaleEvent
from events.models import Event, offices
from events.workflow import TABLE, Action, Case, Loop, Side, Status, open_moves, refusal, sides
from grids.models import Role
from grids.services import end_post
from tests.events.conftest import snapshot
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

OPEN = "filed handling resolved suspended"

# action: (from, to, by whom); to "" leaves the state as it is
EXPECTED = {
    "accept": ("filed", "handling", "desk"),
    "assign": ("handling", "handling", "desk"),
    "resolve": ("handling", "resolved", "handler partner desk"),
    "send_back": ("filed handling", "filed", "desk"),
    "escalate": ("filed handling", "filed", "desk"),
    "pass_check": ("resolved", "closed", "origin"),
    "fail_check": ("resolved", "handling", "origin"),
    "rate": ("closed", "closed", "reporter"),
    "reopen": ("closed", "handling", "upper"),
    "void": ("filed", "voided", "desk"),
    "ask_suspend": ("handling", "", "desk"),
    "ask_extend": ("filed handling", "", "desk"),
    "suspend": ("handling", "suspended", "upper"),
    "extend": ("filed handling", "", "upper"),
    "decline": ("filed handling", "", "upper"),
    "resume": ("suspended", "handling", "upper desk"),
    "merge": ("filed handling", "merged", "desk"),
    "separate": ("merged", "filed", "desk upper taker"),
    "urge": (OPEN, "", "upper"),
    "supervise": (OPEN, "", "upper"),
    "reply": (OPEN, "", "desk handler partner"),
    "ask": ("filed handling", "", "desk handler partner"),
    "answer": (OPEN, "", "reporter"),
    "comment": (OPEN, "", "desk handler partner origin upper taker police reporter viewer"),
    "join": ("filed handling", "", "desk police"),
    "part": ("filed handling", "", "desk partner"),
    "remind": ("filed handling resolved", "", ""),
    "climb_check": ("resolved", "", ""),
    "rehome": (OPEN, "", ""),
    "adjust": ("filed handling resolved", "", ""),
    "absorb": (OPEN, "", ""),
    "release": (OPEN, "", ""),
    "inform": ("merged", "", ""),
}
SIDES = ("desk", "handler", "partner", "origin", "upper", "taker", "police", "reporter", "viewer")
# A request that must wait for the move to be open; `ask_…` are open only while none waits.
REQUESTED = {"suspend": "suspend", "extend": "extend", "decline": "extend"}
UNTIL = datetime(2099, 1, 1).date()
WAYS = {
    "filed": (),
    "handling": ("accept",),
    "resolved": ("accept", "resolve"),
    "closed": ("accept", "resolve", "pass_check"),
    "voided": ("void",),
    "suspended": ("accept", "ask_suspend", "suspend"),
    "merged": ("merge",),
}


@dataclasses.dataclass
class Stage:
    """A case held by the street, and one person for each side who stands on that side alone."""

    event: Event
    people: dict
    other: Event

    def act(self, action: str, side: str) -> Event:
        return services.act(
            event=self.event,
            action=action,
            actor=self.people[side],
            reason="情况如此",
            note="已处理",
            handler=self.people["handler"],
            partner=self.people["police"],
            rating="satisfied",
            until=timezone.localdate() + timedelta(days=30),
            into=self.other,
        )

    def waits(self, action: str, status: str) -> None:
        """Have the request wait that the action decides on, straight in the row."""
        request = REQUESTED.get(action, "") if status in ("filed", "handling") else ""
        Event.objects.filter(pk=self.event.pk).update(request=request, requested_until=UNTIL if request else None)
        self.event = Event.objects.with_related().get(pk=self.event.pk)


def held_by_the_street(cast, status: str) -> Stage:
    reporter, onlooker, taker = make_user("报事人"), make_user("街道干事"), make_user("区调度")
    officer, colleague = make_user("民警"), make_user("辅警")
    left = make_post(reporter, cast.tree.unit, Role.STAFF)
    make_post(onlooker, cast.tree.street, Role.STAFF)
    make_post(taker, cast.tree.district, Role.DISPATCHER)
    for policeman in (officer, colleague):
        make_post(policeman, cast.tree.street, Role.POLICE)
    event = take(make_event(reporter, cast.tree.unit), "escalate", "escalate")
    end_post(actor=None, post=left)
    other = take(make_event(cast.worker, cast.tree.unit), *["escalate"] * 3)
    until = timezone.localdate() + timedelta(days=30)
    event = take(event, *WAYS[status], until=until, into=other)
    asked = {"asked_at": event.filed_at, "reply_to": cast.district, "reply_due_at": event.filed_at}
    Event.objects.filter(pk=event.pk).update(handler=cast.neighbour, partner=colleague, suspensions=0, **asked)
    people = {
        "desk": cast.street,
        "handler": cast.neighbour,
        "origin": cast.worker,
        "upper": cast.district,
        "taker": taker,
        "police": officer,
        "partner": colleague,
        "reporter": reporter,
        "viewer": onlooker,
    }
    return Stage(Event.objects.with_related().get(pk=event.pk), people, other)


def test_expectations_cover_the_whole_table():
    assert set(EXPECTED) == {str(action) for action in TABLE} == {str(a) for a in Action} - {"file"}
    assert set(WAYS) == set(Status.values)
    assert set(SIDES) | {"system"} == set(Side.values)


@pytest.mark.parametrize("side", SIDES)
def test_each_person_stands_on_one_side_alone(cast, side):
    stage = held_by_the_street(cast, "merged" if side == "taker" else "handling")
    person = stage.people[side]
    assert sides(stage.event.case(), person.pk, offices(person)) == {Side.VIEWER, Side(side)}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("status", Status.values)
def test_every_action_from_every_state_by_every_side(cast, status, side):
    stage = held_by_the_street(cast, status)
    for action, (sources, target, by) in EXPECTED.items():
        savepoint = transaction.savepoint()
        stage.waits(action, status)
        before = snapshot(stage.event)
        # Nobody stands there until the case goes on in another one.
        stands_nowhere = side == "taker" and status != "merged" and action != "comment"
        if side not in by.split() or stands_nowhere:
            with pytest.raises(ActionForbidden):
                stage.act(action, side)
        elif status not in sources.split():
            with pytest.raises(ActionConflict):
                stage.act(action, side)
        else:
            after = stage.act(action, side)
            assert after.status == (target or status), action
            assert after.steps.last().action == action
            assert len(snapshot(after)[1]) == len(before[1]) + 1
            transaction.savepoint_rollback(savepoint)
            continue
        assert snapshot(stage.event) == before, action


@pytest.mark.parametrize("status", Status.values)
def test_open_moves_are_the_expected_ones_in_the_order_of_the_table(cast, status):
    stage = held_by_the_street(cast, status)
    for side in SIDES:
        person = stage.people[side]
        moves = open_moves(stage.event.case(), sides(stage.event.case(), person.pk, offices(person)))
        assert [move.action for move in moves] == [
            action
            for action, (sources, _target, by) in EXPECTED.items()
            if status in sources.split() and (side in by.split() or action == "comment") and action not in REQUESTED
        ], side


# In each loop

# By how often it climbed: who is the desk, who may decide above, and who passes the check.
STATIONS = [
    ("chief", "district"),
    ("community", "district"),
    ("street", "district"),
    ("district", "city"),
    ("city", ""),
]
# What the upper side decides or asks, and what the desk can ask of it: none of it at the city.
OF_UPPER = {"reopen", "ask_suspend", "ask_extend", "suspend", "extend", "decline", "urge", "supervise"}


@pytest.mark.parametrize("climbs", range(len(STATIONS)))
@pytest.mark.parametrize("status", Status.values)
def test_every_action_from_every_state_in_every_loop(cast, status, climbs):
    """By the desk and by the upper side; what is open to them does not depend on the loop, but for both ends of it."""
    desk, upper = STATIONS[climbs]
    other = make_event(cast.worker, cast.tree.unit)
    event = take(make_event(cast.worker, cast.tree.unit), *["escalate"] * climbs)
    if status == "suspended" and not upper:
        return
    until = timezone.localdate() + timedelta(days=30)
    event = take(event, *[way for way in WAYS[status] if upper or way != "suspend"], until=until, into=other)
    asked = {"asked_at": event.filed_at, "reply_to": cast.district, "reply_due_at": event.filed_at}
    Event.objects.filter(pk=event.pk).update(suspensions=0, partner=make_user(), **asked)
    people = {"desk": getattr(cast, desk), "handler": cast.worker, "police": cast.police}
    people |= {"upper": getattr(cast, upper)} if upper else {}
    stage = Stage(fresh_row(event), people, other)
    for side in people.keys() - {"handler", "police"}:
        for action, (sources, target, by) in EXPECTED.items():
            is_open = side in by.split() and status in sources.split()
            is_open &= action != "send_back" or climbs > 0
            is_open &= action != "escalate" or climbs < len(STATIONS) - 1
            is_open &= action not in OF_UPPER or bool(upper)
            stage.waits(action, status)
            savepoint, before = transaction.savepoint(), snapshot(stage.event)
            if is_open:
                after = stage.act(action, side)
                assert after.status == (target or status), (action, side)
                transaction.savepoint_rollback(savepoint)
            elif not (action in ("comment", "pass_check", "fail_check") and action_is_of_viewers(stage, action, side)):
                with pytest.raises(ActionRefused):
                    stage.act(action, side)
            assert snapshot(stage.event) == before, (action, side)


def fresh_row(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def action_is_of_viewers(stage: Stage, action: str, side: str) -> bool:
    """The desk of a low loop also stands where the case arose, and everybody here may see it."""
    return action == "comment" or Side.ORIGIN in stage.event.sides_of(stage.people[side])


# Conditions beside state and side


def case(**fields) -> Case:
    return Case(
        **{
            "status": "handling",
            "loop": "street",
            "start_loop": "grid",
            "grid_code": "150105001001000101",
            "holder_code": "150105001",
        }
        | fields
    )


def why_not(action: Action, **fields) -> str:
    refused = refusal(case(**fields), TABLE[action], frozenset({Side.DESK}))
    return str(refused.detail) if refused else ""


@pytest.mark.parametrize(
    ("loop", "start", "send_backs", "holder", "goes"),
    [
        ("grid", "grid", 0, "1501050010010001", False),
        ("community", "grid", 0, "150105001001", True),
        ("community", "community", 0, "150105001001", False),
        ("city", "city", 0, "1501", False),
        ("city", "street", 1, "1501", True),
        ("street", "grid", 2, "150105001", True),  # climbs instead
        ("city", "grid", 2, "150105", True),  # from the district to the city
        ("city", "grid", 2, "1501", False),  # nothing is above
    ],
)
def test_sending_back_never_goes_below_the_start(loop, start, send_backs, holder, goes):
    detail = why_not(Action.SEND_BACK, loop=loop, start_loop=start, send_backs=send_backs, holder_code=holder)
    sentence = "It cannot be sent back: it is in the loop where it started, or was sent back twice already."
    assert detail == ("" if goes else sentence)


@pytest.mark.parametrize(("holder", "climbs"), [("150105001", True), ("150105", True), ("1501", False)])
def test_only_the_city_cannot_escalate(holder, climbs):
    detail = why_not(Action.ESCALATE, loop=Loop.CITY, holder_code=holder)
    assert detail == ("" if climbs else "The city holds this case; there is no level above it.")


def test_the_city_may_not_escalate_and_nothing_changes(cast):
    event = take(make_event(cast.worker, cast.tree.unit), *["escalate"] * 4)
    before = snapshot(event)
    with pytest.raises(ActionConflict, match="there is no level above it") as refused:
        services.act(event=event, action="escalate", actor=cast.city, reason="太难")
    assert refused.value.code == "not_open"
    assert [move.action for move in refused.value.moves] == [
        "accept", "send_back", "void", "merge", "ask", "comment", "join",
    ]  # fmt: skip
    assert snapshot(event) == before


def test_a_refusal_says_what_is_open_instead(cast):
    event = make_event(cast.worker, cast.tree.unit)
    with pytest.raises(ActionForbidden, match="This step is not yours") as refused:
        services.act(event=event, action="accept", actor=cast.community)
    assert [move.action for move in refused.value.moves] == ["comment"]
    assert refused.value.event.status == "filed"
    with pytest.raises(ActionConflict, match="This step is not open"):
        services.act(event=event, action="resolve", actor=cast.chief, note="好了")


# What must be given

SAY_WHY = "Say why; it will stand in the history of this case."


@pytest.mark.parametrize(
    ("before", "action", "field", "sentence"),
    [
        ((), "send_back", "reason", SAY_WHY),
        ((), "escalate", "reason", SAY_WHY),
        ((), "void", "reason", SAY_WHY),
        (("accept", "resolve"), "fail_check", "reason", SAY_WHY),
        (
            ("accept", "resolve", "pass_check"),
            "reopen",
            "reason",
            "Say why; it will stand in the history of this case.",
        ),
        (("accept",), "resolve", "note", "Say what was done."),
        ((), "comment", "note", "Write something first."),
        (("accept",), "assign", "handler", "Choose who is to handle it."),
    ],
)
def test_what_is_missing_is_named_at_its_field(cast, before, action, field, sentence):
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", *before)
    row = snapshot(event)
    with pytest.raises(ValidationError) as refused:
        take(event, action, reason=" \n", note="\t", handler=None)
    assert refused.value.message_dict == {field: [sentence]}
    assert snapshot(event) == row


@pytest.mark.parametrize(("action", "field"), [("escalate", "reason"), ("comment", "note")])
def test_words_that_show_nothing_are_missing(cast, action, field):
    with pytest.raises(ValidationError) as refused:
        take(make_event(cast.worker, cast.tree.unit), action, **{field: "\u200b \ufeff"})
    assert list(refused.value.message_dict) == [field]


def test_a_handler_outside_the_subtree_is_refused(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "accept")
    with pytest.raises(ValidationError) as refused:
        services.act(event=event, action="assign", actor=cast.community, handler=cast.neighbour)
    assert refused.value.message_dict == {
        "handler": ["孙丽 holds no active post inside 健康社区. Choose somebody who does."]
    }


def test_the_candidates_are_the_people_posted_inside_the_holder(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "escalate", "accept")
    assert set(services.handler_candidates(event)) == {cast.worker, cast.chief, cast.community, cast.police}
    end_post(actor=None, post=cast.police.active_posts[0])
    cast.chief.is_active = False
    cast.chief.save()
    assert set(services.handler_candidates(event)) == {cast.worker, cast.community}


def test_a_clue_report_is_only_given_to_the_police_or_the_desk(cast):
    clue = make_category("线索举报", is_confidential=True)
    event = take(make_event(cast.worker, cast.tree.unit, category=clue), "escalate", "accept")
    assert set(services.handler_candidates(event)) == {cast.community, cast.police}


def test_every_item_of_the_checklist_is_ticked_to_resolve(cast):
    category = make_category("电梯困人", checklist="人员已救出\n\n已通知维保单位\n")
    event = take(make_event(cast.worker, cast.tree.unit, category=category), "accept")
    with pytest.raises(ValidationError) as refused:
        take(event, "resolve", checklist=["人员已救出"])
    assert refused.value.message_dict == {"checklist": ["Still to be ticked: 已通知维保单位."]}
    event = take(event, "resolve", checklist=["已通知维保单位", "人员已救出"])
    assert event.steps.last().details["checklist"] == ["人员已救出", "已通知维保单位"]


@pytest.mark.parametrize("field", ["reason", "note"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("坏\x00了", "The text holds a NUL character. Type it again."),
        ("坏\u202e了", "Invisible text-direction marks are not allowed. Type the text again."),
        ("坏" * 2001, "Ensure this value has at most 2000 characters (it has 2001)."),
    ],
)
def test_text_that_would_mislead_or_break_is_refused(cast, field, text, sentence):
    event = make_event(cast.worker, cast.tree.unit)
    row = snapshot(event)
    with pytest.raises(ValidationError) as refused:
        take(event, "escalate", **{field: text})
    assert refused.value.message_dict == {field: [sentence]}
    assert snapshot(event) == row


def test_an_unknown_action_is_the_callers_mistake(cast):
    event = make_event(cast.worker, cast.tree.unit)
    with pytest.raises(ValueError, match="dance"):
        services.act(event=event, action="dance", actor=cast.chief)


def test_acting_on_what_somebody_changed_meanwhile_is_refused_with_what_is_open_now(cast):
    event = make_event(cast.worker, cast.tree.unit)
    services.act(event=event, action="accept", actor=cast.chief)
    row = snapshot(event)
    with pytest.raises(StaleEvent, match=r"Somebody was faster.*It is now: in handling\.") as refused:
        services.act(event=event, action="escalate", actor=cast.chief, reason="太难")
    assert refused.value.code == "somebody_was_faster"
    assert [move.action for move in refused.value.moves] == [
        "assign", "resolve", "escalate", "ask_suspend", "ask_extend", "merge", "ask", "comment", "join",
    ]  # fmt: skip
    assert snapshot(event) == row


def test_a_remark_does_not_mind_what_happened_meanwhile(cast):
    event = make_event(cast.worker, cast.tree.unit)
    services.act(event=event, action="accept", actor=cast.chief)
    after = services.act(event=event, action="comment", actor=cast.worker, note="我也看到了")
    assert (after.status, after.step_count) == ("handling", 3)


def test_the_version_that_a_page_showed_counts_not_the_row_at_hand(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    with pytest.raises(StaleEvent):
        services.act(event=event, action="resolve", actor=cast.chief, note="好了", version=1)
    assert services.act(event=event, action="resolve", actor=cast.chief, note="好了", version=2).status == "resolved"
