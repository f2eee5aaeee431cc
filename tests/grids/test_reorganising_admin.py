"""Reorganisations in Django admin: form, dry run, confirmation, and the record afterwards."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from grids import services
from grids.models import Grid, GridChange, Post, Role
from tests.factories import make_grid, make_post, make_user
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(cast):
    return cast.tree


@pytest.fixture
def boss(cast):
    """An official who manages the street."""
    user = make_user("其其格")
    post = make_post(user, cast.tree.street, Role.OFFICIAL)
    Post.objects.filter(pk=post.pk).update(is_manager=True)
    return user


@pytest.fixture
def work(client, cast):
    """`work(kind, *grids, user=…, **form)`: sends the form of a reorganisation; without a form, looks at it."""

    logged_in = []

    def work(kind, *grids, user=cast.admin, follow=False, **form):
        if logged_in[-1:] != [user]:
            client.force_login(user)
            logged_in.append(user)
        address = reverse("admin:grids_grid_reorganise", args=[kind]) + f"?grids={','.join(str(g.pk) for g in grids)}"
        return client.post(address, form, follow=follow) if form else client.get(address)

    return work


@pytest.fixture
def confirmed(work):
    """Sends the form, and then what the dry run asks to confirm."""

    def confirm(kind, *grids, **form):
        shown = work(kind, *grids, **form)
        assert shown.templates[0].name == "admin/grids/grid/reorganise_preview.html", shown.context["form"].errors
        assert not GridChange.objects.exists()
        sent = dict(shown.context["sent"]) | {"fingerprint": shown.context["outcome"].fingerprint}
        return work(kind, *grids, user=form.get("user") or shown.wsgi_request.user, follow=True, **sent)

    return confirm


def now(grid: Grid) -> Grid:
    return Grid.objects.get(pk=grid.pk)


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


WHY = {"reason": "呼政发〔2026〕3号"}


def test_a_merge_is_shown_then_confirmed_then_done(cast, tree, confirmed):
    response = confirmed("merge", tree.other_community, target=tree.community.code, name="康学社区", **WHY)
    assert now(tree.other_community).retired_at
    assert now(tree.community).name == "康学社区"
    assert response.request["PATH_INFO"] == reverse("admin:grids_grid_change", args=[tree.community.pk])
    assert "学苑社区" in said(response)
    assert {entry.object_id for entry in LogEntry.objects.all()} == {
        str(tree.community.pk),
        str(tree.other_community.pk),
    }


def test_the_dry_run_says_what_moves_and_every_new_code(tree, work):
    text = page(work("merge", tree.other_community, target=f"{tree.community.code} 健康社区", **WHY))
    for word in ("预演", "1501050010020001", "1501050010010003", "岗位", WHY["reason"]):
        assert word in text
    assert not GridChange.objects.exists()


def test_many_codes_are_capped_with_their_full_number(tree, work, monkeypatch):
    monkeypatch.setattr("grids.admin.reorganising.CODES_SHOWN", 3)
    response = work("move", tree.street, target=make_grid("150104", "玉泉区").code, **WHY)
    assert len(response.context["codes"]) == 3
    assert "共 8 个" in page(response)
    assert "另有 5 个" in page(response)


def test_a_move_may_be_given_its_code(tree, confirmed):
    confirmed("move", tree.second_building, target=tree.far_community.code, code="1501050020010042", **WHY)
    assert now(tree.second_building).code == "1501050020010042"


def test_a_rename_a_retirement_and_a_split(tree, confirmed, work):
    confirmed("rename", tree.far_community, name="桥靠新村", **WHY)
    assert now(tree.far_community).name == "桥靠新村"
    GridChange.objects.all().delete()
    confirmed("retire", tree.second_building, target=tree.community.code, **WHY)
    assert Grid.objects.successors(tree.second_building.code) == [tree.community]
    assert work("retire", tree.second_building, **WHY).status_code == 400


def test_a_split_asks_for_parts_and_where_each_child_goes(tree, work, confirmed):
    asked = work("split", tree.community, more="yes", count="2", name_1="东区", **WHY)
    assert asked.context["form"].count == 3
    assert 'value="东区"' in page(asked)
    form = {"count": "2", "name_1": "东区", "code_1": "", "name_2": "西区", "code_2": ""}
    form |= {f"child_{tree.building.pk}": "2", f"child_{tree.second_building.pk}": "1"}
    confirmed("split", tree.community, **form, **WHY)
    assert now(tree.building).parent.name == "西区"


def test_several_grids_are_retired_in_one_stroke(tree, confirmed):
    confirmed("retire", tree.building, tree.unit, tree.second_unit, **WHY)
    assert not Grid.objects.active().within(tree.building).exists()


def test_when_the_tree_changed_meanwhile_the_new_dry_run_is_shown(cast, tree, work):
    form = {"target": tree.community.code, **WHY}
    shown = work("merge", tree.other_community, **form)
    make_grid("1501050010010003", "3号楼")
    again = work("merge", tree.other_community, **form, fingerprint=shown.context["outcome"].fingerprint)
    assert again.status_code == 409
    assert "1501050010010004" in page(again)
    assert "又有变动" in page(again)
    assert now(tree.other_community).retired_at is None
    done = work("merge", tree.other_community, **form, fingerprint=again.context["outcome"].fingerprint)
    assert done.status_code == 302


def test_what_was_typed_is_kept_for_a_change(tree, work):
    response = work("merge", tree.other_community, target=tree.community.code, edit="yes", **WHY)
    assert WHY["reason"] in page(response)
    assert tree.community.code in page(response)


@pytest.mark.parametrize(
    ("kind", "form", "field"),
    [
        ("merge", {"target": "150105001001", "reason": ""}, "reason"),
        ("merge", {"target": "", **WHY}, "target"),
        ("merge", {"target": "150105001", **WHY}, "target"),
        ("merge", {"target": "999", **WHY}, "target"),
        ("merge", {"target": "社区\0", **WHY}, "target"),
        ("move", {"target": "150105001001", **WHY}, "__all__"),
        ("move", {"target": "150105002", "code": "150105002001", **WHY}, "code"),
        ("retire", {"target": "", **WHY}, "__all__"),
        ("rename", {"name": " ", **WHY}, "name"),
        ("split", {"count": "2", "name_1": "东", "name_2": "", **WHY}, "name_2"),
        ("split", {"count": "x" * 50, "name_1": "东", "name_2": "西", **WHY}, "child"),
    ],
)
def test_what_cannot_be_is_said_in_the_form(tree, work, kind, form, field):
    response = work(kind, tree.other_community, **form)
    assert response.status_code == 400
    errors = response.context["form"].errors
    assert any(name.startswith(field) for name in errors), errors
    assert not GridChange.objects.exists()


def test_an_official_works_inside_their_street_and_nowhere_else(cast, tree, boss, work, confirmed):
    assert work("merge", tree.far_community, user=boss).status_code == 404
    outside = work("move", tree.community, user=boss, target=tree.other_street.code, **WHY)
    assert outside.status_code == 400  # they do not even see that street
    above = work("retire", tree.street, user=boss, **WHY)
    assert above.status_code == 403
    assert "管理范围" in page(above)
    confirmed("merge", tree.other_community, user=boss, target=tree.community.code, **WHY)
    assert GridChange.objects.get().actor == boss


@pytest.mark.parametrize("person", ["chief", "street", "district", "stranger"])
def test_without_the_right_to_manage_there_is_no_page(cast, tree, work, person):
    assert work("merge", tree.other_community, user=getattr(cast, person)).status_code == 302


def test_what_is_no_reorganisation_is_not_found(tree, work):
    assert work("explode", tree.community).status_code == 404
    assert work("merge").status_code == 404


def test_one_grid_is_renamed_at_a_time(tree, work):
    assert work("rename", tree.community, tree.far_community).status_code == 302


def test_the_list_and_the_grid_lead_to_each(client, cast, tree):
    client.force_login(cast.admin)
    for kind in ("rename", "move", "merge", "split", "retire"):
        form = {"action": kind, "_selected_action": [tree.community.pk]}
        response = client.post(reverse("admin:grids_grid_changelist") + "?parent=150105001", form)
        link = reverse("admin:grids_grid_reorganise", args=[kind]) + f"?grids={tree.community.pk}"
        assert response["Location"] == link
        assert link in page(client.get(reverse("admin:grids_grid_change", args=[tree.community.pk])))


def test_candidates_are_offered(tree, work):
    offered = work("merge", tree.other_community).context["form"].fields["target"].candidates
    assert [grid.name for grid in offered] == ["健康社区", "桥靠社区"]


def test_the_pages_take_few_queries(cast, tree, work, django_assert_max_num_queries):
    for number in range(40):
        make_post(make_user(), make_grid(f"15010500100202{number:02d}"))
    work("merge", tree.other_community)  # logged in
    for kind in ("merge", "move", "split", "retire", "rename"):
        with django_assert_max_num_queries(8, info=kind):
            work(kind, tree.other_community)
    with django_assert_max_num_queries(152):  # some for each model that is placed, and none for each row
        work("merge", tree.other_community, target=tree.community.code, **WHY)


# The record


@pytest.fixture
def record(client, cast, tree):
    client.force_login(cast.admin)
    services.rename_grid(actor=cast.admin, grid=tree.far_community, name="桥靠新村", reason="居民意见")
    services.merge_grids(actor=cast.admin, grid=tree.other_community, into=tree.community, reason="呼政发3号")

    def record(**query):
        response = client.get(reverse("admin:grids_gridchange_changelist"), query)
        return [change.kind for change in response.context["cl"].result_list]

    return record


def test_the_record_is_found_by_kind_place_who_why_and_code(record, tree):
    assert record() == ["merge", "rename"]
    for query, kinds in (
        ({"kind": "merge"}, ["merge"]),
        ({"place": tree.street.code}, ["merge"]),
        ({"place": tree.other_street.code}, ["rename"]),
        ({"place": "x"}, ["merge", "rename"]),
        ({"q": "管理员"}, ["merge", "rename"]),
        ({"q": "呼政发"}, ["merge"]),
        ({"q": "桥靠新村"}, ["rename"]),
        ({"q": "1501050010020001"}, ["merge"]),
    ):
        assert record(**query) == kinds, query


def test_one_record_shows_its_codes_page_by_page_and_nobody_edits_it(record, client, tree, monkeypatch):
    monkeypatch.setattr("grids.admin.reorganising.CODES_ON_PAGE", 1)
    change = GridChange.objects.get(kind="merge")
    address = reverse("admin:grids_gridchange_change", args=[change.pk])
    assert "150105001002" in page(client.get(address))
    assert "1501050010010003" in page(client.get(address, {"p": "2"}))
    assert client.post(address, {"reason": "别的"}).status_code == 403
    assert client.get(reverse("admin:grids_gridchange_add")).status_code == 403
    assert client.post(reverse("admin:grids_gridchange_delete", args=[change.pk]), {"post": "yes"}).status_code == 403


def test_officials_see_the_record_of_their_own_area(record, client, boss):
    client.force_login(boss)
    assert record() == ["merge"]


def test_the_record_takes_few_queries(record, client, cast, tree, django_assert_max_num_queries):
    for number in range(30):
        services.rename_grid(actor=cast.admin, grid=tree.unit, name=f"{number}单元")
    with django_assert_max_num_queries(9):
        record()
    with django_assert_max_num_queries(9):
        client.get(reverse("admin:grids_gridchange_change", args=[GridChange.objects.get(kind="merge").pk]))
