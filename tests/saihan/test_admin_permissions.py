"""Who may open which page of Django admin: every page, every kind of person."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from branches.services import add_line, enter_spending, plan_budget, publish, write_story
from events.models import AuditAlarm, Delivery, Event, ServiceLevel
from events.services import change_level, change_weight, draw_sample, list_quick_closings, make_digest, reveal_contact
from grids import services
from grids.models import Duty, Grid, OrganisationKind, Post, Role, User
from grids.sheets import kinds
from tests.factories import (
    make_activity,
    make_activity_kind,
    make_area,
    make_branch,
    make_contact,
    make_event,
    make_issued_item,
    make_mediation,
    make_meeting,
    make_member_enrolment,
    make_organisation,
    make_organisation_enrolment,
    make_patrol,
    make_post,
    make_topic,
    make_user,
    take,
)
from tests.volunteers.orders import make_order, make_service
from volunteers.models import ActivityKind, DisputeKind
from volunteers.services import reveal_order_contact

pytestmark = pytest.mark.django_db

READ = {"list", "open", "history"}
EDIT = READ | {"change"}
ENTER = EDIT | {"add"}
EVERYTHING = ENTER | {"delete"}
# What a superuser may do with each model, and what an official who manages a street; a new model needs a line.
MAY = {
    "grids.grid": (EVERYTHING, EVERYTHING),
    "grids.post": (ENTER, ENTER),
    "grids.user": (ENTER, ENTER),
    "grids.duty": (EVERYTHING, set()),
    "grids.gridchange": (READ, READ),
    "grids.organisation": (ENTER, ENTER),
    "grids.sheetimport": (READ, READ),
    "branches.branch": (ENTER, ENTER),
    "branches.chieftitle": (EVERYTHING, set()),
    "branches.meeting": (READ, READ),
    "branches.topic": (READ, set()),
    "branches.budget": (READ, set()),
    "branches.publication": (READ, set()),
    "branches.resourceentry": (READ, set()),
    "branches.story": (READ, set()),
    "volunteers.activity": (READ, READ),
    "volunteers.activitykind": (EVERYTHING, set()),
    "volunteers.skill": (EVERYTHING, set()),
    "volunteers.careneed": (EDIT, set()),
    "volunteers.consenttext": (READ | {"add"}, set()),
    "volunteers.serviceorder": (READ, set()),
    "volunteers.service": (READ, set()),
    "volunteers.orderlimit": (EDIT, set()),
    "volunteers.orderreveal": (READ, set()),
    "volunteers.memberenrolment": (READ, set()),
    "volunteers.organisationenrolment": (READ, set()),
    "volunteers.disputekind": (EVERYTHING, set()),
    "volunteers.mediation": (READ, set()),
    "volunteers.patrol": (READ, READ),
    "events.category": (ENTER, set()),
    "events.servicelevel": (EDIT, set()),
    "events.event": (READ, set()),
    "events.notice": (READ, set()),
    "events.delivery": (READ, set()),
    "events.contactreveal": (READ, set()),
    "events.workinghours": (EDIT, set()),
    "events.calendaryear": (ENTER, set()),
    "events.timechange": (EDIT, set()),
    "events.ratingweight": (EDIT, set()),
    "events.weightchange": (READ, set()),
    "events.sample": (READ, set()),
    "events.quickclosing": (READ, set()),
    "events.quickrule": (EDIT, set()),
    "events.auditdigest": (READ, set()),
    "events.auditalarm": (EDIT, set()),
    "branches.memberarea": (READ, set()),
    "branches.worklist": (READ, set()),
    "branches.claim": (READ, set()),
    "authtoken.tokenproxy": (EVERYTHING, set()),
}
LOGIN, REFUSED, OPEN = "login", 403, 200  # where an empty form is sent, open is also to be told what it lacks


@pytest.fixture
def people(cast) -> dict[str, User | None]:
    manager = make_post(make_user("那仁", "manager"), cast.tree.street, Role.OFFICIAL).user
    manager.posts.update(is_manager=True)
    return {
        "superuser": cast.admin,
        "manager": User.objects.get(pk=manager.pk),
        "official": cast.district,
        "worker": cast.worker,
        "anonymous": None,
    }


@pytest.fixture
def things(cast, people) -> dict[type, int]:
    """One row of each model, inside the manager's street."""
    notice = make_event(cast.worker, cast.tree.unit).notices.get()
    Delivery.objects.create(
        notice=notice, recipient=notice.recipient, event=notice.event, channel="mail", next_try_at=notice.created_at
    )
    services.create_organisation(
        actor=None, grid=cast.tree.community, name="安居物业", kind=OrganisationKind.PROPERTY_COMPANY
    )
    branch = make_branch(cast.tree.community)
    services.rename_grid(actor=None, grid=cast.tree.unit, name="一单元")
    services.save_duty(actor=None, duty=Duty(role=Role.STAFF, text="走访居民"))
    file = BytesIO("编码,名称\n1501050010010009,9号楼\n".encode())
    services.upload_sheet(actor=people["manager"], kind=kinds.find("grids"), file_name="网格.csv", file=file)
    closed = take(make_event(cast.worker, cast.tree.unit), "accept", "resolve", "pass_check")
    Event.objects.filter(pk=closed.pk).update(closed_at=closed.closed_at - timedelta(days=1))
    day = timezone.localdate()
    draw_sample(
        actor=cast.district, grid=cast.tree.district, period_from=day - timedelta(days=2), period_until=day, size=1
    )
    list_quick_closings()
    contact = make_contact(cast.tree.unit, name="张三", phone="13812345678")
    reveal_contact(event=contact.event, actor=cast.chief, reason="回访")
    level = ServiceLevel.objects.first()
    level.amount += 1
    change_level(level=level, actor=cast.admin)
    change_weight(rating="fair", weight=Decimal("0.8"), reason="按新口径", actor=cast.admin)
    make_topic(cast.community, cast.tree.community)
    AuditAlarm.objects.create(kind="missed", digest=make_digest(), raised_at=notice.created_at)
    Token.objects.create(user=cast.worker)
    make_meeting(cast.tree.community, cast.community, starts_at=timezone.now())
    make_activity_kind("人人动手")  # which no activity has
    make_activity(cast.tree.community, timezone.now() + timedelta(days=4))
    make_area(branch, [cast.tree.building])
    make_patrol(cast.police, cast.tree.community, [cast.worker], [cast.tree.building])
    make_mediation(cast.worker, cast.tree.building, kind=DisputeKind.objects.last())  # the first is in no use
    make_issued_item(cast.tree.district)
    line = add_line(
        actor=None,
        budget=plan_budget(actor=None, year=day.year, grid=cast.tree.community),
        kind="money",
        source="street",
        purpose="邻里节",
        planned=Decimal(100),
    )
    enter_spending(actor=None, line=line, amount=Decimal(1), spent_on=day, purpose="舞台")
    publish(actor=None, grid=cast.tree.community, kind="notice", title="公告", text="请留意")
    write_story(actor=None, grid=cast.tree.community, title="扶手", before="", after="装好了")
    unused = ActivityKind.objects.get(name="人人动手")
    chosen = {Grid: cast.tree.second_unit, Post: cast.chief.posts.get(), User: cast.chief, ActivityKind: unused}
    make_service(cast.tree.community)
    reveal_order_contact(order=make_order(cast.tree.building), actor=cast.chief, reason="约时间")
    make_member_enrolment(cast.tree.community)
    make_organisation_enrolment(make_organisation(cast.tree.community), cast.tree.community)
    chosen = {Grid: cast.tree.second_unit, Post: cast.chief.posts.get(), User: cast.chief}
    return {model: (chosen.get(model) or model._default_manager.first()).pk for model in admin.site._registry}


def outcome(person: User | None, name: str, *args, method: str = "get", **query) -> int | str:
    client = Client()
    if person:
        client.force_login(person)
    response = getattr(client, method)(reverse(f"admin:{name}", args=args), query)
    if response.status_code == 302 and "login" in response["Location"]:
        return LOGIN
    if response.status_code == 302 and "changelist" in resolve(response["Location"]).url_name:
        return OPEN  # done
    # What is out of sight, or has no such form, is refused; what lacks something was open.
    return {404: REFUSED, 405: REFUSED, 400: OPEN}.get(response.status_code, response.status_code)


def pages(model: type, pk: int) -> dict[str, dict]:
    """How each thing that one may do is asked for."""
    stem = f"{model._meta.app_label}_{model._meta.model_name}"
    return {
        "list": {"name": f"{stem}_changelist"},
        "add": {"name": f"{stem}_add"},
        "open": {"name": f"{stem}_change", "pk": pk},
        "change": {"name": f"{stem}_change", "pk": pk, "method": "post"},
        "history": {"name": f"{stem}_history", "pk": pk},
        "delete": {"name": f"{stem}_delete", "pk": pk},
    }


def asked(person: User | None, name: str, pk: int | None = None, method: str = "get") -> int | str:
    return outcome(person, name, *([pk] if pk else []), method=method)


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
@pytest.mark.parametrize("who", ["superuser", "manager", "official", "worker", "anonymous"])
def test_every_page_of_every_model(people, things, model, who):
    by_superuser, by_manager = MAY[model._meta.label_lower]
    may = {"superuser": by_superuser, "manager": by_manager}.get(who)
    got = {does: asked(people[who], **page) for does, page in pages(model, things[model]).items()}
    assert got == {does: LOGIN if may is None else OPEN if does in may else REFUSED for does in got}


@pytest.mark.parametrize(
    ("who", "code"),
    [("superuser", OPEN), ("manager", OPEN), ("official", LOGIN), ("worker", LOGIN), ("anonymous", LOGIN)],
)
def test_the_front_page(people, who, code):
    assert outcome(people[who], "index") == code


@pytest.mark.parametrize(
    ("who", "code"),
    [("superuser", OPEN), ("manager", OPEN), ("official", LOGIN), ("worker", LOGIN), ("anonymous", LOGIN)],
)
@pytest.mark.parametrize("field", ["grid", "user"])
def test_choices_for_a_post(people, who, code, field):
    query = {"app_label": "grids", "model_name": "post", "field_name": field, "term": "1"}
    assert outcome(people[who], "autocomplete", **query) == code


def test_staff_without_a_grid_to_manage_see_no_models(cast):
    clerk = make_user("其其格", is_staff=True)
    assert outcome(clerk, "index") == OPEN
    for model in admin.site._registry:
        assert outcome(clerk, f"{model._meta.app_label}_{model._meta.model_name}_changelist") == REFUSED


@pytest.mark.parametrize("what", ["grid", "post", "user"])
def test_what_lies_outside_is_not_there_for_the_manager(cast, people, what):
    """Django leads back to the front page with a word that there is no such thing."""
    post = make_post(make_user("高娃"), cast.tree.far_community)
    outside = {"grid": cast.tree.far_community, "post": post, "user": post.user}[what]
    for page in ("change", "delete", "history"):
        for method in ("get", "post"):
            assert outcome(people["manager"], f"grids_{what}_{page}", outside.pk, method=method) in (302, REFUSED)
    assert type(outside).objects.filter(pk=outside.pk).exists()


def test_the_front_page_of_a_manager_offers_what_they_keep(people):
    client = Client()
    client.force_login(people["manager"])
    offered = client.get(reverse("admin:index")).context["app_list"]
    names = [model["model"]._meta.label_lower for app in offered for model in app["models"]]
    assert sorted(names) == sorted(label for label, (_all, by_manager) in MAY.items() if by_manager)
