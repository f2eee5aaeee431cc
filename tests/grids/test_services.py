"""The services of the tree and of posts, and what the database refuses whoever asks."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from grids import access, services
from grids.models import Grid, Post, Role, User
from tests.factories import make_post, make_user

pytestmark = pytest.mark.django_db


def refusal(**given):
    with pytest.raises(ValidationError) as refused:
        services.appoint(actor=None, **given)
    return refused.value


def test_a_second_chief_is_refused_and_the_present_one_named(cast):
    error = refusal(user=cast.stranger, role=Role.CHIEF, grid=cast.tree.building)
    assert list(error.message_dict) == ["role"]
    assert "王建国" in error.messages[0]


def test_a_chief_who_has_gone_makes_room(cast):
    services.end_post(actor=cast.admin, post=cast.chief.posts.get())
    post = make_post(cast.stranger, cast.tree.building, Role.CHIEF)
    assert cast.tree.building.posts.active().get(role=Role.CHIEF) == post


def test_the_same_post_again_is_the_same_post(cast):
    first = make_post(cast.stranger, cast.tree.unit, duties="巡查")
    assert make_post(cast.stranger, cast.tree.unit) == first


def test_nobody_is_posted_on_a_retired_grid(cast):
    services.retire_grid(actor=None, grid=cast.tree.far_community)
    error = refusal(user=cast.stranger, role=Role.STAFF, grid=cast.tree.far_community)
    assert list(error.message_dict) == ["grid"]


@pytest.mark.parametrize("days", [1, -40_000])
def test_a_start_in_the_future_or_in_another_age_is_refused(cast, days):
    at = timezone.now() + timedelta(days=days)
    error = refusal(user=cast.stranger, role=Role.STAFF, grid=cast.tree.unit, at=at)
    assert list(error.message_dict) == ["started_at"]


def test_a_closed_account_gets_no_post(cast):
    cast.stranger.is_active = False
    error = refusal(user=cast.stranger, role=Role.STAFF, grid=cast.tree.unit)
    assert list(error.message_dict) == ["user"]


def test_an_unknown_role_or_source_is_refused(cast):
    assert "role" in refusal(user=cast.stranger, role="king", grid=cast.tree.unit).message_dict
    error = refusal(user=cast.stranger, role=Role.STAFF, grid=cast.tree.unit, source="family")
    assert list(error.message_dict) == ["source"]


def test_who_appointed_and_who_ended_is_kept(cast):
    post = services.appoint(actor=cast.admin, user=cast.stranger, role=Role.STAFF, grid=cast.tree.unit)
    ended = services.end_post(actor=cast.city, post=post)
    assert (ended.appointed_by, ended.ended_by) == (cast.admin, cast.city)


def test_an_ended_post_stays_as_it_ended(cast):
    post = services.end_post(actor=None, post=cast.chief.posts.get())
    assert services.end_post(actor=cast.admin, post=post).ended_at == post.ended_at
    with pytest.raises(ValidationError):
        services.describe_post(actor=None, post=post, duties="改", source="")


def test_a_post_ends_neither_before_it_starts_nor_in_the_future(cast):
    post = cast.chief.posts.get()
    for at in (post.started_at - timedelta(seconds=1), timezone.now() + timedelta(days=1)):
        with pytest.raises(ValidationError):
            services.end_post(actor=None, post=post, at=at)


def test_who_was_chief_on_a_day(cast):
    old = services.appoint(
        actor=None,
        user=cast.stranger,
        role=Role.CHIEF,
        grid=cast.tree.unit,
        at=timezone.now() - timedelta(days=30),
    )
    services.end_post(actor=None, post=old, at=timezone.now() - timedelta(days=10))
    held = [Post.objects.held_at(timezone.now() - timedelta(days=days)).filter(grid=old.grid) for days in (40, 20, 5)]
    assert [list(posts) for posts in held] == [[], [old], []]


def test_the_database_keeps_one_active_chief(cast):
    chief = cast.chief.posts.get()
    for twin in (
        Post(user=cast.stranger, grid=chief.grid, role=Role.CHIEF),
        Post(user=cast.worker, grid=chief.grid, role=Role.STAFF),
        Post(user=cast.stranger, grid=chief.grid, role="king"),
        Post(user=cast.stranger, grid=chief.grid, role=Role.STAFF, ended_at=timezone.now() - timedelta(days=1)),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save()


def test_an_ended_post_ends_its_rights_at_once(cast):
    assert access.workable_grids(cast.chief).exists()
    services.end_post(actor=None, post=cast.chief.active_posts[0])
    fresh = User.objects.get(pk=cast.chief.pk)
    assert access.ranges(fresh) == []
    assert not access.visible_grids(fresh).exists()


def test_retiring_ends_the_posts_there(cast):
    services.retire_grid(actor=cast.admin, grid=cast.tree.second_building, reason="拆除")
    post = cast.worker.posts.get(grid=cast.tree.second_building)
    assert (post.is_active, post.ended_by) == (False, cast.admin)


def test_vacant_grids(cast):
    vacant = set(Grid.objects.vacant())
    assert cast.tree.second_building in vacant
    assert cast.tree.building not in vacant


def test_createsuperuser_asks_for_a_name(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "long enough 7")
    call_command("createsuperuser", "--noinput", username="root", name="系统管理员", verbosity=0)
    assert str(User.objects.get(is_superuser=True)) == "系统管理员"


# Moves and retirement


@pytest.fixture
def heard():
    """What `reorganised` said."""
    said = []

    def hear(sender, signal, **given):
        said.append(given)

    services.reorganised.connect(hear)
    yield said
    services.reorganised.disconnect(hear)


def test_a_move_takes_the_subtree_its_posts_and_tells(cast, heard):
    tree, post = cast.tree, make_post(cast.stranger, cast.tree.unit)
    moved = services.move_grid(actor=cast.admin, grid=tree.community, new_parent=tree.other_street, reason="区划调整")
    assert moved.code == "150105002002"
    assert Grid.objects.get(pk=tree.unit.pk).code == "150105002002000101"
    post = Post.objects.get(pk=post.pk)
    assert post.position == post.grid.lft
    (said,) = heard
    change = said["change"]
    assert (change.kind, change.actor, change.reason) == ("move", cast.admin, "区划调整")
    assert (change.old_code, change.new_code) == ("150105001001", "150105002002")
    assert said["moved"] == [((tree.community.lft, tree.community.rght), (moved.lft, moved.rght))]


def test_a_move_costs_one_update_for_the_tree_and_one_for_each_placed_model(cast, django_assert_num_queries):
    with django_assert_num_queries(16 + len(Grid.objects.placed_models())):
        Grid.objects.relocate(cast.tree.community, cast.tree.other_street)


def test_a_move_gives_the_code_asked_for(cast):
    moved = services.move_grid(
        actor=None, grid=cast.tree.building, new_parent=cast.tree.far_community, code="1501050020010077"
    )
    assert moved.get_ancestors().last() == cast.tree.far_community


def test_moves_that_cannot_be(cast):
    tree = cast.tree
    retired = services.retire_grid(actor=None, grid=tree.far_community)
    for grid, parent, code in (
        (tree.building, tree.street, None),
        (tree.community, tree.building, None),
        (tree.city, tree.city, None),
        (tree.building, retired, None),
        (tree.building, tree.other_community, "1501050010010077"),
        (tree.building, tree.other_community, "1501050010020001"),
        (tree.building, tree.other_community, "15010500100200"),
    ):
        with pytest.raises(ValidationError):
            services.move_grid(actor=None, grid=grid, new_parent=parent, code=code)
    assert Grid.objects.get(pk=tree.building.pk).code == tree.building.code


def test_a_refused_receiver_undoes_the_move(cast):
    def refuse(**given):
        raise ValidationError("no")

    services.reorganised.connect(refuse)
    with pytest.raises(ValidationError):
        services.move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    services.reorganised.disconnect(refuse)
    assert Grid.objects.get(pk=cast.tree.unit.pk).code == cast.tree.unit.code


def test_a_grid_with_something_in_use_below_is_not_retired(cast, heard):
    with pytest.raises(ValidationError, match="1号楼"):
        services.retire_grid(actor=None, grid=cast.tree.other_community)
    services.retire_grid(actor=None, grid=cast.tree.other_building)
    assert services.retire_grid(actor=None, grid=cast.tree.other_community).retired_at
    assert [said["change"].kind for said in heard] == ["retire", "retire"]


def test_what_has_history_is_not_deleted(cast):
    services.end_post(actor=None, post=cast.neighbour.posts.get())
    for grid in (cast.tree.other_community, cast.tree.other_building):
        with pytest.raises(ValidationError, match=grid.code):
            services.delete_grid(actor=None, grid=grid)
    services.delete_grid(actor=None, grid=cast.tree.unit)
    assert not Grid.objects.filter(pk=cast.tree.unit.pk).exists()


def test_creating_a_grid_takes_few_queries(cast, django_assert_num_queries):
    # two pairs of savepoints, ancestors to check, ancestors to lock, INSERT, codes that were given up
    with django_assert_num_queries(8):
        services.create_grid(actor=None, code="1501050010010003", name="3号楼")


@pytest.mark.parametrize("name", ["", "   ", "长" * 65, "上\u202e下", "一\0二"])
def test_a_name_that_cannot_be_shown_is_refused(cast, name):
    with pytest.raises(ValidationError) as refused:
        services.rename_grid(actor=None, grid=cast.tree.unit, name=name)
    assert list(refused.value.message_dict) == ["name"]
    with pytest.raises(ValidationError):
        services.create_grid(actor=None, code="1501050010010003", name=name)


def test_emoji_and_mongolian_names_are_fine(cast):
    assert services.rename_grid(actor=None, grid=cast.tree.unit, name="ᠬᠥᠬᠡ 1单元 🏠").name == "ᠬᠥᠬᠡ 1单元 🏠"


def test_a_new_person_needs_no_password(cast):
    assert not make_user("只有岗位").has_usable_password()
