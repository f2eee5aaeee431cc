"""Cases over the API: what each person gets, what bad input gets, and how many queries it takes."""

import json
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from events.models import Event, Sample, Step
from grids.models import Role
from grids.services import end_post, retire_grid
from tests.events.test_sampling import closed, drawn
from tests.factories import (
    make_branch,
    make_category,
    make_event,
    make_mediation,
    make_organisation,
    make_patrol,
    make_post,
    make_uploads,
    take,
)

EVENTS = "/api/v1/events/"
CATEGORIES = "/api/v1/categories/"
ATTACHMENTS = "/api/v1/attachments/"
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def category(db):
    return make_category()


@pytest.fixture
def as_():
    """A client with the person's token."""

    def client(user, **options) -> APIClient:
        client = APIClient(**options)
        client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=user)[0].key}")
        return client

    return client


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.unit)


def filing(cast, kind, **changes) -> dict:
    return {"category": kind.pk, "grid": cast.tree.unit.code, "title": "楼道灯不亮"} | changes


def address(event: Event, part: str = "") -> str:
    return f"{EVENTS}{event.number}/{part}"


# Filing


def test_a_filed_case_is_answered_in_full(cast, category, as_):
    response = as_(cast.worker).post(
        EVENTS, filing(cast, category, description="三天了", address="3楼", urgency="urgent")
    )
    assert response.status_code == 201
    case = response.json()
    assert case["grid"]["path"] == ["呼和浩特市", "赛罕区", "人民路街道", "健康社区", "1号楼"]
    assert case["holder"] == {"code": cast.tree.building.code, "name": "1号楼"}
    assert (case["status"], case["status_label"]) == ("filed", "待受理")
    assert (case["loop"], case["loop_label"], case["start_loop"]) == ("grid", "网格内循环", "grid")
    assert (case["description"], case["address"], case["urgency"]) == ("三天了", "3楼", "urgent")
    assert case["reporter_name"] == "乌兰"
    assert case["version"] == 1
    assert case["actions"] == ["comment"]
    assert case["action_needs"] == {"comment": ["note"]}
    assert parse_datetime(case["due_at"]).utcoffset() is not None
    assert not case["is_overdue"]


def test_what_was_filed_is_what_is_read(cast, category, as_):
    filed = as_(cast.worker).post(EVENTS, filing(cast, category)).json()
    assert as_(cast.worker).get(f"{EVENTS}{filed['number']}/").json() == filed


@pytest.mark.parametrize("key", ["", "my-key"])
def test_filing_takes_thirteen_queries(cast, category, as_, django_assert_max_num_queries, key):
    client = as_(cast.worker)
    headers = {"Idempotency-Key": key} if key else {}
    with django_assert_max_num_queries(13):
        assert client.post(EVENTS, filing(cast, category), headers=headers).status_code == 201


@pytest.mark.parametrize(
    "text", ["🔥着火", "<script>alert(1)</script>", "'; DROP TABLE events_event; --", "{{ 7 }} %s"]
)
def test_odd_text_is_kept_as_typed(cast, category, as_, text):
    client = as_(cast.worker)
    case = client.post(EVENTS, filing(cast, category, title=text, description=text, address=text)).json()
    response = client.get(f"{EVENTS}{case['number']}/")
    assert [response.json()[field] for field in ("title", "description", "address")] == [text] * 3
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"


BAD = [
    ("title", ""), ("title", "   "), ("title", "长" * 121), ("title", "长" * 10_000), ("title", "a\0b"),
    ("title", "到\u202e反"), ("title", None), ("title", ["a"]), ("title", {"a": 1}), ("title", 5), ("title", True),
    ("description", "长" * 2001), ("description", "\0"), ("description", 7), ("address", "长" * 201), ("address", None),
    ("category", 0), ("category", -1), ("category", 10**30), ("category", "x"), ("category", None), ("category", 1.5),
    ("category", True), ("category", [1]), ("category", {"id": 1}),
    ("grid", ""), ("grid", "9"), ("grid", "150105001001000199"), ("grid", "999999"), ("grid", "abc"), ("grid", None),
    ("grid", 150105), ("grid", ["150105"]), ("grid", "1501\0"), ("grid", "１５０１"), ("grid", "1501 05"),
    ("urgency", "now"), ("urgency", ""), ("urgency", None), ("urgency", ["urgent"]), ("urgency", 1),
]  # fmt: skip


def told(response, field: str) -> bool:
    """Whether this is the answer to bad input in that field alone, in Chinese."""
    problems = response.json()
    return response.status_code == 400 and list(problems) == [field] and all(map(CHINESE.search, problems[field]))


def test_bad_input_is_told_at_its_field(cast, category, as_):
    client = as_(cast.worker)
    answers = {
        (field, str(value)[:30]): client.post(EVENTS, filing(cast, category, **{field: value})) for field, value in BAD
    }
    assert [(given, answer.json()) for given, answer in answers.items() if not told(answer, given[0])] == []
    assert not Event.objects.exists()


def test_half_a_character_is_no_text(cast, category, as_):
    body = json.dumps(filing(cast, category, title="\ud800"))
    assert told(as_(cast.worker).post(EVENTS, data=body, content_type="application/json"), "title")


@pytest.mark.parametrize("field", ["category", "grid", "title"])
def test_what_is_missing_is_told(cast, category, as_, field):
    given = filing(cast, category)
    del given[field]
    response = as_(cast.worker).post(EVENTS, given)
    assert (response.status_code, list(response.json())) == (400, [field])


def test_several_faults_are_told_at_once(cast, category, as_):
    response = as_(cast.worker).post(EVENTS, {"category": 0, "grid": "7", "title": ""})
    assert set(response.json()) == {"category", "grid", "title"}


def test_a_foreign_a_retired_and_an_unused_choice(cast, category, as_):
    client = as_(cast.worker)
    foreign = client.post(EVENTS, filing(cast, category, grid=cast.tree.other_building.code))
    above = client.post(EVENTS, filing(cast, category, grid=cast.tree.street.code))
    retire_grid(actor=None, grid=cast.tree.second_unit)
    retired = client.post(EVENTS, filing(cast, category, grid=cast.tree.second_unit.code))
    unused = client.post(EVENTS, filing(cast, make_category("停用", is_active=False)))
    assert foreign.json() == above.json() == {"grid": ["该网格不在您的工作范围内。"]}
    assert retired.json() == {"grid": ["该网格已撤销，请选择承接它的网格。"]}
    assert unused.json() == {"category": ["该类别已停用，请另选。"]}
    assert {foreign.status_code, above.status_code, retired.status_code, unused.status_code} == {400}


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b'{"title": NaN}', b"[" * 100_000, b"1" * 10_000, b'{"a": 1} x', b'"\xed\xa0\x80"']
)
def test_malformed_json(cast, as_, body):
    response = as_(cast.worker).post(EVENTS, data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.json() == {"code": "parse_error", "detail": "请求内容不是有效的 JSON。"}


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "5", "{}"])
def test_json_that_is_no_case(cast, as_, body):
    response = as_(cast.worker).post(EVENTS, data=body, content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_huge_body_is_not_read(cast, as_, kind):
    response = as_(cast.worker).post(EVENTS, data=b"x" * 3_000_000, content_type=kind)
    assert response.status_code == 400
    assert response.json() == {"code": "too_large", "detail": "请求内容过大。"}


def test_an_unknown_kind_of_body(cast, as_):
    response = as_(cast.worker).post(EVENTS, data="<xml/>", content_type="application/xml")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


# The same request again


def test_a_repeated_request_gets_the_first_case(cast, category, as_):
    client = as_(cast.worker, headers={"Idempotency-Key": "tap-1"})
    first = client.post(EVENTS, filing(cast, category))
    again = client.post(EVENTS, filing(cast, category))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Event.objects.count() == Step.objects.count() == 1


def test_a_repeated_request_gets_it_even_if_it_would_be_refused_now(cast, category, as_):
    client = as_(cast.worker, headers={"Idempotency-Key": "tap-1"})
    number = client.post(EVENTS, filing(cast, category)).json()["number"]
    category.is_active = False
    category.save()
    again = client.post(EVENTS, filing(cast, category))
    assert (again.status_code, again.json()["number"]) == (200, number)


def test_the_key_is_one_person_s_own(cast, category, as_):
    numbers = {
        as_(user).post(EVENTS, filing(cast, category), headers={"Idempotency-Key": "1"}).json()["number"]
        for user in (cast.worker, cast.chief)
    }
    assert len(numbers) == 2


@pytest.mark.parametrize("key", ["", "k" * 65, "k" * 5000, "键", "a\tb", "a\x7f"])
def test_a_key_that_protects_nobody_is_refused(cast, category, as_, key):
    response = as_(cast.worker).post(EVENTS, filing(cast, category), HTTP_IDEMPOTENCY_KEY=key)
    assert response.status_code == 400
    assert response.json() == {"Idempotency-Key": ["请填写 1 至 64 个可见的 ASCII 字符。"]}
    assert not Event.objects.exists()


# Reading


def numbers(response) -> list[str]:
    assert response.status_code == 200, response.json()
    return [case["number"] for case in response.json()["results"]]


def test_the_list_is_newest_first_and_in_pages(cast, as_):
    at = timezone.now()
    filed = [make_event(cast.worker, cast.tree.unit, at=at - timedelta(hours=hours)).number for hours in (2, 1, 3)]
    client = as_(cast.worker)
    first = client.get(EVENTS, {"page_size": 2})
    assert numbers(first) == [filed[1], filed[0]]
    assert first.json()["count"] == 3
    assert numbers(client.get(first.json()["next"])) == [filed[2]]


@pytest.fixture
def three(cast):
    """One long overdue, one in handling in the other building, one closed."""
    at = timezone.now() - timedelta(days=60)
    overdue = make_event(cast.worker, cast.tree.unit, title="井盖缺失", address="东门", at=at)
    handling = take(make_event(cast.worker, cast.tree.second_building, title="路灯"), "accept")
    closed = take(make_event(cast.worker, cast.tree.unit, category=make_category("治安隐患")), "accept", "resolve")
    return {"overdue": overdue, "handling": handling, "closed": take(closed, "pass_check")}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "closed"}, {"closed"}),
        ({"loop": "community"}, {"handling"}),
        ({"loop": "city"}, set()),
        ({"grid": "1501050010010002"}, {"handling"}),
        ({"grid": "1501050010010001"}, {"overdue", "closed"}),
        ({"grid": "1501"}, {"overdue", "handling", "closed"}),
        ({"overdue": "true"}, {"overdue"}),
        ({"overdue": "false"}, {"handling", "closed"}),
        ({"search": "井盖"}, {"overdue"}),
        ({"search": "东门", "status": "filed"}, {"overdue"}),
        ({"search": "%"}, set()),
        ({"search": "王建国"}, {"overdue", "closed"}),
        ({"until": "2000-01-01"}, set()),
        ({"since": "2000-01-01"}, {"overdue", "handling", "closed"}),
        (
            {"status": "", "loop": "", "grid": "", "category": "", "overdue": "", "search": ""},
            {"overdue", "handling", "closed"},
        ),
    ],
)
def test_the_filters(cast, as_, three, query, found):
    response = as_(cast.worker).get(EVENTS, query)
    assert set(numbers(response)) == {three[name].number for name in found}


def test_by_category_and_by_number(cast, as_, three):
    client, closed = as_(cast.worker), three["closed"]
    assert numbers(client.get(EVENTS, {"category": closed.category_id})) == [closed.number]
    assert numbers(client.get(EVENTS, {"search": closed.number})) == [closed.number]


def test_a_bad_filter_is_told_at_its_name(cast, as_, event):
    bad = [
        ("status", "open"), ("loop", "x"), ("grid", "99"), ("grid", "150105001002"), ("grid", "1501\0"),
        ("category", "x"), ("category", "999999"), ("category", "9" * 40), ("overdue", "maybe"), ("search", "a\0"),
        ("search", "长" * 65), ("page", "0"), ("page", "x"), ("page", "2"), ("page", "9" * 5000), ("page", "-1"),
        ("page_size", "0"), ("page_size", "201"), ("page_size", "x"), ("page_size", "１"), ("since", "昨天"),
    ]  # fmt: skip
    client = as_(cast.worker)
    answers = [(name, value[:9], client.get(EVENTS, {name: value})) for name, value in bad]
    assert [(name, value, answer.json()) for name, value, answer in answers if not told(answer, name)] == []


def test_the_list_takes_the_same_queries_however_long(cast, category, as_, django_assert_num_queries):
    for _number in range(12):
        take(make_event(cast.worker, cast.tree.unit), "accept")
    client = as_(cast.chief)
    for size in (2, 12):
        with django_assert_num_queries(7):  # token, posts, grid, category, count, page, ancestors
            found = client.get(EVENTS, {"page_size": size, "grid": "150105", "category": category.pk})
        assert len(numbers(found)) == size


def test_the_steps_tell_who_when_and_why(cast, as_, event, django_assert_num_queries):
    take(event, "accept", "resolve", "fail_check", "escalate")
    client = as_(cast.worker)
    with django_assert_num_queries(6):  # token, posts, event, count, page, its photos
        response = client.get(address(event, "steps/"))
    steps = response.json()["results"]
    assert [step["action"] for step in steps] == ["file", "accept", "resolve", "fail_check", "escalate"]
    assert steps[0]["explanation"][0].startswith("按发生地点")
    assert steps[1]["actor_name"] == "王建国"
    assert steps[1]["actor_post"] == "1号楼 网格长"
    assert (steps[1]["from_status"], steps[1]["to_status_label"]) == ("filed", "处置中")
    assert steps[3]["reason"] == "需要如此"
    assert (steps[4]["from_loop_label"], steps[4]["to_loop"]) == ("网格内循环", "community")
    assert steps[4]["holder_name"] == "健康社区"


def test_categories(cast, as_, category):
    make_category("停用", is_active=False)
    make_category("漏水", limit=4, unit="emergency_hour", checklist="拍照\n回访")
    client = as_(cast.stranger)
    found = client.get(CATEGORIES, {"search": "漏"}).json()
    assert (found["count"], found["results"][0]["unit_label"]) == (1, "紧急工作时")
    assert found["results"][0]["checklist"] == ["拍照", "回访"]
    assert client.get(CATEGORIES).json()["count"] == 2
    assert list(client.get(CATEGORIES, {"search": "\0"}).json()) == ["search"]


# Acting


def act(client, event, action, **given):
    return client.post(address(event, "actions/"), {"action": action, **given})


def test_from_filing_to_closing(cast, as_, event):
    chief, worker = as_(cast.chief), as_(cast.worker)
    assert act(chief, event, "accept").json()["status"] == "handling"
    assigned = act(chief, event, "assign", handler="worker").json()
    assert assigned["handler"] == {"username": "worker", "name": "乌兰"}
    assert worker.get(address(event)).json()["actions"] == ["resolve", "ask", "comment"]
    assert act(worker, event, "resolve", note="换了灯泡").json()["checker"]["code"] == cast.tree.building.code
    closed = act(chief, event, "pass_check").json()
    assert (closed["status"], closed["due_at"], closed["version"]) == ("closed", None, 5)


def test_not_now(cast, as_, event):
    response = act(as_(cast.chief), event, "resolve", note="好了")
    assert response.status_code == 409
    assert response.json() == {
        "code": "not_open",
        "detail": "当前状态下不能进行此操作。",
        "status": "filed",
        "status_label": "待受理",
        "version": 1,
        "actions": ["accept", "escalate", "void", "ask_extend", "merge", "ask", "comment", "join"],
    }


def test_not_mine(cast, as_, event):
    response = act(as_(cast.worker), event, "accept")
    assert response.status_code == 403
    body = response.json()
    assert (body["code"], body["status"], body["actions"]) == ("forbidden", "filed", ["comment"])
    assert body["detail"] == "此操作不由您办理。"


def test_somebody_was_faster(cast, as_, event):
    take(event, "accept")
    response = act(as_(cast.chief), event, "escalate", reason="办不了", version=1)
    assert response.status_code == 409
    assert response.json()["code"] == "somebody_was_faster"
    assert response.json()["version"] == 2
    assert "处置中" in response.json()["detail"]


def test_without_a_version_it_is_that_of_the_moment(cast, as_, event):
    take(event, "accept")
    assert act(as_(cast.chief), event, "escalate", reason="办不了").status_code == 200


def test_bad_input_to_an_action(cast, as_, event):
    take(event, "accept")
    bad = [
        ("action", "", {}), ("action", None, {}), ("action", "remind", {}), ("action", "file", {}),
        ("action", ["accept"], {}), ("action", "escalate; --", {}),
        ("reason", "escalate", {}), ("reason", "escalate", {"reason": "  "}), ("reason", "escalate", {"reason": 5}),
        ("reason", "escalate", {"reason": "长" * 2001}), ("reason", "escalate", {"reason": "a\0"}),
        ("note", "resolve", {}), ("note", "resolve", {"note": "\u202e"}), ("note", "resolve", {"note": ["a"]}),
        ("handler", "assign", {}), ("handler", "assign", {"handler": "neighbour"}),
        ("handler", "assign", {"handler": "nobody"}), ("handler", "assign", {"handler": "a\0"}),
        ("handler", "assign", {"handler": 5}), ("version", "assign", {"handler": "worker", "version": 0}),
        ("version", "assign", {"handler": "worker", "version": "x"}),
        ("checklist", "resolve", {"note": "好", "checklist": "拍照"}),
    ]  # fmt: skip
    client = as_(cast.chief)
    answers = [(field, action, given, act(client, event, action, **given)) for field, action, given in bad]
    assert [answer for *answer, response in answers if not told(response, answer[0])] == []
    event.refresh_from_db()
    assert event.step_count == 2


def test_a_name_outside_tells_nothing_of_its_account(cast, as_, event):
    take(event, "accept")
    foreign = act(as_(cast.chief), event, "assign", handler="neighbour").json()
    unknown = act(as_(cast.chief), event, "assign", handler="nobody").json()
    assert foreign["handler"][0].replace("neighbour", "nobody") == unknown["handler"][0]


def test_the_closing_checklist(cast, as_):
    event = make_event(cast.worker, cast.tree.unit, category=make_category("漏水", checklist="拍照\n回访"))
    take(event, "accept")
    chief = as_(cast.chief)
    assert chief.get(address(event)).json()["checklist"] == ["拍照", "回访"]
    left = act(chief, event, "resolve", note="好了", checklist=["拍照"])
    assert left.json() == {"checklist": ["尚未勾选：回访。"]}
    assert act(chief, event, "resolve", note="好了", checklist=["拍照", "回访"]).status_code == 200


# Confidential cases


@pytest.fixture
def clue(cast):
    return make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True), title="密")


@pytest.mark.parametrize("who", ["community", "street", "district", "city", "neighbour", "stranger", "admin"])
def test_a_clue_report_is_out_of_sight(cast, as_, clue, who):
    client = as_(getattr(cast, who))
    assert numbers(client.get(EVENTS)) == []
    assert numbers(client.get(EVENTS, {"search": clue.number})) == []
    for response in (client.get(address(clue)), client.get(address(clue, "steps/")), act(client, clue, "urge")):
        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("who", ["worker", "chief", "police"])
def test_a_clue_report_is_seen_by_reporter_desk_and_police(cast, as_, clue, who):
    client = as_(getattr(cast, who))
    assert numbers(client.get(EVENTS)) == [clue.number]
    assert client.get(address(clue)).json()["is_confidential"]


def test_who_passes_a_clue_report_on_learns_nothing_more(cast, as_, clue):
    response = act(as_(cast.chief), clue, "escalate", reason="须上级处理")
    assert (response.status_code, response.content) == (204, b"")
    assert as_(cast.chief).get(address(clue)).status_code == 404
    assert as_(cast.community).get(address(clue)).status_code == 200


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
    "get /api/v1/samples/": INSPECTORS,
    "get {sample}": INSPECTORS,
    "get {sample}items/": INSPECTORS,
    "get {sample}population/": INSPECTORS,
    "get /api/v1/second-looks/": INSPECTORS,
    "post {event}actions/ comment": INSIDE,
    "post {event}actions/ accept": NOBODY | {"chief": 200},
    "post {event}actions/ resolve": NOBODY | {"chief": 409},
    "post {event}actions/ urge": NOBODY | {"district": 200, "city": 200},
    "post {event}actions/ reopen": NOBODY | {"district": 409, "city": 409},
}


def a_sample(cast) -> Sample:
    closed(cast)
    return drawn(cast, size=1)


@pytest.mark.parametrize("what", MATRIX)
def test_who_gets_what(cast, as_, event, what):
    company = make_organisation(cast.tree.community)
    place = f"/api/v1/organisations/{company.pk}/"
    take(event, "comment", attachments=make_uploads(cast.worker))
    photo = f"{ATTACHMENTS}{event.attachments.get().key}/"
    sample = f"/api/v1/samples/{a_sample(cast).pk}/" if "{sample}" in what else ""
    branch = f"/api/v1/branches/{make_branch(cast.tree.community).pk}/"
    patrol = make_patrol(cast.police, cast.tree.community, [cast.worker], [cast.tree.building])
    mediation = make_mediation(cast.worker, cast.tree.building, [cast.police])
    with_police = {"patrol": f"/api/v1/patrols/{patrol.pk}/", "mediation": f"/api/v1/mediations/{mediation.pk}/"}
    known = with_police | {
        "event": address(event),
        "organisation": place,
        "photo": photo,
        "sample": sample,
        "branch": branch,
    }
    method, path, *action = what.format(**known).split()
    body = {"action": action[0], "note": "说明"} if action else filing(cast, event.category)
    got = {}
    for who in EVERYBODY:
        client = APIClient() if who == "anonymous" else as_(getattr(cast, who))
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
        .replace("{patrol}", "/api/v1/patrols/{id}/")
        .replace("{mediation}", "/api/v1/mediations/{id}/")
        .replace("{photo}", ATTACHMENTS + "{key}/")
        .replace("{sample}", "/api/v1/samples/{id}/")
        for line in MATRIX
    }
    assert set(described) - known == {"/api/v1/token/"}


def test_who_is_not_logged_in_is_told_how(db):
    response = APIClient().get(EVENTS)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token")
    assert response.json() == {"code": "not_authenticated", "detail": "身份认证信息未提供。"}


def test_nothing_is_changed_past_the_actions(cast, as_, event):
    client = as_(cast.admin)
    for path in (EVENTS, address(event), address(event, "steps/"), CATEGORIES, "/api/v1/grids/1501/"):
        for method in (client.put, client.patch, client.delete):
            response = method(path, {})
            assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_rights_end_with_the_post(cast, as_, event):
    end_post(actor=None, post=cast.chief.posts.get())
    assert as_(cast.chief).get(address(event)).status_code == 404


def test_a_new_post_gives_its_rights(cast, as_, event):
    make_post(cast.stranger, cast.tree.building, Role.DISPATCHER)
    assert act(as_(cast.stranger), event, "accept").status_code == 200


def test_a_number_that_is_none(cast, as_):
    client = as_(cast.worker)
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
