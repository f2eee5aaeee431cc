"""Merging: one case goes on for several, and whoever reported one of them learns the result."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from events import services
from events.audit import problems
from events.exceptions import ActionRefused, StaleEvent
from events.explanations import explain
from events.models import Event
from events.public.wording import course, standing
from tests.events.conftest import snapshot
from tests.events.test_races import at_once
from tests.factories import make_category, make_contact, make_event, make_post, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


@pytest.fixture
def reporter(cast):
    """Staff of the second building, who sees nothing of the first."""
    person = make_user("其其格")
    make_post(person, cast.tree.second_building, "staff")
    return person


@pytest.fixture
def pair(cast, reporter) -> tuple[Event, Event]:
    """Two cases of one community, both held by it: the one that ends and the one that goes on."""
    first = make_event(reporter, cast.tree.second_building, title="路灯又坏了")
    return first, take(make_event(cast.police, cast.tree.unit), "escalate")


@pytest.fixture
def merged(cast, pair) -> tuple[Event, Event]:
    first, into = pair
    return take(first, "merge", into=into), fresh(into)


def test_it_ends_and_the_other_takes_it_in(cast, merged):
    event, into = merged
    assert (event.status, event.merged_into, event.due_at, event.wake_at) == ("merged", into, None, None)
    step = into.steps.last()
    assert (step.action, step.side, into.status) == ("absorb", "system", "filed")
    assert explain(event.steps.last()) == [f"It goes on as no. {into.number}."]
    assert explain(step) == [f"No. {event.number} was merged into this case."]
    assert not list(problems())


def test_both_reporters_learn_the_result(cast, reporter, merged):
    event, into = merged
    take(into, "accept", "resolve", "pass_check", note="已换灯泡")
    step = event.steps.last()
    assert (step.action, step.note, step.to_status) == ("inform", "已换灯泡", "merged")
    assert [notice.recipient for notice in step.notices.all()] == [reporter]
    assert cast.police in {notice.recipient for notice in fresh(into).steps.last().notices.all()}
    assert explain(step) == [f"No. {into.number}, which it was merged into, has ended: case closed."]
    assert not list(problems())


def test_the_resident_behind_a_merged_case_reads_the_result(cast):
    contact = make_contact(cast.tree.building)
    event = take(fresh(contact.event), "merge", into=make_event(cast.worker, cast.tree.unit))
    take(fresh(event.merged_into), "accept", "resolve", "pass_check", note="已修好，师傅13812345678")
    event, steps = fresh(event), list(event.steps.order_by("ordinal"))
    assert course(event, steps)[0].words == "Handled, checked and closed\n已修好，师傅138****5678"
    assert standing(event, steps) == "Others reported the same; what became of it stands below."


def test_who_merges_into_a_merged_case_reaches_the_last(cast, merged):
    event, into = merged
    third = take(make_event(cast.worker, cast.tree.unit), "escalate")
    third = take(third, "merge", into=event)
    assert third.merged_into == into
    last = take(make_event(cast.worker, cast.tree.unit), "escalate")
    take(fresh(into), "merge", into=last)
    take(fresh(last), "accept", "resolve", "pass_check")
    assert {step.action for step in (each.steps.last() for each in (event, third, into))} == {"inform"}
    assert not list(problems())


def test_never_into_itself_not_even_by_way_of_another(cast, merged):
    event, into = merged
    for other in (into, event):
        with pytest.raises(ValidationError) as refused:
            take(into, "merge", into=other)
        assert refused.value.message_dict == {"into": ["A case cannot be merged into itself."]}


def refusal_of(event: Event, into: Event | None) -> str:
    before = snapshot(event)
    with pytest.raises(ValidationError) as refused:
        take(event, "merge", into=into)
    assert snapshot(event) == before
    return refused.value.message_dict["into"][0]


def test_only_into_an_open_case_of_the_same_subtree(cast, pair):
    event, into = pair
    assert refusal_of(event, None) == "Choose the case that it is merged into."
    elsewhere = make_event(cast.neighbour, cast.tree.other_building)
    assert refusal_of(event, elsewhere) == f"No. {elsewhere.number} did not arise inside 健康社区."
    take(into, "void")
    assert refusal_of(event, into) == f"No. {into.number} is not open any more; choose an open case."


def test_a_clue_report_is_never_merged_with_an_open_one(cast, pair):
    clue = make_category("线索举报", is_confidential=True)
    report = make_event(cast.worker, cast.tree.unit, category=clue)
    assert refusal_of(pair[0], report) == "A clue report is never merged with other cases."


def test_a_page_of_before_does_not_merge(cast, pair):
    event, into = pair
    seen = fresh(event)
    take(event, "accept")
    with pytest.raises(StaleEvent):
        services.act(event=seen, action="merge", actor=cast.community, into=into)


def test_the_page_offers_the_likely_ones_and_links_to_where_it_went(client, cast, pair):
    event, into = pair
    client.force_login(cast.community)
    page = client.get(reverse("event_detail", args=[event.number])).content.decode()
    assert f'<option value="{into.number}">' in page
    response = client.post(reverse("event_act", args=[event.number, "merge"]), {"into": "20990101-000001"})
    assert response.status_code == 400
    client.post(reverse("event_act", args=[event.number, "merge"]), {"into": into.number})
    page = client.get(reverse("event_detail", args=[event.number])).content.decode()
    assert f'href="{reverse("event_detail", args=[into.number])}"' in page


def test_who_may_not_see_the_other_one_is_not_led_there(client, reporter, merged):
    event, into = merged
    client.force_login(reporter)
    page = client.get(reverse("event_detail", args=[event.number])).content.decode()
    assert into.title not in page


def test_over_the_api(client, cast, pair):
    event, into = pair
    client.force_login(cast.community)
    address = reverse("event-actions", args=[event.number])
    assert client.post(address, {"action": "merge", "into": "x"}, "application/json").status_code == 400
    answer = client.post(address, {"action": "merge", "into": into.number}, "application/json")
    assert (answer.status_code, answer.json()["merged_into"]) == (200, into.number)


# Two at once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_merges_into_each_other_at_once_one_wins(cast, pool, pair):
    first, second = pair
    results = at_once(
        pool,
        partial(services.act, event=first, action="merge", actor=cast.community, into=second),
        partial(services.act, event=second, action="merge", actor=cast.community, into=first),
    )
    assert sum(isinstance(result, ValidationError | ActionRefused) for result in results) == 1
    states = sorted(Event.objects.values_list("status", flat=True))
    assert states == ["filed", "merged"]
    assert not list(problems())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_merged_while_the_other_is_voided_nobody_is_left_behind(cast, pool, pair):
    first, second = pair
    at_once(
        pool,
        partial(services.act, event=first, action="merge", actor=cast.community, into=second),
        partial(services.act, event=second, action="void", actor=cast.community, reason="重复"),
    )
    event = fresh(first)
    assert event.status == "filed" or fresh(second).status == "filed"
    assert not list(problems())
