"""Closed, cannot be fixed: a result of its own, with a reason that whoever reported it reads."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from events import services
from events.audit import problems
from events.explanations import explain
from events.models import Event
from events.public.wording import course, standing
from tests.factories import make_category, make_contact, make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

WHY = "管线属于铁路，不在辖区权限内"


def fresh(event: Event) -> Event:
    return Event.objects.with_related().get(pk=event.pk)


def test_it_needs_a_reason_and_no_checklist(cast):
    category = make_category("电梯困人", checklist="人员已救出")
    event = take(make_event(cast.worker, cast.tree.unit, category=category), "accept")
    with pytest.raises(ValidationError) as refused:
        take(event, "resolve", outcome="unfixable", reason=" ")
    assert refused.value.message_dict == {
        "reason": ["Say why it cannot be fixed; whoever reported it reads this."],
    }
    event = take(event, "resolve", outcome="unfixable", reason=WHY)
    assert (event.status, event.outcome) == ("resolved", "unfixable")
    assert "Resolved as: cannot be fixed." in explain(event.steps.last())
    assert not list(problems())


def test_the_check_closes_it_with_that_result_or_has_it_done_again(cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    event = take(event, "resolve", outcome="unfixable", reason=WHY)
    again = take(event, "fail_check")
    assert again.outcome == ""
    event = take(again, "resolve", outcome="unfixable", reason=WHY)
    assert take(event, "pass_check").outcome == "unfixable"
    assert not list(problems())
    assert take(fresh(event), "reopen").outcome == ""
    assert not list(problems())


def test_the_resident_reads_the_reason(cast):
    event = fresh(make_contact(cast.tree.building).event)
    event = take(event, "accept")
    event = take(event, "resolve", outcome="unfixable", reason=WHY, note="已多次联系")
    event = take(event, "pass_check")
    steps = list(event.steps.order_by("ordinal"))
    line = next(line for line in course(event, steps) if line.action == "resolve")
    assert (line.title, line.words) == ("It cannot be fixed", f"{WHY}\n已多次联系")
    assert "it cannot be fixed" in standing(event, steps)


def test_on_the_page_and_over_the_api(client, cast):
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    client.force_login(cast.chief)
    address = reverse("event_act", args=[event.number, "resolve"])
    assert client.post(address, {"note": "看过", "outcome": "unfixable"}).status_code == 400
    assert client.post(address, {"note": "看过", "reason": WHY}).status_code == 400
    client.post(address, {"note": "看过", "outcome": "unfixable", "reason": WHY})
    page = client.get(reverse("event_detail", args=[event.number])).content.decode()
    assert fresh(event).outcome == "unfixable"
    assert WHY in page
    other = services.act(event=make_event(cast.worker, cast.tree.unit), action="accept", actor=cast.chief)
    given = {"action": "resolve", "note": "看过", "outcome": "unfixable", "reason": WHY}
    answer = client.post(reverse("event-actions", args=[other.number]), given, "application/json")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unfixable")
