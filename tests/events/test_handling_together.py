"""Joint handling (问题联办): a case with police and desk side by side, in one history; never a clue report."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from events import services
from events.audit import problems
from events.exceptions import ActionConflict, ActionForbidden
from events.models import Event, Notice
from events.workflow import Side
from grids.models import Role
from grids.services import end_post
from tests.events.conftest import MONDAY, snapshot
from tests.factories import make_category, make_event, make_post, make_user, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def event(cast):
    """Held by the first building, in handling."""
    return take(make_event(cast.worker, cast.tree.building, at=MONDAY), "accept", at=MONDAY)


def join(event, actor, partner=None, reason="需要现场核查", **given):
    return services.act(event=event, action="join", actor=actor, partner=partner, reason=reason, at=MONDAY, **given)


def told(event) -> set:
    last = event.steps.order_by("-ordinal").first()
    return {notice.recipient for notice in Notice.objects.filter(step=last)}


def test_the_desk_asks_an_officer_of_the_place(cast, event):
    event = join(event, cast.chief, cast.police)
    assert event.partner == cast.police
    assert Side.PARTNER in event.sides_of(cast.police)
    assert told(event) == {cast.police}
    assert event.steps.last().details["partner"] == {"id": cast.police.pk, "name": "赵刚"}


def test_an_officer_joins_and_the_desk_is_told(cast, event):
    event = join(event, cast.police)
    assert (event.partner, told(event)) == (cast.police, {cast.chief})


def test_who_is_no_officer_of_the_place_is_not_asked(cast, event):
    stranger = make_user("外警")
    make_post(stranger, cast.tree.other_community, Role.POLICE)
    for person in (stranger, cast.worker, None):
        with pytest.raises(ValidationError) as refused:
            join(event, cast.chief, person)
        assert set(refused.value.message_dict) == {"partner"}
    with pytest.raises(ActionForbidden):
        join(event, stranger)


def test_it_needs_a_reason_and_is_done_once(cast, event):
    with pytest.raises(ValidationError, match="Say why"):
        join(event, cast.chief, cast.police, reason=" ")
    event = join(event, cast.chief, cast.police)
    before = snapshot(event)
    with pytest.raises(ValidationError, match="already"):
        join(event, cast.chief, cast.police)
    assert snapshot(event) == before


def test_staff_and_upper_side_do_not_ask(cast, event):
    for person in (cast.worker, cast.district):
        with pytest.raises(ActionForbidden):
            join(event, person, cast.police)


def test_another_officer_takes_over_and_both_are_told(cast, event):
    officer = make_user("换班")
    make_post(officer, cast.tree.street, Role.POLICE)
    event = join(join(event, cast.chief, cast.police), cast.chief, officer)
    assert event.partner == officer
    assert told(event) == {cast.police, officer}
    assert Side.PARTNER not in event.sides_of(cast.police)


def test_the_officer_acts_as_a_handler_and_is_told_as_one(cast, event):
    event = join(event, cast.police)
    assert event in Event.objects.waiting_for(cast.police)
    event = services.act(event=event, action="ask", actor=cast.police, note="几点发现的", at=MONDAY)
    event = services.act(event=event, action="comment", actor=cast.worker, note="早上", at=MONDAY)
    assert told(event) == {cast.police, cast.chief}
    event = services.act(event=event, action="resolve", actor=cast.police, note="已劝离", at=MONDAY)
    assert (event.status, event.resolver, event.steps.last().side) == ("resolved", cast.police, "partner")
    with pytest.raises(ActionForbidden):
        services.act(event=event, action="pass_check", actor=cast.police, at=MONDAY)


def test_both_may_end_it_with_a_reason(cast, event):
    for actor in (cast.chief, cast.police):
        event = join(event, cast.police)
        event = services.act(event=event, action="part", actor=actor, reason="已核查", at=MONDAY)
        assert event.partner is None
    with pytest.raises(ActionForbidden):
        services.act(event=join(event, cast.police), action="part", actor=cast.worker, reason="不用", at=MONDAY)


def test_who_leaves_the_post_has_no_part_in_it(cast, event):
    event = join(event, cast.police)
    end_post(actor=None, post=cast.police.active_posts[0])
    cast.police.forget_rights()
    assert event.sides_of(cast.police) == frozenset()
    assert not Event.objects.visible_to(cast.police).exists()
    assert not Event.objects.waiting_for(cast.police).exists()


def test_it_lasts_while_the_case_climbs(cast, event):
    event = take(join(event, cast.police), "escalate", at=MONDAY)
    assert (event.holder, event.partner) == (cast.tree.community, cast.police)


def test_the_history_gives_the_row(cast, event):
    event = join(event, cast.police)
    event = services.act(event=event, action="part", actor=cast.chief, reason="已核查", at=MONDAY)
    join(event, cast.chief, cast.police)
    assert list(problems(at=MONDAY)) == []
    Event.objects.update(partner=None)
    assert any("police officer" in said for said in problems(at=MONDAY))


def test_the_page_shows_them_side_by_side(cast, event, client):
    join(event, cast.police)
    for person in (cast.chief, cast.police):
        client.force_login(person)
        page = client.get(reverse("event_detail", args=[event.number]))
        assert "Handled together with" in page.content.decode()
        assert page.context["steps"][0].action == "join"
    assert page.context["first"].move.action == "resolve"


def test_it_is_asked_for_on_the_page(cast, event, client):
    client.force_login(cast.chief)
    url = reverse("event_act", args=[event.number, "join"])
    sent = {"version": event.step_count, "reason": "现场核查", "partner": cast.worker.pk}
    assert client.post(url, sent).status_code == 400
    assert client.post(url, sent | {"partner": cast.police.pk}).status_code == 302
    event.refresh_from_db()
    assert event.partner == cast.police


def test_it_is_asked_for_through_the_api(cast, event, client):
    client.force_login(cast.chief)
    url = f"/api/v1/events/{event.number}/actions/"
    sent = {"action": "join", "partner": "worker", "reason": "现场核查"}
    assert client.post(url, sent, content_type="application/json").status_code == 400
    answer = client.post(url, sent | {"partner": "police"}, content_type="application/json")
    assert (answer.status_code, answer.json()["partner"]["name"]) == (200, "赵刚")


def test_a_clue_report_is_never_opened_by_it(cast):
    clue = make_category("线索举报", is_confidential=True, lowest_loop="community")
    event = take(make_event(cast.worker, cast.tree.building, category=clue, at=MONDAY), "accept", at=MONDAY)
    with pytest.raises(ActionConflict, match="clue report"):
        join(event, cast.community, cast.police)
    with pytest.raises(ActionForbidden):
        join(event, cast.police)
    assert not services.partner_candidates(event).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(partner=cast.police)
