"""The workbook of a monthly report: its formulas, worked out here as a spreadsheet does, give what the page shows."""

import io
import re
from decimal import Decimal

import pytest
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from events.figures.showing import rate_text
from events.figures.standing import STOCKS
from events.models import MonthlyReport
from events.reports.pages import Reading
from events.services import act, make_monthly_reports, make_report
from events.workflow import Action
from tests.events.conftest import moment
from tests.events.test_reports import MADE, OCTOBER, cases  # noqa: F401 - a fixture
from tests.factories import make_event, make_organisation, take

pytestmark = pytest.mark.django_db
NOTHING = "无案件"
DONE = (Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK)


class Worked:
    """A sheet whose formulas are worked out: sums, quotients, comparisons with nothing, and texts."""

    def __init__(self, sheet):
        self.sheet = sheet

    def value(self, place: str):
        found = self.sheet[place].value
        return self.work_out(found[1:]) if isinstance(found, str) and found.startswith("=") else found

    def work_out(self, formula: str):
        text = re.sub(r"SUM\(([A-Z$0-9]+):([A-Z$0-9]+)\)", r"total('\1','\2')", formula.replace("$", ""))
        text = re.sub(r"(?<!['A-Z])([A-Z]{1,2}[0-9]+)(?!['0-9])", r"number('\1')", text)
        text = re.sub(r"\)=0,", r")==0,", text)
        text = re.sub(r"number\('(\w+)'\)=0,", r"number('\1')==0,", text)
        text = re.sub(r"(?<![\w.'])([0-9.]+)(?![\w.'])", r"Decimal('\1')", text)
        text = re.sub(r"^IF\((.*?==.*?),(\".*?\"),(.*)\)$", r"(\2 if \1 else \3)", text)
        return eval(text, {"total": self.total, "number": self.number, "Decimal": Decimal})  # noqa: S307

    def number(self, place: str) -> Decimal:
        return Decimal(str(self.value(place) or 0))

    def total(self, first: str, last: str) -> Decimal:
        return sum((self.number(cell.coordinate) for (cell,) in self.sheet[f"{first}:{last}"]), Decimal(0))

    def line(self, heading: str) -> list:
        """The worked out cells beside this one of the first column."""
        row = next(cell.row for cell in self.sheet["A"] if cell.value == heading)
        return [self.value(cell.coordinate) for cell in self.sheet[row][1:]]


@pytest.fixture
def report(cast, cases) -> MonthlyReport:  # noqa: F811
    office = make_organisation(cast.tree.street, "=HYPERLINK(1)", representatives=[cast.police])
    event = take(make_event(cast.community, cast.tree.community, at=moment("2025-10-13 09:00")), Action.ACCEPT)
    event.organisation = office
    event.save(update_fields=["organisation"])
    rated = take(make_event(cast.worker, cast.tree.building, at=moment("2025-10-14 09:00")), *DONE)
    act(event=rated, action=Action.RATE, actor=cast.worker, rating="fair", contacted=True)
    make_monthly_reports(at=MADE)
    return MonthlyReport.objects.get(grid=cast.tree.street)


def book_of(as_, user, report: MonthlyReport, **options) -> Workbook:
    answer = as_(user).get(reverse("report_export", args=[report.pk]))
    assert answer["Content-Disposition"].startswith("attachment; filename")
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content)), **options)


def formulas(book: Workbook) -> list:
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_every_formula_works_out_to_what_the_sheet_shows_before(cast, as_, report):
    book, shown = (book_of(as_, cast.street, report, data_only=only) for only in (False, True))
    assert len(formulas(book)) > 100
    for cell in formulas(book):
        worked, cached = Worked(cell.parent).value(cell.coordinate), shown[cell.parent.title][cell.coordinate].value
        where = f"{cell.parent.title} {cell.coordinate} {cell.value}: {worked!r}, {cached!r}"
        assert worked == cached if isinstance(cached, str) else float(worked) == pytest.approx(cached), where


def test_rates_are_those_of_the_page(cast, as_, report):
    sheet, reading = Worked(book_of(as_, cast.street, report)["指标"]), Reading(report)
    for row in reading.rates:
        worked = sheet.line(row.title)[:3]
        assert [rate_text(None if value == NOTHING else value) for value in worked] == [cell.text for cell in row.cells]
    assert sheet.line("满意率")[0] == Decimal("0.9")


def test_another_weight_gives_another_rate(cast, as_, report):
    book = book_of(as_, cast.street, report)
    next(cell for cell in book["指标"]["A"] if cell.value == "基本满意" and cell.row > 30).offset(0, 1).value = 0.5
    assert Worked(book["指标"]).line("满意率")[0] == Decimal("0.5")


def test_the_sums_below_are_those_of_the_whole(cast, as_, report):
    sheet, counts = Worked(book_of(as_, cast.street, report)["下级网格"]), report.data["periods"][0]
    both = counts["counts"] | counts["stocks"]
    expected = [both[name] for name in [*report.data["measures"], *STOCKS]]
    assert [int(value) for value in sheet.line("合计")[1 : 1 + len(expected)]] == expected


def test_it_is_as_of_its_making_and_says_when_it_was_exported(cast, as_, report):
    said = {row[0].value: row[1].value for row in book_of(as_, cast.street, report)["指标"].iter_rows(max_row=8)}
    assert said["生成时间"] < said["导出时间"]
    assert said["导出人"] == str(cast.street)
    assert "截至时间" not in said


def test_numbers_are_numbers_and_names_are_no_formulas(cast, as_, report):
    book = book_of(as_, cast.street, report)
    name = book["承办单位"]["A2"]
    assert (name.value, name.data_type) == ("=HYPERLINK(1)", "s")
    assert not [cell for cell in formulas(book) if "HYPERLINK" in str(cell.value)]
    assert {type(cell.value) for cell in book["每日趋势"]["B"][1:32]} == {int}


def test_an_empty_month_has_a_workbook_without_an_error(cast, as_):
    report = make_report(actor=cast.city, grid=cast.tree.other_street, month=OCTOBER, at=MADE)
    book = book_of(as_, cast.city, report)
    for cell in formulas(book):
        Worked(cell.parent).value(cell.coordinate)
    assert set(Worked(book["指标"]).line("结案率")[:3]) == {NOTHING}
