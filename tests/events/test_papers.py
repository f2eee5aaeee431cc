"""Cases on paper and in sheets: everything of the one, the filters of the other, and only what one may see."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from events import exporting
from events.models import Event
from events.workflow import Status
from tests import pictures
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event, make_uploads, take
from tests.pages import page
from tests.pictures import picture

EVERYBODY = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")
HEAD = 6  # lines above the first event: filters, number, time, person, an empty one, the headings


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture
def event(cast):
    return make_event(cast.worker, cast.tree.building, description="三楼到四楼之间")


def on_paper(event: Event) -> str:
    return reverse("event_print", args=[event.number])


# The case file


def test_the_case_file_has_the_whole_history_and_the_photos(cast, as_, event):
    event = take(event, "accept", "resolve", note="已更换灯泡", attachments=())
    event = take(event, "comment", attachments=make_uploads(cast.worker, picture(), pictures.PDF))
    text = page(as_(cast.community).get(on_paper(event)))
    for words in (
        event.number,
        "三楼到四楼之间",
        "已更换灯泡",
        "上报",
        "受理",
        "办结",
        "王建国",
        "按发生地点",
        event.head_hash,
    ):
        assert words in text, words
    photo, document = event.attachments.all()
    assert reverse("attachment_thumbnail", args=[photo.key]) in text
    assert reverse("attachment_thumbnail", args=[document.key]) not in text
    assert "2.pdf" in text
    assert "李秀英" in text  # who printed it


def test_the_case_file_is_for_who_may_see_the_case(cast, as_, event):
    got = {person: as_(getattr(cast, person)).get(on_paper(event)).status_code for person in EVERYBODY}
    assert got == {person: 404 if person in ("neighbour", "stranger") else 200 for person in EVERYBODY}


def test_a_clue_report_is_printed_by_reporter_desk_and_police(cast, as_):
    clue = make_event(cast.worker, cast.tree.building, category=make_category("线索举报", is_confidential=True))
    got = {person for person in EVERYBODY if as_(getattr(cast, person)).get(on_paper(clue)).status_code == 200}
    assert got == {"worker", "chief", "police"}


def test_the_case_leads_to_its_file(cast, as_, event):
    assert on_paper(event) in page(as_(cast.chief).get(reverse("event_detail", args=[event.number])))


def test_the_case_file_keeps_its_queries_however_long_the_story(cast, as_, event, django_assert_max_num_queries):
    event = take(event, "accept", *["resolve", "fail_check"] * 2, "comment")
    take(event, "comment", attachments=make_uploads(cast.worker, picture(), picture((50, 50))))
    browser = as_(cast.chief)
    with django_assert_max_num_queries(8):  # session, person, posts, event, places, steps, photos, merged reports
        browser.get(on_paper(event))


# The sheet


def sheet(answer):
    assert answer.status_code == 200, page(answer)
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active


def rows(answer) -> list[dict]:
    """The events of a sheet, by heading."""
    lines = list(sheet(answer).iter_rows(min_row=HEAD, values_only=True))
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_a_list_becomes_a_sheet(cast, as_, event):
    answer = as_(cast.worker).get(reverse("event_export"))
    assert answer["Content-Disposition"].startswith("attachment; filename")
    (row,) = rows(answer)
    assert (row["编号"], row["标题"], row["状态"], row["地点"]) == (
        event.number, "楼道灯坏了", "待受理", "人民路街道 健康社区 1号楼",
    )  # fmt: skip
    local = timezone.localtime(event.filed_at).replace(tzinfo=None, second=0, microsecond=0)
    assert row["上报时间"] == local


def test_the_filters_stand_in_the_sheet_and_hold(cast, as_, event):
    take(make_event(cast.worker, cast.tree.second_building, title="楼道堆物"), "accept")
    query = {"status": "filed", "loop": "grid", "grid": cast.tree.community.code, "search": "楼道", "sort": "newest"}
    answer = as_(cast.community).get(reverse("event_export"), query)
    found = sheet(answer)
    assert found["A1"].value == "筛选条件"
    for words in ("状态：待受理", "循环：网格内循环", "网格：健康社区", "查找：楼道"):
        assert words in found["B1"].value
    assert (found["B2"].value, found["B4"].value) == ("1", "李秀英")
    assert found["A7"].value == event.number
    assert found["A8"].value is None


def test_without_filters_it_says_so(cast, as_, event):
    assert sheet(as_(cast.worker).get(reverse("event_export")))["B1"].value == "无"


def test_a_sheet_holds_what_its_reader_may_see(cast, as_, event):
    clue = make_event(cast.worker, cast.tree.building, category=make_category("线索举报", is_confidential=True))
    numbers = {
        person: {row["编号"] for row in rows(as_(getattr(cast, person)).get(reverse("event_export")))}
        for person in ("worker", "chief", "police", "community", "city", "neighbour", "admin")
    }
    both, open_one = {event.number, clue.number}, {event.number}
    assert numbers == {
        "worker": both, "chief": both, "police": both, "community": open_one, "city": open_one, "neighbour": set(),
        "admin": open_one,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "=1+1"])
def test_text_that_looks_like_a_formula_stays_text(cast, as_, text):
    make_event(cast.worker, cast.tree.building, title=text, description=text)
    cell = sheet(as_(cast.worker).get(reverse("event_export"))).cell(HEAD + 1, 2)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_a_filter_that_is_none_shows_the_list_and_its_complaint(cast, as_):
    answer = as_(cast.worker).get(reverse("event_export"), {"status": "exploded"})
    assert (answer.status_code, "筛选条件有误" in page(answer)) == (400, True)


def test_a_sheet_ends_somewhere_and_says_so(cast, as_, event, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)
    for _number in range(3):
        make_event(cast.worker, cast.tree.building)
    found = sheet(as_(cast.worker).get(reverse("event_export")))
    assert found["B2"].value.startswith("前 2 行")
    assert found.max_row == HEAD + 2


def test_the_list_offers_the_sheet_with_its_filters(cast, as_, event):
    text = page(as_(cast.worker).get(reverse("event_list"), {"status": "filed", "page": "1"}))
    assert f'href="{reverse("event_export")}?status=filed"' in text


def test_a_long_sheet_asks_for_a_chunk_at_a_time(cast, as_, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr("grids.exporting.CHUNK", 4)
    for _number in range(8):
        make_event(cast.worker, cast.tree.building, at=timezone.now() - timedelta(days=1))
    browser = as_(cast.worker)
    with django_assert_num_queries(7):  # session, person, posts, number, rows, the places of two chunks
        assert len(rows(browser.get(reverse("event_export")))) == 8


def test_overdue_is_as_of_the_sheet(cast, as_):
    make_event(cast.worker, cast.tree.building, at=timezone.now() - timedelta(days=30))
    take(make_event(cast.worker, cast.tree.building, at=timezone.now() - timedelta(days=30)), "void")
    found = rows(as_(cast.worker).get(reverse("event_export")))
    assert sorted(row["超时"] or "" for row in found) == ["", "是"]
    assert Event.objects.filter(status=Status.VOIDED).count() == 1


def test_the_case_file_tells_how_each_due_time_came_about(cast, as_, event):
    take(event, "accept", "resolve", "fail_check")
    text = page(as_(cast.chief).get(on_paper(event)))
    assert text.count('class="paper-reckoning"') == 3  # in the loop, for the check, and in the loop again
    assert text.count("合计") == 3


def test_a_clock_that_went_on_is_told_once(cast, as_):
    event, until = make_event(cast.worker, cast.tree.building, at=MONDAY), (MONDAY + timedelta(days=9)).date()
    event = take(event, "accept", "ask_suspend", "suspend", until=until, at=MONDAY + timedelta(hours=1))
    take(event, "resume", at=MONDAY + timedelta(hours=2))
    text = page(as_(cast.chief).get(on_paper(event)))
    assert text.count('class="paper-reckoning"') == 1
    assert "挂账，暂停计时" in text


def test_the_case_file_names_the_cases_that_were_merged_into_it(cast, as_, event):
    other = make_event(cast.worker, cast.tree.building, title="楼道又黑了")
    other = take(take(other, "accept"), "merge", into=event)
    paper = page(as_(cast.chief).get(on_paper(event)))
    assert paper.index("同一反映") < paper.index(other.number) < paper.index("楼道又黑了")
    assert f"{event.number}　楼道灯坏了" in page(as_(cast.chief).get(on_paper(other)))
