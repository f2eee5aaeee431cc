"""Sheets of organisations."""

import pytest

from grids.models import Organisation
from tests.grids.sheets.makers import bring_in, outcomes, told, undo, upload

pytestmark = pytest.mark.django_db

HEADER = ("网格编码", "单位名称", "类型", "地址", "联系人", "办公电话", "服务类别", "参与联办")
COMMUNITY = "150105001001"
PROPERTY = (COMMUNITY, "安居物业", "物业公司", "健康街 8 号", "前台", "0471-1234567", "公共、市场", "是")
ROOM = (COMMUNITY, "健康警务室", "警务室", "", "", "", "", "")


def test_organisations_are_added_changed_and_taken_back(cast):
    done = bring_in(cast.admin, "organisations", [HEADER, PROPERTY, ROOM])
    found = Organisation.objects.get(name="安居物业")
    assert (found.grid, found.position, found.kind) == (
        cast.tree.community,
        cast.tree.community.lft,
        "property_company",
    )
    assert (found.offers_public, found.offers_social, found.offers_market, found.is_joint) == (True, False, True, True)
    change = bring_in(cast.admin, "organisations", [HEADER, (*PROPERTY[:6], "无", "否")])
    found.refresh_from_db()
    assert (found.offers_public, found.is_joint, found.phone) == (False, False, "0471-1234567")
    assert undo(cast.admin, change).status == "undone"
    found.refresh_from_db()
    assert (found.offers_public, found.is_joint) == (True, True)
    assert undo(cast.admin, done).status == "undone"
    assert not Organisation.objects.exists()


@pytest.mark.parametrize(
    "column, value, said",
    [
        (2, "公司", "kind: 无法识别此内容。请填写以下之一："),
        (1, "", "name: 此项必填。"),
        (5, "打电话", "phone: 电话只能包含"),
        (6, "公共、娱乐", "services: “娱乐”无法识别"),
        (7, "也许", "is_joint: 请填写“是”或“否”。"),
        (0, "150105001007", "code: 没有这个编码的网格"),
    ],
)
def test_wrong_rows(cast, column, value, said):
    row = [*PROPERTY]
    row[column] = value
    found = told(upload(cast.admin, "organisations", [HEADER, row, ROOM]))
    assert found.keys() == {2}
    assert found[2][0].startswith(said), found


def test_one_police_room_for_each_grid(cast):
    second = (COMMUNITY, "第二警务室", *ROOM[2:])
    assert told(upload(cast.admin, "organisations", [HEADER, ROOM, second])) == {
        3: ["kind: 第 2 行已是该网格的警务室。"]
    }
    bring_in(cast.admin, "organisations", [HEADER, ROOM])
    assert told(upload(cast.admin, "organisations", [HEADER, second])) == {2: ["kind: 该网格已有警务室：健康警务室。"]}
    assert outcomes(upload(cast.admin, "organisations", [HEADER, ROOM])) == {2: "unchanged"}


def test_the_same_organisation_twice(cast):
    found = told(upload(cast.admin, "organisations", [HEADER, PROPERTY, PROPERTY]))
    assert found == {3: ["name: 与第 2 行是同一单位。请删去其中一行。"]}


def test_a_mobile_is_remarked(cast):
    found = upload(cast.admin, "organisations", [HEADER, (*PROPERTY[:5], "138 1234 5678", "", "")])
    assert "像是个人手机号，公示牌不会显示" in found.rows.get().remarks[0]


def test_undoing_is_refused_once_somebody_represents_it(cast):
    done = bring_in(cast.admin, "organisations", [HEADER, PROPERTY])
    Organisation.objects.get().representatives.add(cast.worker)
    assert "安居物业 已有关联内容" in undo(cast.admin, done).problem
