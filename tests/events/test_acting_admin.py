"""Every action of the table in Django admin, where the same table says what is open."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Event
from events.workflow import TABLE, Side
from tests.events.conftest import snapshot
from tests.events.test_races import first
from tests.events.test_workflow import EXPECTED, SIDES, held_by_the_street
from tests.factories import make_category, make_event, make_organisation, take

pytestmark = pytest.mark.django_db

UNTIL = timezone.localdate() + timedelta(days=30)
GIVEN = {"reason": "情况如此", "note": "已处理", "rating": "satisfied", "until": f"{UNTIL}"}
# Each action with a side that may take it; the system's own are nobody's.
OPEN_TO = [(action, by.split()[0]) for action, (_from, _to, by) in EXPECTED.items() if by]


def as_administrator(client, user):
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    return client


def address(event: Event, action: str) -> str:
    return reverse("admin:events_event_act", args=[event.pk, action])


@pytest.mark.parametrize(("action", "side"), OPEN_TO)
def test_every_action_works_here(client, cast, action, side):
    status = EXPECTED[action][0].split()[0]
    stage = held_by_the_street(cast, status)
    stage.waits(action, status)
    as_administrator(client, stage.people[side])
    given = {"version": stage.event.step_count, "handler": cast.neighbour.pk, "into": stage.other.number}
    given |= {"partner": stage.people["police"].pk, **GIVEN}
    if action == "resolve":
        del given["reason"]  # it would say why it cannot be fixed
    assert client.get(address(stage.event, action)).status_code == 200
    response = client.post(address(stage.event, action), given)
    assert response.status_code == 302
    after = Event.objects.get(pk=stage.event.pk)
    assert after.steps.last().action == action
    assert after.status == (EXPECTED[action][1] or status)
    assert after.steps.last().actor == stage.people[side]


@pytest.mark.parametrize("side", SIDES)
def test_the_page_offers_what_the_table_opens(client, cast, side):
    stage = held_by_the_street(cast, "handling")
    as_administrator(client, stage.people[side])
    page = client.get(reverse("admin:events_event_change", args=[stage.event.pk]))
    offered = [move.action for move in page.context["moves"]]
    assert offered == [action for action in TABLE if address(stage.event, action) in page.content.decode()]
    assert ("resolve" in offered) == (side in ("desk", "handler", "partner"))


@pytest.mark.parametrize("action", [move.action for move in TABLE.values() if move.sides == {Side.SYSTEM}])
def test_what_is_the_systems_is_nobodys(client, cast, action):
    event = make_event(cast.worker, cast.tree.unit)
    before = snapshot(event)
    as_administrator(client, cast.chief)
    response = client.post(address(event, action), {"version": event.step_count})
    assert response.status_code == 403
    assert "此操作不由您办理" in response.content.decode()
    assert snapshot(event) == before


def test_an_administrator_without_a_post_may_only_add_a_word(client, cast):
    event = make_event(cast.worker, cast.tree.unit)
    client.force_login(cast.admin)
    assert client.post(address(event, "accept"), {"version": event.step_count}).status_code == 403
    assert client.get(address(event, "accept"), follow=True).redirect_chain[0][1] == 302
    client.post(address(event, "comment"), {"version": event.step_count, "note": "请尽快"})
    assert Event.objects.get().steps.last().note == "请尽快"


def test_what_is_missing_is_said_and_nothing_changes(client, cast):
    event = make_event(cast.worker, cast.tree.unit)
    as_administrator(client, cast.chief)
    response = client.post(address(event, "void"), {"version": event.step_count, "reason": " "})
    assert response.status_code == 400
    assert "请填写理由" in response.content.decode()
    assert Event.objects.get().status == "filed"


def test_who_was_slower_is_told_and_can_send_it_again(client, cast):
    event = make_event(cast.worker, cast.tree.unit)
    as_administrator(client, cast.chief)
    take(event, "accept")
    response = client.post(address(event, "escalate"), {"version": 1, "reason": "办不了"})
    assert response.status_code == 409
    assert "办不了" in response.content.decode()
    again = client.post(address(event, "escalate"), {"version": 2, "reason": "办不了"})
    assert again.status_code == 302
    assert Event.objects.get().loop == "community"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_takes_out_of_sight_meanwhile_is_not_there(client, cast, pool):
    clue = make_category("线索举报", is_confidential=True, lowest_loop="grid")
    event = take(make_event(cast.worker, cast.tree.unit, category=clue), "accept")
    as_administrator(client, cast.chief)
    given = {"version": event.step_count, "note": "已处理"}
    with first(pool, client.post, path=address(event, "resolve"), data=given) as waiting:
        take(event, "escalate")
    assert waiting[0].result(20).status_code == 404
    assert not Event.objects.visible_to(cast.chief).exists()


def test_an_organisation_is_chosen_like_a_person(client, cast):
    organisation = make_organisation(cast.tree.community, "安居物业", representatives=[cast.neighbour])
    event = take(make_event(cast.worker, cast.tree.unit), "accept")
    as_administrator(client, cast.chief)
    assert "安居物业" in client.get(address(event, "assign")).content.decode()
    given = {"version": event.step_count, "handler": f"organisation-{organisation.pk}"}
    assert client.post(address(event, "assign"), given).status_code == 302
    assert Event.objects.get().organisation == organisation


def test_the_checklist_is_ticked_here_too(client, cast):
    category = make_category("井盖", checklist="拍照\n围挡")
    event = take(make_event(cast.worker, cast.tree.unit, category=category), "accept")
    as_administrator(client, cast.chief)
    given = {"version": event.step_count, "note": "已处理", "checklist": ["拍照"]}
    assert client.post(address(event, "resolve"), given).status_code == 400
    assert client.post(address(event, "resolve"), given | {"checklist": ["拍照", "围挡"]}).status_code == 302


@pytest.mark.parametrize("who", ["worker", "district", "stranger"])
def test_who_is_no_administrator_has_no_way_in(client, cast, who):
    event = make_event(cast.worker, cast.tree.unit)
    client.force_login(getattr(cast, who))
    assert "login" in client.post(address(event, "comment"), {"note": "请尽快"})["Location"]
    assert Event.objects.get().step_count == 1


def test_a_clue_report_is_not_there(client, cast):
    event = make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))
    client.force_login(cast.admin)
    assert client.get(address(event, "comment")).status_code == 404
    assert client.post(address(event, "comment"), {"note": "看看"}).status_code == 404
