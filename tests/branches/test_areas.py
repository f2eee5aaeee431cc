"""Members' areas: drawn, changed, handed over and given up; one for each building, and what stands in the way."""

from datetime import date, datetime, timedelta, timezone

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from branches.models import AreaGrid, MemberArea
from branches.services import Plot, change_area, draw_area, draw_areas, give_up_area, hand_over_area
from grids.models import Grid
from grids.services import Part, merge_grids, move_grid, retire_grid, split_grid
from tests.factories import make_area, make_branch, make_grid, make_user

pytestmark = [pytest.mark.django_db]

DAY = datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=8)))
LATER = DAY + timedelta(days=30)


@pytest.fixture
def branch(cast):
    return make_branch(cast.tree.community)


def held(area: MemberArea) -> list[Grid]:
    return [row.grid for row in area.cover.active().select_related("grid")]


def test_an_area_is_drawn_once_however_often_it_is_sent(cast, branch):
    drawn = [
        draw_area(actor=cast.community, branch=branch, name="东片", grids=[cast.tree.building], members=[cast.chief])
        for _time in range(2)
    ]
    assert drawn[0] == drawn[1] == MemberArea.objects.get()
    assert (held(drawn[0]), drawn[0].grid) == ([cast.tree.building], cast.tree.community)
    assert [member.user for member in drawn[0].members.all()] == [cast.chief]


def test_the_households_of_an_area_are_those_of_its_buildings(cast, branch):
    make_area(branch, [cast.tree.building, cast.tree.second_building, cast.tree.unit])
    assert MemberArea.objects.with_household_count().get().household_count == 40 + 36


@pytest.mark.parametrize("taken", ["building", "unit"])
def test_a_building_lies_in_one_area_as_a_whole_or_by_its_units(cast, branch, taken):
    make_area(branch, [getattr(cast.tree, taken)])
    other = "unit" if taken == "building" else "building"
    with pytest.raises(ValidationError, match="已在") as refused:
        make_area(branch, [getattr(cast.tree, other), cast.tree.second_building])
    assert list(refused.value.message_dict) == ["grids"]
    make_area(branch, [cast.tree.second_unit if taken == "unit" else cast.tree.second_building])


def test_the_database_holds_one_area_for_each_building(cast, branch):
    make_area(branch, [cast.tree.building])
    other = make_area(branch, [cast.tree.second_building])
    with pytest.raises(IntegrityError), transaction.atomic():
        AreaGrid.objects.create(area=other, grid=cast.tree.building, since=date(2026, 6, 1))


def test_what_an_area_cannot_be_drawn_of(cast, branch):
    make_branch(cast.tree.community, covers=[cast.tree.second_building])
    unfit = {
        "community": [cast.tree.community],
        "elsewhere": [cast.tree.other_building],
        "of another branch": [cast.tree.second_building],
        "of two communities": [cast.tree.building, cast.tree.other_building],
        "nothing": [],
    }
    for grids in unfit.values():
        with pytest.raises(ValidationError) as refused:
            make_area(branch, grids)
        assert list(refused.value.message_dict) == ["grids"]
    assert not MemberArea.objects.exists()


def test_several_areas_are_drawn_all_or_none(cast, branch):
    plots = [Plot("一片", (cast.tree.building,)), Plot("二片", (cast.tree.building,))]
    with pytest.raises(ValidationError):
        draw_areas(actor=None, branch=branch, plots=plots)
    assert not MemberArea.objects.exists()


def test_a_change_ends_what_was_and_keeps_it(cast, branch):
    area = make_area(branch, [cast.tree.building], at=DAY)
    change_area(actor=cast.community, area=area, name="西片", grids=[cast.tree.second_building], at=LATER)
    assert held(area) == [cast.tree.second_building]
    ended = area.cover.get(grid=cast.tree.building)
    assert (ended.since, ended.until, ended.ended_by) == (DAY.date(), LATER.date(), cast.community)


def test_a_handover_is_written_down_and_repeats_without_a_trace(cast, branch):
    area = make_area(branch, [cast.tree.building], members=[cast.chief], at=DAY)
    for _time in range(2):
        hand_over_area(actor=cast.community, area=area, members=[cast.worker], at=LATER)
    spells = [(member.user, member.until) for member in area.members.order_by("pk")]
    assert spells == [(cast.chief, LATER.date()), (cast.worker, None)]


def test_an_area_without_anybody_or_with_closed_accounts_alone_is_vacant(cast, branch):
    area = make_area(branch, [cast.tree.building], members=[cast.chief])
    other = make_area(branch, [cast.tree.second_building])
    assert list(MemberArea.objects.vacant()) == [other]
    cast.chief.is_active = False
    cast.chief.save()
    assert set(MemberArea.objects.vacant()) == {area, other}


def test_nobody_with_a_closed_account_answers_for_an_area(cast, branch):
    with pytest.raises(ValidationError, match=r"停用|注销|关闭"):
        make_area(branch, [cast.tree.building], members=[make_user(is_active=False)])


def test_what_is_given_up_is_free_again(cast, branch):
    area = make_area(branch, [cast.tree.building], "东片", members=[cast.chief])
    for _time in range(2):
        give_up_area(actor=cast.community, area=area)
    assert not area.members.active().exists()
    assert make_area(branch, [cast.tree.building], "东片") != area
    with pytest.raises(ValidationError, match="已"):
        hand_over_area(actor=cast.community, area=area, members=[cast.chief])


@pytest.mark.parametrize("who", ["worker", "neighbour", "stranger"])
def test_who_does_not_act_for_the_branch_draws_nothing(cast, branch, who):
    area = make_area(branch, [cast.tree.second_building])
    actor = getattr(cast, who)
    for work in (
        lambda: draw_area(actor=actor, branch=branch, name="东片", grids=[cast.tree.building]),
        lambda: change_area(actor=actor, area=area, name="东片", grids=[cast.tree.building]),
        lambda: hand_over_area(actor=actor, area=area, members=[actor]),
        lambda: give_up_area(actor=actor, area=area),
    ):
        with pytest.raises(PermissionDenied):
            work()
    assert MemberArea.objects.active().get() == area


def test_the_secretary_draws_without_a_post(cast):
    branch = make_branch(cast.tree.community, secretary=cast.stranger)
    assert draw_area(actor=cast.stranger, branch=branch, name="东片", grids=[cast.tree.building]).pk


# The tree changes


def test_an_area_moves_with_its_buildings(cast, branch):
    area = make_area(branch, [cast.tree.building])
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    area.refresh_from_db()
    assert area.position == Grid.objects.get(pk=cast.tree.community.pk).lft
    assert area.cover.get().position == Grid.objects.get(pk=cast.tree.building.pk).lft


def test_a_building_that_went_up_in_a_free_one_hands_its_area_on(cast, branch):
    area, free = make_area(branch, [cast.tree.building]), make_grid("1501050010010003", "3号楼")
    merge_grids(actor=None, grid=cast.tree.building, into=free)
    assert held(area) == [free]
    assert area.cover.count() == 2


def test_a_building_that_went_up_in_one_of_another_area_leaves_it_there(cast, branch):
    area, other = make_area(branch, [cast.tree.building]), make_area(branch, [cast.tree.second_building])
    merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    assert (held(area), held(other)) == ([], [cast.tree.second_building])


def test_all_parts_of_a_divided_building_stay_in_its_area(cast, branch):
    area = make_area(branch, [cast.tree.building])
    parts = [Part("甲楼", (cast.tree.unit.code,)), Part("乙楼", (cast.tree.second_unit.code,))]
    new = split_grid(actor=None, grid=cast.tree.building, parts=parts)
    assert held(area) == new


def test_an_area_of_a_merged_community_belongs_to_the_one_that_goes_on(cast, branch):
    area = make_area(branch, [cast.tree.building])
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community)
    area.refresh_from_db()
    assert (area.grid, area.position) == (cast.tree.other_community, cast.tree.other_community.lft)


def test_a_building_taken_out_of_use_leaves_its_area(cast, branch):
    area = make_area(branch, [cast.tree.second_building])
    retire_grid(actor=None, grid=cast.tree.second_building)
    assert held(area) == []
