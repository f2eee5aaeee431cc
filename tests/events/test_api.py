"""Cases over the API: what each person gets, what bad input gets, and how many queries it takes."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from events.models import Event, Step
from grids.services import retire_grid
from tests.events.api_calls import CATEGORIES, CHINESE, EVENTS, act, address, api_of, filing, numbers
from tests.factories import make_category, make_event, take


@pytest.fixture
def category(db):
    return make_category()


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.unit)


# Filing


def test_a_filed_case_is_answered_in_full(cast, category):
    response = api_of(cast.worker).post(
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


def test_what_was_filed_is_what_is_read(cast, category):
    filed = api_of(cast.worker).post(EVENTS, filing(cast, category)).json()
    assert api_of(cast.worker).get(f"{EVENTS}{filed['number']}/").json() == filed


@pytest.mark.parametrize("key", ["", "my-key"])
def test_filing_takes_thirteen_queries(cast, category, django_assert_max_num_queries, key):
    client = api_of(cast.worker)
    headers = {"Idempotency-Key": key} if key else {}
    with django_assert_max_num_queries(13):
        assert client.post(EVENTS, filing(cast, category), headers=headers).status_code == 201


def test_acting_takes_fifteen_queries(cast, event, django_assert_max_num_queries):
    client = api_of(cast.chief)
    with django_assert_max_num_queries(15):
        assert act(client, event, "accept").status_code == 200


@pytest.mark.parametrize(
    "text", ["🔥着火", "<script>alert(1)</script>", "'; DROP TABLE events_event; --", "{{ 7 }} %s"]
)
def test_odd_text_is_kept_as_typed(cast, category, text):
    client = api_of(cast.worker)
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


def test_bad_input_is_told_at_its_field(cast, category):
    client = api_of(cast.worker)
    answers = {
        (field, str(value)[:30]): client.post(EVENTS, filing(cast, category, **{field: value})) for field, value in BAD
    }
    assert [(given, answer.json()) for given, answer in answers.items() if not told(answer, given[0])] == []
    assert not Event.objects.exists()


def test_half_a_character_is_no_text(cast, category):
    body = json.dumps(filing(cast, category, title="\ud800"))
    assert told(api_of(cast.worker).post(EVENTS, data=body, content_type="application/json"), "title")


@pytest.mark.parametrize("field", ["category", "grid", "title"])
def test_what_is_missing_is_told(cast, category, field):
    given = filing(cast, category)
    del given[field]
    response = api_of(cast.worker).post(EVENTS, given)
    assert (response.status_code, list(response.json())) == (400, [field])


def test_several_faults_are_told_at_once(cast, category):
    response = api_of(cast.worker).post(EVENTS, {"category": 0, "grid": "7", "title": ""})
    assert set(response.json()) == {"category", "grid", "title"}


def test_a_foreign_a_retired_and_an_unused_choice(cast, category):
    client = api_of(cast.worker)
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
def test_malformed_json(cast, body):
    response = api_of(cast.worker).post(EVENTS, data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.json() == {"code": "parse_error", "detail": "请求内容不是有效的 JSON。"}


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "5", "{}"])
def test_json_that_is_no_case(cast, body):
    response = api_of(cast.worker).post(EVENTS, data=body, content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_huge_body_is_not_read(cast, kind):
    response = api_of(cast.worker).post(EVENTS, data=b"x" * 3_000_000, content_type=kind)
    assert response.status_code == 400
    assert response.json() == {"code": "too_large", "detail": "请求内容过大。"}


def test_an_unknown_kind_of_body(cast):
    response = api_of(cast.worker).post(EVENTS, data="<xml/>", content_type="application/xml")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


# The same request again


def test_a_repeated_request_gets_the_first_case(cast, category):
    client = api_of(cast.worker, headers={"Idempotency-Key": "tap-1"})
    first = client.post(EVENTS, filing(cast, category))
    again = client.post(EVENTS, filing(cast, category))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Event.objects.count() == Step.objects.count() == 1


def test_a_repeated_request_gets_it_even_if_it_would_be_refused_now(cast, category):
    client = api_of(cast.worker, headers={"Idempotency-Key": "tap-1"})
    number = client.post(EVENTS, filing(cast, category)).json()["number"]
    category.is_active = False
    category.save()
    again = client.post(EVENTS, filing(cast, category))
    assert (again.status_code, again.json()["number"]) == (200, number)


def test_the_key_is_one_person_s_own(cast, category):
    numbers = {
        api_of(user).post(EVENTS, filing(cast, category), headers={"Idempotency-Key": "1"}).json()["number"]
        for user in (cast.worker, cast.chief)
    }
    assert len(numbers) == 2


@pytest.mark.parametrize("key", ["", "k" * 65, "k" * 5000, "键", "a\tb", "a\x7f"])
def test_a_key_that_protects_nobody_is_refused(cast, category, key):
    response = api_of(cast.worker).post(EVENTS, filing(cast, category), HTTP_IDEMPOTENCY_KEY=key)
    assert response.status_code == 400
    assert response.json() == {"Idempotency-Key": ["请填写 1 至 64 个可见的 ASCII 字符。"]}
    assert not Event.objects.exists()


# Reading


def test_the_list_is_newest_first_and_in_pages(cast):
    at = timezone.now()
    filed = [make_event(cast.worker, cast.tree.unit, at=at - timedelta(hours=hours)).number for hours in (2, 1, 3)]
    client = api_of(cast.worker)
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
def test_the_filters(cast, three, query, found):
    response = api_of(cast.worker).get(EVENTS, query)
    assert set(numbers(response)) == {three[name].number for name in found}


def test_by_category_and_by_number(cast, three):
    client, closed = api_of(cast.worker), three["closed"]
    assert numbers(client.get(EVENTS, {"category": closed.category_id})) == [closed.number]
    assert numbers(client.get(EVENTS, {"search": closed.number})) == [closed.number]


def test_a_bad_filter_is_told_at_its_name(cast, event):
    bad = [
        ("status", "open"), ("loop", "x"), ("grid", "99"), ("grid", "150105001002"), ("grid", "1501\0"),
        ("category", "x"), ("category", "999999"), ("category", "9" * 40), ("overdue", "maybe"), ("search", "a\0"),
        ("search", "长" * 65), ("page", "0"), ("page", "x"), ("page", "2"), ("page", "9" * 5000), ("page", "-1"),
        ("page_size", "0"), ("page_size", "201"), ("page_size", "x"), ("page_size", "１"), ("since", "昨天"),
    ]  # fmt: skip
    client = api_of(cast.worker)
    answers = [(name, value[:9], client.get(EVENTS, {name: value})) for name, value in bad]
    assert [(name, value, answer.json()) for name, value, answer in answers if not told(answer, name)] == []


def test_the_list_takes_the_same_queries_however_long(cast, category, django_assert_num_queries):
    for _number in range(13):
        take(make_event(cast.worker, cast.tree.unit), "accept")
    client = api_of(cast.chief)
    for size in (2, 12):
        with django_assert_num_queries(8):  # token, posts, grid, category, keys, page, count, ancestors
            found = client.get(EVENTS, {"page_size": size, "grid": "150105", "category": category.pk})
        assert len(numbers(found)) == size


def test_the_steps_tell_who_when_and_why(cast, event, django_assert_num_queries):
    take(event, "accept", "resolve", "fail_check", "escalate")
    client = api_of(cast.worker)
    with django_assert_num_queries(6):  # token, posts, event, keys, page, its photos
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


def test_categories(cast, category):
    make_category("停用", is_active=False)
    make_category("漏水", limit=4, unit="emergency_hour", checklist="拍照\n回访")
    client = api_of(cast.stranger)
    found = client.get(CATEGORIES, {"search": "漏"}).json()
    assert (found["count"], found["results"][0]["unit_label"]) == (1, "紧急工作时")
    assert found["results"][0]["checklist"] == ["拍照", "回访"]
    assert client.get(CATEGORIES).json()["count"] == 2
    assert list(client.get(CATEGORIES, {"search": "\0"}).json()) == ["search"]


# Acting


def test_from_filing_to_closing(cast, event):
    chief, worker = api_of(cast.chief), api_of(cast.worker)
    assert act(chief, event, "accept").json()["status"] == "handling"
    assigned = act(chief, event, "assign", handler="worker").json()
    assert assigned["handler"] == {"username": "worker", "name": "乌兰"}
    assert worker.get(address(event)).json()["actions"] == ["resolve", "ask", "comment"]
    assert act(worker, event, "resolve", note="换了灯泡").json()["checker"]["code"] == cast.tree.building.code
    closed = act(chief, event, "pass_check").json()
    assert (closed["status"], closed["due_at"], closed["version"]) == ("closed", None, 5)


def test_not_now(cast, event):
    response = act(api_of(cast.chief), event, "resolve", note="好了")
    assert response.status_code == 409
    assert response.json() == {
        "code": "not_open",
        "detail": "当前状态下不能进行此操作。",
        "status": "filed",
        "status_label": "待受理",
        "version": 1,
        "actions": ["accept", "escalate", "void", "ask_extend", "merge", "ask", "comment", "join"],
    }


def test_not_mine(cast, event):
    response = act(api_of(cast.worker), event, "accept")
    assert response.status_code == 403
    body = response.json()
    assert (body["code"], body["status"], body["actions"]) == ("forbidden", "filed", ["comment"])
    assert body["detail"] == "此操作不由您办理。"


def test_somebody_was_faster(cast, event):
    take(event, "accept")
    response = act(api_of(cast.chief), event, "escalate", reason="办不了", version=1)
    assert response.status_code == 409
    assert response.json()["code"] == "somebody_was_faster"
    assert response.json()["version"] == 2
    assert "处置中" in response.json()["detail"]


def test_without_a_version_it_is_that_of_the_moment(cast, event):
    take(event, "accept")
    assert act(api_of(cast.chief), event, "escalate", reason="办不了").status_code == 200


def test_bad_input_to_an_action(cast, event):
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
    client = api_of(cast.chief)
    answers = [(field, action, given, act(client, event, action, **given)) for field, action, given in bad]
    assert [answer for *answer, response in answers if not told(response, answer[0])] == []
    event.refresh_from_db()
    assert event.step_count == 2


def test_a_name_outside_tells_nothing_of_its_account(cast, event):
    take(event, "accept")
    foreign = act(api_of(cast.chief), event, "assign", handler="neighbour").json()
    unknown = act(api_of(cast.chief), event, "assign", handler="nobody").json()
    assert foreign["handler"][0].replace("neighbour", "nobody") == unknown["handler"][0]


def test_the_closing_checklist(cast):
    event = make_event(cast.worker, cast.tree.unit, category=make_category("漏水", checklist="拍照\n回访"))
    take(event, "accept")
    chief = api_of(cast.chief)
    assert chief.get(address(event)).json()["checklist"] == ["拍照", "回访"]
    left = act(chief, event, "resolve", note="好了", checklist=["拍照"])
    assert left.json() == {"checklist": ["尚未勾选：回访。"]}
    assert act(chief, event, "resolve", note="好了", checklist=["拍照", "回访"]).status_code == 200
