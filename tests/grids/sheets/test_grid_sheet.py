"""Sheets of grids and of households: what is checked, written and taken back."""

import pytest
from django.utils import timezone

from grids import services, tree
from grids.audit import problems
from grids.models import FormerCode, Grid, GridChange
from tests.factories import make_event, make_grid, make_post
from tests.grids.sheets.makers import HEADER, bring_in, outcomes, told, undo, upload, xlsx

pytestmark = pytest.mark.django_db


def sheet(*rows):
    return [HEADER, *rows]


def make_former(code, *grids):
    """A grid that was merged into the first of these grids, or divided among them all."""
    ended = make_grid(code, "旧社区")
    kind = "split" if len(grids) > 1 else "merge"
    at = timezone.now()
    change = GridChange.objects.create(grid=ended, kind=kind, at=at, old_code=code, new_code=grids[0].code)
    for grid in grids:
        FormerCode.objects.create(code=code, name=ended.name, new_code=grid.code, grid=grid, change=change)
    Grid.objects.filter(pk=ended.pk).update(retired_at=at)


# Checking


def test_new_changed_and_unchanged_rows(cast):
    rows = sheet(("150105001003", "新社区", 5), ("150105001001", "健康家园", None), ("150105001002", "学苑社区", 0))
    found = upload(cast.admin, "grids", rows)
    assert (found.status, found.counts) == ("checked", {"added": 1, "changed": 1, "unchanged": 1})
    changed = found.rows.get(number=3)
    assert (changed.before, changed.values) == ({"name": "健康社区"}, {"name": "健康家园"})
    assert Grid.objects.filter(name__in=["新社区", "健康家园"]).count() == 0


@pytest.mark.parametrize(
    "row, said",
    [
        (("", "无编码", 1), "code: 此项必填。"),
        (("150105001003", "", 1), "name: 此项必填。"),
        (("15010500100", "短码", 1), "code: 编码应为 4、6、9、12、16 或 18 位"),
        (("15010500100A", "字母", 1), "code: 编码只能由半角数字组成"),
        ((1.50105001001e17, "数值", 1), "code: Excel 已把编码转成数值"),
        (("150105001003", "很" * 65, 1), "name: 确保该变量包含不超过 64 字符"),
        (("150105001003", "坏\x7f名", 1), "name: 不能含有不可见的控制字符。"),
        (("150105001003", "负", -1), "households: 请填写不带符号的整数"),
        (("150105009001", "无上级", 1), "code: 系统和本表中都没有上级网格 150105009"),
        (("1501050010010000", "零号楼", 1), "code: 楼栋和单元从 1 开始编号"),
        (("150105001001000100", "零单元", 1), "code: 楼栋和单元从 1 开始编号"),
        (("8801", "境外市", 1), "code: 编码“8801”超出市级编码范围"),
    ],
)  # fmt: skip
def test_a_wrong_row_says_column_and_what_to_do(cast, row, said):
    found = told(upload(cast.admin, "grids", sheet(row, ("150105001001", "健康社区", 0))))
    assert found.keys() == {2}
    assert found[2][0].startswith(said), found


def test_several_things_may_be_wrong_with_one_row(cast):
    assert len(told(upload(cast.admin, "grids", sheet(("1501A", "", -1))))[2]) == 3


def test_parents_may_stand_below_their_children(cast):
    rows = sheet(
        ("150105003001000101", "1单元", 1),
        ("150105003001", "东社区", 1),
        ("1501050030010001", "1号楼", 1),
        ("150105003", "东街道", 1),
    )
    done = bring_in(cast.admin, "grids", rows)
    assert (done.status, Grid.objects.get(code="150105003001000101").full_name) == (
        "applied",
        "东街道 东社区 1号楼 1单元",
    )
    assert not list(problems())


def test_the_second_of_two_rows_with_one_code_is_wrong(cast):
    found = upload(cast.admin, "grids", sheet(("150105001003", "甲", 1), ("１５０１０５００１００３", "乙", 2)))
    assert (outcomes(found)[2], told(found)) == ("added", {3: ["code: 与第 2 行的编码重复。请删去其中一行。"]})


def test_level_and_parent_are_compared_when_they_are_given(cast):
    header = ("网格编码", "名称", "层级", "上级编码")
    good, wrong = ("150105001003", "甲", "社区", "150105001"), ("150105001004", "乙", "街道", "150105002")
    found = told(upload(cast.admin, "grids", [header, good, wrong, ("150105001005", "丙", None, None)]))
    assert found == {
        3: ["level: 12 位编码的层级应为：社区（村）。", "parent: 编码 150105001004 的上级应为“150105001”。"]
    }


def test_retired_grids_are_wrong_and_so_is_what_would_lie_under_them(cast):
    services.retire_grid(actor=None, grid=cast.tree.far_community)
    rows = sheet((cast.tree.far_community.code, "桥靠社区", 0), (cast.tree.far_community.code + "0001", "1号楼", 0))
    found = told(upload(cast.admin, "grids", rows))
    assert "已停用，没有承接" in found[2][0]
    assert "其上级 150105002001" in found[3][0]


def test_former_codes_name_their_successors(cast):
    make_former("150105001008", cast.tree.community)
    make_former("150105001009", cast.tree.community, cast.tree.other_community)
    found = told(
        upload(
            cast.admin,
            "grids",
            sheet(("150105001008", "旧", 0), ("150105001009", "旧", 0), ("1501050010080001", "1号楼", 0)),
        )
    )
    assert found[2] == ["code: 该编码已停用，现为 健康社区 (150105001001)。请改用新编码。"]
    assert "健康社区 (150105001001)、学苑社区 (150105001002)" in found[3][0]
    assert "其上级 150105001008" in found[4][0]


def test_a_former_code_is_not_given_out_again_when_its_successor_is_gone_too(cast):
    make_former("150105001008", cast.tree.far_community)
    services.retire_grid(actor=None, grid=cast.tree.far_community)
    assert "已停用" in told(upload(cast.admin, "grids", sheet(("150105001008", "新", 0))))[2][0]


# Writing


def test_what_is_written_is_what_one_by_one_would_have_been(cast):
    bring_in(cast.admin, "grids", sheet(("1501050010010003", "3号楼", 30), ("150105001001", "健康家园", 900)))
    grid = Grid.objects.get(code="1501050010010003")
    assert (grid.parent, grid.households, grid.initials, grid.level) == (cast.tree.community, 30, "3hl", 4)
    assert (grid.lft, grid.rght) == tree.interval(grid.code)
    renamed = Grid.objects.get(pk=cast.tree.community.pk)
    assert (renamed.name, renamed.initials, renamed.households) == ("健康家园", "jkjy", 900)
    assert not list(problems())


def test_households_that_the_sheet_leaves_empty_stay(cast):
    bring_in(cast.admin, "grids", sheet((cast.tree.building.code, "甲楼", None)))
    assert Grid.objects.get(pk=cast.tree.building.pk).households == 40


def test_the_same_sheet_again_changes_nothing(cast):
    rows = sheet(("150105001003", "新社区", 5), ("1501050010030001", "1号楼", 5))
    bring_in(cast.admin, "grids", rows)
    assert upload(cast.admin, "grids", rows).counts == {"unchanged": 2}


def test_a_change_between_preview_and_confirmation_stops_everything(cast):
    found = upload(cast.admin, "grids", sheet(("150105001003", "新社区", 5), ("150105001001", "健康家园", None)))
    services.rename_grid(actor=None, grid=cast.tree.community, name="康健社区")
    services.confirm_sheet(actor=cast.admin, sheet_import=found)
    services.apply_sheet(pk=found.pk)
    found.refresh_from_db()
    assert (found.status, found.problem) == ("failed", "预览之后数据已有变化，因此没有写入任何内容。请重新核对。")
    assert not Grid.objects.filter(code="150105001003").exists()
    services.recheck_sheet(actor=cast.admin, sheet_import=found)
    services.check_sheet(pk=found.pk)
    found.refresh_from_db()
    assert (found.status, found.rows.get(number=3).before) == ("checked", {"name": "康健社区"})
    services.confirm_sheet(actor=cast.admin, sheet_import=found)
    services.apply_sheet(pk=found.pk)
    assert Grid.objects.get(pk=cast.tree.community.pk).name == "健康家园"


def test_an_unchanged_row_that_changes_meanwhile_stops_it_too(cast):
    found = upload(cast.admin, "grids", sheet(("150105001003", "新社区", 5), ("150105001001", "健康社区", None)))
    services.rename_grid(actor=None, grid=cast.tree.community, name="康健社区")
    services.confirm_sheet(actor=cast.admin, sheet_import=found)
    services.apply_sheet(pk=found.pk)
    found.refresh_from_db()
    assert found.status == "failed"


# Taking back


def test_undoing_deletes_what_was_added_and_restores_what_was_changed(cast):
    rows = sheet(("150105001003", "新社区", 5), ("1501050010030001", "1号楼", 5), ("150105001001", "健康家园", 7))
    before = set(Grid.objects.values_list("code", "name", "initials", "households"))
    done = undo(cast.admin, bring_in(cast.admin, "grids", rows))
    assert (done.status, done.problem, done.undone_by) == ("undone", "", cast.admin)
    assert set(Grid.objects.values_list("code", "name", "initials", "households")) == before


@pytest.mark.parametrize(
    "depends, said",
    [
        (lambda grid: make_post(grid=grid), "新社区 (150105001003) 已有关联内容（岗位）。"),
        (lambda grid: services.create_grid(actor=None, code=grid.code + "0001", name="1号楼"), "（网格）"),
        (lambda grid: services.rename_grid(actor=None, grid=grid, name="别名"), "在导入后又有改动"),
        (lambda grid: services.retire_grid(actor=None, grid=grid), "在导入后又有改动"),
    ],
)  # fmt: skip
def test_undoing_is_refused_as_a_whole_when_something_depends_on_a_row(cast, depends, said):
    done = bring_in(cast.admin, "grids", sheet(("150105001003", "新社区", 5), ("150105001001", "健康家园", None)))
    depends(Grid.objects.get(code="150105001003"))
    undo(cast.admin, done)
    assert (done.status, done.undone_by) == ("applied", None)
    assert said in done.problem
    assert Grid.objects.get(pk=cast.tree.community.pk).name == "健康家园"


def test_undoing_is_refused_when_a_case_happened_there(cast):
    done = bring_in(cast.admin, "grids", sheet((cast.tree.community.code + "0009", "9号楼", 5)))
    make_event(cast.community, Grid.objects.get(code=cast.tree.community.code + "0009"))
    assert "事件" in undo(cast.admin, done).problem


def test_undoing_is_refused_when_a_changed_row_was_changed_again(cast):
    done = bring_in(cast.admin, "grids", sheet((cast.tree.community.code, "健康家园", None)))
    services.rename_grid(actor=None, grid=cast.tree.community, name="第三名")
    assert "在导入后又有改动" in undo(cast.admin, done).problem
    services.rename_grid(actor=None, grid=cast.tree.community, name="健康家园")
    assert undo(cast.admin, done).status == "undone"


# Households


def test_households_of_grids_that_are_there(cast):
    make_former("150105001008", cast.tree.building)
    make_former("150105001009", cast.tree.unit, cast.tree.second_unit)
    rows = [
        ("代码", "户数"),
        ("150105001008", 41),
        (cast.tree.second_building.code, "36"),
        ("150105001009", 3),
        ("150105001003", 3),
    ]
    found = upload(cast.admin, "households", rows)
    assert outcomes(found) == {2: "changed", 3: "unchanged", 4: "wrong", 5: "wrong"}
    assert found.rows.get(number=2).remarks == ["150105001008 是旧编码，现为 1号楼 (1501050010010001)。"]
    assert "1单元 (150105001001000101)、2单元" in told(found)[4][0]
    bring_in(cast.admin, "households", rows[:3])
    assert Grid.objects.get(pk=cast.tree.building.pk).households == 41


def test_two_rows_for_one_grid_by_two_codes(cast):
    make_former("150105001008", cast.tree.building)
    rows = [("代码", "户数"), (cast.tree.building.code, 41), ("150105001008", 42)]
    assert "第 2 行是同一个网格" in told(upload(cast.admin, "households", rows))[3][0]


def test_a_sheet_without_its_columns(cast):
    found = upload(cast.admin, "households", xlsx([("名称", "户数"), ("健康社区", 3)]))
    assert (found.status, found.problem) == ("failed", "表头缺少：网格编码。必须有的列：网格编码、户数。")
