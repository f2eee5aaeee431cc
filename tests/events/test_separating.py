"""Out of a case again: what was merged is handled on its own, because somebody says so or the case was voided."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from events import services
from events.alike import joined
from events.audit import problems
from events.exceptions import ActionConflict, ActionForbidden
from events.explanations import explain
from events.models import Event, Step
from events.public.wording import course, standing
from events.workflow import Action
from grids.models import PublicUse
from grids.services import merge_grids
from tests.events.test_races import at_once
from tests.factories import make_category, make_contact, make_event, make_post, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def told(step: Step) -> set:
    return {notice.recipient for notice in step.notices.all()}


@pytest.fixture
def lamp(cast):
    return make_category("路灯", kind="component", major="公用设施", public_name="路灯不亮")


@pytest.fixture
def target(cast, lamp) -> Event:
    """Filed by the police and held by the chief."""
    return make_event(cast.police, cast.tree.unit, category=lamp, title="三楼灯坏")


@pytest.fixture
def report(cast, target) -> Event:
    """What the grid's staff joined to it."""
    given = {"actor": cast.worker, "category": target.category, "grid": cast.tree.building, "into": target}
    return services.file_event(**given)


def separate(event: Event, actor, **given) -> Event:
    return services.act(event=fresh(event), action="separate", actor=actor, **{"reason": "另一盏灯"} | given)


# By somebody


def test_it_is_filed_anew_at_its_own_place_with_a_fresh_clock(cast, target, report):
    at = timezone.now() + timedelta(days=2)
    event = separate(report, cast.chief, at=at)
    assert (event.status, event.merged_into, event.holder, event.round) == ("filed", None, cast.tree.building, 2)
    assert (event.clock_started_at, event.wake_at) == (at, event.remind_at)
    assert not list(problems())


def test_both_histories_tell_of_it(cast, target, report):
    step, other = separate(report, cast.chief).steps.last(), fresh(target).steps.last()
    assert (step.action, step.side, step.reason) == ("separate", "desk", "另一盏灯")
    assert explain(step)[:2] == [
        "The desk decided so; 健康社区 1号楼 holds it now, in the grid loop.",
        f"Until now it went on as no. {target.number}.",
    ]
    assert (other.action, other.side, other.to_status) == ("release", "system", "filed")
    assert explain(other) == [f"No. {report.number}, which was merged into this case, is handled on its own now."]


def test_its_desk_and_its_reporter_are_told(cast, target, report):
    make_post(cast.street, cast.tree.building, "dispatcher")
    take(fresh(target), "escalate")
    event = separate(report, cast.community)
    assert told(event.steps.last()) == {cast.chief, cast.street, cast.worker}
    assert told(fresh(target).steps.last()) == {cast.community}


def test_a_reason_is_needed(cast, report):
    with pytest.raises(ValidationError) as refused:
        separate(report, cast.chief, reason=" ")
    assert list(refused.value.message_dict) == ["reason"]


def test_the_desk_of_the_case_that_goes_on_may_and_others_may_not(cast, target, report):
    take(fresh(target), "escalate", "escalate")
    for person in (cast.worker, cast.community, cast.neighbour):
        with pytest.raises(ActionForbidden):
            separate(report, person)
    event = separate(report, cast.street)
    assert event.steps.last().side == "taker"
    assert event.steps.last().actor_post


def test_to_take_it_out_is_no_right_to_its_contact(cast, lamp, target):
    contact = make_contact(cast.tree.building, category=lamp, into=target, phone="13812345678")
    take(fresh(target), "escalate")
    assert not services.may_see_contact(fresh(contact.event), cast.community)


def test_what_is_on_its_own_cannot_be_taken_out_once_more(cast, report):
    separate(report, cast.chief)
    with pytest.raises(ActionConflict):
        separate(report, cast.chief)


def test_out_of_a_case_that_has_ended_that_one_is_told_nothing(cast, target, report):
    take(fresh(target), "accept", "resolve", "pass_check")
    count = fresh(target).step_count
    assert separate(report, cast.chief).status == "filed"
    assert fresh(target).step_count == count
    assert not list(problems())


def test_what_was_merged_into_it_stays_with_it(cast, target, report):
    last = make_event(cast.police, cast.tree.unit, category=target.category)
    take(fresh(target), "merge", into=last)
    assert separate(target, cast.chief).status == "filed"
    assert fresh(report).merged_into == target
    take(fresh(target), "accept", "resolve", "pass_check", note="已换")
    assert fresh(report).steps.last().action == "inform"
    assert not list(problems())


def test_from_the_middle_of_a_chain_the_last_one_is_told(cast, target, report):
    last = make_event(cast.police, cast.tree.unit, category=target.category)
    take(fresh(target), "merge", into=last)
    separate(report, cast.chief)
    assert fresh(last).steps.last().action == "release"
    assert fresh(target).steps.last().action == "merge"
    assert not list(problems())


def test_it_can_be_merged_and_taken_out_again(cast, target, report):
    for _time in range(2):
        event = separate(report, cast.chief)
        take(event, "merge", into=target)
    assert fresh(report).merged_into == target
    assert not list(problems())


def test_its_building_was_given_up_meanwhile(cast, lamp):
    target = take(make_event(cast.worker, cast.tree.building, category=lamp), "escalate")
    event = take(make_event(cast.worker, cast.tree.second_building, category=lamp), "escalate")
    event = take(event, "merge", into=target)
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    event = separate(event, cast.community)
    assert (event.grid, event.holder) == (cast.tree.building, cast.tree.community)  # where it once started
    assert not list(problems())


def test_the_audit_misses_what_one_history_does_not_tell(cast, target, report):
    separate(report, cast.chief)
    Step.objects.filter(action="release").update(details={})
    sentence = f"takings out of {target.number}, in this history and in that one"
    assert any(sentence in str(problem) for problem in problems())


# A nuisance


def test_a_nuisance_that_joined_is_taken_out_and_marked_in_two_taps(cast, as_, lamp, target):
    contact = make_contact(cast.tree.building, "骂人的话骂人的话", category=lamp, into=target, source="x")
    number, browser = contact.event.number, as_(cast.chief)
    page = browser.get(reverse("event_detail", args=[target.number])).content.decode()
    address = reverse("event_act", args=[number, "separate"])
    assert f'action="{address}"' in page
    answer = browser.post(address, {"reason": "无关内容", "version": 2}, follow=True)
    assert reverse("event_spam", args=[number]) in answer.content.decode()
    browser.post(reverse("event_spam", args=[number]), {"version": 3})
    assert fresh(contact.event).status == "voided"
    assert PublicUse.objects.filter(kind="spam").count() == 1
    assert fresh(target).status == "filed"
    assert not list(problems())


def test_it_is_offered_to_whom_the_table_opens_it(cast, as_, target, report):
    assert [one.may_separate for one in joined(target, cast.chief).reports] == [True]
    assert [one.may_separate for one in joined(target, cast.police).reports] == [False]
    page = as_(cast.police).get(reverse("event_detail", args=[target.number])).content.decode()
    assert "/separate/" not in page


def test_over_the_api(cast, as_, report):
    address = reverse("event-actions", args=[report.number])
    sent = {"action": "separate", "reason": "另一盏灯"}
    answer = as_(cast.chief).post(address, sent, "application/json")
    assert (answer.status_code, answer.json()["status"], answer.json()["merged_into"]) == (200, "filed", None)


# The case was voided


def test_voided_the_genuine_ones_come_back_whoever_merged_them(cast, target, report):
    other = take(make_event(cast.worker, cast.tree.unit), "merge", into=target)
    take(fresh(target), "void", reason="有人乱来")
    for event in (fresh(report), fresh(other)):
        step = event.steps.last()
        assert (event.status, event.merged_into, event.holder) == ("filed", None, cast.tree.building)
        assert (step.action, step.side, step.rule, step.reason) == ("separate", "system", "target_voided", "")
        assert told(step) == {cast.worker, cast.chief}
    sentence = "The case that it was merged into was voided, so it is handled on its own; 健康社区 1号楼 holds it now"
    assert explain(step)[0].startswith(sentence)
    assert not list(problems())


def test_voided_what_was_merged_into_those_stays_with_them(cast, target, report):
    last = make_event(cast.police, cast.tree.unit, category=target.category)
    take(fresh(target), "merge", into=last)
    take(fresh(last), "void")
    assert fresh(target).status == "filed"
    assert (fresh(report).status, fresh(report).merged_into) == ("merged", target)
    assert not list(problems())


def test_the_resident_reads_that_theirs_goes_on_alone_and_no_word_of_the_nuisance(cast, lamp):
    nuisance = make_contact(cast.tree.building, "有人乱来", category=lamp).event
    contact = make_contact(cast.tree.unit, "真的没有灯", category=lamp, into=nuisance)
    services.mark_spam(event=fresh(nuisance), actor=cast.chief)
    event = fresh(contact.event)
    steps = list(event.steps.order_by("ordinal"))
    newest = course(event, steps)[0]
    assert (newest.title, newest.words) == ("Your report is handled on its own from now on", "")
    assert standing(event, steps) == "It has arrived; 健康社区 1号楼 will take it up."


def test_the_course_of_one_moment_is_told_newest_first(cast, lamp, target):
    event = make_contact(cast.tree.unit, category=lamp, into=target).event
    lines = course(event, event.steps.order_by("?"))
    assert [line.action for line in lines] == ["merge", "file"]


def test_merged_once_more_by_the_desk_the_page_says_so(cast, lamp, target):
    contact = make_contact(cast.tree.unit, "真的没有灯", category=lamp, into=target)
    event = take(separate(contact.event, cast.chief), "merge", into=target)
    steps = list(event.steps.order_by("ordinal"))
    assert standing(event, steps) == "Others reported the same; it is handled together with their report."


# Two at once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_taken_out_while_the_case_is_voided_it_comes_back_once(cast, pool, target, report):
    at_once(
        pool,
        partial(services.act, event=fresh(report), action="separate", actor=cast.chief, reason="另一盏灯"),
        partial(services.act, event=fresh(target), action="void", actor=cast.chief, reason="重复"),
    )
    assert fresh(report).status == "filed"
    assert fresh(report).steps.filter(action=Action.SEPARATE).count() == 1
    assert not list(problems())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_taken_out_while_the_case_goes_on_in_another_one(cast, pool, target, report):
    last = make_event(cast.police, cast.tree.unit, category=target.category)
    make_post(make_user(), cast.tree.building, "dispatcher")
    at_once(
        pool,
        partial(services.act, event=fresh(report), action="separate", actor=cast.chief, reason="另一盏灯"),
        partial(services.act, event=fresh(target), action="merge", actor=cast.chief, into=last),
    )
    assert fresh(report).status == "filed"
    assert not list(problems())
