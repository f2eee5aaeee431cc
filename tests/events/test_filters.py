"""The filters of the list: categories, times, words, and how the page says them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events.filters import FilterForm
from events.models import Event
from tests.events.conftest import MONDAY, moment
from tests.factories import make_category, make_event, take
from tests.pages import page

pytestmark = pytest.mark.django_db
LIST = "event_list"


def listed(answer) -> set[str]:
    return {event.title for event in answer.context["events"]}


def fitting(user, at=MONDAY, **query: str) -> set[str]:
    return {event.title for event in FilterForm(user, query).events(at)}


@pytest.fixture
def days(cast):
    """A case of each of these days before Monday, at one in the morning."""
    for number in (0, 1, 6, 7, 30, 400):
        at = moment("2026-11-23 01:00") - timedelta(days=number)
        make_event(cast.worker, cast.tree.building, title=f"{number}天前", at=at)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"days": "1"}, {"0天前"}),
        ({"days": "7"}, {"0天前", "1天前", "6天前"}),
        ({"days": "30"}, {"0天前", "1天前", "6天前", "7天前"}),
        ({"since": "2026-11-22"}, {"0天前", "1天前"}),
        ({"until": "2026-11-16"}, {"7天前", "30天前", "400天前"}),
        ({"since": "2026-11-17", "until": "2026-11-17"}, {"6天前"}),
        ({"since": "0001-01-01", "until": "9999-12-31", "days": "7"}, {"0天前", "1天前", "6天前"}),
    ],
)
def test_days_are_whole_days_here(cast, days, query, found):
    assert fitting(cast.worker, **query) == found


def test_the_last_days_move_on_with_the_clock(cast, days):
    assert fitting(cast.worker, MONDAY + timedelta(days=6), days="7") == {"0天前"}


def test_a_major_takes_all_of_its_minors(cast):
    for minor, major in (("噪音", "社会治理"), ("漏水", "社会治理"), ("路灯", "公用设施")):
        make_event(cast.worker, cast.tree.building, title=minor, category=make_category(minor, major=major))
    assert fitting(cast.worker, category="社会治理") == {"噪音", "漏水"}
    assert fitting(cast.worker, category=str(Event.objects.get(title="路灯").category_id)) == {"路灯"}


# What figures lead to


def test_what_arose_on_the_very_grid_is_not_what_arose_below_it(cast):
    make_event(cast.worker, cast.tree.building, title="在楼里")
    make_event(cast.community, cast.tree.community, title="在社区")
    assert fitting(cast.street, grid=cast.tree.community.code) == {"在楼里", "在社区"}
    assert fitting(cast.street, grid=cast.tree.community.code, directly="true") == {"在社区"}


def test_where_a_case_started_and_how_high_it_climbed(cast):
    take(make_event(cast.worker, cast.tree.building, title="升过级"), "escalate", "accept", "send_back")
    make_event(cast.worker, cast.tree.building, title="没升级")
    assert fitting(cast.street, top_loop="community", loop="grid") == {"升过级"}
    assert fitting(cast.street, start_loop="grid", top_loop="grid") == {"没升级"}


def test_a_rate_leads_to_the_cases_below_its_line(cast):
    take(make_event(cast.worker, cast.tree.building, title="已结"), "accept", "resolve", "pass_check", at=MONDAY)
    take(make_event(cast.worker, cast.tree.building, title="受理逾期", at=MONDAY), "accept", at=MONDAY)
    make_event(cast.worker, cast.tree.building, title="没受理", at=MONDAY)
    later = MONDAY + timedelta(days=9)
    assert fitting(cast.street, later, figure="on_time_closing") == {"已结", "受理逾期"}
    assert fitting(cast.street, later, figure="in_grid") == {"已结"}


def test_how_it_stood_as_a_day_began(cast):
    before, at = timezone.localdate() - timedelta(days=7), timezone.now()
    make_event(cast.worker, cast.tree.building, title="早就有", at=at - timedelta(days=9))
    make_event(cast.worker, cast.tree.building, title="后来的", at=at)
    assert fitting(cast.street, at, figure="open", on=before.isoformat()) == {"早就有"}
    for wrong in ({"figure": "closed", "on": before.isoformat()}, {"figure": "open", "on": "2999-01-01"}):
        assert "on" in FilterForm(cast.street, wrong).errors


def test_what_a_figure_leads_to_stays_when_another_filter_is_chosen(cast, as_, event):
    text = page(as_(cast.street).get(reverse(LIST), {"figure": "open", "top_loop": "grid"}))
    assert '<input type="hidden" name="figure" value="open">' in text
    assert '<input type="hidden" name="top_loop" value="grid">' in text
    assert 'name="start_loop"' not in text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"days": "8"}, "days"),
        ({"since": "昨天"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"since": "2026-11-23", "until": "2026-11-22"}, "until"),
        ({"category": "没有的大类"}, "category"),
        ({"search": "\u202e"}, "search"),
    ],
)
def test_a_filter_that_is_none_is_named(cast, as_, query, field):
    answer = as_(cast.worker).get(reverse(LIST), query)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]


# The page


@pytest.fixture
def event(cast):
    return make_event(
        cast.worker, cast.tree.unit, title="<b>垃圾</b>没人清", description="在SOHO旁边<script>，垃圾很多"
    )


def test_what_was_found_is_marked_and_nothing_else_becomes_html(cast, as_, event):
    text = page(as_(cast.worker).get(reverse(LIST), {"search": "垃圾 soho 1单元"}))
    assert "&lt;b&gt;<mark>垃圾</mark>&lt;/b&gt;没人清" in text
    assert "在<mark>SOHO</mark>旁边&lt;script&gt;，垃圾" in text
    assert "<mark>1单元</mark>" in text
    assert "<b>垃圾" not in text
    assert "旁边<script>" not in text


def test_a_number_is_marked_where_it_was_typed(cast, as_, event):
    text = page(as_(cast.worker).get(reverse(LIST), {"search": event.number[-4:]}))
    assert f"{event.number[:-4]}<mark>{event.number[-4:]}</mark>" in text


def test_each_filter_is_a_chip_that_takes_itself_away(cast, as_, event):
    query = {"search": "垃圾", "status": "open", "days": "7", "sort": "due", "grid": cast.tree.community.code}
    answer = as_(cast.worker).get(reverse(LIST), query)
    chips = {chip.name: (str(chip.value), chip.rest) for chip in answer.context["chosen"]}
    assert {name: value for name, (value, _rest) in chips.items()} == {
        "search": "垃圾", "status": "未结", "days": "近 7 天", "grid": "健康社区",
    }  # fmt: skip
    rest = f"search=%E5%9E%83%E5%9C%BE&grid={cast.tree.community.code}&days=7&sort=due"
    assert sorted(chips["status"][1].split("&")) == sorted(rest.split("&"))
    assert "去掉条件 状态：未结" in page(answer)


def test_a_filter_that_is_none_leaves_the_chips_of_the_others(cast, as_, event):
    answer = as_(cast.worker).get(reverse(LIST), {"status": "open", "loop": "x"})
    assert [chip.name for chip in answer.context["chosen"]] == ["status"]


def test_a_name_says_whose_grid_was_looked_into_as_well(cast, as_, event):
    answer = as_(cast.community).get(reverse(LIST), {"search": "王建国"})
    assert listed(answer) == {event.title}
    assert "健康社区 1号楼 · 王建国 网格长" in page(answer)


def test_who_may_not_see_the_grid_is_not_told_of_it(cast, as_, event):
    answer = as_(cast.neighbour).get(reverse(LIST), {"search": "王建国"})
    assert (listed(answer), answer.context["named"]) == (set(), [])
    assert "王建国 网格长" not in page(answer)


def test_when_nothing_is_found_the_page_says_what_to_try(cast, as_, event):
    text = page(as_(cast.worker).get(reverse(LIST), {"search": "没有的词"}))
    assert "没有符合条件的事件" in text
    assert "两个字就能查" in text


def test_a_clue_report_is_marked_for_nobody_else(cast, as_):
    category = make_category("线索举报", is_confidential=True)
    make_event(cast.worker, cast.tree.unit, category=category, title="疑似聚赌")
    for person, is_seen in ((cast.police, True), (cast.community, False), (cast.city, False), (cast.admin, False)):
        answer = as_(person).get(reverse(LIST), {"search": "聚赌"})
        assert (answer.context["page"].paginator.count == 1) == ("<mark>聚赌</mark>" in page(answer)) == is_seen


def test_searching_keeps_its_queries(cast, as_, event, django_assert_max_num_queries):
    for number in range(22):
        make_event(cast.worker, cast.tree.building, title=f"垃圾{number}")
    browser = as_(cast.community)
    with django_assert_max_num_queries(17):
        assert len(listed(browser.get(reverse(LIST), {"search": "健康 王建国 垃圾", "days": "7"}))) == 20


def test_pages_of_what_was_found_go_on(cast, as_):
    at = timezone.now() - timedelta(days=1)
    for number in range(23):
        make_event(cast.worker, cast.tree.building, title=f"垃圾{number}", at=at + timedelta(minutes=number))
    answer = as_(cast.worker).get(reverse(LIST), {"search": "垃圾", "page": "2"})
    assert listed(answer) == {"垃圾0", "垃圾1", "垃圾2"}
    assert answer.context["page"].paginator.count == 23
