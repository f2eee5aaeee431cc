"""Merging, splitting, moving and retiring: what goes where, what is refused, and what is kept of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from grids import audit, services
from grids.models import FormerCode, Grid, GridChange, Organisation, Post, Role, User
from grids.services import Part
from tests.factories import make_grid, make_post, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sound():
    """Whatever a test does, the tree is sound afterwards."""
    yield
    assert list(audit.problems()) == []


@pytest.fixture
def tree(cast):
    return cast.tree


@pytest.fixture
def boss(cast) -> User:
    """An official who manages the street, and nothing outside it."""
    user = make_user("其其格")
    post = make_post(user, cast.tree.street, Role.OFFICIAL)
    Post.objects.filter(pk=post.pk).update(is_manager=True)
    return user


def now(grid: Grid) -> Grid:
    return Grid.objects.get(pk=grid.pk)


def names_of(grid: Grid) -> list[tuple[str, str]]:
    return sorted(now(grid).posts.active().values_list("user__name", "role"))


def make_organisation(name, grid, kind="property_company", **fields) -> Organisation:
    return Organisation.objects.create(name=name, grid=grid, kind=kind, **fields)


def refused(work, **given) -> ValidationError:
    with pytest.raises(ValidationError) as error, transaction.atomic():
        work(actor=None, **given)
    return error.value


# Merge


def test_a_merge_takes_the_children_under_the_other_with_free_numbers(tree):
    make_grid("1501050010020007", "7号楼")
    into = services.merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    assert into == tree.community
    codes = dict(now(tree.community).children.values_list("name", "code"))
    assert codes["7号楼"] == "1501050010010007"  # free there, so it keeps its number
    assert now(tree.other_building).code == "1501050010010008"  # 0001 was taken
    assert now(tree.other_community).retired_at


def test_what_lies_deeper_goes_along(tree):
    services.merge_grids(actor=None, grid=tree.community, into=tree.far_community)
    assert now(tree.unit).get_ancestors()[3] == tree.far_community
    assert now(tree.unit).code == "150105002001000101"


def test_numbers_in_rows_go_in_one_stroke(tree, django_assert_max_num_queries):
    for number in range(1, 60):
        make_grid(f"1501050020010{number:03d}", f"{number}栋")
    make_post(grid=Grid.objects.get(code="1501050020010042"))
    with django_assert_max_num_queries(147):  # some for each model that is placed, and none for each row
        services.merge_grids(actor=None, grid=tree.far_community, into=tree.community)
    assert now(tree.community).children.count() == 61
    assert Grid.objects.get(name="2栋").code == "1501050010010061"
    assert Grid.objects.get(name="42栋").code == "1501050010010042"


def test_retired_children_go_along(tree):
    services.retire_grid(actor=None, grid=tree.other_building)
    services.merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    assert now(tree.other_building).parent == tree.community


def test_posts_go_on_and_a_second_chief_becomes_staff(cast, tree):
    make_post(make_user("高娃"), tree.second_building, Role.CHIEF, duties="巡查", source="hired")
    make_post(cast.stranger, tree.second_building, Role.POLICE)
    services.merge_grids(actor=cast.admin, grid=tree.second_building, into=tree.building, reason="两楼合并")
    assert names_of(tree.building) == [("乌兰", "staff"), ("周敏", "police"), ("王建国", "chief"), ("高娃", "staff")]
    assert names_of(tree.second_building) == []
    post = Post.objects.get(grid=tree.building, user__name="高娃")
    assert (post.duties, post.source, post.appointed_by, post.position) == (
        "巡查",
        "hired",
        cast.admin,
        tree.building.lft,
    )
    ended = Post.objects.get(grid=tree.second_building, user__name="高娃")
    assert (ended.ended_by, ended.ended_at) == (cast.admin, post.started_at)


def test_a_chief_takes_over_where_there_is_none(cast, tree):
    services.merge_grids(actor=None, grid=tree.building, into=tree.second_building)
    assert ("王建国", "chief") in names_of(tree.second_building)


def test_whoever_is_chief_of_both_stays_chief(cast, tree):
    make_post(cast.chief, tree.second_building, Role.CHIEF)
    services.merge_grids(actor=None, grid=tree.second_building, into=tree.building)
    assert names_of(tree.building) == [("乌兰", "staff"), ("王建国", "chief")]


def test_who_was_chief_on_a_day_before_is_still_known(cast, tree):
    before = timezone.now()
    services.merge_grids(actor=None, grid=tree.building, into=tree.second_building)
    assert Post.objects.held_at(before).get(grid=tree.building, role=Role.CHIEF).user == cast.chief


def test_the_right_to_manage_does_not_grow_by_a_merge(cast, tree):
    post = make_post(cast.stranger, tree.other_street, Role.OFFICIAL)
    Post.objects.filter(pk=post.pk).update(is_manager=True)
    services.merge_grids(actor=None, grid=tree.other_street, into=tree.street)
    assert not Post.objects.active().get(user=cast.stranger).is_manager


def test_a_closed_account_gets_no_new_post(cast, tree):
    User.objects.filter(pk=cast.chief.pk).update(is_active=False)
    services.merge_grids(actor=None, grid=tree.building, into=tree.second_building)
    assert cast.chief.posts.active().count() == 0


def test_organisations_go_along_and_namesakes_become_one(cast, tree):
    ours, theirs = make_organisation("安居物业", tree.community), make_organisation("安居物业", tree.other_community)
    room, other_room = (
        make_organisation(f"{grid.name}警务室", grid, "police_room") for grid in (tree.community, tree.other_community)
    )
    bank = make_organisation("某银行", tree.other_community, "resident_unit")
    theirs.representatives.add(cast.stranger)
    services.merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    standing = set(Organisation.objects.active().filter(grid=tree.community))
    assert standing == {ours, room, bank}
    assert list(ours.representatives.all()) == [cast.stranger]
    assert Organisation.objects.get(pk=other_room.pk).dissolved_at
    assert Organisation.objects.get(pk=bank.pk).position == tree.community.lft


def test_households_add_up(tree):
    services.merge_grids(actor=None, grid=tree.second_building, into=tree.building)
    assert now(tree.building).households == 76


@pytest.mark.parametrize(
    ("grid", "into", "words"),
    [
        ("community", "community", "自身"),
        ("community", "street", "同级"),
        ("building", "unit", "同级"),
        ("far_community", "community", "已撤销"),
        ("community", "far_community", "已撤销"),
    ],
)
def test_merges_that_cannot_be(tree, grid, into, words):
    services.retire_grid(actor=None, grid=tree.far_community)
    before = list(Grid.objects.values())
    error = refused(services.merge_grids, grid=getattr(tree, grid), into=getattr(tree, into))
    assert words in " ".join(error.messages)
    assert list(Grid.objects.values()) == before


def test_a_merge_that_overflows_the_numbers_is_refused(tree):
    for number in range(3, 100):
        make_grid(f"{tree.building.code}{number:02d}")
    make_grid(f"{tree.second_building.code}01")
    error = refused(services.merge_grids, grid=tree.second_building, into=tree.building)
    assert "1号楼" in error.messages[0]


# Split


def halves(*children: Grid) -> list[Part]:
    return [Part("东区", tuple(child.code for child in children)), Part("西区", ())]


def test_a_split_makes_new_grids_and_leaves_none_in_use(cast, tree):
    parts = [Part("东区", (tree.second_building.code,)), Part("西区", (tree.building.code,))]
    east, west = services.split_grid(actor=None, grid=tree.community, parts=parts)
    assert (east.code, west.code) == ("150105001003", "150105001004")
    assert now(tree.unit).code == f"{west.code}000101"
    assert now(tree.second_building).code == f"{east.code}0002"
    assert now(tree.community).retired_at
    assert (east.households, west.households) == (36, 40)


def test_the_first_part_continues_the_grid(cast, tree):
    room = make_organisation("警务室", tree.community, "police_room")
    chief = make_post(make_user("高娃"), tree.community, Role.CHIEF)
    east, _west = services.split_grid(
        actor=None, grid=tree.community, parts=halves(tree.building, tree.second_building)
    )
    assert names_of(east) == [("李秀英", "dispatcher"), ("赵刚", "police"), ("高娃", "chief")]
    assert Organisation.objects.get(pk=room.pk).grid == east
    assert not Post.objects.active().filter(pk=chief.pk).exists()


def test_a_part_gets_the_code_asked_for(tree):
    parts = [Part("东区", (tree.building.code,)), Part("西区", (tree.second_building.code,), "150105001077")]
    services.split_grid(actor=None, grid=tree.community, parts=parts)
    assert now(tree.second_building).code == "1501050010770002"


def test_what_is_retired_stays_with_who_continues(tree):
    services.retire_grid(actor=None, grid=tree.second_building)
    east, _west = services.split_grid(actor=None, grid=tree.community, parts=halves(tree.building))
    assert now(tree.second_building).parent == east


def test_splits_that_cannot_be(tree):
    a, b = tree.building.code, tree.second_building.code
    before = list(Grid.objects.values())
    for grid, parts, words in (
        (tree.community, [Part("一", (a, b))], "两"),
        (tree.community, [Part("一", (a,)), Part("二", ())], "2号楼"),
        (tree.community, [Part("一", (a, b)), Part("二", (b,))], b),
        (tree.community, [Part("一", (a, b)), Part("二", (tree.unit.code,))], tree.unit.code),
        (tree.community, [Part("", (a,)), Part("二", (b,))], ""),
        (tree.community, [Part("一", (a,), "150105002009"), Part("二", (b,))], "150105002009"),
        (tree.community, [Part("一", (a,), "150105001002"), Part("二", (b,))], "已存在"),
        (tree.community, [Part("一", (a,), "x"), Part("二", (b,))], "x"),
        (tree.unit, [Part("一"), Part("二")], "单元"),
        (tree.city, [Part("一", (tree.district.code,)), Part("二")], "市"),
    ):
        error = refused(services.split_grid, grid=grid, parts=parts)
        assert words in " ".join(error.messages), parts
    assert list(Grid.objects.values()) == before


# Retire


def test_a_retired_grid_hands_over_to_its_successor(cast, tree):
    bank = make_organisation("某银行", tree.second_building, "resident_unit")
    services.retire_grid(actor=None, grid=tree.second_building, successor=tree.community, reason="拆除")
    assert Organisation.objects.get(pk=bank.pk).grid == tree.community
    assert names_of(tree.second_building) == []
    assert Grid.objects.successors(tree.second_building.code) == [tree.community]


def test_successors_that_cannot_be(tree):
    services.retire_grid(actor=None, grid=tree.far_community)
    for successor in (tree.unit, tree.second_building, tree.far_community):
        error = refused(services.retire_grid, grid=tree.second_building, successor=successor)
        assert list(error.message_dict) == ["successor"]
    assert now(tree.second_building).retired_at is None


def test_retiring_twice_changes_nothing(tree):
    first = services.retire_grid(actor=None, grid=tree.far_community)
    assert services.retire_grid(actor=None, grid=tree.far_community).retired_at == first.retired_at
    assert GridChange.objects.count() == 1


# The record


def test_the_record_says_who_why_when_and_what(cast, tree):
    make_post(cast.stranger, tree.unit)
    services.move_grid(
        actor=cast.admin, grid=tree.community, new_parent=tree.other_street, reason=" 呼政发〔2026〕3号 "
    )
    change = GridChange.objects.get()
    assert (change.kind, change.actor, change.actor_name) == ("move", cast.admin, "管理员")
    assert (change.reason, change.old_code, change.new_code) == ("呼政发〔2026〕3号", "150105001001", "150105002002")
    assert (change.grid, change.position) == (tree.community, now(tree.community).lft)
    assert (change.counts["grids.grid"], change.counts["grids.post"]) == (5, 6)
    codes = dict(change.codes.values_list("code", "new_code"))
    assert codes["150105001001000101"] == "150105002002000101"
    assert len(codes) == 5


def test_a_rename_keeps_the_name_of_before(cast, tree):
    services.rename_grid(actor=cast.admin, grid=tree.community, name="康乐社区")
    change = GridChange.objects.get()
    assert (change.kind, change.old_name, change.new_name) == ("rename", "健康社区", "康乐社区")
    services.rename_grid(actor=cast.admin, grid=tree.community, name="康乐社区")
    assert GridChange.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "   ", "因\u202e为", "长" * 501])
def test_a_person_says_why(cast, tree, reason):
    with pytest.raises(ValidationError) as error:
        services.retire_grid(actor=cast.admin, grid=tree.far_community, reason=reason)
    assert list(error.value.message_dict) == ["reason"]
    assert now(tree.far_community).retired_at is None


def test_nothing_is_entered_for_the_future(tree):
    at = timezone.now() + timedelta(days=1)
    assert list(refused(services.retire_grid, grid=tree.far_community, at=at).message_dict) == ["at"]


def test_a_reorganisation_of_yesterday_ends_posts_yesterday(cast, tree):
    yesterday = timezone.now() - timedelta(days=1)
    Post.objects.filter(user=cast.chief).update(started_at=yesterday - timedelta(days=1))
    services.merge_grids(actor=None, grid=tree.building, into=tree.second_building, at=yesterday)
    old, new = cast.chief.posts.order_by("pk")
    assert (old.ended_at, new.started_at) == (yesterday, yesterday)
    worker = Post.objects.get(user=cast.worker, grid=tree.building)
    assert worker.ended_at == worker.started_at  # it began only today


def test_the_signal_says_what_moved(tree):
    heard = []

    def hear(sender, signal, **said):
        heard.append(said)

    services.reorganised.connect(hear)
    services.merge_grids(actor=None, grid=tree.other_community, into=tree.community)
    services.reorganised.disconnect(hear)
    (said,) = heard
    assert said["change"].kind == "merge"
    assert (said["grid"], said["successors"]) == (tree.other_community, [tree.community])
    (pair,) = said["moved"]
    assert pair == (
        (tree.other_building.lft, tree.other_building.rght),
        (now(tree.other_building).lft, now(tree.other_building).rght),
    )


# Who may


def test_an_official_reshapes_inside_their_street_and_nothing_outside(tree, boss):
    why = {"actor": boss, "reason": "区划调整"}
    into = services.merge_grids(grid=tree.other_community, into=tree.community, **why)
    services.rename_grid(actor=boss, grid=tree.street, name="新街道")
    services.move_grid(grid=tree.other_building, new_parent=into, code="1501050010010055", **why)
    for work, given in (
        (services.move_grid, {"grid": tree.street, "new_parent": tree.district}),
        (services.move_grid, {"grid": tree.community, "new_parent": tree.other_street}),
        (services.move_grid, {"grid": tree.far_community, "new_parent": tree.street}),
        (services.merge_grids, {"grid": tree.street, "into": tree.other_street}),
        (services.merge_grids, {"grid": tree.community, "into": tree.far_community}),
        (services.merge_grids, {"grid": tree.far_community, "into": tree.community}),
        (services.split_grid, {"grid": tree.street, "parts": [Part("东"), Part("西")]}),
        (services.retire_grid, {"grid": tree.far_community}),
        (services.retire_grid, {"grid": tree.second_building, "successor": tree.far_community}),
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            work(**given, **why)
    with pytest.raises(PermissionDenied):
        services.rename_grid(actor=boss, grid=tree.other_street, name="别处")


@pytest.mark.parametrize("person", ["chief", "community", "street", "district", "stranger"])
def test_without_the_right_to_manage_nothing_is_reshaped(cast, tree, person):
    actor = getattr(cast, person)
    with pytest.raises(PermissionDenied):
        services.merge_grids(actor=actor, grid=tree.second_building, into=tree.building, reason="合并")
    with pytest.raises(PermissionDenied):
        services.split_grid(actor=actor, grid=tree.community, parts=halves(tree.building), reason="拆分")


# Dry run


def plan(kind, grid, **given) -> services.Plan:
    return services.Plan(kind, (grid,), "试一试", **given)


def test_a_dry_run_shows_exactly_what_would_happen_and_does_nothing(cast, tree, django_capture_on_commit_callbacks):
    before = [list(model.objects.order_by("pk").values()) for model in (Grid, Post, GridChange, FormerCode)]
    wanted = plan("merge", tree.other_community, target=tree.community)
    with django_capture_on_commit_callbacks() as callbacks:
        shown = services.preview(actor=cast.admin, plan=wanted)
    assert callbacks == []
    assert before == [list(model.objects.order_by("pk").values()) for model in (Grid, Post, GridChange, FormerCode)]
    done = services.carry_out(actor=cast.admin, plan=wanted, fingerprint=shown.fingerprint)
    assert done.is_done
    assert (done.mapping, done.changes[0].counts) == (shown.mapping, shown.changes[0].counts)
    assert ("1501050010020001", "1号楼", "1501050010010003", "1号楼") in shown.mapping


def test_what_would_no_longer_do_the_same_is_not_done(cast, tree):
    wanted = plan("merge", tree.other_community, target=tree.community)
    shown = services.preview(actor=cast.admin, plan=wanted)
    make_grid("1501050010010003", "3号楼")
    again = services.carry_out(actor=cast.admin, plan=wanted, fingerprint=shown.fingerprint)
    assert not again.is_done
    assert now(tree.other_community).retired_at is None
    assert ("1501050010020001", "1号楼", "1501050010010004", "1号楼") in again.mapping
    assert services.carry_out(actor=cast.admin, plan=wanted, fingerprint=again.fingerprint).is_done


def test_a_merge_may_give_a_new_name(cast, tree):
    wanted = plan("merge", tree.other_community, target=tree.community, name="康学社区")
    shown = services.preview(actor=cast.admin, plan=wanted)
    services.carry_out(actor=cast.admin, plan=wanted, fingerprint=shown.fingerprint)
    assert now(tree.community).name == "康学社区"
    assert sorted(GridChange.objects.values_list("kind", flat=True)) == ["merge", "rename"]


def test_several_grids_go_in_one_stroke_or_not_at_all(cast, tree):
    both = services.Plan("retire", (tree.building, tree.unit), "拆除")
    with pytest.raises(ValidationError, match="2单元"):
        services.preview(actor=cast.admin, plan=both)
    assert now(tree.unit).retired_at is None
    all_of_it = services.Plan("retire", (tree.building, tree.unit, tree.second_unit), "拆除")
    shown = services.preview(actor=cast.admin, plan=all_of_it)
    assert [change.grid for change in shown.changes] == [tree.unit, tree.second_unit, tree.building]
