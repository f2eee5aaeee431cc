"""Codes that were given up: they lead to their grids for ever, and are never given out again."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from rest_framework.test import APIClient

from grids import access, audit, services
from grids.models import FormerCode, Grid, GridChange
from grids.services import Part, merge_grids, move_grid, retire_grid, split_grid
from tests.factories import make_grid

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(cast):
    return cast.tree


def now(grid: Grid) -> Grid:
    return Grid.objects.get(pk=grid.pk)


def led(code: str) -> list[str]:
    return [grid.name for grid in Grid.objects.successors(code)]


def split(grid: Grid, second: Grid) -> list[Grid]:
    """Divide the grid: the second building to the west, all others to the east."""
    others = now(grid).children.active().exclude(pk=second.pk)
    parts = [Part("东区", tuple(others.values_list("code", flat=True))), Part("西区", (now(second).code,))]
    return split_grid(actor=None, grid=now(grid), parts=parts)


# Where codes lead


def test_a_code_in_use_leads_to_its_grid_in_one_query(tree, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert Grid.objects.successors(tree.unit.code) == [tree.unit]


def test_what_never_was_a_code_leads_nowhere(tree):
    assert Grid.objects.successors("150199") == Grid.objects.successors("") == []


def test_a_moved_subtree_is_found_by_all_its_old_codes(tree):
    move_grid(actor=None, grid=tree.community, new_parent=tree.other_street)
    for grid in (tree.community, tree.building, tree.unit):
        assert Grid.objects.successors(grid.code) == [grid]
        assert now(grid).code != grid.code


def test_moved_merged_split_and_merged_again(tree, django_assert_max_num_queries):
    old = tree.community.code
    move_grid(actor=None, grid=tree.community, new_parent=tree.other_street)
    merge_grids(actor=None, grid=now(tree.community), into=tree.far_community)
    assert led(old) == ["桥靠社区"]
    split(tree.far_community, tree.second_building)
    with django_assert_max_num_queries(6):  # two codes, three steps from one to the next
        assert led(old) == led(tree.far_community.code) == ["东区", "西区"]
    west = Grid.objects.get(name="西区")
    merge_grids(actor=None, grid=west, into=Grid.objects.get(name="东区"))
    assert led(old) == ["东区"]
    assert led(tree.unit.code) == ["1单元"]


def test_a_retired_grid_without_successor_stands_for_itself(tree):
    retire_grid(actor=None, grid=tree.far_community)
    move_grid(actor=None, grid=tree.other_street, new_parent=make_grid("150104", "玉泉区"))
    assert led(tree.far_community.code) == ["桥靠社区"]


def test_successors_are_found_though_the_retired_grid_moved_on_with_its_street(tree):
    merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    move_grid(actor=None, grid=tree.street, new_parent=make_grid("150104", "玉泉区"))
    assert led(tree.other_community.code) == led(now(tree.other_community).code) == ["健康社区"]


def test_many_codes_at_once_take_few_queries(tree, django_assert_max_num_queries):
    codes = list(Grid.objects.values_list("code", flat=True))
    merge_grids(actor=None, grid=tree.street, into=tree.other_street)
    with django_assert_max_num_queries(4):
        found = Grid.objects.resolve(codes)
    assert all(len(grids) == 1 for grids in found.values())


# Never given out again


def test_a_former_code_is_not_given_out_again(tree):
    move_grid(actor=None, grid=tree.second_building, new_parent=tree.other_community)
    with pytest.raises(ValidationError, match="2号楼"), transaction.atomic():
        services.create_grid(actor=None, code=tree.second_building.code, name="别的楼")
    assert Grid.objects.free_code(tree.community) == "1501050010010003"
    with pytest.raises(ValidationError, match="2号楼"), transaction.atomic():
        move_grid(actor=None, grid=now(tree.other_building), new_parent=tree.community, code=tree.second_building.code)


def test_a_grid_may_return_to_its_own_code_and_leave_again(tree):
    other = tree.other_community
    for _turn in range(2):
        move_grid(actor=None, grid=tree.second_building, new_parent=other, code="1501050010020005")
        move_grid(actor=None, grid=tree.second_building, new_parent=tree.community, code=tree.second_building.code)
    assert now(tree.second_building).code == tree.second_building.code
    assert led("1501050010020005") == ["2号楼"]
    assert list(audit.problems()) == []


def test_a_street_returns_with_what_was_merged_in_it(tree):
    second = make_grid("150104", "玉泉区")
    merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    move_grid(actor=None, grid=tree.street, new_parent=second)
    move_grid(actor=None, grid=tree.street, new_parent=tree.district, code=tree.street.code)
    assert led(tree.other_community.code) == ["健康社区"]
    assert list(audit.problems()) == []


def test_a_street_cannot_return_over_the_code_of_a_community_that_left(tree):
    second = make_grid("150104", "玉泉区")
    move_grid(actor=None, grid=tree.other_community, new_parent=tree.other_street)
    moved = move_grid(actor=None, grid=tree.street, new_parent=second)
    make_grid(f"{moved.code}002", "新社区")
    with pytest.raises(ValidationError, match="学苑社区"), transaction.atomic():
        move_grid(actor=None, grid=tree.street, new_parent=tree.district, code=tree.street.code)


def test_the_last_number_given_up_leaves_the_gaps(tree):
    unit = make_grid(f"{tree.building.code}99", "99单元")
    move_grid(actor=None, grid=unit, new_parent=tree.second_building)
    assert Grid.objects.free_code(tree.building) == f"{tree.building.code}03"


def test_the_admin_form_says_so_at_the_code(cast, tree, client):
    client.force_login(cast.admin)
    move_grid(actor=None, grid=tree.second_building, new_parent=tree.other_community)
    form = {"code": tree.second_building.code, "name": "别的楼", "households": "0"}
    response = client.post(reverse("admin:grids_grid_add"), form)
    assert list(response.context["adminform"].form.errors) == ["code"]


# Files of divisions


def test_the_file_of_before_stays_usable(tree, tmp_path):
    rows = [
        ("1501", "呼和浩特市", "city", ""),
        ("150105", "赛罕区", "district", "1501"),
        ("150105001", "人民路街道", "street", "150105"),
        ("150105001001", "健康社区", "community", "150105001"),
        ("150105001002", "学苑社区", "community", "150105001"),
        ("150105001009", "新社区", "community", "150105001"),
    ]
    file = tmp_path / "divisions.csv"
    file.write_text("code,name,level,parent\n" + "".join(",".join(row) + "\n" for row in rows))
    move_grid(actor=None, grid=tree.street, new_parent=make_grid("150104", "玉泉区"))
    for _turn in range(2):
        loaded = services.load_divisions(actor=None, path=file)
        assert loaded.given_up == ("150105001", "150105001001", "150105001002", "150105001009")
        assert (loaded.created, loaded.renamed, loaded.unchanged) == (0, 0, 2)
    out = io.StringIO()
    call_command("load_divisions", str(file), stdout=out)
    assert "150105001009" in out.getvalue()


def test_names_taken_over_from_a_file_are_recorded(cast, tree, tmp_path):
    file = tmp_path / "divisions.csv"
    file.write_text("code,name,level,parent\n1501,青城市,city,\n")
    services.load_divisions(actor=cast.admin, path=file)
    change = GridChange.objects.get()
    assert (change.kind, change.old_name, change.new_name, change.actor) == (
        "rename",
        "呼和浩特市",
        "青城市",
        cast.admin,
    )
    assert list(audit.problems()) == []


# Old codes in pages and API


@pytest.fixture
def api():
    """`api(user, path, **query)`: the answer to a GET."""

    def api(user, path, **query):
        client = APIClient()
        client.force_authenticate(user)
        return client.get(f"/api/v1/{path}", query)

    return api


@pytest.fixture
def browse(client):
    def browse(user, grid, **options):
        client.force_login(user)
        return client.get(reverse("grid_detail", args=[getattr(grid, "code", grid)]), **options)

    return browse


def test_grid_detail_leads_from_an_old_code_to_the_successor(cast, tree, browse):
    merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    answer = browse(cast.street, tree.other_community)
    assert answer["Location"] == reverse("grid_detail", args=[tree.community.code])
    page = browse(cast.street, tree.community).content.decode()
    assert "学苑社区（150105001002）合并" in page


def test_grid_detail_of_a_divided_grid_names_what_one_may_see(cast, tree, browse):
    split(tree.community, tree.second_building)
    answer = browse(cast.street, tree.community)
    assert answer.templates[0].name == "grids/grid_several.html"
    text = answer.content.decode()
    assert "东区" in text
    assert "西区" in text
    text = browse(cast.chief, tree.community).content.decode()
    assert "东区" in text
    assert "西区" not in text


def test_an_old_code_outside_ones_area_is_not_found(cast, tree, browse, api):
    merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    assert browse(cast.neighbour, tree.far_community).status_code == 404
    move_grid(actor=None, grid=tree.other_building, new_parent=tree.far_community)
    assert browse(cast.worker, tree.other_building).status_code == 404
    assert api(cast.worker, f"grids/{tree.other_building.code}/").status_code == 404


def test_a_retired_grid_whose_successor_one_may_not_see_is_shown_itself(cast, tree, browse):
    merge_grids(actor=None, grid=tree.second_building, into=tree.other_building)
    assert browse(cast.community, tree.second_building).status_code == 200


def test_the_api_answers_an_old_code_with_the_successor(cast, tree, api):
    merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    answer = api(cast.street, f"grids/{tree.other_community.code}/")
    assert (answer.status_code, answer.json()["code"]) == (200, tree.community.code)


def test_the_api_names_several_successors(cast, tree, api):
    east, west = split(tree.community, tree.second_building)
    answer = api(cast.street, f"grids/{tree.community.code}/")
    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "several_successors"
    assert body["successors"] == [{"code": grid.code, "name": grid.name} for grid in (east, west)]
    assert east.code in body["detail"]


@pytest.mark.parametrize(("path", "field"), [("grids/", "parent"), ("events/", "grid")])
def test_filters_take_old_codes(cast, tree, api, path, field):
    merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    assert api(cast.street, path, **{field: tree.other_community.code}).status_code == 200
    split(tree.community, tree.second_building)
    answer = api(cast.street, path, **{field: tree.other_community.code})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert "东区" in answer.json()[field][0]


def test_finding_a_grid_in_use_costs_one_query(cast, tree, django_assert_num_queries):
    assert cast.street.active_posts
    with django_assert_num_queries(1):
        assert access.find_grid(cast.street, tree.unit.code) == tree.unit


# What the audit finds


def complaints() -> str:
    return " ".join(audit.problems())


def test_the_audit_finds_what_is_wrong_with_former_codes(tree):
    change = GridChange.objects.create(kind="move", at=tree.city.lft and "2026-01-01T00:00Z", grid=tree.unit)
    FormerCode.objects.create(code=tree.building.code, name="甲", grid=tree.unit, change=change, new_code="")
    assert tree.building.code in complaints()


def test_the_audit_finds_a_circle(tree):
    merge_grids(actor=None, grid=tree.second_unit, into=tree.unit)
    Grid.objects.filter(pk=tree.unit.pk).update(retired_at="2026-01-01T00:00Z")
    change = GridChange.objects.create(
        kind="merge", at="2026-01-01T00:00Z", grid=tree.unit, old_code=tree.unit.code, new_code=tree.second_unit.code
    )
    FormerCode.objects.create(code=tree.unit.code, name="甲", grid=tree.second_unit, change=change, new_code="")
    assert Grid.objects.successors(tree.unit.code) == []
    assert tree.unit.code in complaints()


def test_the_audit_finds_life_on_retired_grids(cast, tree):
    Grid.objects.filter(pk=tree.building.pk).update(retired_at="2026-01-01T00:00Z")
    assert complaints().count(tree.building.code) == 2


@pytest.mark.parametrize("name", ["grid_detail", "grid_posts", "signboard", "signboard_run"])
def test_each_page_of_a_divided_grid_says_where_it_leads(cast, client, name):
    parts = [Part("甲楼", (cast.tree.unit.code,)), Part("乙楼", (cast.tree.second_unit.code,))]
    split_grid(actor=None, grid=cast.tree.building, parts=parts)
    client.force_login(cast.admin)
    answer = client.get(reverse(name, args=[cast.tree.building.code]))
    assert answer.status_code == 200
    assert "甲楼" in answer.content.decode()
    assert "乙楼" in answer.content.decode()


@pytest.mark.parametrize("key", ["abc", "9" * 30])
def test_a_record_that_cannot_be_is_not_found(cast, client, key):
    client.force_login(cast.admin)
    assert client.get(reverse("admin:grids_gridchange_change", args=[key])).status_code == 404
