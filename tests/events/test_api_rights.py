"""Who gets what of the API: each address by each person, clue reports, and what ends or gives a right."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from events.models import Sample
from grids.models import Role
from grids.services import end_post
from tests.events.api_calls import ATTACHMENTS, CATEGORIES, CHINESE, EVENTS, act, address, api_of, filing, numbers
from tests.events.test_sampling import closed, drawn
from tests.factories import (
    make_activity,
    make_branch,
    make_category,
    make_event,
    make_mediation,
    make_member_enrolment,
    make_organisation,
    make_organisation_enrolment,
    make_patrol,
    make_post,
    make_uploads,
    take,
)
from tests.volunteers.orders import make_order, make_service


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.unit)


# Confidential cases


@pytest.fixture
def clue(cast):
    return make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True), title="密")


@pytest.mark.parametrize("who", ["community", "street", "district", "city", "neighbour", "stranger", "admin"])
def test_a_clue_report_is_out_of_sight(cast, clue, who):
    client = api_of(getattr(cast, who))
    assert numbers(client.get(EVENTS)) == []
    assert numbers(client.get(EVENTS, {"search": clue.number})) == []
    for response in (client.get(address(clue)), client.get(address(clue, "steps/")), act(client, clue, "urge")):
        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("who", ["worker", "chief", "police"])
def test_a_clue_report_is_seen_by_reporter_desk_and_police(cast, clue, who):
    client = api_of(getattr(cast, who))
    assert numbers(client.get(EVENTS)) == [clue.number]
    assert client.get(address(clue)).json()["is_confidential"]


def test_who_passes_a_clue_report_on_learns_nothing_more(cast, clue):
    response = act(api_of(cast.chief), clue, "escalate", reason="须上级处理")
    assert (response.status_code, response.content) == (204, b"")
    assert api_of(cast.chief).get(address(clue)).status_code == 404
    assert api_of(cast.community).get(address(clue)).status_code == 200


# Who gets what: a case of the unit, held by the chief's building

PEOPLE = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")
EVERYBODY = dict.fromkeys(PEOPLE, 200) | {"anonymous": 401}
INSIDE = EVERYBODY | {"neighbour": 404, "stranger": 404}
INSPECTORS = dict.fromkeys(PEOPLE, 403) | {"district": 200, "city": 200, "admin": 200, "anonymous": 401}
NOBODY = {name: 403 if code == 200 else code for name, code in INSIDE.items()}
FILERS = {name: 201 if code == 200 else code for name, code in EVERYBODY.items()}
MEDIATING = dict.fromkeys(PEOPLE, 404) | dict.fromkeys(("worker", "community", "district", "police"), 200)
MEDIATING |= {"anonymous": 401}
MATRIX = {
    "get /api/v1/categories/": EVERYBODY,
    "get /api/v1/grids/": EVERYBODY,
    "get /api/v1/grids/1501050010010001/": INSIDE,
    "get /api/v1/organisations/": EVERYBODY,
    "get {organisation}": INSIDE,
    "get /api/v1/branches/": EVERYBODY,
    "get {branch}": INSIDE,
    "get /api/v1/enrolments/members/": EVERYBODY,
    "get {member}": INSIDE,
    "get /api/v1/enrolments/organisations/": EVERYBODY,
    "get {report}": INSIDE,
    "get /api/v1/activities/": EVERYBODY,
    "get {activity}": INSIDE,
    "get /api/v1/services/": EVERYBODY,
    "get {service}": EVERYBODY,
    "get /api/v1/orders/": EVERYBODY,
    "get {order}": INSIDE | {"police": 404},
    "get /api/v1/patrols/": EVERYBODY,
    "get {patrol}": INSIDE,
    "get /api/v1/mediations/": EVERYBODY,
    "get {mediation}": MEDIATING,
    "get /api/schema/": EVERYBODY,
    "get /api/v1/events/": EVERYBODY,
    "get /api/v1/events/alike/": {name: 400 if code == 200 else code for name, code in EVERYBODY.items()},
    "post /api/v1/events/": FILERS | {"neighbour": 400, "stranger": 403, "admin": 403},
    "get {event}": INSIDE,
    "get {event}steps/": INSIDE,
    "get {photo}": INSIDE,
    "get {photo}thumbnail/": INSIDE,
    "get {event}clock/": INSIDE,
    "get /api/v1/dashboards/150105001001/": INSIDE | {"worker": 404, "chief": 404},
    "get /api/v1/samples/": INSPECTORS,
    "get {sample}": INSPECTORS,
    "get {sample}items/": INSPECTORS,
    "get {sample}population/": INSPECTORS,
    "get /api/v1/second-looks/": INSPECTORS,
    "get {indicators}": INSIDE | {"worker": 404, "chief": 404},
    "post {event}actions/ comment": INSIDE,
    "post {event}actions/ accept": NOBODY | {"chief": 200},
    "post {event}actions/ resolve": NOBODY | {"chief": 409},
    "post {event}actions/ urge": NOBODY | {"district": 200, "city": 200},
    "post {event}actions/ reopen": NOBODY | {"district": 409, "city": 409},
}


def a_sample(cast) -> Sample:
    closed(cast)
    return drawn(cast, size=1)


def of_help(path: str, thing) -> str:
    return f"/api/v1/{path}/{thing.pk}/"


# The addresses of people who help, made where a line asks for them.
HELP = {
    "member": lambda cast, company: of_help(
        "enrolments/members", make_member_enrolment(cast.tree.community, organisation=company)
    ),
    "report": lambda cast, company: of_help(
        "enrolments/organisations", make_organisation_enrolment(company, cast.tree.community)
    ),
    "activity": lambda cast, company: of_help(
        "activities", make_activity(cast.tree.community, timezone.now() + timedelta(days=4))
    ),
    "service": lambda cast, company: of_help("services", make_service(cast.tree.community)),
    "order": lambda cast, company: of_help("orders", make_order(cast.tree.building)),
    "patrol": lambda cast, company: of_help(
        "patrols", make_patrol(cast.police, cast.tree.community, [cast.worker], [cast.tree.building])
    ),
    "mediation": lambda cast, company: of_help(
        "mediations", make_mediation(cast.worker, cast.tree.building, [cast.police])
    ),
}


@pytest.mark.parametrize("what", MATRIX)
def test_who_gets_what(cast, event, what):
    company = make_organisation(cast.tree.community)
    place = f"/api/v1/organisations/{company.pk}/"
    take(event, "comment", attachments=make_uploads(cast.worker))
    photo = f"{ATTACHMENTS}{event.attachments.get().key}/"
    sample = f"/api/v1/samples/{a_sample(cast).pk}/" if "{sample}" in what else ""
    branch = f"/api/v1/branches/{make_branch(cast.tree.community).pk}/"
    known = {"event": address(event), "organisation": place, "photo": photo, "sample": sample, "branch": branch}
    known["indicators"] = f"/api/v1/indicators/?grid={cast.tree.community.code}"
    known |= {name: make(cast, company) for name, make in HELP.items() if f"{{{name}}}" in what}
    method, path, *action = what.format(**known).split()
    body = {"action": action[0], "note": "说明"} if action else filing(cast, event.category)
    got = {}
    for who in EVERYBODY:
        client = APIClient() if who == "anonymous" else api_of(getattr(cast, who))
        with transaction.atomic():
            got[who] = getattr(client, method)(path, body if method == "post" else None).status_code
            transaction.set_rollback(True)
    assert got == MATRIX[what]


def test_every_address_is_in_the_matrix():
    described = SchemaGenerator().get_schema(public=True)["paths"]
    known = {
        re.sub("/[0-9]+/", "/{code}/", line.split()[1])
        .replace("{event}", EVENTS + "{number}/")
        .replace("{organisation}", "/api/v1/organisations/{id}/")
        .replace("{branch}", "/api/v1/branches/{id}/")
        .replace("{member}", "/api/v1/enrolments/members/{id}/")
        .replace("{report}", "/api/v1/enrolments/organisations/{id}/")
        .replace("{activity}", "/api/v1/activities/{id}/")
        .replace("{service}", "/api/v1/services/{id}/")
        .replace("{order}", "/api/v1/orders/{id}/")
        .replace("{patrol}", "/api/v1/patrols/{id}/")
        .replace("{mediation}", "/api/v1/mediations/{id}/")
        .replace("{photo}", ATTACHMENTS + "{key}/")
        .replace("{sample}", "/api/v1/samples/{id}/")
        .replace("{indicators}", "/api/v1/indicators/")
        for line in MATRIX
    }
    assert set(described) - known == {"/api/v1/token/"}


def test_who_is_not_logged_in_is_told_how(db):
    response = APIClient().get(EVENTS)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token")
    assert response.json() == {"code": "not_authenticated", "detail": "身份认证信息未提供。"}


def test_nothing_is_changed_past_the_actions(cast, event):
    client = api_of(cast.admin)
    for path in (EVENTS, address(event), address(event, "steps/"), CATEGORIES, "/api/v1/grids/1501/"):
        for method in (client.put, client.patch, client.delete):
            response = method(path, {})
            assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_rights_end_with_the_post(cast, event):
    end_post(actor=None, post=cast.chief.posts.get())
    assert api_of(cast.chief).get(address(event)).status_code == 404


def test_a_new_post_gives_its_rights(cast, event):
    make_post(cast.stranger, cast.tree.building, Role.DISPATCHER)
    assert act(api_of(cast.stranger), event, "accept").status_code == 200


def test_a_number_that_is_none(cast):
    client = api_of(cast.worker)
    for number in ("20261123-999999", "x", "20261123-99999x", "１２３", "%00", "' OR 1=1"):
        response = client.get(f"{EVENTS}{number}/")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_session_serves_as_well_and_needs_its_csrf_token(cast, event):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.chief)
    assert client.get(address(event)).status_code == 200
    refused = act(client, event, "accept")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert CHINESE.search(refused.json()["detail"])
