"""What else is asked with a rating: whether somebody was in touch and the problem is solved; both may be left open."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from events import services
from events.audit import problems
from events.exceptions import ActionConflict
from events.explanations import explain
from events.figures.counting import totals
from events.figures.scope import Scope
from events.indicators import INDICATORS, RESOLUTION, RESPONSE, SATISFACTION, measures_of, weights
from events.models import Event
from events.public.wording import course
from tests.events.api_calls import act, api_of
from tests.factories import make_event, take
from tests.pages import acting, detail, page

pytestmark = pytest.mark.django_db


def closed(cast) -> Event:
    """Filed by the worker, and closed by others."""
    event = take(make_event(cast.worker, cast.tree.building), "accept", "resolve")
    return services.act(event=event, action="pass_check", actor=cast.community)


def rated(cast, rating: str = "satisfied", **answers) -> Event:
    return services.act(event=closed(cast), action="rate", actor=cast.worker, rating=rating, **answers)


@pytest.fixture
def receipt(cast):
    """Of a resident whose case is closed by now."""
    receipt = services.file_resident_report(grid=cast.tree.building, text="楼道灯坏了")
    return services.Receipt(take(receipt.event, "accept", "resolve", "pass_check"), receipt.code)


def of_resident(receipt, **answers) -> Event:
    """What the resident sends from the page as it was once the case was closed."""
    given = {"rating": "satisfied", "seen": receipt.event.step_count} | answers
    return services.act_as_resident(contact=receipt.event.contact, action="rate", **given)


# The answers


@pytest.mark.parametrize("contacted", [True, False, None])
@pytest.mark.parametrize("solved", [True, False, None])
def test_each_question_is_answered_or_left_open(cast, contacted, solved):
    event = Event.objects.get(pk=rated(cast, contacted=contacted, solved=solved).pk)
    assert (event.was_contacted, event.was_solved) == (contacted, solved)
    given = {"contacted": contacted, "solved": solved}
    said = {name: answer for name, answer in given.items() if answer is not None}
    details = event.steps.last().details
    assert {name: details[name] for name in given if name in details} == said
    assert not list(problems())


def test_the_step_tells_what_was_answered(cast):
    step = rated(cast, contacted=True, solved=False).steps.last()
    assert explain(step) == ["评价结果：满意。", "有人联系过。", "问题没有解决。"]
    assert explain(rated(cast).steps.last()) == ["评价结果：满意。"]


def test_another_action_takes_no_answers(cast):
    event = services.act(
        event=make_event(cast.worker, cast.tree.building), action="comment", actor=cast.worker, note="x", solved=True
    )
    assert event.was_solved is None
    assert "solved" not in event.steps.last().details


def test_done_again_keeps_what_was_answered(cast):
    event = take(rated(cast, "unsatisfied", reason="还是不亮", solved=False), "resolve", "pass_check")
    assert (event.status, event.was_solved) == ("closed", False)
    assert not list(problems())


# Where they are asked


def test_a_resident_answers_without_script(client, receipt):
    number = receipt.event.number
    client.post(reverse("public_follow"), {"number": number, "code": receipt.code})
    shown = page(client.get(reverse("public_event", args=[number])))
    assert "有人联系您了吗" in shown
    assert "问题解决了吗" in shown
    sent = {"rating": "fair", "contacted": "no", "solved": "yes", "seen": receipt.event.step_count}
    assert client.post(reverse("public_act", args=[number, "rate"]), sent).status_code == 302
    event = Event.objects.get()
    assert (event.rating, event.was_contacted, event.was_solved) == ("fair", False, True)
    line = next(line for line in course(event, list(event.steps.all())) if line.action == "rate")
    assert line.words == "基本满意\n没有人联系过。\n问题解决了。"


def test_what_a_resident_answered_is_kept_where_a_rating_is_refused(client, receipt):
    number = receipt.event.number
    client.post(reverse("public_follow"), {"number": number, "code": receipt.code})
    refused = client.post(reverse("public_act", args=[number, "rate"]), {"contacted": "yes", "solved": "no"})
    assert refused.status_code == 400
    assert [question.value() for question in refused.context["questions"]] == ["yes", "no"]


def test_the_same_answers_sent_twice_from_one_page_stand_once(receipt):
    first, second = (of_resident(receipt, contacted=True, solved=None) for _time in range(2))
    assert first.step_count == second.step_count == receipt.event.step_count + 1


def test_other_answers_from_the_same_page_are_not_the_same(receipt):
    of_resident(receipt, solved=True)
    with pytest.raises(ActionConflict):
        of_resident(receipt, solved=False)


def test_staff_who_filed_answer_in_the_page(cast, as_):
    event = closed(cast)
    worker = as_(cast.worker)
    assert "有人联系您了吗" in page(worker.get(detail(event)))
    worker.post(acting(event, "rate"), {"rating": "satisfied", "contacted": "yes", "solved": "no"})
    event.refresh_from_db()
    assert (event.was_contacted, event.was_solved) == (True, False)
    for address in (detail(event), reverse("event_print", args=[event.number])):
        assert "问题没有解决。" in page(worker.get(address))


def test_an_answer_that_is_none_is_named_and_nothing_is_lost(cast, as_):
    event = closed(cast)
    answer = as_(cast.worker).post(acting(event, "rate"), {"rating": "fair", "solved": "maybe", "reason": "还可以"})
    assert answer.status_code == 400
    assert "请回答是或否" in page(answer)
    assert "还可以" in page(answer)
    assert not Event.objects.get(pk=event.pk).rating


def test_the_api_takes_and_tells_them(cast):
    event, client = closed(cast), api_of(cast.worker)
    assert act(client, event, "rate", rating="fair", solved="vielleicht").status_code == 400
    told = act(client, event, "rate", rating="fair", contacted=True, solved=None).json()
    assert (told["rating"], told["was_contacted"], told["was_solved"]) == ("fair", True, None)


# How an open answer counts


def rates(cast) -> dict[str, Decimal | None]:
    counted = totals(Scope(cast.tree.city), measures_of(INDICATORS.values()), timezone.now())
    return {each.name: each.value(counted, weights()) for each in (RESPONSE, RESOLUTION, SATISFACTION)}


def test_what_was_left_open_is_neither_yes_nor_no(cast):
    rated(cast, contacted=True, solved=True)
    rated(cast, "fair", contacted=False)
    rated(cast)
    assert rates(cast) == {"response": Decimal("0.5"), "resolution": 1, "satisfaction": Decimal("2.9") / 3}


def test_without_an_answer_there_is_no_rate(cast):
    rated(cast)
    assert rates(cast) == {"response": None, "resolution": None, "satisfaction": 1}
