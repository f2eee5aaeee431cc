"""The pages of resources: who opens them, what they show, and the sheet."""

import zipfile
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from branches.models import BudgetLine, Picture, ResourceEntry
from branches.services import enter_spending, found_branch, reverse_entry
from tests.branches.resources import AT, DAY, make_budget, make_line, spend
from tests.factories import make_branch
from tests.pictures import picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast) -> BudgetLine:
    return make_line(cast)


def url(name: str, *args, **query) -> str:
    return reverse(name, args=args, query=query)


def text(answer) -> str:
    return answer.content.decode()


READERS = ["worker", "chief", "police"]
SPENDERS = ["community", "street", "district", "city", "admin"]
OUTSIDE = ["neighbour", "stranger"]


@pytest.mark.parametrize("who", [*SPENDERS, *READERS, *OUTSIDE])
def test_every_page_is_for_who_may(cast, as_, line, who):
    entry = spend(cast, line, receipt=upload(picture()))
    browser = as_(getattr(cast, who))
    sees = 404 if who in OUTSIDE else 200
    spends = 403 if who in READERS else sees
    wanted = {
        url("budget_detail", line.budget_id): sees,
        url("resource_receipt", entry.pk): sees,
        url("budget_list", grid=cast.tree.community.code): sees,
        url("budget_plan", grid=cast.tree.community.code): spends,
        url("budget_line_add", line.budget_id): spends,
        url("budget_line_change", line.pk): spends,
        url("resource_enter", line.pk): spends,
        url("resource_reverse", entry.pk): spends,
    }
    got = {page: browser.get(page).status_code for page in wanted}
    assert got == wanted


def test_nobody_gets_in_without_a_login(client, line):
    for page in (url("budget_list"), url("budget_detail", line.budget_id)):
        assert client.get(page).status_code == 302


def test_a_year_is_begun_planned_spent_and_reversed_in_the_browser(cast, as_):
    browser, year = as_(cast.community), timezone.localdate().year
    answer = browser.post(url("budget_plan", grid=cast.tree.community.code), {"year": year}, follow=True)
    budget = answer.context["budget"]
    given = {"kind": "money", "source": "street", "purpose": "邻里节", "planned": "1,000.00", "unit": ""}
    browser.post(url("budget_line_add", budget.pk), given)
    line = budget.lines.get()
    today = timezone.localdate().isoformat()
    given = {"amount": "1200.5", "spent_on": today, "purpose": "舞台", "receipt": upload(picture())}
    answer = browser.post(url("resource_enter", line.pk), given, follow=True)
    assert "超出计划 200.50 元" in text(answer)
    entry = ResourceEntry.objects.get()
    assert browser.get(url("resource_receipt", entry.pk)).headers["Content-Type"] == "image/jpeg"
    answer = browser.post(url("resource_reverse", entry.pk), {"reason": "金额有误"}, follow=True)
    assert "已冲销" in text(answer)
    assert BudgetLine.objects.with_spent().get().spent == 0


@pytest.mark.parametrize(
    ("page", "given", "sentence"),
    [
        ("budget_line_add", {"kind": "money", "source": "street", "purpose": "x", "planned": "许多"}, "请填写数字"),
        ("budget_line_add", {"kind": "people", "source": "street", "purpose": "x", "planned": "3"}, "写明计量单位"),
        ("budget_line_change", {"planned": "5", "reason": ""}, "说明调整的原因"),
        ("resource_enter", {"amount": "5", "spent_on": "昨天", "purpose": "桌椅"}, "选择日期"),
        ("resource_enter", {"amount": "5", "spent_on": "2999-01-01", "purpose": "桌椅"}, "桌椅"),
    ],
)
def test_what_is_not_in_order_is_said_at_its_field_and_nothing_is_lost(cast, as_, line, page, given, sentence):
    key = line.budget_id if page == "budget_line_add" else line.pk
    answer = as_(cast.community).post(url(page, key), given)
    assert answer.status_code == 400
    assert sentence in text(answer)
    assert 'class="field-error"' in text(answer)
    assert (BudgetLine.objects.count(), ResourceEntry.objects.count()) == (1, 0)


def test_an_entry_reversed_meanwhile_says_so(cast, as_, line):
    entry = spend(cast, line)
    reverse_entry(actor=cast.street, entry=entry, reason="重复", at=AT)
    answer = as_(cast.community).post(url("resource_reverse", entry.pk), {"reason": "重复"})
    assert answer.status_code == 400
    assert "已经冲销" in text(answer)


def test_over_budget_is_shown_with_a_sentence(cast, as_, line):
    spend(cast, line, "1300.00")
    assert "“党建活动”超出计划" in text(as_(cast.worker).get(url("budget_detail", line.budget_id)))


def test_budget_detail_takes_a_pinned_number_of_queries(cast, as_, line, django_assert_num_queries):
    browser = as_(cast.community)
    for _turn in range(5):
        spend(cast, make_line(cast, line.budget), receipt=upload(picture()))
    with django_assert_num_queries(12):
        browser.get(url("budget_detail", line.budget_id))


def test_budget_list_takes_a_pinned_number_of_queries(cast, as_, line, django_assert_num_queries):
    for _turn in range(5):
        make_line(cast, make_budget(cast, branch=make_branch(cast.tree.building, covers=[])))
    browser = as_(cast.street)
    with django_assert_num_queries(12):
        answer = browser.get(url("budget_list", year=2026))
    assert len(answer.context["page"].object_list) == 6


def test_the_list_rolls_up_by_the_grids_below(cast, as_, line):
    spend(cast, line, "40")
    answer = as_(cast.district).get(url("budget_list", year=2026))
    (child, total), *others = answer.context["below"]
    assert (child, total.planned, total.spent, others) == (cast.tree.street, 1000, 40, [])


def test_the_sheet_adds_up_by_itself(cast, as_, line):
    make_line(cast, line.budget, kind="people", unit="人次", planned=Decimal(12))
    entry = spend(cast, line, "1300.10")
    spend(cast, line, "0.20")
    reverse_entry(actor=cast.community, entry=entry, reason="重复登记", at=AT)
    answer = as_(cast.worker).get(url("budget_detail", line.budget_id, export="xlsx"))
    content = b"".join(answer.streaming_content)
    rows = [[cell.value for cell in row] for row in load_workbook(BytesIO(content)).active]
    shown = [[cell.value for cell in row] for row in load_workbook(BytesIO(content), data_only=True).active]
    first = next(number for number, row in enumerate(rows) if row[0] == line.pk and row[1] == "资金")
    assert rows[first][7].startswith("=SUMIF($A$")
    assert rows[first][8] == f"=F{first + 1}-H{first + 1}"
    assert (shown[first][5], shown[first][7], shown[first][8]) == (1000, 0.2, 999.8)
    assert shown[first + 2][5] == 1000
    assert b"<v>1000.00</v>" in zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")


def test_the_formulas_name_the_very_rows_of_the_entries(cast, as_, line):
    spend(cast, line, "5")
    spend(cast, line, "6")
    answer = as_(cast.worker).get(url("budget_detail", line.budget_id, export="xlsx"))
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    amounts = [cell.row for cell in sheet["F"] if cell.value in (5, 6)]
    formula = next(cell.value for cell in sheet["H"] if str(cell.value).startswith("=SUMIF($A"))
    assert formula.endswith(f"$F${amounts[0]}:$F$1048576)")


def test_what_names_a_formula_is_text_in_the_sheet(cast, as_, line):
    enter_spending(
        actor=cast.community, line=line, amount=Decimal(1), spent_on=DAY, purpose='=HYPERLINK("http://x")', at=AT
    )
    answer = as_(cast.worker).get(url("budget_detail", line.budget_id, export="xlsx"))
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    cell = next(cell for row in sheet for cell in row if str(cell.value).startswith("=HYPERLINK"))
    assert cell.data_type != "f"


def test_the_photo_of_a_refused_entry_is_kept_and_a_new_one_takes_its_place(cast, as_, line):
    browser, page = as_(cast.community), url("resource_enter", line.pk)
    given = {"amount": "", "spent_on": DAY, "purpose": "舞台"}
    for number, colour in enumerate(("#123456", "#654321"), start=1):
        sent = {"receipt": upload(picture(colour=colour))}
        answer = browser.post(page, given | sent | {"receipt_kept": Picture.objects.values_list("key", flat=True)})
        kept = Picture.objects.latest("pk")
        assert (answer.status_code, Picture.objects.count()) == (400, number)
        assert f'name="receipt_kept" value="{kept.key}" checked' in text(answer)
    assert browser.post(page, given | {"amount": "5", "receipt_kept": kept.key}).status_code == 302
    assert ResourceEntry.objects.get().receipt == kept


def test_budget_list_begins_with_the_community_of_who_leads_a_branch_of_buildings(cast, as_):
    found_branch(actor=None, name="甲", kind="solo", grids=[cast.tree.building], secretary=cast.stranger)
    make_line(cast)
    answer = as_(cast.stranger).get(reverse("budget_list"), {"year": "2026"})
    assert answer.context["grid"] == cast.tree.community
    assert len(answer.context["page"]) == 1
