"""The large screen: who may open it, what it shows and what it never shows."""

from datetime import timedelta

import pytest
from django.urls import reverse

from events.figures.screen import screen
from events.workflow import Action
from grids.models import Grid
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event, take

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cases(cast) -> None:
    """As of noon on Monday: one filed and closed today, one open, one overdue, one due in the afternoon."""
    closed = make_event(cast.worker, cast.tree.building, at=MONDAY)
    take(closed, Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK, at=MONDAY + HOUR)
    make_event(cast.worker, cast.tree.second_building, at=MONDAY)
    late = make_event(cast.worker, cast.tree.building, title="张三家的矛盾", at=MONDAY - 10 * DAY)
    take(late, Action.ACCEPT, at=MONDAY - 10 * DAY)
    due = make_event(cast.worker, cast.tree.building, at=MONDAY)
    type(due).objects.filter(pk=due.pk).update(due_at=MONDAY + 8 * HOUR)


def shown(grid: Grid) -> dict:
    return screen(grid, MONDAY + 3 * HOUR)


def numbers(grid: Grid) -> list[str]:
    return [number.text for number in shown(grid)["numbers"]]


def address(grid: Grid) -> str:
    return reverse("dashboard_screen", args=[grid.code])


# Rights


@pytest.mark.parametrize("who", ["street", "district", "city", "admin"])
def test_who_covers_the_grid_sees_it(cast, as_, who):
    assert as_(getattr(cast, who)).get(address(cast.tree.street)).status_code == 200


@pytest.mark.parametrize("who", ["worker", "chief", "community", "police", "neighbour", "stranger"])
def test_for_all_others_there_is_none(cast, as_, who):
    assert as_(getattr(cast, who)).get(address(cast.tree.street)).status_code == 404


def test_a_grid_beside_or_above_ones_own_is_none(cast, as_):
    for grid in (cast.tree.other_community, cast.tree.street, cast.tree.city):
        assert as_(cast.community).get(address(grid)).status_code == 404
    assert as_(cast.admin).get("/dashboards/abc/screen/").status_code == 404


def test_nobody_is_led_to_the_login(cast, client):
    assert client.get(address(cast.tree.street)).status_code == 302


# Figures


def test_the_large_numbers(cast, cases):
    assert numbers(cast.tree.street) == ["3", "1", "1", "3", "1", "50.0%", "无案件"]
    assert numbers(cast.tree.other_street) == ["0", "0", "0", "0", "0", "无案件", "无案件"]


def test_the_loops_add_up(cast, cases):
    rows = [tuple(cell.text for cell in row) for row in shown(cast.tree.street)["loops"].rows]
    assert ("上报：网格内循环", "最高到：网格内循环", "3") in rows
    assert ("最高到：网格内循环", "已结案", "1") in rows
    assert sum(int(count) for start, _end, count in rows if start.startswith("上报")) == 4
    assert sum(int(count) for _start, end, count in rows if end in ("已结案", "未结", "作废或并案")) == 4


def test_the_trend_has_every_day(cast, cases):
    chart = shown(cast.tree.street)["trend"]
    assert len(chart.rows) == 30
    assert [cell.text for cell in chart.rows[-1]] == ["2026-11-23", "3", "1"]
    assert [cell.text for cell in chart.rows[-11]] == ["2026-11-13", "1", "0"]


def test_children_stand_side_by_side_also_without_a_case(cast, cases):
    children = {child.name: child for child in shown(cast.tree.street)["children"]}
    mine, other = children[cast.tree.community.name], children[cast.tree.other_community.name]
    assert (mine.open, mine.overdue, mine.on_time, mine.open_share) == (3, 1, "50.0%", 100)
    assert (other.open, other.overdue, other.on_time, other.open_share) == (0, 0, "无案件", 0)


def test_nothing_below_a_community_is_named(cast, cases):
    assert not shown(cast.tree.community)["children"]


def test_an_overdue_case_is_a_number_a_category_and_a_community(cast, as_, cases):
    case = shown(cast.tree.district)["overdue"][0]
    assert (case.category, case.community) == ("物业管理", "人民路街道 健康社区")
    html = as_(cast.district).get(address(cast.tree.district)).content.decode()
    assert case.number in html
    for word in ("张三家的矛盾", "楼道灯坏了", cast.tree.building.name, *("乌兰", "王建国")):
        assert word not in html


def test_a_clue_report_is_nowhere(cast, cases):
    before = shown(cast.tree.street)
    category = make_category("线索举报一", is_confidential=True)
    for _time in range(6):
        make_event(cast.worker, cast.tree.building, category=category, at=MONDAY - 10 * DAY)
    after = shown(cast.tree.street)
    for part in ("numbers", "loops", "trend", "children", "overdue", "hot_spots"):
        assert before[part] == after[part], part


def test_a_year_without_cases_is_a_screen_too(cast, as_):
    html = as_(cast.city).get(address(cast.tree.city)).content.decode()
    assert "无案件" in html
    assert "目前没有逾期事件。" in html


def test_its_queries_are_pinned(cast, cases, django_assert_num_queries):
    for number in range(2):
        for _time in range(5):  # a hot spot, and overdue cases in one more place
            make_event(cast.worker, cast.tree.second_building, at=MONDAY - 5 * DAY)
            make_event(cast.neighbour, cast.tree.other_building, at=MONDAY - (10 + number) * DAY)
        with django_assert_num_queries(25):
            shown(cast.tree.district)


def test_the_page_itself_costs_four_queries(cast, as_, django_assert_num_queries):
    with django_assert_num_queries(15):
        shown(cast.tree.street)
    browser = as_(cast.street)
    with django_assert_num_queries(15 + 4):  # the session, who looks, their posts, and the grid
        browser.get(address(cast.tree.street))
