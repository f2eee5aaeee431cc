"""A reorganisation of the tree carries activities along, those of old too."""

import pytest

from grids import services as grid_services
from grids.models import Grid
from grids.services import Part
from tests.factories import make_activity, make_branch
from tests.volunteers.activities import STARTS, join

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def test_a_moved_community_takes_its_activities_along(cast, activity):
    grid_services.move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street, reason="调整")
    activity.refresh_from_db()
    assert activity.position == Grid.objects.get(pk=cast.tree.community.pk).lft


def test_a_merged_community_hands_them_on_and_the_history_says_so(cast, activity):
    [row] = join(activity, cast.worker)
    grid_services.merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community)
    activity.refresh_from_db()
    assert (activity.grid, activity.position) == (cast.tree.other_community, cast.tree.other_community.lft)
    assert activity.steps.last().text == "健康社区 became 学苑社区."
    row.refresh_from_db()
    assert row.status == "joined"


def test_of_a_divided_community_the_first_part_has_them(cast, activity):
    parts = [Part("东区", (cast.tree.building.code,)), Part("西区", (cast.tree.second_building.code,))]
    first, _second = grid_services.split_grid(actor=None, grid=cast.tree.community, parts=parts)
    activity.refresh_from_db()
    assert (activity.grid, activity.position) == (first, first.lft)


def test_a_retired_building_keeps_what_nobody_took_over(cast):
    activity = make_activity(cast.tree.second_unit, STARTS)
    grid_services.retire_grid(actor=None, grid=cast.tree.second_unit)
    activity.refresh_from_db()
    assert activity.grid == cast.tree.second_unit
    assert activity.steps.last().action == "publish"


def test_an_activity_of_a_branch_goes_with_the_grid_that_it_was_planned_on(cast):
    branch = make_branch(cast.tree.building)
    activity = make_activity(branch, STARTS)
    grid_services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    activity.refresh_from_db()
    assert (activity.grid, activity.branch) == (cast.tree.second_building, branch)
