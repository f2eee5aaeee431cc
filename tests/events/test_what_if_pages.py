"""The pages, the command and the task of what-ifs: who may ask, what is refused, and what is told."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from events import services, tasks
from events.clock import Limit, Unit
from events.models import Event, Step, WhatIf
from events.services import ask_what_if, continue_what_ifs, what_if
from events.what_if.question import of_json, parse_limit, to_json
from events.what_if.replay import Scenario
from events.workflow import Loop, Urgency
from grids.models import Post, Role
from grids.services import end_post
from tests.events.conftest import MONDAY, moment
from tests.factories import make_event, make_post, take
from tests.pages import page

pytestmark = pytest.mark.django_db

ASK = reverse("what_if")
PERIOD = {"since": "2026-11-01", "until": "2026-11-30"}
TWO_DAYS = {"amount_grid_normal": "2", "unit_grid_normal": "working_day"}
NOVEMBER = {"since": MONDAY.date().replace(day=1), "until": MONDAY.date().replace(day=30)}
LONGER = Scenario({(Loop.GRID, Urgency.NORMAL): Limit(2, Unit.WORKING_DAY)})
LATER = moment("2026-12-31 09:00")


@pytest.fixture
def climbed(cast) -> Event:
    """Taken up by the clock from the grid's desk, resolved in the community the same day."""
    Post.objects.update(started_at=MONDAY - timedelta(days=400))
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    services.sweep(at=moment("2026-11-24 09:00"))
    event.refresh_from_db()
    return take(event, "accept", "resolve", at=moment("2026-11-24 15:00"))


def send(browser, grid, **changes):
    return browser.post(ASK, {"grid": grid.code} | PERIOD | TWO_DAYS | changes)


def answered(cast, scenario=LONGER, **changes) -> WhatIf:
    given = {"actor": cast.street, "grid": cast.tree.street, "scenario": scenario, "at": LATER} | NOVEMBER
    return ask_what_if(**given | changes)


def test_what_was_asked_lately_is_told_apart_by_its_question(cast, as_, climbed):
    browser = as_(cast.street)
    for days in ("2", "3"):
        send(browser, cast.tree.street, amount_grid_normal=days)
    text = page(browser.get(ASK))
    assert "网格内循环时限由 1 个工作日改为 2 个工作日" in text
    assert "网格内循环时限由 1 个工作日改为 3 个工作日" in text


# Who


def test_it_is_for_who_answers_for_the_grid(cast, as_, climbed):
    street = f"{ASK}?grid={cast.tree.street.code}"
    allowed = {"street": 200, "district": 200, "city": 200, "admin": 200, "chief": 404, "community": 404}
    nobody = dict.fromkeys(("worker", "police", "neighbour", "stranger"), 403)
    got = {who: as_(getattr(cast, who)).get(street).status_code for who in allowed | nobody}
    assert got == allowed | nobody
    assert send(as_(cast.community), cast.tree.street).status_code == 404
    with pytest.raises(PermissionDenied):
        answered(cast, actor=cast.community)
    assert not WhatIf.objects.exists()


def test_an_answer_is_for_who_asked_while_they_answer_for_the_grid(cast, as_, climbed):
    address = reverse("what_if_detail", args=[answered(cast).pk])
    assert as_(cast.city).get(address).status_code == 404
    assert as_(cast.street).get(address).status_code == 200
    make_post(cast.street, cast.tree.other_street, Role.DISPATCHER)
    end_post(actor=None, post=Post.objects.get(user=cast.street, grid=cast.tree.street))
    assert as_(cast.street).get(address).status_code == 404


# Asking


def test_few_cases_are_answered_at_once(cast, as_, climbed):
    browser = as_(cast.street)
    answer = send(browser, cast.tree.street)
    text = page(browser.get(answer.url))
    told = (
        "若网格内循环时限由 1 个工作日改为 2 个工作日：",
        "1 件不必逾期升级，其中社区微循环少接 1 件。",
        "健康社区",
        climbed.number,
        "线索举报不在其内",
    )
    for words in told:
        assert words in text, words
    assert "2026-11-01" in page(browser.get(ASK))


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"amount_grid_normal": "0"}, "amount_grid_normal", "时限须为 1 至 999 的整数。"),
        ({"amount_grid_normal": "-3"}, "amount_grid_normal", "时限须为 1 至 999 的整数。"),
        ({"amount_grid_normal": "9" * 40}, "amount_grid_normal", "时限须为 1 至 999 的整数。"),
        ({"amount_grid_normal": "两"}, "amount_grid_normal", "整数"),
        ({"unit_grid_normal": "week"}, "unit_grid_normal", "请选择时限单位。"),
        ({"until": "2026-10-01"}, "until", "早于"),
        ({"since": "2024-01-01"}, "until", "最多 366 天。"),
        ({"since": ""}, "since", "日期"),
        ({"hours": "18:00-08:00"}, "hours", "08:00-12:00"),
        ({"vacant": "abc"}, "vacant", "没有这个网格：abc"),
        ({"vacant": "1501"}, "vacant", "没有这个网格：1501"),
        ({"amount_grid_normal": ""}, None, "请至少改动一项"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(cast, as_, changes, field, words):
    answer = send(as_(cast.street), cast.tree.street, **changes)
    assert answer.status_code == 400
    assert words in " ".join(answer.context["form"].errors[field or "__all__"]), answer.context["form"].errors
    assert words in page(answer)
    assert not WhatIf.objects.exists()


def test_a_grid_cannot_be_staffed_and_vacant(cast, as_):
    code = cast.tree.building.code
    answer = send(as_(cast.street), cast.tree.street, staffed=code, vacant=code)
    assert f"{code} 不能既有人又空缺。" in page(answer)


def test_without_cases_it_says_so(cast, as_):
    browser = as_(cast.street)
    text = page(browser.get(send(browser, cast.tree.street).url))
    assert "无案件" in text
    assert "0.0%" not in text


def test_nothing_of_a_case_is_written(cast, climbed):
    before = [list(table.objects.order_by("pk").values_list()) for table in (Event, Step)]
    answered(cast)
    assert before == [list(table.objects.order_by("pk").values_list()) for table in (Event, Step)]


# Large ones


@pytest.fixture
def large(monkeypatch):
    """As if there were too many to wait for."""
    monkeypatch.setattr(what_if, "FEW", 0)


def test_many_are_worked_out_by_a_worker(cast, as_, climbed, large):
    asked = answered(cast)
    browser, address = as_(cast.street), reverse("what_if_detail", args=[asked.pk])
    assert (asked.status, 'hx-trigger="every 1s"' in page(browser.get(address))) == ("waiting", True)
    tasks.answer_what_if(asked.pk)
    tasks.answer_what_if(asked.pk)  # a message that comes twice
    text = page(browser.get(address))
    assert "1 件不必逾期升级" in text
    assert "every 1s" not in text


def test_one_question_at_a_time(cast, climbed, large):
    first = answered(cast)
    assert answered(cast) == answered(cast, at=LATER + timedelta(minutes=4)) == first
    with pytest.raises(ValidationError, match="还在进行"):
        answered(cast, Scenario(saturdays=True))


def test_what_a_worker_lost_is_sent_again_and_what_is_old_forgotten(cast, climbed, large):
    asked = answered(cast)
    assert continue_what_ifs(at=LATER + timedelta(minutes=1)) == 0
    assert continue_what_ifs(at=LATER + timedelta(minutes=3)) == 1
    assert continue_what_ifs(at=LATER + timedelta(days=8)) == 0
    assert not WhatIf.objects.filter(pk=asked.pk).exists()


def test_a_question_that_kills_its_worker_is_given_up(cast, as_, climbed, large):
    asked = answered(cast)
    WhatIf.objects.update(attempts=what_if.MOST_ATTEMPTS)
    tasks.answer_what_if(asked.pk)
    answer = as_(cast.street).get(reverse("what_if_detail", args=[asked.pk]))
    assert "推演多次被中断。" in page(answer)


# Costs, and how it is held


@pytest.mark.parametrize("cases", [1, 4])
def test_queries_do_not_grow_with_the_cases(cast, as_, climbed, cases, django_assert_num_queries):
    for _one in range(cases):
        make_event(cast.worker, cast.tree.building, at=MONDAY)
    browser = as_(cast.street)
    with django_assert_num_queries(22):
        answer = send(browser, cast.tree.street)
    with django_assert_num_queries(6):
        browser.get(answer.url)
    with django_assert_num_queries(7):
        browser.get(ASK)


def test_a_scenario_is_held_whole():
    limits = dict([parse_limit("grid=2wd"), parse_limit("community:urgent=8eh")])
    hours = services.timing.parse_spans("08:30-12:00 14:30-18:00")
    whole = Scenario(limits, True, True, hours, True, frozenset({"1501"}), frozenset({"150105"}))
    assert of_json(json.loads(json.dumps(to_json(whole)))) == whole
    assert of_json(to_json(Scenario())) == Scenario()


# The command


def run(*options: str) -> str:
    out = StringIO()
    call_command("what_if", "--since=2026-11-01", "--until=2026-11-30", *options, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_same(cast, climbed, tmp_path):
    path = tmp_path / "what_if.json"
    said = run(f"--grid={cast.tree.street.code}", "--limit=grid=2wd", f"--json={path}")
    assert "1 件不必逾期升级，其中社区微循环少接 1 件。" in said
    assert "社区微循环: 进入 1 → 0" in said
    assert json.loads(path.read_text())["spared"] == 1
    assert "无案件" in run(f"--grid={cast.tree.other_street.code}", "--limit=grid=2wd")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--limit=grid=0wd"], "1 至 999"),
        (["--limit=grid=two"], "不是时限"),
        (["--limit=" + "9" * 50], "不是时限"),
        (["--until=2026-10-01"], "早于"),
        (["--vacant=12"], "没有这个网格"),
        (["--grid=9999"], "没有网格 9999"),
    ],
)
def test_the_command_refuses_in_a_sentence(cast, options, words):
    with pytest.raises(CommandError, match=words):
        run(f"--grid={cast.tree.street.code}", *options)
