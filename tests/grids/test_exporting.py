"""Every list of the pages as a sheet: with its filters, as of when and for whom, whole, and only what one may see."""

import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from grids import exporting, views
from tests.factories import make_event, make_grid

pytestmark = pytest.mark.django_db
HEAD = 6  # lines above the first row: filters, number, time, person, an empty one, the headings


@pytest.fixture
def cast(cast):
    make_event(cast.worker, cast.tree.building)
    return cast


@pytest.fixture
def sheet(as_):
    """The lines of the sheet that a page of this person offers."""

    def lines(user, name: str, *args, **query) -> list[tuple]:
        answer = as_(user).get(reverse(name, args=args), query | {"export": "xlsx"})
        assert answer.status_code == 200, answer.content.decode()
        assert answer["Content-Disposition"].startswith("attachment; filename")
        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        return list(book.active.iter_rows(values_only=True))

    return lines


def rows(lines: list[tuple]) -> list[dict]:
    return [dict(zip(lines[HEAD - 1], line, strict=True)) for line in lines[HEAD:]]


def test_a_search_of_grids_becomes_a_sheet(cast, sheet):
    lines = sheet(cast.street, "grid_list", search="1号楼")
    assert lines[0][:2] == ("筛选条件", "查找：1号楼")
    assert lines[1][:2] == ("行数", "2")
    assert lines[2][1].startswith(f"{timezone.localtime():%Y-%m-%d}")
    assert lines[3][:2] == ("导出人", "张伟")
    first, second = rows(lines)
    assert (first["编码"], first["网格长"], first["未结事件"]) == (cast.tree.building.code, "王建国", 1)
    assert second["网格"] == "人民路街道 学苑社区 1号楼"


def test_a_sheet_is_not_cut_where_the_page_is(cast, sheet, monkeypatch):
    monkeypatch.setattr(views, "FOUND", 2)
    monkeypatch.setattr(exporting, "CHUNK", 3)
    for number in range(3, 9):
        make_grid(f"150105001001{number:04}", f"{number}号楼")
    assert len(rows(sheet(cast.street, "grid_list", search="号楼"))) == 9


def test_the_grids_below_one(cast, sheet):
    lines = sheet(cast.community, "grid_detail", cast.tree.community.code)
    assert "健康社区" in lines[0][1]
    assert [row["名称"] for row in rows(lines)] == ["1号楼", "2号楼"]


def test_the_posts_of_a_grid_then_and_now(cast, sheet):
    found = rows(sheet(cast.chief, "grid_posts", cast.tree.building.code))
    assert {(row["人员"], row["角色"]) for row in found} == {("乌兰", "网格员"), ("王建国", "网格长")}


def test_figures_of_coverage_are_numbers(cast, sheet):
    lines = sheet(cast.street, "coverage", level="building")
    assert lines[0][1].endswith("层级：楼栋")
    first = rows(lines)[0]
    assert (first["名称"], first["在用网格"], first["有网格长"], first["有网格长（%）"]) == ("健康社区", 2, 1, 50)


def test_the_grids_of_a_figure(cast, sheet):
    lines = sheet(cast.street, "coverage_list", figure="vacant", level="building")
    assert "指标：网格长空缺的网格" in lines[0][1]
    assert [row["名称"] for row in rows(lines)] == ["2号楼", "1号楼"]


def test_problems_to_mend(cast, sheet):
    cast.chief.set_unusable_password()
    cast.chief.save()
    cast.stranger.set_password("long-enough")
    cast.stranger.save()
    for kind, name in (("chief_without_account", "王建国"), ("account_without_post", "周敏")):
        found = rows(sheet(cast.admin, "staffing_problems", kind=kind))
        assert [row["人员"] for row in found] == [name]


def test_my_notices(cast, as_, sheet):
    page = as_(cast.chief).get(reverse("notice_list")).content.decode()
    assert "export=xlsx" in page
    (row,) = rows(sheet(cast.chief, "notice_list"))
    assert (row["标题"], row["操作"]) == ("楼道灯坏了", "上报")


@pytest.mark.parametrize("name, query", [
    ("grid_list", {}),
    ("coverage", {}),
    ("coverage_list", {"figure": "in_use"}),
    ("grid_list", {"search": "1号楼"}),
])  # fmt: skip
def test_each_list_offers_its_sheet(cast, as_, name, query):
    page = as_(cast.community).get(reverse(name), query).content.decode()
    assert "export=xlsx" in page


def test_who_may_not_see_a_list_gets_no_sheet_of_it(cast, as_):
    got = {
        name: as_(cast.worker).get(reverse(name, args=args), query | {"export": "xlsx"}).status_code
        for name, args, query in (
            ("coverage", [], {}),
            ("coverage_list", [], {"figure": "vacant"}),
            ("staffing_problems", [], {}),
            ("grid_detail", [cast.tree.far_community.code], {}),
        )
    }
    assert got == {"coverage": 403, "coverage_list": 403, "staffing_problems": 403, "grid_detail": 404}


def test_a_sheet_asks_the_same_however_many_rows(cast, as_, django_assert_num_queries):
    for number in range(3, 9):
        make_grid(f"150105001001{number:04}", f"{number}号楼")
    browser = as_(cast.street)
    with django_assert_num_queries(9):  # session, person, posts, number, rows, figures, names, branches, ancestors
        answer = browser.get(reverse("grid_list"), {"search": "号楼", "export": "xlsx"})
        b"".join(answer.streaming_content)
