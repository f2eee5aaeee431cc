"""An order that is a problem becomes a case in place, and a case that is a wish becomes an order."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from branches.exceptions import StateConflict
from events import occasions
from events.audit import problems
from events.models import Event
from events.services import file_event
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_contact, make_event, take
from tests.volunteers.orders import accepted, fresh, last, make_helper, make_order
from volunteers import services
from volunteers.models import ServiceOrder
from volunteers.orders.checking import problems_of
from volunteers.orders.sources import find as find_source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def order(cast):
    make_category()
    return make_order(cast.tree.building, text="地下室进水了", phone="13812345678")


def file(order, actor, **changes) -> Event:
    occasion = occasions.find(actor, f"order-{order.pk}")
    given = {
        "category": make_category("房屋") if "category" not in changes else None,
        "grid": order.grid,
        "title": "进水",
    }
    return file_event(actor=actor, occasion=occasion, at=MONDAY, **given | changes)


def test_the_filing_form_is_filled_in(cast, order, as_):
    page = as_(cast.chief).get(reverse("event_file"), {"occasion": f"order-{order.pk}"}).content.decode()
    assert "地下室进水了" in page
    assert order.number in page
    assert "13812345678" not in page


def test_the_order_ends_as_the_case_begins_and_both_tell_of_each_other(cast, order, as_):
    helper = make_helper(cast.tree.community)
    accepted(order, helper)
    event = file(order, cast.chief)
    now = fresh(order)
    assert (now.state, now.member) == ("turned", helper)
    assert last(order).by == cast.chief
    assert order.occasions.get().event == event
    assert not list(problems(at=MONDAY))
    assert not problems_of(now)
    chief = as_(cast.chief)
    assert event.number in chief.get(reverse("order_detail", args=[order.pk])).content.decode()
    assert order.number in chief.get(reverse("event_detail", args=[event.number])).content.decode()


def test_filed_again_it_is_the_same_case(cast, order):
    first = file(order, cast.chief)
    assert file(order, cast.chief, category=first.category) == first
    assert order.steps.filter(action="turn").count() == 1


def test_a_voided_case_lets_it_be_filed_anew(cast, order):
    first = file(order, cast.chief)
    with pytest.raises(StateConflict, match="It goes on as a case"):
        services.reopen_order(order=order, actor=cast.chief, text="还是服务", at=MONDAY)
    take(first, "void", at=MONDAY)
    assert file(order, cast.chief, category=first.category) != first


def test_once_its_case_is_voided_the_order_may_be_taken_up_again(cast, order):
    take(file(order, cast.chief), "void", at=MONDAY)
    assert services.reopen_order(order=order, actor=cast.chief, text="还是服务", at=MONDAY).state == "placed"


def test_only_the_desk_makes_a_case_of_it(cast, order):
    helper = make_helper(cast.tree.community)
    accepted(order, helper)
    may = {user for user in (cast.chief, cast.community, cast.worker, helper, cast.neighbour, cast.police)
           if occasions.find(user, f"order-{order.pk}")}  # fmt: skip
    assert may == {cast.chief, cast.community}


def test_what_was_withdrawn_meanwhile_becomes_no_case(cast, order):
    occasion = occasions.find(cast.chief, f"order-{order.pk}")
    services.withdraw_order(order=order, actor=None, at=MONDAY)
    with pytest.raises(ValidationError, match="is not open"):
        file_event(actor=cast.chief, occasion=occasion, category=make_category("房屋"), grid=order.grid, title="进水")
    assert not Event.objects.exists()


def test_of_a_clue_report_nothing_is_made(cast, order):
    clue = make_category("线索举报", is_confidential=True)
    with pytest.raises(ValidationError, match="A clue report tells of nothing else"):
        file(order, cast.chief, category=clue)
    assert fresh(order).state == "placed"


# A case becomes an order


def test_the_order_form_is_filled_in_from_the_case_and_the_contact_goes_along_unseen(cast, as_):
    event = make_contact(cast.tree.unit, "帮忙修洗衣机", name="张三丰", phone="13812345678").event
    chief, code = as_(cast.chief), f"event-{event.number}"
    page = chief.get(reverse("event_detail", args=[event.number])).content.decode()
    assert f"source={code}" in page
    form = chief.get(reverse("order_new"), {"source": code}).content.decode()
    assert "帮忙修洗衣机" in form
    assert "13812345678" not in form
    sent = {"grid": cast.tree.building.code, "text": "帮忙修洗衣机", "source": code, "idempotency_key": "k"}
    assert chief.post(reverse("order_new"), sent).status_code == 200
    order = ServiceOrder.objects.get()
    assert order.contact.phone.reveal() == "13812345678"
    assert order.number in chief.get(reverse("event_detail", args=[event.number])).content.decode()
    assert event.number in chief.get(reverse("order_detail", args=[order.pk])).content.decode()


def test_who_may_not_see_the_contact_takes_none_along(cast):
    event = make_contact(cast.tree.unit, phone="13812345678").event
    assert find_source(cast.chief, f"event-{event.number}")[2].person.phone
    assert not find_source(cast.worker, f"event-{event.number}")[2].person.phone


def test_no_order_arises_from_a_clue_report_or_from_what_is_out_of_sight(cast, as_):
    clue = make_event(cast.worker, cast.tree.building, category=make_category("线索举报", is_confidential=True))
    event = make_event(cast.worker, cast.tree.building)
    assert find_source(cast.worker, f"event-{clue.number}") is None
    assert find_source(cast.neighbour, f"event-{event.number}") is None
    assert as_(cast.worker).get(reverse("order_new"), {"source": f"event-{clue.number}"}).status_code == 404
    assert (
        f"source=event-{clue.number}"
        not in as_(cast.worker).get(reverse("event_detail", args=[clue.number])).content.decode()
    )
