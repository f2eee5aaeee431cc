"""Monthly reports: made on the first working day, kept as they were, shown to whose posts cover the grid."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from events.figures.measures import RECEIVED, SETTLED, VOIDED
from events.models import Event, MonthlyReport, Notice
from events.reports.pages import Reading
from events.services import act, make_monthly_reports, make_report
from events.workflow import Action, Status
from grids.models import Role
from grids.services import merge_grids, move_grid
from tests.events.conftest import moment
from tests.events.test_sample_pages import EVERYBODY
from tests.factories import (
    make_branch,
    make_category,
    make_event,
    make_grid,
    make_organisation,
    make_post,
    make_user,
    take,
)
from tests.pages import page

pytestmark = pytest.mark.django_db

OCTOBER = date(2025, 10, 1)
MADE = moment("2025-11-03 00:25")  # the first working day after it, a Monday
DONE = (Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK)


@pytest.fixture
def cases(cast):
    """Filed in October: one closed in time, one closed late, one open and overdue, one voided, two elsewhere."""
    tree, day = cast.tree, moment("2025-10-13 09:00")
    take(make_event(cast.worker, tree.building, at=day), *DONE, at=day + timedelta(hours=1))
    take(make_event(cast.worker, tree.building, at=day), *DONE, at=day + timedelta(days=9))
    take(make_event(cast.worker, tree.second_building, at=day), Action.ACCEPT, at=day)
    take(make_event(cast.worker, tree.building, at=day), Action.VOID, at=day)
    make_event(cast.neighbour, tree.other_building, at=day)
    make_event(cast.street, tree.street, at=day)
    make_event(cast.worker, tree.building, at=day - timedelta(days=30))
    clue = make_category("线索举报一", is_confidential=True)
    make_event(cast.worker, tree.building, category=clue, at=day)


@pytest.fixture
def report(cast, cases) -> MonthlyReport:
    """Of the street."""
    make_monthly_reports(at=MADE)
    return MonthlyReport.objects.select_related("grid").get(grid=cast.tree.street)


def shown(rows) -> dict[str, list[str]]:
    return {row.title: [cell.text for cell in row.cells] for row in rows}


# Making


def test_it_is_made_on_the_first_working_day_of_each_grid_with_cases_or_posts(cast, cases):
    assert make_monthly_reports(at=moment("2025-11-02 23:59")) == 0  # a Sunday
    assert make_monthly_reports(at=MADE) == 3
    assert make_monthly_reports(at=MADE + timedelta(hours=1)) == 0
    made = MonthlyReport.objects.order_by("position")
    assert [report.grid for report in made] == [cast.tree.city, cast.tree.district, cast.tree.street]
    assert {(report.month, report.is_belated, report.made_by) for report in made} == {(OCTOBER, False, None)}


@pytest.mark.django_db(transaction=True)
def test_it_is_read_inside_of_one_snapshot_and_written_after(cast, cases):
    assert make_monthly_reports(at=MADE) == 3
    assert Notice.objects.filter(key__startswith="monthly-report").count() == 2


def test_holidays_put_it_off(cast):
    assert make_monthly_reports(at=moment("2025-10-08 12:00")) == 0
    assert make_monthly_reports(at=moment("2025-10-09 00:25")) == 3


def test_after_an_outage_every_month_that_lacks_one_gets_it(cast):
    make_monthly_reports(at=moment("2025-08-01 00:25"))
    assert make_monthly_reports(at=moment("2025-11-20 09:00")) == 3 * 3
    months = MonthlyReport.objects.filter(grid=cast.tree.city).order_by("month").values_list("month", "is_belated")
    assert [(month.month, belated) for month, belated in months] == [(7, False), (8, True), (9, True), (10, True)]


def test_a_new_system_makes_none_of_before(cast):
    make_monthly_reports(at=MADE)
    assert set(MonthlyReport.objects.values_list("month", flat=True)) == {OCTOBER}


def test_who_answers_for_the_grid_is_told_once(cast, cases):
    chief = make_post(make_user("其木格"), cast.tree.street, Role.CHIEF).user
    make_monthly_reports(at=MADE)
    make_monthly_reports(at=MADE)
    told = Notice.objects.filter(key__startswith="monthly-report").order_by("recipient__name")
    assert {notice.recipient for notice in told} == {cast.city, cast.district, chief}
    assert told.get(recipient=chief).text == "人民路街道2025-10月报已生成。"
    assert len(told) == 3


def test_what_it_says_stays_whatever_becomes_of_the_cases(cast, report):
    before = report.data
    for event in Event.objects.filter(status=Status.FILED, is_confidential=False):
        take(event, Action.ACCEPT)
    make_monthly_reports(at=MADE + timedelta(days=20))
    assert MonthlyReport.objects.get(pk=report.pk).data == before


def test_it_is_never_edited_nor_removed_and_one_a_month(report):
    with pytest.raises(TypeError):
        report.save()
    with pytest.raises(TypeError):
        report.delete()
    again = MonthlyReport(grid=report.grid, month=OCTOBER, made_at=MADE, version=1, data={})
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


# By hand


def test_an_official_makes_one_of_a_past_month_which_says_that_it_was_later(cast, cases):
    report = make_report(actor=cast.district, grid=cast.tree.street, month=date(2025, 9, 17), at=MADE)
    assert (report.month, report.made_by, report.is_belated) == (date(2025, 9, 1), cast.district, True)
    assert make_report(actor=cast.city, grid=cast.tree.street, month=report.month, at=MADE) == report
    assert report.made_by_name == "刘洋"


@pytest.mark.parametrize("who", ["street", "community", "worker", "police", "stranger"])
def test_who_is_no_official_or_chief_makes_none(cast, who):
    with pytest.raises(PermissionDenied):
        make_report(actor=getattr(cast, who), grid=cast.tree.street, month=OCTOBER, at=MADE)


@pytest.mark.parametrize(
    ("grid", "month", "sentence"),
    [
        ("street", date(2025, 11, 1), "这个月还没有结束，请选择以前的月份。"),
        ("street", date(2014, 12, 1), "请选择最近 10 年内的月份。"),
        ("community", OCTOBER, "只为街道、旗县区和市生成月报。"),
    ],
)
def test_what_cannot_be_reported_is_said(cast, grid, month, sentence):
    with pytest.raises(ValidationError) as refused:
        make_report(actor=cast.city, grid=getattr(cast.tree, grid), month=month, at=MADE)
    assert refused.value.messages == [sentence]
    assert not MonthlyReport.objects.exists()


# What it says


def test_its_figures_are_those_of_the_month_and_of_the_months_beside_it(report):
    reading = Reading(report)
    assert reading.month_names == ["2025-10", "2025-09", "2024-10"]
    flows = shown(reading.flows)
    assert shown(reading.stocks) == {"未结": ["4", "1", "0"], "已逾期": ["4", "1", "0"]}
    assert [flows[name] for name in (RECEIVED.title, SETTLED.title, VOIDED.title)] == [
        ["6", "1", "0"],
        ["2", "0", "0"],
        ["1", "0", "0"],
    ]


def test_rates_say_their_formula_and_where_there_is_nothing_that_there_are_no_cases(report):
    rates = {row.title: row for row in Reading(report).rates}
    assert [cell.text for cell in rates["按期结案率"].cells] == ["33.3%", "无案件", "无案件"]
    assert rates["按期结案率"].note == "按期结案 ÷ (已结案 + 已受理未结且逾期)"
    assert rates["满意率"].note == "(满意 + 0.9 × 基本满意) ÷ 已评价"
    assert [cell.text for cell in rates["满意率"].cells] == ["无案件"] * 3


def test_the_grids_below_add_up_to_the_whole(cast, report):
    children = report.data["children"]
    assert [child["name"] for child in children] == ["健康社区", "学苑社区", ""]
    whole = report.data["periods"][0]
    for name, count in whole["counts"].items():
        assert sum(child["counts"][name] for child in children) == count, name
    for name, count in whole["stocks"].items():
        assert sum(child["stocks"][name] for child in children) == count, name


def test_what_is_left_out_adds_up_to_what_was_filed(report):
    reading = Reading(report)
    left = sum(int(row.cells[0].value) for row in reading.left_out)
    counts = report.data["periods"][0]["counts"]
    assert left + counts["closed"] + counts["overdue_accepted"] == counts["received"]


def test_no_clue_report_is_in_any_of_it(cast, report):
    assert sum(count for *_path, count in report.data["flow"]) == 6
    assert sum(count for *_category, count in report.data["categories"]) == 6
    assert "线索" not in str(report.data)


def test_it_holds_no_words_of_cases_nor_people(cast, report):
    for words in ("楼道灯坏了", *(str(getattr(cast, who)) for who in EVERYBODY)):
        assert words not in str(report.data)


def test_the_days_tell_what_came_and_went_and_what_stood(report):
    days = {day: counts for day, *counts in report.data["days"]}
    assert len(days) == 31
    assert (days["2025-10-13"], days["2025-10-14"], days["2025-10-31"]) == ([6, 1, 1], [0, 0, 5], [0, 0, 4])


def test_offices_stand_side_by_side(cast):
    office = make_organisation(cast.tree.community, "安居物业", representatives=[make_user()])
    event = take(make_event(cast.community, cast.tree.community, at=moment("2025-10-13 09:00")), Action.ACCEPT)
    act(event=event, action=Action.ASSIGN, actor=cast.community, organisation=office)
    make_monthly_reports(at=MADE)
    reading = Reading(MonthlyReport.objects.get(grid=cast.tree.street))
    assert shown(reading.offices) == {"安居物业": ["1", "0.0%", "0.0%", "无案件", "无案件"]}


def test_vacancies_and_branches_are_those_of_the_day(cast, report):
    reading = Reading(report)
    assert shown(reading.posts)["楼栋"] == ["3", "1", "2", "3"]
    assert shown(reading.branches) == {"3": ["0", "0", "3", "0.0%"]}
    make_branch(cast.tree.community)
    later = make_report(actor=cast.city, grid=cast.tree.street, month=date(2025, 9, 1), at=MADE)
    assert shown(Reading(later).branches) == {"3": ["0", "2", "1", "66.6%"]}


# Pages


def addresses(report: MonthlyReport) -> dict[str, str]:
    return {
        "report_list": reverse("report_list"),
        "report_detail": reverse("report_detail", args=[report.pk]),
        "report_export": reverse("report_export", args=[report.pk]),
    }


def test_it_is_for_whose_posts_cover_the_grid(cast, as_, report):
    for name, address in addresses(report).items():
        got = {who for who in EVERYBODY if as_(getattr(cast, who)).get(address).status_code == 200}
        may = set(EVERYBODY) if name == "report_list" else {"street", "district", "city", "admin"}
        assert got == may, name
    assert as_(cast.community).get(addresses(report)["report_detail"]).status_code == 404


def test_the_list_holds_what_one_may_open(cast, as_, report):
    listed = {
        who: [one.grid.level for one in as_(getattr(cast, who)).get(reverse("report_list")).context["page"]]
        for who in ("street", "district", "city", "community", "stranger")
    }
    assert listed == {"street": [2], "district": [1, 2], "city": [0, 1, 2], "community": [], "stranger": []}
    of_street = as_(cast.city).get(reverse("report_list"), {"grid": cast.tree.street.code}).context["page"]
    assert list(of_street) == [report]
    assert as_(cast.street).get(reverse("report_list"), {"grid": "150199"}).status_code == 404


def test_the_page_shows_it_with_links_to_the_cases_of_now(cast, as_, report):
    text = page(as_(cast.street).get(addresses(report)["report_detail"]))
    for words in (
        "网格治理月报",
        "2025年10月",
        "内容保持当时原样",
        "可能与当时不同",
        "33.3%",
        "线索举报不计入任何数字",
    ):
        assert words in text, words
    link = f"figure=open&amp;grid={cast.tree.street.code}&amp;on=2025-11-01"
    assert link in text


def test_each_link_of_a_stock_lists_as_many_as_stood(cast, as_, report):
    for row in Reading(report).stocks:
        listed = as_(cast.street).get(row.cells[0].url).context["page"].object_list
        assert len(listed) == row.cells[0].value, row.title


def test_an_empty_month_says_that_there_are_no_cases(cast, as_):
    report = make_report(actor=cast.city, grid=cast.tree.other_street, month=OCTOBER, at=MADE)
    text = page(as_(cast.district).get(addresses(report)["report_detail"]))
    assert "本月无案件。" in text
    assert "0.0%" not in text
    assert as_(cast.city).get(addresses(report)["report_export"]).status_code == 200


def test_the_pages_take_few_queries(cast, as_, report, django_assert_max_num_queries):
    browser = as_(cast.district)
    for name, most in {"report_list": 10, "report_detail": 8, "report_export": 6}.items():
        with django_assert_max_num_queries(most, info=name):
            answer = browser.get(addresses(report)[name])
            list(answer.streaming_content) if answer.streaming else None


def test_a_report_by_hand_leads_to_its_page(cast, as_):
    sent = {"grid": cast.tree.street.code, "month": "2025-10"}
    answer = as_(cast.district).post(reverse("report_make"), sent)
    assert answer.url == reverse("report_detail", args=[MonthlyReport.objects.get().pk])
    assert as_(cast.district).post(reverse("report_make"), sent).url == answer.url
    assert as_(cast.district).get(reverse("report_make")).url == reverse("report_list")
    assert as_(cast.street).post(reverse("report_make"), sent).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"grid": "150199"}, "grid"), ({"grid": "1501\0"}, "grid"), ({"grid": ""}, "grid"), ({"grid": "1502"}, "grid"),
        ({"month": ""}, "month"), ({"month": "2025-13"}, "month"), ({"month": "十月"}, "month"),
        ({"month": "0001-01"}, "month"), ({"month": "2100-01"}, "month"),
    ],
)  # fmt: skip
def test_a_wrong_report_is_said_at_the_field(cast, as_, wrong, field):
    sent = {"grid": cast.tree.street.code, "month": "2025-10"} | wrong
    answer = as_(cast.district).post(reverse("report_make"), sent)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not MonthlyReport.objects.exists()


@pytest.mark.parametrize("pk", ["0", "999999999999999999999999"])
def test_a_report_that_is_none_is_not_found(cast, as_, pk):
    assert as_(cast.city).get(f"/reports/{pk}/").status_code == 404


# Reorganisations


def test_a_street_that_moved_takes_its_reports_along(cast, as_, report):
    district = make_grid("150104", "玉泉区")
    new = make_post(make_user("那仁"), district, Role.OFFICIAL).user
    move_grid(actor=None, grid=cast.tree.street, new_parent=district)
    assert as_(new).get(addresses(report)["report_detail"]).status_code == 200
    assert as_(cast.district).get(addresses(report)["report_detail"]).status_code == 404


def test_a_street_that_went_out_of_use_keeps_them_without_links(cast, as_, report):
    merge_grids(actor=None, grid=cast.tree.street, into=cast.tree.other_street)
    text = page(as_(cast.district).get(addresses(report)["report_detail"]))
    assert "该网格已停用" in text
    assert "figure=" not in text
    assert report.grid_name in text
