"""“It is this one”: a report of one's own that goes on in an open case at once, and what becomes of it."""

import re
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from events import services
from events.alike import joined
from events.audit import problems
from events.explanations import explain
from events.models import Event, Step
from events.wording import persists
from events.workflow import TABLE, Action, Side
from grids.services import merge_grids, move_grid
from tests.events.test_races import at_once, first
from tests.factories import make_category, make_contact, make_event, make_post, make_uploads, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

NO_MATCH = "This case does not match what you are reporting any more. Look again, or file yours all the same."
ELSEWHERE = "Who handles this case does not answer for your place. File yours all the same."
ENDED = "This case has just come to its end. If nothing has become better, file yours all the same."


@pytest.fixture
def lamp(cast):
    return make_category("路灯", kind="component", major="公用设施", public_name="路灯不亮")


@pytest.fixture
def target(cast, lamp) -> Event:
    """Filed by the police and held by the chief."""
    return make_event(cast.police, cast.tree.unit, category=lamp, title="三楼灯坏")


def join(cast, target: Event, **given) -> Event:
    given = {"actor": cast.worker, "category": target.category, "grid": cast.tree.building, "into": target} | given
    return services.file_event(**given)


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def told(step: Step) -> set:
    return {notice.recipient for notice in step.notices.all()}


def refusal_of(cast, target: Event, **given) -> str:
    before = Event.objects.count(), Step.objects.count()
    with pytest.raises(ValidationError) as refused:
        join(cast, target, **given)
    assert (Event.objects.count(), Step.objects.count()) == before
    return refused.value.message_dict["into"][0]


# What happens


def test_the_report_is_filed_and_merged_by_the_system(cast, target):
    event = join(cast, target, title="四楼也黑", description="老人怕摔", attachments=make_uploads(cast.worker))
    assert (event.status, event.merged_into, event.due_at, event.wake_at) == ("merged", target, None, None)
    filing, merging = event.steps.all()
    assert (filing.action, filing.side, filing.actor, filing.to_status) == ("file", "reporter", cast.worker, "filed")
    assert (merging.action, merging.side, merging.actor, merging.rule) == ("merge", "system", None, "same_case")
    assert filing.attachments.count() == 1
    assert explain(merging) == [
        "Who reported it said that it is the same case, so it was joined to that one at once.",
        f"It goes on as no. {target.number}.",
    ]
    assert not list(problems())


def test_who_checks_a_resolved_case_learns_that_it_was_reported_again(cast, target, client):
    take(target, "accept", "resolve")
    join(cast, target, actor=cast.community)
    step = target.steps.last()
    assert step.action_name == "reported again after it was resolved"
    assert "look whether it persists before you pass it" in explain(step)[-1]
    client.force_login(told(step).pop())
    shown = client.get(reverse("event_detail", args=[target.number])).content.decode()
    assert "The same has been reported again since it was resolved" in shown
    assert not list(problems())


def test_what_is_taken_up_again_does_not_warn_the_next_check(cast, target):
    take(target, "accept", "resolve")
    join(cast, target)
    assert persists(fresh(target), target.steps.all())
    take(fresh(target), "fail_check")
    take(fresh(target), "resolve")
    assert not persists(fresh(target), target.steps.all())


def test_what_turns_out_to_be_another_matter_warns_nobody(cast, target):
    take(target, "accept", "resolve")
    event = join(cast, target)
    services.act(event=event, action="separate", actor=cast.chief, reason="另一件")
    assert not persists(fresh(target), target.steps.all())


def test_the_desk_of_the_case_is_told_once_and_the_reporter_knows(cast, target):
    event = join(cast, target)
    absorbing = target.steps.last()
    assert (absorbing.action, absorbing.side) == ("absorb", "system")
    assert told(absorbing) == {cast.chief}
    assert not event.notices.exists()


def test_who_works_on_the_case_and_joins_it_is_not_told_of_it(cast, target):
    join(cast, target, actor=cast.chief)
    assert told(target.steps.last()) == set()


def test_with_nothing_typed_it_has_the_name_of_the_category(cast, target):
    assert join(cast, target).title == "路灯"
    assert join(cast, target, title="  ").title == "路灯"


def test_its_reporter_learns_the_result(cast, target):
    event = join(cast, target)
    take(fresh(target), "accept", "resolve", "pass_check", note="已换灯泡")
    step = event.steps.last()
    assert (step.action, step.note) == ("inform", "已换灯泡")
    assert told(step) == {cast.worker}
    assert not list(problems())


@pytest.mark.parametrize("way", [("accept",), ("accept", "resolve"), ("escalate", "accept")])
def test_a_case_in_any_open_state_is_joined(cast, target, way):
    target = take(target, *way)
    join(cast, target)
    assert fresh(target).status == target.status
    assert not list(problems())


def test_the_same_key_twice_joins_once(cast, target):
    one, two = (join(cast, target, idempotency_key="k") for _time in range(2))
    assert one == two
    assert target.steps.filter(action="absorb").count() == 1


def test_the_key_counts_even_when_the_case_has_ended_meanwhile(cast, target):
    event = join(cast, target, idempotency_key="k")
    take(fresh(target), "void")
    assert join(cast, target, idempotency_key="k") == event


def test_the_table_says_so():
    assert TABLE[Action.MERGE].sides == {Side.DESK, Side.SYSTEM}


# What was shown has changed


def test_merged_meanwhile_it_goes_on_where_that_one_went(cast, lamp, target):
    last = make_event(cast.police, cast.tree.unit, category=make_category())
    take(target, "merge", into=last)
    assert join(cast, target).merged_into == last


@pytest.mark.parametrize("way", [("void",), ("accept", "resolve", "pass_check")])
def test_ended_meanwhile_it_is_said_and_nothing_is_filed(cast, target, way):
    take(target, *way)
    assert refusal_of(cast, target) == ENDED
    assert make_event(cast.worker, cast.tree.building, category=target.category).status == "filed"


def test_a_case_of_another_place_kind_or_sight_is_no_match(cast, lamp, target):
    assert refusal_of(cast, target, grid=cast.tree.second_building) == NO_MATCH
    assert refusal_of(cast, target, category=make_category()) == NO_MATCH
    elsewhere = make_event(cast.neighbour, cast.tree.other_building, category=lamp)
    assert refusal_of(cast, elsewhere) == NO_MATCH


def test_a_report_is_held_by_who_answers_for_its_place(cast, lamp):
    here = {"latitude": "40.818200", "longitude": "111.708600"}
    target = make_event(cast.police, cast.tree.unit, category=lamp, **here)
    given = {"grid": cast.tree.second_building, **here}
    assert refusal_of(cast, target, **given) == ELSEWHERE
    take(target, "escalate")
    assert join(cast, target, **given).merged_into == target
    assert make_event(cast.worker, cast.tree.second_building, category=lamp, **here).status == "filed"


def test_a_made_up_position_joins_nothing_of_another_community(cast, lamp):
    here = {"latitude": "40.818200", "longitude": "111.708600"}
    target = make_event(cast.police, cast.tree.unit, category=lamp, **here)
    with pytest.raises(ValidationError, match=NO_MATCH):
        make_contact(cast.tree.other_building, category=lamp, into=target, **here)


def test_a_clue_report_is_neither_joined_nor_joins(cast, target):
    clue = make_category("线索举报", is_confidential=True)
    report = make_event(cast.worker, cast.tree.unit, category=clue)
    assert refusal_of(cast, report) == NO_MATCH
    assert refusal_of(cast, target, category=clue) == NO_MATCH


def test_moved_meanwhile_both_go_along(cast, target):
    move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community)
    make_post(cast.worker, cast.tree.other_community)
    worker = type(cast.worker).objects.get(pk=cast.worker.pk)
    assert join(cast, target, actor=worker).merged_into == target
    assert not list(problems())


def test_its_building_was_given_up_meanwhile(cast, lamp):
    target = make_event(cast.worker, cast.tree.second_building, category=lamp)
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    assert join(cast, target, grid=cast.tree.building).merged_into == target
    assert not list(problems())


# Who else reported it


def test_the_case_shows_who_else_reported_with_words_and_photos(cast, as_, target):
    event = join(cast, target, title="四楼也黑", description="老人怕摔", attachments=make_uploads(cast.worker))
    page = as_(cast.chief).get(reverse("event_detail", args=[target.number])).content.decode()
    shown = page[page.index('id="joined"') :]
    shown = shown[: shown.index("</section>")]
    for part in ("四楼也黑", "老人怕摔", cast.worker.name, event.number, str(event.attachments.get().key)):
        assert part in shown
    paper = as_(cast.chief).get(reverse("event_print", args=[target.number])).content.decode()
    assert "老人怕摔" in paper


def test_what_lies_out_of_sight_is_counted_alone(cast, target):
    # The police of the whole community merged what its grid does not see.
    other = make_event(cast.police, cast.tree.second_building, title="别处")
    take(other, "escalate")
    target = take(target, "escalate")
    take(fresh(other), "merge", into=target)
    join(cast, fresh(target))
    seen = joined(target, cast.chief)
    assert ([report.title for report in seen.reports], seen.hidden, seen.count) == (["路灯"], 1, 2)


def test_a_case_that_nobody_joined_says_nothing(cast, as_, target):
    assert joined(target, cast.chief) is None
    assert 'id="joined"' not in as_(cast.chief).get(reverse("event_detail", args=[target.number])).content.decode()


def test_many_reports_cost_no_more_queries_than_few(cast, target, django_assert_num_queries):
    for _time in range(2):
        join(cast, target, attachments=make_uploads(cast.worker))
        with django_assert_num_queries(5):  # two layers of merging, what one may see, their steps and photos
            joined(target, cast.police)


# In the page and the API


def test_one_tap_on_the_page_joins_and_leads_to_the_case(cast, as_, target):
    sent = {"grid": cast.tree.building.code, "category": target.category_id, "into": target.number}
    answer = as_(cast.worker).post(reverse("event_file"), sent)
    assert answer.url == reverse("event_detail", args=[target.number])
    assert fresh(target).merged.get().title == "路灯"


def test_too_late_the_page_keeps_every_word_and_files_with_the_next_tap(cast, as_, target):
    take(target, "void")
    sent = {"grid": cast.tree.building.code, "category": target.category_id, "title": "四楼也黑", "into": target.number}
    answer = as_(cast.worker).post(reverse("event_file"), sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert ENDED in page
    assert 'value="四楼也黑"' in page
    assert as_(cast.worker).post(reverse("event_file"), sent | {"into": ""}).status_code == 302


@pytest.mark.parametrize("number", ["20990101-000001", "x", "\0"])
def test_a_number_that_is_none_is_named(cast, as_, target, number):
    sent = {"grid": cast.tree.building.code, "category": target.category_id, "title": "黑", "into": number}
    answer = as_(cast.worker).post(reverse("event_file"), sent)
    assert answer.status_code == 400
    assert "field-error" in answer.content.decode()


def test_over_the_api(cast, as_, target):
    sent = {"grid": cast.tree.building.code, "category": target.category_id, "into": target.number}
    answer = as_(cast.worker).post("/api/v1/events/", sent, "application/json")
    assert (answer.status_code, answer.json()["merged_into"]) == (201, target.number)
    wrong = sent | {"grid": cast.tree.second_building.code}
    refused = as_(cast.worker).post("/api/v1/events/", wrong, "application/json")
    assert (refused.status_code, refused.json()["into"]) == (400, [NO_MATCH])
    untitled = as_(cast.worker).post("/api/v1/events/", sent | {"into": ""}, "application/json")
    assert untitled.status_code == 400
    assert re.search("title", untitled.content.decode())


# Two at once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_join_at_once_and_none_is_lost(cast, pool, target):
    people = [make_user() for _time in range(6)]
    for person in people:
        make_post(person, cast.tree.building)
    results = at_once(pool, *(partial(join, cast, target, actor=person) for person in people))
    assert {event.merged_into_id for event in results} == {target.pk}
    assert target.steps.filter(action="absorb").count() == len(people)
    assert not list(problems())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_tap_that_is_sent_twice_at_once_is_one_report(cast, pool, target):
    one, two = at_once(pool, *[partial(join, cast, target, idempotency_key="k")] * 2)
    assert one == two
    assert Event.objects.count() == 2
    assert not list(problems())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_waits_while_the_case_is_merged_follows_it(cast, pool, target):
    last = make_event(cast.police, cast.tree.unit, category=target.category)
    with first(pool, join, cast=cast, target=target) as waiting:
        take(target, "merge", into=last)
    assert waiting[0].result(20).merged_into == last
    assert not list(problems())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_waits_while_the_case_is_voided_hears_of_it(cast, pool, target):
    with first(pool, join, cast=cast, target=target) as waiting:
        take(target, "void")
    assert waiting[0].exception(20).message_dict == {"into": [ENDED]}
    assert Event.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_waits_while_the_building_moves_joins_there(cast, pool, target):
    make_post(cast.worker, cast.tree.other_community)
    with first(pool, join, cast=cast, target=target) as waiting:
        move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community)
    assert waiting[0].result(20).merged_into == target
    assert not list(problems())
