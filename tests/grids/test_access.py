"""What each of the cast may see of the tree, and work in."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from grids import access, services, tree
from grids.models import Grid, Post
from tests.factories import make_post


def codes(grids):
    return {grid.code for grid in grids}


def inside(grid):
    return codes(Grid.objects.within(grid))


def test_a_post_in_a_building_counts_for_its_community(cast):
    assert codes(access.workable_grids(cast.worker)) == inside(cast.tree.community)
    assert codes(access.visible_grids(cast.worker)) == inside(cast.tree.community) | {"1501", "150105", "150105001"}


def test_ranges_are_the_posts_own(cast):
    buildings = [cast.tree.building, cast.tree.second_building]
    assert access.ranges(cast.worker) == [(grid.lft, grid.rght) for grid in buildings]


@pytest.mark.parametrize("who", ["community", "street", "district", "city"])
def test_above_buildings_a_post_gives_its_own_subtree(cast, who):
    own = getattr(cast.tree, who)
    user = getattr(cast, who)
    assert access.ranges(user) == [(own.lft, own.rght)]
    assert codes(access.workable_grids(user)) == inside(own)
    assert codes(access.visible_grids(user)) == inside(own) | set(tree.ancestor_codes(own.code))


def test_the_superuser_sees_everything(cast):
    assert (
        codes(access.visible_grids(cast.admin)) == codes(access.workable_grids(cast.admin)) == codes(Grid.objects.all())
    )
    assert Post.objects.filter(access.within(access.ranges(cast.admin))).count() == Post.objects.count()


def test_without_a_post_there_is_nothing_to_see(cast):
    closed = cast.worker
    closed.is_active = False
    for user in (cast.stranger, closed, AnonymousUser()):
        assert access.ranges(user) == []
        assert not access.workable_grids(user).exists()
        assert not access.visible_grids(user).exists()
        assert not Post.objects.filter(access.within(access.ranges(user))).exists()


def test_a_retired_grid_is_seen_and_not_worked_in(cast):
    services.retire_grid(actor=None, grid=cast.tree.second_building)
    assert cast.tree.second_building not in access.workable_grids(cast.community)
    assert cast.tree.second_building in access.visible_grids(cast.community)


def test_nested_posts_are_one_range(cast):
    make_post(cast.street, cast.tree.unit)
    make_post(cast.street, cast.tree.far_community)
    far, street = cast.tree.far_community, cast.tree.street
    assert access.ranges(cast.street) == [(street.lft, street.rght), (far.lft, far.rght)]


def test_within_selects_placed_rows(cast):
    posts = Post.objects.filter(access.within(access.ranges(cast.street)))
    assert {post.user for post in posts} == {
        cast.worker,
        cast.chief,
        cast.community,
        cast.street,
        cast.police,
        cast.neighbour,
    }


def test_get_grid_answers_404_outside(cast):
    assert access.get_grid(cast.worker, cast.tree.unit.code) == cast.tree.unit
    assert access.find_grid(cast.worker, f"{cast.tree.unit.code}\x00") is None
    for code in (cast.tree.other_building.code, cast.tree.far_community.code, "9999", "", "x" * 500):
        with pytest.raises(Http404):
            access.get_grid(cast.worker, code)
