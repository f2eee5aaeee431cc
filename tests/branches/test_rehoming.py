"""A reorganisation of the tree carries branches along: what they cover, their seat, their leaders' posts."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from branches.models import Branch, BranchGrid
from branches.services import cover, dissolve_branch, found_branch
from branches.services.branches import seat_code
from grids import services
from grids.models import Grid, Level, Post, Role
from grids.services import Part
from tests.factories import make_tree, make_user

pytestmark = pytest.mark.django_db


def found(*grids, name="第一党支部", **fields) -> Branch:
    return found_branch(actor=None, name=name, kind="solo", grids=grids, **fields)


def own(grid) -> Branch | None:
    row = BranchGrid.objects.active().filter(grid=grid).first()
    return row and row.branch


def secretaries(grid) -> list:
    return [post.user for post in Post.objects.active().filter(grid=grid, role=Role.SECRETARY)]


def test_a_moved_building_takes_its_branch_along(cast):
    branch = found(cast.tree.building)
    services.move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community, reason="调整")
    branch.refresh_from_db()
    assert (branch.grid, branch.position) == (cast.tree.other_community, cast.tree.other_community.lft)


def test_one_building_of_two_moving_makes_the_street_the_seat(cast):
    branch = found(cast.tree.building, cast.tree.second_building)
    services.move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community)
    branch.refresh_from_db()
    assert branch.grid == cast.tree.street


def test_a_moved_community_shifts_seat_and_cover_alike(cast):
    branch = found(cast.tree.building)
    services.move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    branch.refresh_from_db()
    assert branch.position == branch.grid.lft
    assert branch.cover.get().position == Grid.objects.get(pk=cast.tree.building.pk).lft


def test_merged_into_a_grid_without_one_the_branch_goes_on_there(cast):
    branch = found(cast.tree.building, secretary=cast.stranger)
    services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    assert own(cast.tree.second_building) == branch
    assert secretaries(cast.tree.second_building) == [cast.stranger]
    assert "2号楼" in branch.cover.get(grid=cast.tree.building).reason


def test_of_two_branches_that_of_the_grid_that_stays_is_kept_and_the_other_row_says_why(cast):
    going = found(cast.tree.building, name="一号楼党支部", secretary=cast.stranger)
    kept = found(cast.tree.second_building, name="二号楼党支部", secretary=cast.worker)
    services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    assert own(cast.tree.second_building) == kept
    assert secretaries(cast.tree.second_building) == [cast.worker]
    assert "二号楼党支部" in going.cover.get().reason
    going.refresh_from_db()
    assert going.dissolved_on is None  # what becomes of it is for a person to say


def test_merged_communities_bring_their_branches_and_a_name_that_is_taken_tells_whence(cast):
    found(cast.tree.building)
    other = found(cast.tree.other_building)
    services.merge_grids(actor=None, grid=cast.tree.other_community, into=cast.tree.community)
    other.refresh_from_db()
    assert (other.grid, other.name) == (cast.tree.community, "第一党支部（学苑社区）")


def test_a_divided_community_stays_with_its_branch_in_all_parts(cast):
    branch = found(cast.tree.community)
    parts = [Part("东区", (cast.tree.building.code,)), Part("西区", (cast.tree.second_building.code,))]
    grids = services.split_grid(actor=None, grid=cast.tree.community, parts=parts)
    branch.refresh_from_db()
    assert [own(grid) for grid in grids] == [branch, branch]
    assert branch.grid == cast.tree.street


def test_a_building_that_goes_out_of_use_leaves_its_branch_without_the_community(cast):
    branch = found(cast.tree.second_building)
    services.retire_grid(actor=None, grid=cast.tree.second_building, successor=cast.tree.community)
    assert own(cast.tree.community) is None
    assert branch.cover.get().reason


CHAOS = ("found", "found", "found", "cover", "move", "move", "merge", "merge", "split", "retire", "dissolve")


class Undo(Exception):
    """Takes an example back out of the database."""


class Years:
    """What becomes of branches in a small city."""

    def __init__(self, people, draw):
        self.people, self.draw, self.count = people, draw, 0

    def pick(self, label, rows):
        rows = list(rows)
        if not rows:
            raise ValidationError("there is none")
        return self.draw(st.sampled_from(rows), label)

    def grid(self, label, **levels):
        return self.pick(label, Grid.objects.active().filter(**levels).order_by("pk"))

    def happen(self):
        try:
            with transaction.atomic():
                getattr(self, self.draw(st.sampled_from(CHAOS), "what"))()
        except ValidationError:
            pass  # refused, or there was nothing to do it with

    def found(self):
        self.count += 1
        name = f"第{self.count % 3}党支部"
        chosen = {
            self.grid("covered", level__gte=Level.COMMUNITY),
            self.grid("covered too", level__gte=Level.COMMUNITY),
        }
        found(*chosen, name=name, secretary=self.draw(st.sampled_from(self.people), "who"))

    def branch(self):
        return self.pick("branch", Branch.objects.active().order_by("pk"))

    def cover(self):
        cover(actor=None, branch=self.branch(), grids=[self.grid("covered", level__gte=Level.COMMUNITY)])

    def dissolve(self):
        dissolve_branch(actor=None, branch=self.branch())

    def move(self):
        grid = self.grid("who moves", level__gte=Level.COMMUNITY)
        services.move_grid(actor=None, grid=grid, new_parent=self.grid("where", level=grid.level - 1))

    def merge(self):
        grid = self.grid("who goes", level__gte=Level.COMMUNITY)
        services.merge_grids(actor=None, grid=grid, into=self.grid("into", level=grid.level))

    def split(self):
        grid = self.grid("who is divided", level__in=(Level.COMMUNITY, Level.BUILDING))
        children = [child.code for child in grid.children.active()]
        parts = [Part("甲", tuple(children[:1])), Part("乙", tuple(children[1:]))]
        services.split_grid(actor=None, grid=grid, parts=parts)

    def retire(self):
        grid = self.grid("who is retired", level__gte=Level.BUILDING)
        services.retire_grid(actor=None, grid=grid)

    def check(self):
        rows = BranchGrid.objects.active().select_related("grid", "branch__secretary")
        for row in rows:
            assert row.position == row.grid.lft
            assert row.grid.retired_at is None
            assert row.branch.dissolved_on is None
            assert secretaries(row.grid) == [row.branch.secretary]
        for branch in Branch.objects.active().select_related("grid"):
            codes = list(branch.cover.active().values_list("grid__code", flat=True))
            assert branch.position == branch.grid.lft
            assert not codes or branch.grid.code == seat_code(codes)
        assert Post.objects.active().filter(role=Role.SECRETARY).count() == rows.count()


@given(st.data())
@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_to_the_tree_branches_stay_sound(db, data):
    with suppress(Undo), transaction.atomic():
        make_tree()
        years = Years([make_user("甲"), make_user("乙")], data.draw)
        for _turn in range(12):
            years.happen()
        years.check()
        raise Undo
