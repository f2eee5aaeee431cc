"""Names and phones of residents: masked, revealed with a reason, erased in time; and clue reports."""

import io
import logging
import subprocess
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events import services, tasks
from events.audit import problems
from events.models import ContactReveal, Event, Notice, ResidentContact
from grids.masking import mask_name, mask_phone
from grids.models import PublicUse
from grids.public_forms import stamp
from tests import servers
from tests.cast import Cast, make_cast
from tests.conftest import database_url
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_contact, make_event, make_service_levels, make_uploads, take

pytestmark = pytest.mark.django_db

NAME, PHONE = "张三丰", "13812345678"
EVERYBODY = ["worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin"]


@pytest.fixture
def contact(cast) -> ResidentContact:
    return make_contact(cast.tree.unit, name=NAME, phone=PHONE, source="a", at=MONDAY)


@pytest.fixture
def event(contact) -> Event:
    return contact.event


# Masked


@pytest.mark.parametrize(("name", "masked"), [("张三", "张*"), ("欧阳娜娜", "欧*"), ("", ""), ("J", "J*")])
def test_a_name_is_masked(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"), [(PHONE, "138****5678"), ("04711234567", "047****4567"), ("1234567", "****67")]
)
def test_a_phone_is_masked(phone, masked):
    assert mask_phone(phone) == masked


def test_the_desk_and_the_handler_see_it_masked_and_others_not_at_all(cast, client, event):
    event = take(event, "accept", "assign", handler=cast.worker)
    seen = {}
    for name in EVERYBODY:
        client.force_login(getattr(cast, name))
        page = client.get(f"/events/{event.number}/").content.decode()
        assert PHONE not in page
        assert NAME not in page
        seen[name] = "138****5678" in page
    assert {name for name, masked in seen.items() if masked} == {"chief", "worker"}


def test_the_api_tells_nothing_of_it(cast, client, event):
    client.force_login(cast.chief)
    for address in ("", "steps/"):
        body = client.get(f"/api/v1/events/{event.number}/{address}").content.decode()
        assert PHONE not in body
        assert "138****" not in body
        assert "张" not in body


def test_without_its_key_it_is_stars_and_no_error(cast, client, event, settings):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    client.force_login(cast.chief)
    answer = client.get(f"/events/{event.number}/")
    assert answer.status_code == 200
    assert "****" in answer.content.decode()
    with pytest.raises(ValidationError):
        services.reveal_contact(event=event, actor=cast.chief, reason="约时间")


# Revealed


def test_a_look_is_written_down_first(cast, event):
    person = services.reveal_contact(event=event, actor=cast.chief, reason=" 约维修时间 ", at=MONDAY)
    assert (person.name, person.phone) == (NAME, PHONE)
    assert PHONE not in repr(person)
    look = ContactReveal.objects.get()
    assert (look.event, look.actor, look.actor_name, look.at, look.reason) == (
        event, cast.chief, "王建国", MONDAY, "约维修时间"
    )  # fmt: skip
    assert look.actor_post == "1号楼 网格长"


@pytest.mark.parametrize("reason", ["", " \u3000", "字" * 501, "翻\u202e转"])
def test_without_a_reason_nothing_is_shown(cast, event, reason):
    with pytest.raises(ValidationError):
        services.reveal_contact(event=event, actor=cast.chief, reason=reason)
    assert not ContactReveal.objects.exists()


@pytest.mark.parametrize("name", sorted({*EVERYBODY} - {"chief"}))
def test_nobody_but_desk_and_handler_may_look(cast, client, event, name):
    with pytest.raises(PermissionDenied):
        services.reveal_contact(event=event, actor=getattr(cast, name), reason="好奇")
    client.force_login(getattr(cast, name))
    answer = client.post(reverse("event_contact", args=[event.number]), {"reason": "好奇"})
    assert answer.status_code in (403, 404)
    assert not ContactReveal.objects.exists()


def test_who_lost_the_case_may_not_look_any_more(cast, event):
    event = take(event, "escalate")
    with pytest.raises(PermissionDenied):
        services.reveal_contact(event=event, actor=cast.chief, reason="约时间")
    assert services.reveal_contact(event=event, actor=cast.community, reason="约时间").phone == PHONE


def test_the_page_asks_why_shows_it_and_is_kept_nowhere(cast, client, event):
    client.force_login(cast.chief)
    address = reverse("event_contact", args=[event.number])
    for answer in (client.get(address), client.post(address, {"reason": " "})):
        assert PHONE not in answer.content.decode()
    assert answer.status_code == 400
    answer = client.post(address, {"reason": "约维修时间"})
    assert PHONE in answer.content.decode()
    assert NAME in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert PHONE not in client.get(address).content.decode()
    page = client.get(f"/events/{event.number}/").content.decode()
    assert "约维修时间" in page


def test_looks_are_for_the_desk_and_read_only_in_admin(cast, client, event):
    services.reveal_contact(event=event, actor=cast.chief, reason="约维修时间")
    client.force_login(cast.worker)
    assert "约维修时间" not in client.get(f"/events/{event.number}/").content.decode()
    client.force_login(cast.admin)
    listed = client.get("/admin/events/contactreveal/").content.decode()
    assert "约维修时间" in listed
    assert client.get("/admin/events/contactreveal/add/").status_code == 403
    change = f"/admin/events/contactreveal/{ContactReveal.objects.get().pk}/change/"
    assert client.post(change, {"reason": "别的"}).status_code == 403
    assert client.get("/admin/events/residentcontact/").status_code == 404


def test_a_look_is_never_edited_or_removed(cast, event):
    services.reveal_contact(event=event, actor=cast.chief, reason="约维修时间")
    look = ContactReveal.objects.get()
    look.reason = "别的"
    with pytest.raises(TypeError):
        look.save()
    with pytest.raises(TypeError):
        look.delete()


def test_the_card_costs_the_same_however_many_looked(cast, client, event, django_assert_num_queries):
    client.force_login(cast.chief)
    services.reveal_contact(event=event, actor=cast.chief, reason="约维修时间")
    client.get(f"/events/{event.number}/")  # reads its notices
    with CaptureQueriesContext(connection) as before:
        client.get(f"/events/{event.number}/")
    for _time in range(5):
        services.reveal_contact(event=event, actor=cast.chief, reason="约维修时间")
    with django_assert_num_queries(len(before)):
        client.get(f"/events/{event.number}/")


# Erased


def ended(event: Event, *actions: str) -> Event:
    return take(event, *(actions or ("accept", "resolve", "pass_check")), at=MONDAY)


@pytest.mark.parametrize("actions", [("accept", "resolve", "pass_check"), ("void",)])
def test_a_contact_is_erased_180_days_after_the_end(event, actions):
    ended(event, *actions)
    assert services.erase_contacts(at=MONDAY + timedelta(days=180))["contacts"] == 0
    at = MONDAY + timedelta(days=180, seconds=1)
    assert services.erase_contacts(at=at)["contacts"] == 1
    contact = ResidentContact.objects.get()
    assert (contact.name, contact.phone, contact.code_hash, contact.source) == (None, None, "", "")
    assert contact.erased_at == at
    assert services.erase_contacts(at=at)["contacts"] == 0
    assert not list(problems())


def test_an_open_case_keeps_its_contact(event):
    take(event, "accept", at=MONDAY)
    assert services.erase_contacts(at=MONDAY + timedelta(days=999))["contacts"] == 0


def test_reopening_stops_it(cast, event):
    event = ended(event)
    services.act(event=event, action="reopen", actor=cast.district, reason="又坏了", at=MONDAY + timedelta(days=170))
    assert services.erase_contacts(at=MONDAY + timedelta(days=400))["contacts"] == 0


def test_a_rating_does_not_prolong_it(event):
    event = ended(event)
    services.act_as_resident(contact=event.contact, action="rate", rating="satisfied", at=MONDAY + timedelta(days=6))
    assert services.erase_contacts(at=MONDAY + timedelta(days=181))["contacts"] == 1


def joined_to(cast, *actions: str, at=MONDAY) -> tuple[Event, Event]:
    """A resident's report and the case that it goes on in, which was taken so far."""
    target = take(make_event(cast.worker, cast.tree.unit, at=at), "escalate", at=at)
    given = {"category": target.category, "into": target, "phone": PHONE, "at": at}
    report = make_contact(cast.tree.building, **given, attachments=make_uploads(None)).event
    return report, take(Event.objects.with_related().get(pk=target.pk), *actions, at=at)


def test_a_merged_report_keeps_its_contact_and_photos_while_the_case_rests(cast):
    until = timezone.localdate(MONDAY) + timedelta(days=300)
    joined_target = joined_to(cast, "accept")[1]
    for action in ("ask_suspend", "suspend"):
        joined_target = take(joined_target, action, at=MONDAY, until=until)
    done = services.erase_contacts(at=MONDAY + timedelta(days=200))
    assert (done["contacts"], done["photos"]) == (0, 0)
    assert not list(problems())


def test_a_merged_report_is_erased_180_days_after_the_end_of_the_case(cast):
    joined_to(cast, "accept", "resolve", "pass_check")
    assert services.erase_contacts(at=MONDAY + timedelta(days=180))["contacts"] == 0
    done = services.erase_contacts(at=MONDAY + timedelta(days=180, seconds=1))
    assert (done["contacts"], done["photos"]) == (1, 1)


def test_through_the_chain_a_reopened_case_keeps_it(cast):
    _report, middle = joined_to(cast)
    last = take(make_event(cast.worker, cast.tree.unit, at=MONDAY), "escalate", at=MONDAY)
    take(middle, "merge", into=last, at=MONDAY)
    last = take(Event.objects.with_related().get(pk=last.pk), "accept", "resolve", "pass_check", at=MONDAY)
    services.act(event=last, action="reopen", actor=cast.district, reason="又坏了", at=MONDAY + timedelta(days=170))
    assert services.erase_contacts(at=MONDAY + timedelta(days=400))["contacts"] == 0


def test_after_that_the_code_opens_nothing(cast, client):
    receipt = services.file_resident_report(grid=cast.tree.unit, text="灯坏了", phone=PHONE, at=MONDAY)
    ended(receipt.event)
    services.erase_contacts(at=MONDAY + timedelta(days=181))
    number = receipt.event.number
    assert services.open_case(number=number, code=receipt.code, source="a") is None
    with pytest.raises(ValidationError):
        services.reveal_contact(event=receipt.event, actor=cast.chief, reason="约时间")
    client.force_login(cast.chief)
    assert client.get(f"/events/{number}/").status_code == 200


def test_sources_are_forgotten_after_a_week_and_counts_with_their_window(contact):
    PublicUse.objects.create(
        kind="x", source="y", starts_at=MONDAY - timedelta(hours=2), ends_at=MONDAY - timedelta(hours=1)
    )
    uses = PublicUse.objects.count()
    assert services.erase_contacts(at=MONDAY) == {"contacts": 0, "photos": 0, "sources": 0, "uses": 1}
    done = services.erase_contacts(at=MONDAY + timedelta(days=7, seconds=1))
    assert done == {"contacts": 0, "photos": 0, "sources": 1, "uses": uses - 1}
    assert ResidentContact.objects.get().source == ""


def test_the_task_and_the_command_do_it_and_tell_how_many(event, settings):
    ended(event)
    settings.CONTACT_KEPT_DAYS = 0
    out = io.StringIO()
    call_command("erase_contacts", stdout=out)
    assert "1" in out.getvalue()
    assert tasks.erase_contacts() == {"contacts": 0, "photos": 0, "sources": 0, "uses": 0}
    assert settings.CELERY_BEAT_SCHEDULE["erase contacts"]["task"] == "events.tasks.erase_contacts"


def test_erasing_costs_the_same_for_many(cast, django_assert_num_queries):
    for _number in range(6):
        ended(make_contact(cast.tree.unit, phone=PHONE, at=MONDAY).event)
    with django_assert_num_queries(12):  # uses, sources, one batch with its photos and the empty one after it
        services.erase_contacts(at=MONDAY + timedelta(days=181))


# Nowhere in clear


def test_logs_hold_neither(cast, client, settings, caplog):
    settings.PUBLIC_FORM_SECONDS = (0, 3600)
    caplog.set_level(logging.DEBUG)
    address = reverse("public_report", args=[cast.tree.unit.code])
    sent = {
        "text": "灯坏了",
        "name": NAME,
        "phone": PHONE,
        "key": "k" * 32,
        "opened": stamp(cast.tree.unit, timezone.now()),
    }
    client.post(address, sent, REMOTE_ADDR="203.0.113.9")
    client.post(address, sent | {"phone": PHONE + "0"}, REMOTE_ADDR="203.0.113.9")
    lines = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    for hidden in (NAME, PHONE, "203.0.113.9"):
        assert not [line for line in lines if hidden in line]
    assert "203.0.113.9" not in str(list(PublicUse.objects.values())) + str(list(ResidentContact.objects.values()))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_dump_of_the_database_holds_neither():
    make_service_levels()
    cast = make_cast()
    receipt = services.file_resident_report(grid=cast.tree.unit, text="灯坏了", name=NAME, phone=PHONE, source="a")
    program = servers.postgres_programs() / "pg_dump"
    url = urlsplit(database_url())
    host = url.query.removeprefix("host=").replace("%2F", "/")
    dump = subprocess.run(
        [program, "-h", host, "-U", url.username, url.path[1:]], capture_output=True, text=True, check=True
    ).stdout
    assert receipt.event.number in dump
    for hidden in (NAME, PHONE, receipt.code):
        assert hidden not in dump


# Clue reports


@pytest.fixture
def clue(cast) -> Event:
    category = make_category("线索举报", is_confidential=True, public_name="举报违法线索", lowest_loop="community")
    return make_contact(cast.tree.unit, "二单元地下室有人聚赌", category=category, phone=PHONE).event


KNOWING = {"community", "police"}
OTHERS = sorted({*EVERYBODY} - KNOWING)
WORDS = ("聚赌", "二单元地下室")


def shown(client, address: str) -> str:
    return client.get(address).content.decode()


def test_the_public_page_says_who_will_see_a_clue(cast, client, clue):
    page = shown(client, f"/g/{cast.tree.unit.code}/report/")
    assert "举报违法线索" in page
    assert f'aria-describedby="clue-{clue.category_id}"' in page


def test_its_reporter_follows_it_by_the_code(cast, client, settings):
    category = make_category("线索举报", is_confidential=True, lowest_loop="community")
    receipt = services.file_resident_report(grid=cast.tree.unit, text="有人聚赌", category=category)
    client.post("/follow/", {"number": receipt.event.number, "code": receipt.code})
    assert "有人聚赌" in shown(client, f"/follow/{receipt.event.number}/")


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_clue_is_seen_by_desk_and_police_alone(cast, client, clue, name):
    client.force_login(getattr(cast, name))
    knows = name in KNOWING
    assert client.get(f"/events/{clue.number}/").status_code == (200 if knows else 404)
    assert client.get(f"/api/v1/events/{clue.number}/").status_code == (200 if knows else 404)
    assert client.get(f"/api/v1/events/{clue.number}/steps/").status_code == (200 if knows else 404)
    found = [f"/events/?search={word}" for word in WORDS] + ["/events/", f"/events/?search={clue.number}"]
    assert all((f'href="/events/{clue.number}/"' in shown(client, address)) is knows for address in found)
    for address in ("/api/v1/events/", "/api/v1/events/?search=聚赌", f"/api/v1/events/?search={clue.number}"):
        assert client.get(address).json()["count"] == knows, address


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_else_acts_on_it_looks_at_it_or_is_told_of_it(cast, client, clue, name):
    client.force_login(getattr(cast, name))
    for address in ("accept", "comment", "spam", "contact"):
        assert client.post(f"/events/{clue.number}/{address}/", {"note": "x", "reason": "x"}).status_code == 404
    assert client.post(f"/api/v1/events/{clue.number}/actions/", {"action": "comment"}).status_code == 404
    for address in (
        "/",
        "/notices/",
        f"/grids/{cast.tree.community.code}/",
        f"/grids/{cast.tree.unit.code}/",
        "/grids/",
    ):
        assert not any(word in shown(client, address) for word in (*WORDS, clue.number)), address
    assert clue.steps.count() == 1


@pytest.mark.parametrize("name", OTHERS)
def test_no_count_betrays_it(cast, client, name):
    """The pages with figures are the same to the letter before and after."""
    client.force_login(getattr(cast, name))
    pages = ["/grids/", f"/grids/{cast.tree.community.code}/", f"/grids/{cast.tree.street.code}/", "/events/", "/"]
    before = [figures(client, address) for address in pages]
    category = make_category("线索举报", is_confidential=True, lowest_loop="community")
    make_contact(cast.tree.unit, "有人聚赌", category=category)
    assert [figures(client, address) for address in pages] == before
    assert client.get("/api/v1/events/").json()["count"] == 0


def figures(client, address: str) -> list:
    answer = client.get(address)
    context = answer.context or {}
    grids = [*(context.get("children") or ()), *(context.get("grids") or ())]
    return [answer.status_code, [getattr(grid, "open_count", None) for grid in grids], len(context.get("events") or ())]


def test_notices_of_it_reach_desk_and_police_alone(cast, clue):
    services.act_as_resident(contact=clue.contact, action="comment", note="今晚还在")
    take(Event.objects.with_related().get(), "accept", "ask", note="几点？")
    assert {notice.recipient for notice in Notice.objects.filter(event=clue)} <= {cast.community, cast.police}


def test_admin_shows_a_superuser_nothing_of_it(cast, client, clue):
    services.reveal_contact(event=clue, actor=cast.community, reason="核实聚赌线索")
    client.force_login(cast.admin)
    for address in ("/admin/events/event/", "/admin/events/notice/", "/admin/events/contactreveal/", "/admin/"):
        assert not any(word in shown(client, address) for word in (*WORDS, clue.number)), address
    assert client.get(f"/admin/events/event/{clue.pk}/change/").status_code == 302


def test_public_pages_say_nothing_of_any_report(cast, client, clue):
    make_contact(cast.tree.unit, "楼道灯坏了")
    for address in (f"/g/{cast.tree.unit.code}/report/", f"/g/{cast.tree.community.code}/report/", "/follow/"):
        page = shown(client, address)
        assert not any(word in page for word in (*WORDS, "楼道灯坏了", clue.number)), address
    assert shown(client, f"/follow/?number={clue.number}").count(clue.number) == 1  # in the field, as it came


def test_its_contact_is_for_the_desk_and_not_for_the_police(cast, clue):
    assert services.reveal_contact(event=clue, actor=cast.community, reason="核实").phone == PHONE
    with pytest.raises(PermissionDenied):
        services.reveal_contact(event=clue, actor=cast.police, reason="核实")
    event = take(clue, "accept", "assign", handler=cast.police)
    assert services.reveal_contact(event=event, actor=cast.police, reason="核实").phone == PHONE


def test_the_cast_is_complete():
    assert {*EVERYBODY} == set(Cast.__dataclass_fields__) - {"tree"}
