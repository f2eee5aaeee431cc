"""The dashboard: what is late first, and every figure equal to a plain count over the cases behind its link."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import services
from events.figures.charts import Chart
from events.figures.dashboard import Child, Dashboard, in_order
from events.figures.days import Points
from events.figures.lateness import worst
from events.figures.periods import PeriodForm
from events.figures.scope import Scope
from events.figures.showing import Compared, Figure
from events.figures.standing import standing
from events.filters import FilterForm, Lookups
from events.models import Category, Event
from grids.models import Grid
from grids.services import end_post
from tests.events.conftest import MONDAY, moment
from tests.factories import make_category, make_event, make_grid, make_post, make_user, take
from tests.pages import page

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LEVELS = ("city", "district", "street", "community", "building", "unit")


def address(grid: Grid, **query: str) -> str:
    return reverse("dashboard", args=[grid.code], query=query)


def read(grid: Grid, at=MONDAY, days: int = 30, **given) -> Dashboard:
    today = timezone.localdate(at)
    scope = Scope(grid, today - (days - 1) * DAY, today)
    return Dashboard(scope, at, points=Points.DAY, categories=list(Category.objects.all()), **given)


def top(shown: Dashboard) -> dict[str, tuple]:
    """Of each figure at the top: what it is, and what it was a week before."""
    return {one.figure.name: (one.figure.value, one.before.value) for one in shown.top}


@pytest.fixture
def cases(cast) -> dict[str, Event]:
    """Something of everything that is counted, on several grids, over the last weeks."""
    now, tree = timezone.now(), cast.tree
    lamp = make_category("路灯", kind="component", major="公用设施")
    manhole = make_category("井盖", kind="component", major="公用设施")
    done = ("accept", "resolve", "pass_check")
    file = lambda days, grid=tree.building, **given: make_event(cast.worker, grid, at=now - days * DAY, **given)  # noqa: E731
    found = {
        "in time": take(file(9, category=lamp), *done, at=now - 9 * DAY + timedelta(minutes=5)),
        "late": take(file(20, category=manhole), *done, at=now - 8 * DAY),
        "reworked": take(file(6), "accept", "resolve", "fail_check", "resolve", "pass_check", at=now - 5 * DAY),
        "climbed": take(file(12), "accept", "escalate", "accept", "resolve", "pass_check", at=now - 11 * DAY),
        "back": take(file(11), "escalate", "accept", "send_back", at=now - 10 * DAY),
        "voided": take(file(3, tree.second_building), "void", at=now - 2 * DAY),
        "overdue": file(40, tree.unit),
        "new": file(0, tree.unit, category=lamp),
        "elsewhere": make_event(cast.neighbour, tree.other_building, category=lamp, at=now - 4 * DAY),
        "on the street": make_event(cast.street, tree.street, at=now - 2 * DAY),
        "on the district": make_event(cast.district, tree.district, at=now - 16 * DAY),
    }
    into = file(1, category=lamp)
    found["merged"] = take(file(1, category=lamp), "merge", into=into)
    for name, rating, days in (("in time", "satisfied", 8), ("late", "fair", 7), ("climbed", "satisfied", 10)):
        at = now - days * DAY
        found[name] = services.act(event=found[name], action="rate", actor=cast.worker, rating=rating, at=at)
    for _number in range(5):
        file(0, tree.second_building, category=manhole)
    return found


# Every figure


@dataclass(frozen=True)
class Shown:
    """A figure somewhere on the page."""

    where: str
    name: str
    value: int | float | Decimal | None
    url: str


def shown(dashboard: Dashboard) -> Iterator[Shown]:
    """Every figure of the page."""
    sections = ("top", "ageing", "trend_totals", "children", "majors", "flow", "trend", "treemap", "heat")
    for section in sections:
        yield from _shown(section, getattr(dashboard, section))


def _shown(where: str, part: object) -> Iterator[Shown]:
    match part:
        case Figure():
            yield Shown(where, part.name, part.value, part.url)
        case Compared():
            yield from _shown(where, [part.figure, part.before])
        case Child():
            yield from _shown(where, list(part.figures.values()))
        case Chart():
            yield from (Shown(where, "", cell.value, cell.url) for row in part.rows for cell in row if cell.url)
        case list() | tuple():
            for one in part:
                yield from _shown(where, one)


def share(parts: Iterator, whole: list) -> Decimal | None:
    return Decimal(sum(parts)) / len(whole) if whole else None


PLAIN = {
    "on_time_closing": lambda found: share((e.status == "closed" and e.late_at is None for e in found), found),
    "rework": lambda found: share((e.reworks for e in found), found),
    "in_grid": lambda found: share((e.top_loop == "grid" for e in found), found),
    "satisfaction": lambda found: share(
        (Decimal({"satisfied": "1", "fair": "0.9"}.get(e.rating, "0")) for e in found), found
    ),
}


@pytest.mark.parametrize("who", ["city", "district", "street", "community"])
def test_every_figure_is_a_plain_count_over_the_cases_behind_it(cast, as_, cases, who):
    user, grid = getattr(cast, who), getattr(cast.tree, who)
    browser = as_(user)
    answer = browser.get(address(grid))
    found = list(shown(answer.context["dashboard"]))
    assert {one.url for one in found if one.name} == hrefs(page(answer))
    followed: dict[str, list[Event]] = {}
    lookups = Lookups(user, [{"grid": each.code} for each in Grid.objects.all()])
    for one in found:
        if one.url not in followed:
            # Of the many figures that are none, the list's own filter is asked without its page.
            followed[one.url] = listed(browser, one.url) if one.value else filtered(user, one.url, lookups)
        behind = followed[one.url]
        assert one.value == PLAIN.get(one.name, len)(behind), one
        assert len({event.pk for event in behind}) == len(behind)
        assert not any(event.is_confidential for event in behind)
    assert sum(bool(one.value) for one in found) > 60


def hrefs(text: str) -> set[str]:
    """Where the figures of the page lead."""
    return {unescape(url) for url in re.findall(r'<a class="figure" href="([^"]+)"', text)}


def listed(browser: Client, url: str) -> list[Event]:
    """The cases that the link lists, on all its pages."""
    answer = browser.get(url)
    assert answer.status_code == 200, url
    first = answer.context["page"]
    others = [browser.get(f"{url}&page={number}").context["page"] for number in range(2, first.paginator.num_pages + 1)]
    return [event for each in [first, *others] for event in each.object_list]


def filtered(user, url: str, lookups: Lookups | None = None) -> list[Event]:
    form = FilterForm(user, QueryDict(url.partition("?")[2]), lookups)
    assert form.is_valid(), form.errors
    return list(form.events(timezone.now()))


def test_a_hot_spot_opens_exactly_its_cases(cast, as_, cases):
    browser = as_(cast.street)
    text = page(browser.get(address(cast.tree.street)))
    [link] = {unescape(url) for url in re.findall(r'href="(/hot-spots/[^"]+)"', text)}
    assert "共 5 件" in text
    assert browser.get(link).context["page"].paginator.count == 5


# What the sections say


def test_the_top_compares_with_the_week_before(cast):
    make_event(cast.worker, cast.tree.building, at=MONDAY - 8 * DAY)
    make_event(cast.worker, cast.tree.building, at=MONDAY - 7 * DAY)
    at = MONDAY + timedelta(hours=1)
    make_event(cast.worker, cast.tree.building, at=MONDAY)
    assert top(read(cast.tree.street, at)) == {
        "overdue": (2, 0),
        "due_today": (0, 1),
        "open": (3, 1),
        "received": (1, 1),
        "settled": (0, 0),
        "on_time_closing": (None, None),
        "satisfaction": (None, None),
    }


def test_stocks_are_those_of_now_whatever_the_period(cast):
    make_event(cast.worker, cast.tree.building, at=MONDAY - 40 * DAY)
    shown = read(cast.tree.community, MONDAY, days=1)
    assert top(shown)["open"] == (1, 1)
    assert [figure.value for figure in shown.ageing] == [0, 0, 0, 0, 0, 1]
    assert shown.is_without_cases


def test_how_it_was_a_week_ago_is_read_from_the_steps(cast):
    event = take(make_event(cast.worker, cast.tree.building, at=MONDAY), "accept", "resolve", "pass_check", at=MONDAY)
    midnight = moment("2026-11-24 00:00")
    scope = Scope(cast.tree.community)
    assert standing(scope, midnight) == {"open": 0, "overdue": 0, "due_today": 0}
    take(event, "reopen", at=MONDAY + 2 * DAY)
    assert standing(scope, midnight)["open"] == 0
    assert standing(scope, MONDAY + 3 * DAY)["open"] == 1


def test_children_stand_side_by_side_and_what_arose_above_them_by_itself(cast, cases):
    rows = read(cast.tree.district, timezone.now()).children
    assert [(row.name, row.figures["open"].value) for row in rows] == [
        ("人民路街道", 11),
        ("大学西路街道", 0),
        ("本级直接发生", 1),
    ]
    assert rows[1].figures["on_time_closing"].text == "无案件"


def test_a_unit_has_nothing_below(cast, cases):
    shown = read(cast.tree.unit, timezone.now())
    assert (shown.children, top(shown)["open"][0]) == ([], 2)


def test_children_in_order(cast, cases):
    rows = read(cast.tree.district, timezone.now()).children
    assert [row.name for row in in_order(rows, "open")] == ["人民路街道", "大学西路街道", "本级直接发生"]
    assert [row.name for row in in_order(rows, "-open")] == ["大学西路街道", "人民路街道", "本级直接发生"]
    # Where there is no case there is nothing to compare.
    assert next(row.name for row in in_order(rows, "-rework")) == "人民路街道"
    assert in_order(rows, "nonsense") == rows


def test_the_flow_goes_from_where_it_was_filed_over_the_highest_loop_to_its_end(cast):
    take(make_event(cast.worker, cast.tree.building, at=MONDAY), "escalate", "accept", "send_back", at=MONDAY)
    rows = read(cast.tree.community).flow.rows
    assert [[cell.text for cell in row] for row in rows] == [
        ["上报：网格内循环", "最高到：社区微循环", "1"],
        ["最高到：社区微循环", "未结", "1"],
    ]


def test_a_trend_by_week_adds_up(cast, cases):
    by_day, by_week = (read(cast.tree.city, timezone.now()) for _time in range(2))
    by_week.points = Points.WEEK
    totals = [figure.value for figure in by_day.trend_totals]
    for shown in (by_day, by_week):
        assert [sum(row[column].value for row in shown.trend.rows) for column in (1, 2, 3)] == totals
    assert len(by_week.trend.rows) < len(by_day.trend.rows) == 30


def test_a_rate_is_rounded_down_and_its_formula_said(cast, in_english):
    assert Figure("x", "", Decimal("0.9999"), "", is_rate=True).text == "99.9%"
    [satisfaction] = [one for one in read(cast.tree.city).explained if "satisfaction" in one.title]
    assert satisfaction.words == "(satisfied + 0.9 × fairly satisfied) ÷ rated"


# What is late


def reasons(cast, at) -> list[list[str]]:
    return [late.reasons for late in worst(Scope(cast.tree.city), at)]


def test_the_worst_stands_first_and_says_why(cast):
    later = make_event(cast.neighbour, cast.tree.other_building, at=MONDAY + DAY)
    first = take(make_event(cast.worker, cast.tree.building, at=MONDAY), "accept", "ask_extend", at=MONDAY)
    late = worst(Scope(cast.tree.city), MONDAY + 30 * DAY)
    assert [row.event for row in late] == [first, later]
    assert late[0].reasons == ["待上级决定：延期"]
    assert late[0].awaited == "等待健康社区 1号楼派遣或办结。"


def test_a_vacant_desk_is_named(cast):
    make_event(cast.worker, cast.tree.building, at=MONDAY)
    end_post(actor=None, post=cast.chief.posts.get())
    assert reasons(cast, MONDAY + 30 * DAY) == [["岗位空缺：1号楼无人受理"]]


def test_a_clue_report_is_not_among_what_is_late(cast):
    make_event(cast.worker, cast.tree.building, category=make_category("线索举报", is_confidential=True), at=MONDAY)
    assert worst(Scope(cast.tree.city), MONDAY + 30 * DAY) == []


# Who sees what

COVERED = {
    "community": {"community", "police", "street", "district", "city", "admin"},
    "street": {"street", "district", "city", "admin"},
    "district": {"district", "city", "admin"},
    "city": {"city", "admin"},
    "building": {"worker", "chief", "community", "police", "street", "district", "city", "admin"},
}
EVERYBODY = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")


@pytest.mark.parametrize("level", COVERED)
def test_who_sees_a_dashboard(cast, as_, level):
    grid = getattr(cast.tree, level)
    got = {who for who in EVERYBODY if as_(getattr(cast, who)).get(address(grid)).status_code == 200}
    assert got == COVERED[level]
    assert as_(cast.neighbour).get(address(grid)).status_code == 404
    assert Client().get(address(grid)).status_code == 302


def test_a_grid_that_is_none(cast, as_):
    browser = as_(cast.city)
    for code in ("1502", "15", "x", "1501050010010099"):
        assert browser.get(reverse("dashboard", args=[code])).status_code == 404


def test_dashboard_list_leads_to_the_highest_grid_that_ones_posts_cover(cast, as_):
    for who in ("community", "street", "district", "city"):
        answer = as_(getattr(cast, who)).get(reverse("dashboard_list"))
        assert answer.url == address(getattr(cast.tree, who))
    assert as_(cast.admin).get(reverse("dashboard_list")).url == address(cast.tree.city)


def test_dashboard_list_lets_one_choose(cast, as_):
    text = page(as_(cast.worker).get(reverse("dashboard_list")))
    assert address(cast.tree.building) in text
    assert address(cast.tree.second_building) in text
    assert "您还没有岗位" in page(as_(cast.stranger).get(reverse("dashboard_list")))


def test_the_way_up_ends_where_one_sees_no_more(cast, as_):
    text = page(as_(cast.street).get(address(cast.tree.community, period="7")))
    assert address(cast.tree.street, period="7") in text
    assert address(cast.tree.district) not in text


def test_one_is_led_to_it(cast, as_):
    for path in (reverse("workbench"), reverse("event_list")):
        assert reverse("dashboard_list") in page(as_(cast.street).get(path))
        assert reverse("dashboard_list") not in page(as_(cast.stranger).get(path, follow=True))
    assert address(cast.tree.community) in page(as_(cast.street).get(reverse("grid_detail", args=["150105001001"])))
    assert address(cast.tree.community) not in page(as_(cast.worker).get(reverse("grid_detail", args=["150105001001"])))


def test_dashboard_year_is_read_after_the_page_and_stands_by_itself(cast, as_, cases):
    path = reverse("dashboard_year", args=[cast.tree.street.code])
    assert f'hx-get="{path}?period=7"' in page(as_(cast.street).get(address(cast.tree.street, period="7")))
    answer = as_(cast.street).get(path, {"period": "7"})
    heat = answer.context["dashboard"].heat
    assert sum(row[-1].value for row in heat.rows) == Event.objects.inside(cast.tree.street).count()
    assert len(heat.rows) == 365
    assert as_(cast.community).get(path).status_code == 404
    assert as_(cast.street).get(path, {"since": "x"}).status_code == 400


def test_dashboard_coverage_is_for_who_may_oversee(cast, as_):
    path = reverse("dashboard_coverage", args=[cast.tree.street.code])
    text = page(as_(cast.street).get(path))
    assert f"{reverse('coverage_list')}?grid=150105001&amp;figure=vacant" in text
    assert as_(cast.police).get(path).status_code == 403
    assert as_(cast.community).get(path).status_code == 404


# Confidential


@pytest.mark.parametrize("who", ["community", "police", "street", "city", "admin"])
def test_a_clue_report_changes_nothing(cast, as_, who):
    """Not even where it would be a count of one, nor for the police, who see it."""
    at, clue = timezone.now(), make_category("线索举报", is_confidential=True)
    grid = cast.tree.community if who in ("community", "police") else cast.tree.street
    user = getattr(cast, who)
    before = [(one.where, one.name, one.value) for one in shown(as_(user).get(address(grid)).context["dashboard"])]
    make_event(cast.worker, cast.tree.building, category=clue, at=at)
    make_event(cast.worker, cast.tree.building, category=clue, at=at - 40 * DAY)
    answer = as_(user).get(address(grid))
    assert [(one.where, one.name, one.value) for one in shown(answer.context["dashboard"])] == before
    assert "线索举报不计入" in page(answer)
    narrowed = as_(user).get(address(grid, category=str(clue.pk)))
    assert not any(one.value for one in shown(narrowed.context["dashboard"]))


# Queries


def test_it_takes_the_same_queries_however_many_cases(cast, as_, cases, django_assert_num_queries):
    for who, queries in (("street", 27), ("community", 25)):
        browser, path = as_(getattr(cast, who)), address(getattr(cast.tree, who))
        with django_assert_num_queries(queries):
            browser.get(path)
    for number in range(3, 9):
        building = make_grid(f"150105001001{number:04}")
        make_post(make_user(), building, "chief")
        category = make_category(f"类别{number}")
        for days in (0, 5, 50):
            make_event(cast.community, building, category=category, at=timezone.now() - days * DAY)
    for who, queries in (("street", 27), ("community", 25)):
        browser, path = as_(getattr(cast, who)), address(getattr(cast.tree, who))
        with django_assert_num_queries(queries):
            browser.get(path)


# Filters and clear answers


def test_a_grid_without_cases_says_so(cast, as_):
    text = page(as_(cast.street).get(address(cast.tree.street)))
    assert "这段时间无案件" in text
    assert "没有逾期事件" in text
    assert "无案件" in text
    assert "0.0%" not in text


def test_a_year_without_data(cast, as_, cases):
    answer = as_(cast.city).get(address(cast.tree.city, since="2012-01-01", until="2012-12-31"))
    assert answer.status_code == 200
    assert answer.context["dashboard"].is_without_cases
    assert top(answer.context["dashboard"])["on_time_closing"] == (None, None)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "2026-11-02", "until": "2026-11-01"}, "结束日期早于开始日期。"),
        ({"since": "2001-01-01"}, "时段最长十年，请选择较晚的起始日期。"),
        ({"since": "0001-01-01"}, "请选择 2000 至 2100 年间的日期。"),
        ({"until": "9999-12-31"}, "请选择 2000 至 2100 年间的日期。"),
        ({"since": "x"}, "请选择日期，如 2026-12-31。"),
        ({"period": "x"}, "没有这个筛选项"),
        ({"points": "x"}, "没有这个筛选项"),
        ({"category": "火星"}, "没有这个筛选项"),
        ({"category": "\0"}, "文字中含有空字符"),
    ],
)
def test_a_wrong_filter_is_named_and_counts_nothing(cast, as_, query, sentence):
    answer = as_(cast.street).get(address(cast.tree.street, **query))
    assert answer.status_code == 400
    assert sentence in page(answer)
    assert "board-tile" not in page(answer)


@pytest.mark.parametrize("category", ["major", "minor"])
def test_a_category_narrows_everything(cast, as_, cases, category):
    lamp = Category.objects.get(minor="路灯")
    given = lamp.major if category == "major" else str(lamp.pk)
    answer = as_(cast.street).get(address(cast.tree.street, category=given))
    found = list(shown(answer.context["dashboard"]))
    for one in found:
        behind = filtered(cast.street, one.url)
        assert one.value == PLAIN.get(one.name, len)(behind), one
        assert all(
            (event.category.major if category == "major" else str(event.category_id)) == given for event in behind
        )
    assert lamp.minor in page(answer)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, date(2026, 10, 25), date(2026, 11, 23)),
        ({"period": "today"}, date(2026, 11, 23), date(2026, 11, 23)),
        ({"period": "this_month"}, date(2026, 11, 1), date(2026, 11, 23)),
        ({"period": "last_month"}, date(2026, 10, 1), date(2026, 10, 31)),
        ({"since": "2026-01-01"}, date(2026, 1, 1), date(2026, 11, 23)),
        ({"until": "2026-01-30", "period": "7"}, date(2026, 1, 1), date(2026, 1, 30)),
        ({"since": "2027-01-01"}, date(2027, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_period(cast, query, first, last):

    form = PeriodForm(cast.street, query, MONDAY)
    assert form.is_valid(), form.errors
    scope = form.scope(cast.tree.street)
    assert (scope.since, scope.until) == (first, last)


def test_the_next_person_sees_the_same_inside_what_they_may(cast, as_, cases):
    path = address(cast.tree.street, period="90", sort="-open")
    first, second = (as_(user).get(path).context["dashboard"] for user in (cast.street, cast.city))
    assert [one.value for one in shown(first)] == [one.value for one in shown(second)]
    assert as_(cast.community).get(path).status_code == 404
