"""Sheets of branches: what is added, changed, taken back, and what is wrong with a row."""

import io

import pytest

from branches.models import Branch
from branches.services import Bringing, found_branch
from grids.models import Post, Role
from grids.services import Part, merge_grids, move_grid, retire_grid, split_grid
from grids.sheets import kinds, writing
from tests.factories import make_organisation
from tests.grids.sheets.makers import bring_in, outcomes, told, undo, upload

pytestmark = pytest.mark.django_db

HEADER = ("所在网格编码", "党支部名称", "组建方式", "覆盖网格编码", "阵地类型", "阵地地址", "书记用户名", "五长职务",
          "副书记用户名", "党员人数", "成立日期", "共建单位")  # fmt: skip
COMMUNITY, FIRST, SECOND = "150105001001", "1501050010010001", "1501050010010002"
ROW = (COMMUNITY, "健康社区第一党支部", "单建", f"{FIRST}、{SECOND}", "派出所", "健康街 8 号", "police", "派出所所长",
       "", 12, "2026-03-01", "安居物业：活动场地；第一小学")  # fmt: skip


@pytest.fixture
def partners(cast):
    return [make_organisation(cast.tree.community, name) for name in ("安居物业", "第一小学")]


def changed(**cells) -> tuple:
    places = dict(zip(
        ("code", "name", "kind", "grids", "site_kind", "site_address", "secretary", "chief_title", "deputy",
         "member_count", "founded_on", "partners"), range(12), strict=True))  # fmt: skip
    row = [*ROW]
    for name, value in cells.items():
        row[places[name]] = value
    return tuple(row)


def covered(branch) -> list[str]:
    return list(branch.cover.active().values_list("grid__code", flat=True))


def test_branches_are_added_changed_and_taken_back(cast, partners):
    done = bring_in(cast.admin, "branches", [HEADER, ROW])
    branch = Branch.objects.get()
    assert (branch.grid, branch.secretary, branch.chief_title.name) == (cast.tree.community, cast.police, "派出所所长")
    assert covered(branch) == [FIRST, SECOND]
    assert sorted((str(one), one.brings) for one in branch.partners.all()) == [
        ("安居物业", "活动场地"),
        ("第一小学", ""),
    ]
    row = changed(grids=FIRST, secretary="worker", chief_title="司法所所长", partners="安居物业：场地", member_count=15)
    change = bring_in(cast.admin, "branches", [HEADER, row])
    branch.refresh_from_db()
    assert (covered(branch), branch.secretary, branch.member_count) == ([FIRST], cast.worker, 15)
    assert undo(cast.admin, change).status == "undone"
    branch.refresh_from_db()
    assert (covered(branch), branch.secretary, branch.member_count) == ([FIRST, SECOND], cast.police, 12)
    assert branch.partners.count() == 2
    assert undo(cast.admin, done).status == "undone"
    assert not Branch.objects.exists()
    assert not Post.objects.active().filter(role=Role.SECRETARY).exists()


def test_what_is_exported_reads_back_unchanged(cast, partners):
    bring_in(cast.admin, "branches", [HEADER, ROW])
    kind = kinds.find("branches")
    file = io.BytesIO(writing.xlsx_export(kind, list(kind.export(Branch.objects.all()))).read())
    assert outcomes(upload(cast.admin, "branches", file)) == {2: "unchanged"}


def test_the_template_explains_every_column():
    assert all(column.example for column in kinds.find("branches").columns if not column.is_history)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("code", "150105001009", "code: 没有这个编码的网格"),
        ("kind", "分建", "kind: 无法识别此内容"),
        ("grids", "", "grids: 请填写覆盖网格的编码"),
        ("grids", "150105001001000X", "grids: 150105001001000X：编码只能由半角数字组成"),
        ("grids", "1501050010020001", "grids: 1号楼 (1501050010020001) 不在所在网格之内"),
        ("grids", f"{COMMUNITY}、{FIRST}", f"grids: {FIRST} 位于此格中另一网格之内"),
        ("code", "150105001", "code: 所在网格应为 150105001001"),
        ("secretary", "nobody", "secretary: 没有您可以任用的此用户名人员"),
        ("deputy", "police", "deputy: 书记和副书记不能是同一人"),
        ("secretary", "", "chief_title: 请先选定担任此职务的书记"),
        ("chief_title", "校长", "chief_title: 无法识别此内容。请填写以下之一：派出所所长"),
        ("founded_on", "2999-01-01", "founded_on: 成立日期不能晚于今天"),
        ("partners", "没有的单位", "partners: 此处没有单位“没有的单位”"),
    ],
)
def test_wrong_rows(cast, partners, column, value, said):
    found = told(upload(cast.admin, "branches", [HEADER, changed(**{column: value})]))
    assert found.keys() == {2}
    assert found[2][0].startswith(said), found


def test_a_covered_grid_belongs_to_one_branch(cast, partners):
    second = changed(name="第二党支部", secretary="", chief_title="")
    assert told(upload(cast.admin, "branches", [HEADER, ROW, second])) == {
        3: ["grids: 第 2 行已覆盖 1号楼 (1501050010010001)。 第 2 行已覆盖 2号楼 (1501050010010002)。"]
    }
    found_branch(actor=None, name="老支部", kind="solo", grids=[cast.tree.building])
    assert "已有自己的党支部：老支部" in told(upload(cast.admin, "branches", [HEADER, ROW]))[2][0]


def test_the_same_branch_twice(cast, partners):
    row = changed(grids="")
    bring_in(cast.admin, "branches", [HEADER, ROW])
    assert told(upload(cast.admin, "branches", [HEADER, row, row])) == {3: ["name: 与第 2 行是同一党支部。"]}


def test_only_inside_the_managed_area(cast, partners):
    cast.street.posts.update(is_manager=False)
    cast.district.posts.update(is_manager=True)
    row = changed(secretary="", chief_title="", partners="")
    assert not told(upload(cast.district, "branches", [HEADER, row]))


def test_undoing_is_refused_once_it_was_changed(cast, partners):
    done = bring_in(cast.admin, "branches", [HEADER, ROW])
    Branch.objects.update(member_count=99)
    assert "健康社区第一党支部 在导入后又有改动" in undo(cast.admin, done).problem
    assert Branch.objects.get().partners.count() == 2


def test_a_partner_keeps_what_it_brings(cast, partners):
    branch = found_branch(
        actor=None, name="第一党支部", kind="solo", grids=[cast.tree.building], partners=[Bringing(partners[0], "场地")]
    )
    (row,) = kinds.find("branches").export(Branch.objects.filter(pk=branch.pk))
    assert row["partners"] == [["安居物业", "场地"]]


def test_a_secretary_is_not_posted_by_the_sheet_of_posts(cast):
    header = ("网格编码", "姓名", "角色")
    found = told(upload(cast.admin, "posts", [header, (FIRST, "新人", "支部书记")]))
    assert found[2][0].startswith("role: 支部书记岗位随党支部任免")


# Codes of before a reorganisation


def test_a_covered_grid_that_was_merged_is_found_by_its_former_code(cast, partners):
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    done = bring_in(cast.admin, "branches", [HEADER, ROW])
    assert covered(Branch.objects.get()) == [FIRST]
    assert SECOND in done.rows.get().remarks[0]


def test_a_covered_grid_that_was_divided_is_named_with_its_parts(cast, partners):
    parts = [Part("甲楼", (cast.tree.unit.code,)), Part("乙楼", (cast.tree.second_unit.code,))]
    split_grid(actor=None, grid=cast.tree.building, parts=parts)
    (problem,) = told(upload(cast.admin, "branches", [HEADER, ROW]))[2]
    assert all(text in problem for text in (FIRST, "甲楼", "乙楼"))


def test_a_covered_grid_that_is_gone_for_good_is_said_to_be(cast, partners):
    retire_grid(actor=None, grid=cast.tree.second_building)
    (problem,) = told(upload(cast.admin, "branches", [HEADER, ROW]))[2]
    assert f"{SECOND}：该网格已停用" in problem


def test_an_export_of_before_a_move_is_read_back_after_it(cast, partners):
    found_branch(actor=None, name="健康社区第一党支部", kind="solo", grids=[cast.tree.building])
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    done = bring_in(cast.admin, "branches", [HEADER, changed(grids=FIRST, partners="", secretary="", chief_title="")])
    assert Branch.objects.count() == 1
    assert Branch.objects.get().site_address == "健康街 8 号"
    assert done.status == "applied"
