"""How to reach who ordered: kept encrypted, seen by who holds the order, each look written down, erased in time."""

from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.urls import reverse

from grids.models import Role
from tests.events.conftest import MONDAY
from tests.factories import make_post, make_user
from tests.volunteers.orders import DAY, accepted, dispatched, done, fresh, make_order
from volunteers import services
from volunteers.models import OrderContact, OrderReveal, ServiceOrder
from volunteers.orders.access import may_see_contact
from volunteers.tasks import erase_order_contacts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

NAME, PHONE, DOOR = "张三丰", "13812345678", "2单元301室"
SECRETS = (NAME, PHONE, DOOR)


@pytest.fixture
def order(cast):
    return make_order(cast.tree.building, name=NAME, phone=PHONE, address=DOOR)


def seers(cast, order, **more) -> set[str]:
    people = {name: getattr(cast, name) for name in cast.__dataclass_fields__ if name != "tree"} | more
    return {name for name, user in people.items() if may_see_contact(user, fresh(order))}


def test_the_desk_that_holds_it_and_who_accepted_it_may_look_and_nobody_else(cast, order, helper):
    assert seers(cast, order, helper=helper) == {"chief"}
    dispatched(order, helper)
    assert seers(cast, order, helper=helper) == {"chief"}
    services.accept_order(order=order, actor=helper, at=MONDAY)
    assert seers(cast, order, helper=helper) == {"chief", "helper"}
    services.finish_order(order=order, actor=helper, at=MONDAY)
    assert seers(cast, order, helper=helper) == {"chief"}


def test_with_the_order_the_contact_climbs(cast, order):
    services.climb_order(order=order, actor=cast.chief, text="没人", at=MONDAY)
    assert seers(cast, order) == {"community"}


def test_each_look_is_written_down_with_its_reason(cast, order):
    person = services.reveal_order_contact(order=order, actor=cast.chief, reason="约时间", at=MONDAY)
    assert (person.name, person.phone, person.address) == SECRETS
    look = OrderReveal.objects.get()
    assert (look.actor, look.reason, look.at) == (cast.chief, "约时间", MONDAY)
    assert not any(secret in repr(person) for secret in SECRETS)


@pytest.mark.parametrize("reason", ["", "  ", "长" * 501])
def test_without_a_reason_nothing_is_shown(cast, order, reason):
    with pytest.raises(ValidationError):
        services.reveal_order_contact(order=order, actor=cast.chief, reason=reason)
    assert not OrderReveal.objects.exists()


def test_who_may_not_look_is_refused(cast, order):
    for user in (cast.worker, cast.community, cast.admin):
        with pytest.raises(PermissionDenied):
            services.reveal_order_contact(order=order, actor=user, reason="看看")


def test_the_pages_show_it_masked_and_after_a_reason_in_full(cast, as_, order):
    desk, page = as_(cast.chief), reverse("order_detail", args=[order.pk])
    shown = desk.get(page).content.decode()
    assert "张* 138****5678" in shown
    assert not any(secret in shown for secret in SECRETS)
    contact = reverse("order_contact", args=[order.pk])
    assert desk.post(contact, {"reason": ""}).status_code == 400
    assert all(secret in desk.post(contact, {"reason": "约时间"}).content.decode() for secret in SECRETS)
    assert "约时间" in desk.get(page).content.decode()
    above = as_(cast.community)
    assert "138****5678" not in above.get(page).content.decode()
    assert above.get(contact).status_code == 403


def test_no_page_sheet_answer_or_dump_holds_it(cast, as_, order, helper):
    accepted(order, helper)
    chief = as_(cast.chief)
    pages = [
        reverse("order_list"),
        reverse("order_list") + "?export=xlsx",
        "/api/v1/orders/",
        f"/api/v1/orders/{order.pk}/",
    ]
    shown = [b"".join(chief.get(page)).decode(errors="replace") for page in pages]
    admin = as_(cast.admin)
    shown += [admin.get(reverse("admin:volunteers_serviceorder_change", args=[order.pk])).content.decode()]
    dump = StringIO()
    call_command("dumpdata", "volunteers", "grids", stdout=dump)
    assert not any(secret in text for secret in SECRETS for text in (*shown, dump.getvalue()))


# Erasing


def test_long_after_its_end_contact_and_words_are_erased_and_the_order_is_still_counted(cast, order, helper, settings):
    done(order, helper)
    settings.CONTACT_KEPT_DAYS = 180
    assert services.erase_order_contacts(at=MONDAY + 180 * DAY)["contacts"] == 0
    assert services.erase_order_contacts(at=MONDAY + 181 * DAY)["contacts"] == 1
    now = fresh(order)
    assert now.contact.is_empty
    assert (now.text, now.contact.code_hash, now.state) == ("", "", "done")
    assert services.erase_order_contacts(at=MONDAY + 181 * DAY)["contacts"] == 0
    assert not may_see_contact(helper, now)
    assert ServiceOrder.objects.count() == 1


def test_what_the_resident_said_of_it_is_erased_too(order, helper):
    services.rate_order(order=done(order, helper), actor=None, rating="fair", text="我是张桂兰", at=MONDAY)
    services.erase_order_contacts(at=MONDAY + 900 * DAY)
    assert list(order.steps.filter(rating="fair").values_list("text", flat=True)) == [""]


def test_who_accepted_it_and_serves_no_more_does_not_see_the_contact(order, helper):
    accepted(order, helper)
    assert may_see_contact(helper, fresh(order))
    services.end_enrolment(actor=None, enrolment=helper.enrolments.get(), text="不再服务")
    assert not may_see_contact(helper, fresh(order))


def test_what_is_open_is_kept(order):
    assert services.erase_order_contacts(at=MONDAY + 900 * DAY)["contacts"] == 0
    assert not fresh(order).contact.is_empty


def test_what_was_erased_is_not_taken_up_again(cast, order):
    services.refuse_order(order=order, actor=None, text="做不了", at=MONDAY)
    services.erase_order_contacts(at=MONDAY + 181 * DAY)
    with pytest.raises(ValidationError, match="its contact was erased"):
        services.reopen_order(order=order, actor=None, text="再试", at=MONDAY + 182 * DAY)


def test_where_an_order_came_from_is_forgotten_after_a_week(cast, order):
    OrderContact.objects.update(source="abc")
    assert services.erase_order_contacts(at=MONDAY + 8 * DAY)["sources"] == 1
    assert erase_order_contacts() == {"contacts": 0, "sources": 0}


def test_a_new_key_opens_what_an_old_one_closed(cast, order):
    call_command("rotate_keys")
    assert order.contact.phone.reveal() == PHONE


def test_a_dispatcher_who_came_later_holds_it_as_well(cast, order):
    later = make_post(make_user("新人"), cast.tree.building, Role.DISPATCHER).user
    assert may_see_contact(later, fresh(order))
