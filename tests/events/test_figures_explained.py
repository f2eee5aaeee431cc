"""Every figure opens: above its list stands what it counts, by which formula, of where and when, and how many."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from events import services
from events.figures.explaining import MEANINGS, Card, number_text, period_text, sum_text
from events.figures.measures import FAILED_CHECKS, MEASURES, ON_TIME, OVERDUE, RECEIVED, SETTLED, Day
from events.figures.scope import Scope
from events.figures.showing import rate_text
from events.filters import FIGURES, saved_filters
from events.indicators import INDICATORS, SATISFACTION, weights
from events.indicators import ON_TIME as ON_TIME_CLOSING
from grids.models import Role
from tests.factories import make_category, make_event, make_organisation, make_post, take
from tests.pages import page

pytestmark = pytest.mark.django_db
LIST = "/events/"


@pytest.fixture
def cases(cast):
    """In one building one closed in time after two failed checks and one overdue; in the next one voided."""
    at = timezone.now()
    again = ("resolve", "fail_check")
    take(make_event(cast.worker, cast.tree.building), "accept", *again, *again, "resolve", "pass_check")
    make_event(cast.worker, cast.tree.building, at=at - timedelta(days=40))
    take(make_event(cast.worker, cast.tree.second_building), "void")


def opened(client, **query: str) -> Card:
    return client.get(LIST, query).context["figure"]


# The words


def test_every_measure_has_a_meaning():
    assert MEASURES.keys() <= MEANINGS.keys()


def test_formulas_have_the_weights_in_force(db):
    assert SATISFACTION.formula(weights()) == "(满意 + 0.9 × 基本满意) ÷ 已评价"
    counts = {"satisfied": 10, "fair": 2, "unsatisfied": 1, "rated": 13}
    assert sum_text(SATISFACTION, counts, weights()) == "(10 + 0.9 × 2) ÷ 13"


def test_no_cases_is_not_zero():
    assert rate_text(ON_TIME_CLOSING.value({"on_time": 0, "closed": 0, "overdue_accepted": 0}, {})) == "无案件"
    assert rate_text(ON_TIME_CLOSING.value({"on_time": 0, "closed": 3, "overdue_accepted": 0}, {})) == "0.0%"


def test_all_is_only_said_of_all():
    counts = {"on_time": 9_999, "closed": 10_000, "overdue_accepted": 0}
    assert rate_text(ON_TIME_CLOSING.value(counts, {})) == "99.9%"


def test_a_period_is_said_by_the_day_that_is_meant():
    day = timezone.localdate().replace(month=1, day=2)
    assert period_text(day, day) == f"{day} 至 {day} 上报"
    assert period_text(None, day, Day.CLOSED) == f"{day} 及以前结案"
    assert period_text(None, None) == "不限期间"


def test_numbers_are_said_in_full():
    assert number_text(RECEIVED, {"received": 12_345}) == "12,345 件"


# The card


def test_a_card_tells_what_is_counted(cast, as_, cases):
    answer = as_(cast.street).get(Scope(cast.tree.street).link(ON_TIME))
    found = answer.context["figure"]
    assert (found.title, found.number, found.is_whole, found.is_narrowed) == ("按期结案", "1 件", True, False)
    text = page(answer)
    assert "按期结案率</strong> = 按期结案 ÷ (已结案 + 已受理未结且逾期)" in text
    assert "线索举报不计入任何指标" in text
    assert "人民路街道 · 不限期间 · 截至" in text
    assert f'<a href="{reverse("dashboard", args=[cast.tree.street.code])}">看板</a>' in text


def test_a_card_leads_to_no_dashboard_that_one_may_not_open(cast, as_, cases):
    assert not opened(as_(cast.worker), figure="open", grid=cast.tree.street.code).dashboard
    assert not opened(as_(cast.street), figure="open").dashboard


def test_a_sum_tells_the_cases_behind_it(cast, as_, cases):
    answer = as_(cast.street).get(Scope(cast.tree.street).link(FAILED_CHECKS))
    assert answer.context["figure"].number == "2 次核查不通过，涉及 1 件"
    assert len(answer.context["events"]) == 1


@pytest.mark.parametrize("indicator", INDICATORS.values(), ids=list(INDICATORS))
def test_a_rate_opens_the_cases_below_its_line(cast, as_, cases, indicator):
    answer = as_(cast.street).get(LIST, {"figure": indicator.name, "grid": cast.tree.street.code})
    found = answer.context["figure"]
    assert found.title == str(indicator.title)
    below = found.reckoning.split("÷")[1].strip(" ()").split(" + ")
    assert len(answer.context["events"]) == sum(map(int, below))


def test_a_measure_without_a_rate_tells_that_clue_reports_are_left_out(cast, as_, cases):
    found = opened(as_(cast.street), figure="overdue", grid=cast.tree.street.code)
    assert (found.formulas, found.left_out) == ([], "线索举报不计入任何指标。")


def test_no_clue_report_is_counted(cast, as_, cases):
    make_event(cast.worker, cast.tree.building, category=make_category("线索举报一", is_confidential=True))
    for query in ({"grid": cast.tree.building.code}, {}):
        assert opened(as_(cast.chief), figure="received", **query).number == "2 件"


def test_the_number_is_exact_beyond_what_the_list_counts(cast, as_, cases, monkeypatch):
    monkeypatch.setattr("events.paging.MANY", 1)
    monkeypatch.setattr("events.views.PAGE_SIZE", 1)
    answer = as_(cast.street).get(Scope(cast.tree.street).link(RECEIVED))
    assert answer.context["page"].paginator.is_capped
    assert answer.context["figure"].number == "3 件"


def test_who_sees_a_part_is_told_the_number_of_that_part(cast, as_, cases):
    answer = as_(cast.chief).get(LIST, {"figure": "received", "grid": cast.tree.community.code})
    found = answer.context["figure"]
    assert (found.number, found.is_whole, len(answer.context["events"])) == ("2 件", False, 2)
    assert "只计您能看到的" in page(answer)


def test_without_a_grid_it_counts_all_that_one_may_see(cast, as_, cases):
    found = opened(as_(cast.community), figure="failed_checks")
    assert (found.number, found.place) == ("2 次核查不通过，涉及 1 件", "您能看到的全部")


def test_other_filters_narrow_the_list_and_not_the_figure(cast, as_, cases):
    answer = as_(cast.street).get(Scope(cast.tree.street).link(RECEIVED) + "&status=voided&sort=due")
    found = answer.context["figure"]
    assert (found.number, found.is_narrowed, len(answer.context["events"])) == ("3 件", True, 0)
    assert not opened(as_(cast.street), figure="received", grid=cast.tree.street.code, sort="due").is_narrowed


def test_period_and_category_narrow_the_figure(cast, as_, cases):
    street, other = cast.tree.street.code, make_category("井盖缺损", major="公用设施")
    today = timezone.localdate().isoformat()
    assert opened(as_(cast.street), figure="received", grid=street, since=today).number == "2 件"
    assert opened(as_(cast.street), figure="received", grid=street, days="7", until=today).number == "2 件"
    assert opened(as_(cast.street), figure="received", grid=street, category="社会治理").number == "3 件"
    assert opened(as_(cast.street), figure="received", grid=street, category=str(other.pk)).number == "0 件"


def test_an_organisation_narrows_the_figure(cast, as_, cases):
    company = make_organisation(cast.tree.community)
    found = opened(as_(cast.street), figure="received", grid=cast.tree.street.code, organisation=str(company.pk))
    assert (found.number, found.is_narrowed) == ("0 件", False)


def test_by_the_day_of_closing_the_chips_say_so(cast, as_, cases):
    today = timezone.localdate()
    answer = as_(cast.street).get(Scope(cast.tree.street, today, today).link(SETTLED))
    assert answer.context["figure"].period == f"{today} 至 {today} 结案"
    assert [str(chip.label) for chip in answer.context["chosen"] if chip.name == "since"] == ["结案起（含当天）"]


def test_each_chip_is_taken_away_alone_and_the_form_keeps_the_figure(cast, as_, cases):
    client, today = as_(cast.street), timezone.localdate()
    answer = client.get(Scope(cast.tree.street, today).link(OVERDUE))
    rest = {chip.name: chip.rest for chip in answer.context["chosen"]}
    assert rest.keys() == {"figure", "grid", "since"}
    assert client.get(f"{LIST}?{rest['figure']}").context["figure"] is None
    assert client.get(f"{LIST}?{rest['since']}").context["figure"].number == "1 件"
    assert '<input type="hidden" name="figure" value="overdue">' in page(answer)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"figure": "nonsense"}, "没有这个筛选项"),
        ({"figure": "open", "organisation": "77"}, "您的范围内没有这个组织"),
        ({"figure": "open", "organisation": "x"}, "您的范围内没有这个组织"),
        ({"figure": "open", "grid": "999999"}, "您的管辖范围内没有这个网格"),
        ({"figure": "open", "since": "2026-02-02", "until": "2026-02-01"}, "早于"),
    ],
)
def test_what_is_no_figure_is_named(cast, as_, query, sentence):
    answer = as_(cast.street).get(LIST, query)
    assert (answer.status_code, answer.context["figure"]) == (400, None)
    assert sentence in page(answer)


def test_days_beyond_the_calendar_do_no_harm(cast, as_, cases):
    query = {"figure": "received", "grid": cast.tree.street.code, "since": "0001-01-01", "until": "9999-12-31"}
    assert opened(as_(cast.street), **query).number == "3 件"


def test_a_list_without_a_figure_asks_nothing_more(cast, as_, cases, django_assert_max_num_queries):
    client = as_(cast.street)
    assert opened(client) is None
    with django_assert_max_num_queries(24):
        client.get(LIST, {"figure": "failed_checks", "grid": cast.tree.street.code})


# Saved filters and sheets


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_saved_and_counted_as_a_filter(cast, cases, figure):
    query = {"figure": figure, "grid": cast.tree.street.code}
    services.save_filter(user=cast.street, name="数", query=query)
    saved = saved_filters(cast.street, timezone.now())[0]
    assert saved.count == saved.form.events(timezone.now()).count()


def test_a_figure_is_exported_with_its_name(cast, as_, cases):
    answer = as_(cast.street).get(reverse("event_export"), {"figure": "failed_checks", "grid": cast.tree.street.code})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    text = "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    assert "网格：人民路街道；指标：返工次数" in text
    assert as_(cast.street).get(reverse("event_export"), {"figure": "nonsense"}).status_code == 400


def test_somebody_with_several_posts_covers_each_of_them(cast, as_, cases):
    make_post(cast.neighbour, cast.tree.building, Role.STAFF)
    cast.neighbour.forget_rights()
    assert opened(as_(cast.neighbour), figure="received", grid=cast.tree.building.code).is_whole
