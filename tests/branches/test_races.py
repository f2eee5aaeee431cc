"""Two people found or cover at one moment: each grid has one branch, and whoever is late is told so."""

import pytest

from branches.models import Branch, BranchGrid
from branches.proposals import Survey
from branches.services import accept_plan, cover, found_branch
from branches.services.planning import Planned
from grids.models import Post, Role
from tests.factories import make_tree, make_user
from tests.grids.test_races import at_once, refusals

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def found(name, *grids, **fields):
    return found_branch(actor=None, name=name, kind="solo", grids=grids, **fields)


@pytest.mark.parametrize("writers", [2, 6])
def test_of_several_who_cover_one_grid_one_wins(writers):
    tree = make_tree()
    people = [make_user(f"书记{number}") for number in range(writers)]
    results = at_once(*(
        lambda number=number: found(f"第{number}党支部", tree.building, tree.second_building, secretary=people[number])
        for number in range(writers)
    ))  # fmt: skip
    assert len(refusals(results)) == writers - 1
    assert all("已有自己的党支部" in str(refusal.message_dict["grids"]) for refusal in refusals(results))
    assert BranchGrid.objects.active().count() == 2
    assert Post.objects.active().filter(role=Role.SECRETARY).count() == 2


def test_a_form_sent_twice_at_once_founds_one_branch_and_both_learn_which():
    tree = make_tree()
    results = at_once(*[lambda: found("第一党支部", tree.building)] * 3)
    assert set(results) == {Branch.objects.get()}


def test_two_who_reach_for_each_others_grids_do_not_wait_for_ever():
    tree = make_tree()
    one, other = found("第一党支部", tree.building), found("第二党支部", tree.second_building)
    results = at_once(
        lambda: cover(actor=None, branch=one, grids=[tree.building, tree.unit, tree.second_building]),
        lambda: cover(actor=None, branch=other, grids=[tree.second_building, tree.building]),
    )
    assert len(refusals(results)) == 2
    assert BranchGrid.objects.active().count() == 2


def test_a_grid_that_one_gives_up_while_another_reaches_for_it():
    tree = make_tree()
    one, other = found("第一党支部", tree.building), found("第二党支部", tree.second_building)
    at_once(
        lambda: cover(actor=None, branch=one, grids=[tree.other_building]),
        lambda: cover(actor=None, branch=other, grids=[tree.second_building, tree.building]),
    )
    owners = list(BranchGrid.objects.active().filter(grid=tree.building).values_list("branch", flat=True))
    assert owners in ([], [other.pk])


def test_a_plan_accepted_twice_at_once_founds_once():
    tree = make_tree()
    planned, fingerprint = [Planned("第一党支部", "solo", (tree.building.code,))], Survey(tree.community).fingerprint

    def accept():
        return accept_plan(actor=None, community=tree.community, planned=planned, fingerprint=fingerprint)

    at_once(accept, accept, accept)
    assert Branch.objects.count() == BranchGrid.objects.active().count() == 1
