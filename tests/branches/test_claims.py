"""Claims: taken on, handed down, reported once a round, accepted or sent back with a reason."""

from datetime import date, datetime, timedelta, timezone

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches.models import Claim, WorkItem
from branches.services import (
    accept_claim,
    assign_item,
    claim_item,
    close_list,
    name_responsible,
    report_claim,
    send_back_claim,
    split_claim,
    withdraw_claim,
)
from branches.worklists.workflow import ClaimState
from grids.models import Grid, Role
from grids.services import merge_grids, move_grid
from tests.factories import make_branch, make_category, make_event, make_issued_item, make_post, make_user

pytestmark = [pytest.mark.django_db]

AT = datetime(2026, 1, 10, 9, tzinfo=timezone(timedelta(hours=8)))
LATER = AT + timedelta(days=20)
DUE = date(2026, 3, 31)


@pytest.fixture
def item(cast) -> WorkItem:
    """To be claimed by streets and communities."""
    return make_issued_item(cast.tree.district, is_mandatory=False, for_communities=True, due_on=DUE, at=AT)


@pytest.fixture
def claim(cast, item) -> Claim:
    return claim_item(actor=cast.street, item=item, grid=cast.tree.street, at=AT)


def reported(cast, claim: Claim, text: str = "已走访 120 户") -> Claim:
    return report_claim(actor=cast.street, claim=claim, text=text, at=LATER)


def actions(claim: Claim) -> list[str]:
    return [step.action for step in claim.steps.order_by("pk")]


# Claiming and assigning


def test_claiming_twice_gives_the_first_claim(cast, item, claim):
    assert claim_item(actor=cast.street, item=item, grid=cast.tree.street, at=LATER) == claim
    assert (actions(claim), claim.is_assigned, claim.taken_at) == (["claim"], False, AT)


@pytest.mark.parametrize("who", ["worker", "chief", "police", "neighbour", "stranger"])
def test_who_does_not_answer_for_the_grid_claims_nothing(cast, item, who):
    with pytest.raises(PermissionDenied):
        claim_item(actor=getattr(cast, who), item=item, grid=cast.tree.community)
    assert not Claim.objects.exists()


def test_the_secretary_claims_for_the_grid_of_the_branch(cast, item):
    make_branch(cast.tree.community, secretary=cast.stranger)
    assert claim_item(actor=cast.stranger, item=item, grid=cast.tree.community).grid == cast.tree.community


@pytest.mark.parametrize("grid", ["building", "district", "city"])
def test_an_item_is_for_its_levels_alone(cast, item, grid):
    with pytest.raises(ValidationError):
        claim_item(actor=None, item=item, grid=getattr(cast.tree, grid))


def test_a_community_whose_street_has_the_item_does_a_part_of_it(cast, item, claim):
    part = claim_item(actor=cast.community, item=item, grid=cast.tree.community)
    alone = claim_item(actor=None, item=item, grid=cast.tree.far_community)
    assert (part.parent, alone.parent) == (claim, None)


def test_what_the_street_has_reported_its_communities_do_not_claim(cast, item, claim):
    reported(cast, claim)
    with pytest.raises(ValidationError, match="人民路街道"):
        claim_item(actor=cast.community, item=item, grid=cast.tree.community)


def test_an_assignment_leaves_those_alone_who_have_it(cast, item, claim):
    grids = [cast.tree.street, cast.tree.other_street]
    for _time in range(2):
        assert [one.grid for one in assign_item(actor=cast.district, item=item, grids=grids, at=AT)] == grids
    assert [one.is_assigned for one in item.claims.order_by("position")] == [False, True]
    with pytest.raises(PermissionDenied):
        assign_item(actor=cast.street, item=item, grids=[cast.tree.community])


# Reporting


def test_a_report_is_made_once(cast, claim):
    for _time in range(2):
        claim = reported(cast, claim)
    assert (claim.state, claim.reported_on, actions(claim)) == ("reported", LATER.date(), ["claim", "report"])


def test_another_report_waits_for_the_decision(cast, claim):
    reported(cast, claim)
    with pytest.raises(ValidationError, match="待验收"):
        reported(cast, claim, "又走访 30 户")


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\u202e颠倒"])
def test_a_report_says_something(cast, claim, text):
    with pytest.raises(ValidationError) as refused:
        reported(cast, claim, text)
    assert list(refused.value.message_dict) == ["text"]
    claim.refresh_from_db()
    assert (claim.state, actions(claim)) == ("open", ["claim"])


def test_the_evidence_is_a_pointer_to_a_case(cast, claim):
    event = make_event(cast.worker, cast.tree.building)
    report_claim(actor=cast.street, claim=claim, text="已办", evidence=[("event", event.number)] * 2, at=LATER)
    (one,) = claim.steps.last().evidence.all()
    assert (one.kind, one.key, one.name) == ("event", event.number, f"{event.number} {event.title}")


def test_what_is_out_of_sight_or_confidential_is_no_evidence(cast, claim):
    clue = make_event(cast.worker, cast.tree.building, category=make_category("线索", is_confidential=True))
    for key in (clue.number, "nothing"):
        with pytest.raises(ValidationError) as refused:
            report_claim(actor=cast.street, claim=claim, text="已办", evidence=[("event", key)])
        assert list(refused.value.message_dict) == ["evidence"]
    assert not claim.steps.filter(action="report").exists()


def test_who_answers_for_a_claim_reports_it_too(cast, claim):
    with pytest.raises(PermissionDenied):
        report_claim(actor=cast.worker, claim=claim, text="已办")
    for _time in range(2):
        name_responsible(actor=cast.street, claim=claim, responsible=cast.worker, at=AT)
    assert report_claim(actor=cast.worker, claim=claim, text="已办").state == "reported"
    assert actions(claim) == ["claim", "name", "report"]


# Deciding


def test_accepting_closes_the_claim(cast, claim):
    reported(cast, claim)
    for _time in range(2):
        done = accept_claim(actor=cast.district, claim=claim, at=LATER)
    assert (done.state, actions(done)) == ("accepted", ["claim", "report", "accept"])
    with pytest.raises(ValidationError, match="已验收"):
        send_back_claim(actor=cast.district, claim=claim, text="再查")


def test_sending_back_needs_a_reason_and_begins_another_round(cast, claim):
    reported(cast, claim)
    with pytest.raises(ValidationError) as refused:
        send_back_claim(actor=cast.district, claim=claim, text=" ")
    assert list(refused.value.message_dict) == ["text"]
    for _time in range(2):
        back = send_back_claim(actor=cast.district, claim=claim, text="缺走访记录", at=LATER)
    assert (back.state, back.round) == ("returned", 2)
    assert reported(cast, claim, "已补记录").state == "reported"
    assert actions(claim) == ["claim", "report", "send_back", "report"]


def test_a_decision_about_a_report_that_was_replaced_is_refused(cast, claim):
    reported(cast, claim)
    send_back_claim(actor=cast.district, claim=claim, text="缺记录")
    reported(cast, claim, "已补")
    with pytest.raises(ValidationError, match="新的"):
        accept_claim(actor=cast.city, claim=claim, round=1)


def test_nobody_decides_on_their_own_report(cast, claim):
    report_claim(actor=cast.district, claim=claim, text="已办")
    with pytest.raises(PermissionDenied, match="须由他人验收"):
        accept_claim(actor=cast.district, claim=claim)
    assert accept_claim(actor=cast.city, claim=claim).state == "accepted"


@pytest.mark.parametrize("who", ["worker", "community", "street", "neighbour", "stranger"])
def test_who_did_not_issue_the_list_decides_nothing(cast, claim, who):
    reported(cast, claim)
    for decide in (accept_claim, send_back_claim):
        with pytest.raises(PermissionDenied):
            decide(actor=getattr(cast, who), claim=claim, text="看过")


def test_nothing_moves_in_a_closed_list(cast, item, claim):
    close_list(actor=cast.district, work_list=item.work_list, at=LATER)
    with pytest.raises(ValidationError):
        reported(cast, claim)
    with pytest.raises(ValidationError):
        claim_item(actor=cast.community, item=item, grid=cast.tree.community)


# Handing down


def test_a_street_hands_down_and_reports_when_all_parts_are_accepted(cast, claim):
    tree = cast.tree
    for _time in range(2):
        parts = split_claim(actor=cast.street, claim=claim, grids=[tree.community, tree.other_community], at=AT)
    first, second = parts
    report_claim(actor=cast.community, claim=first, text="已办", at=LATER)
    with pytest.raises(ValidationError, match="2"):
        reported(cast, claim)
    accept_claim(actor=cast.street, claim=first, at=LATER)
    withdraw_claim(actor=cast.street, claim=second, text="无此类楼院")
    assert reported(cast, claim).state == "reported"
    assert actions(claim) == ["claim", "split", "report"]


def test_a_claim_of_a_community_becomes_a_part_when_the_street_hands_down(cast, item):
    own = claim_item(actor=cast.community, item=item, grid=cast.tree.community)
    claim = claim_item(actor=cast.street, item=item, grid=cast.tree.street)
    assert split_claim(actor=cast.street, claim=claim, grids=[cast.tree.community]) == [own]


def test_only_a_street_hands_down_to_its_own_communities(cast, item, claim):
    with pytest.raises(ValidationError):
        split_claim(actor=cast.street, claim=claim, grids=[cast.tree.far_community])
    part = claim_item(actor=cast.community, item=item, grid=cast.tree.community)
    with pytest.raises(ValidationError):
        split_claim(actor=cast.community, claim=part, grids=[cast.tree.building])


def test_a_claim_is_withdrawn_with_a_reason_and_claimed_anew(cast, item, claim):
    with pytest.raises(ValidationError) as refused:
        withdraw_claim(actor=cast.street, claim=claim, text="")
    assert list(refused.value.message_dict) == ["text"]
    for _time in range(2):
        withdraw_claim(actor=cast.street, claim=claim, text="认领有误")
    assert claim_item(actor=cast.street, item=item, grid=cast.tree.street) != claim


# Late


@pytest.mark.parametrize(("day", "late"), [(date(2026, 3, 31), False), (date(2026, 4, 1), True)])
def test_the_day_itself_is_in_time(cast, claim, day, late):
    at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=AT.tzinfo)
    assert claim.is_late(at) == late == Claim.objects.late(at).exists()


def test_what_was_reported_is_not_late_any_more_but_was_reported_late(cast, claim):
    at = datetime(2026, 4, 2, 9, tzinfo=AT.tzinfo)
    claim = report_claim(actor=cast.street, claim=claim, text="已办", at=at)
    assert (claim.is_late(at), claim.is_reported_late) == (False, True)


def test_the_clock_of_a_closed_list_stands_still(cast, item, claim):
    sooner = make_issued_item(cast.tree.district, is_mandatory=False, due_on=date(2026, 2, 20), at=AT)
    late = claim_item(actor=None, item=sooner, grid=cast.tree.street, at=AT)
    for work_list in (item.work_list, late.item.work_list):
        close_list(actor=None, work_list=work_list, at=datetime(2026, 3, 1, 9, tzinfo=AT.tzinfo))
    now = datetime(2027, 1, 1, 9, tzinfo=AT.tzinfo)
    found = {one.pk: one for one in Claim.objects.select_related("item__work_list")}
    assert [found[one.pk].is_late(now) for one in (claim, late)] == [False, True]
    assert list(Claim.objects.late(now)) == [late]


# Whose it is


def test_what_waits_for_whom(cast, item, claim):
    reported(cast, claim)
    assert list(Claim.objects.to_be_judged_by(cast.district)) == [claim]
    assert not any(Claim.objects.to_be_judged_by(user).exists() for user in (cast.street, cast.city, cast.worker))
    send_back_claim(actor=cast.district, claim=claim, text="缺记录")
    assert list(Claim.objects.done_by(cast.street).under_way()) == [claim]
    assert not Claim.objects.done_by(cast.district).exists()


def test_a_claim_is_seen_in_its_own_area_and_above(cast, claim):
    far = make_post(make_user(), cast.tree.other_street, Role.DISPATCHER).user
    assert all(Claim.objects.visible_to(user).exists() for user in (cast.worker, cast.street, cast.district))
    assert not any(Claim.objects.visible_to(user).exists() for user in (far, cast.stranger))


# The tree changes


def test_claims_follow_a_moved_community_to_the_claim_of_its_new_street(cast, item, claim):
    part = claim_item(actor=cast.community, item=item, grid=cast.tree.community)
    new = claim_item(actor=None, item=item, grid=cast.tree.other_street)
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    part.refresh_from_db()
    assert (part.parent, part.position) == (new, Grid.objects.get(pk=cast.tree.community.pk).lft)
    assert actions(part) == ["claim", "rehome"]


def test_the_claims_of_a_merged_community_go_on_unless_there_is_one(cast, item):
    other = make_issued_item(cast.tree.district, is_mandatory=False, for_communities=True, at=AT)
    alone = claim_item(actor=None, item=other, grid=cast.tree.community)
    doubled = claim_item(actor=None, item=item, grid=cast.tree.community)
    there = claim_item(actor=None, item=item, grid=cast.tree.other_community)
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community)
    for one in (alone, doubled, there):
        one.refresh_from_db()
    assert (alone.grid, alone.position) == (cast.tree.other_community, cast.tree.other_community.lft)
    assert (doubled.state, there.state) == (ClaimState.WITHDRAWN, ClaimState.OPEN)
    assert "健康社区" in doubled.steps.last().text
