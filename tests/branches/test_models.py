"""The effective branch of a grid, who may see and run a branch, and what the database holds."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from branches.access import may_run, may_run_for, runnable_branches, visible_branches
from branches.disclosure.access import tellable_grids
from branches.models import Branch, BranchGrid, load_branches
from tests.factories import make_branch

pytestmark = pytest.mark.django_db


def test_a_grid_has_its_own_branch_or_that_of_its_nearest_ancestor(cast):
    tree = cast.tree
    of_community = make_branch(tree.community)
    of_building = make_branch(tree.community, covers=[tree.building])
    grids = [tree.unit, tree.building, tree.second_building, tree.community, tree.other_building]
    load_branches(grids)
    assert [grid.branch for grid in grids] == [of_building, of_building, of_community, of_community, None]


def test_the_branches_of_any_number_of_grids_take_one_query(cast, django_assert_num_queries):
    make_branch(cast.tree.community)
    with django_assert_num_queries(1):
        load_branches([cast.tree.unit, cast.tree.building, cast.tree.other_building])


def test_a_grid_has_one_branch_of_its_own_at_most(cast):
    branch = make_branch(cast.tree.community)
    with pytest.raises(IntegrityError), transaction.atomic():
        BranchGrid.objects.create(branch=branch, grid=cast.tree.community, since=date(2026, 1, 1))


def test_what_a_branch_gave_up_another_may_take(cast):
    make_branch(cast.tree.community).cover.update(until=date(2026, 6, 1))
    assert make_branch(cast.tree.community, name="第二党支部").cover.count() == 1


def test_a_secretary_runs_the_branch_and_sees_it_without_a_post(cast):
    branch = make_branch(cast.tree.community, secretary=cast.stranger)
    assert may_run(cast.stranger, branch)
    assert list(runnable_branches(cast.stranger)) == list(visible_branches(cast.stranger)) == [branch]


def test_who_answers_for_its_seat_runs_it_and_who_works_elsewhere_does_not(cast):
    branch = make_branch(cast.tree.community)
    assert all(may_run(user, branch) for user in (cast.community, cast.street, cast.admin))
    assert not any(may_run(user, branch) for user in (cast.worker, cast.neighbour))
    assert branch not in visible_branches(cast.neighbour)


def test_nobody_runs_a_dissolved_branch(cast):
    branch = make_branch(cast.tree.community, dissolved_on=date(2026, 6, 1))
    assert not may_run(cast.admin, branch)
    assert not Branch.objects.active().exists()


@pytest.mark.parametrize("leads", ["secretary", "deputy"])
def test_who_leads_acts_for_what_the_branch_covers_and_what_is_below(cast, leads):
    tree = cast.tree
    make_branch(tree.community, covers=[tree.building], **{leads: cast.stranger})
    assert all(may_run_for(cast.stranger, grid) for grid in (tree.building, tree.unit))
    assert not any(may_run_for(cast.stranger, grid) for grid in (tree.second_building, tree.community))


def test_who_leads_the_branch_of_a_whole_community_acts_for_it(cast):
    tree = cast.tree
    make_branch(tree.community, secretary=cast.stranger)
    assert all(may_run_for(cast.stranger, grid) for grid in (tree.community, tree.second_building))


def test_what_a_branch_gave_up_its_leader_acts_for_no_more(cast):
    branch = make_branch(cast.tree.community, covers=[cast.tree.building], secretary=cast.stranger)
    branch.cover.update(until=date(2026, 6, 1))
    assert not may_run_for(cast.stranger, cast.tree.building)
    assert may_run(cast.stranger, branch)


def test_a_branch_that_reaches_into_two_communities_gives_no_rights_over_the_street(cast):
    tree = cast.tree
    make_branch(tree.street, covers=[tree.community, tree.other_building], secretary=cast.stranger)
    assert may_run_for(cast.stranger, tree.community)
    assert not any(may_run_for(cast.stranger, grid) for grid in (tree.street, tree.other_community))
    assert list(tellable_grids(cast.stranger)) == [tree.community]
