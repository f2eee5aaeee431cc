"""Plain stories of reorganisations: what each noun of the branches does when its grid moves, ends or is divided."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from branches import services
from branches.models import Budget, BudgetLine, Claim, Meeting, MemberArea, Story, Topic
from branches.resources.figures import by_kind, totals
from branches.services import found_branch
from grids.models import Grid, GridChange, Role
from grids.services import Part, merge_grids, move_grid, retire_grid, split_grid
from tests.branches.disclosure import told, write
from tests.branches.resources import AT, DAY, make_budget, make_line, spend
from tests.events.conftest import MONDAY
from tests.factories import (
    make_area,
    make_branch,
    make_grid,
    make_issued_item,
    make_meeting,
    make_post,
    make_topic,
    make_user,
    make_vote,
)

pytestmark = pytest.mark.django_db


def divided(tree) -> tuple[Grid, Grid]:
    """The community in two: the first building's part goes on, the second building's begins."""
    parts = [Part("健康东社区", (tree.building.code,)), Part("健康西社区", (tree.second_building.code,))]
    east, west = split_grid(actor=None, grid=tree.community, parts=parts)
    return east, west


def merged(tree) -> Grid:
    merge_grids(actor=None, grid=tree.community, into=tree.other_community)
    return Grid.objects.get(pk=tree.other_community.pk)


@pytest.fixture
def western(cast):
    """Who works in the part that is new: the only one there, in the second building."""
    return make_post(make_user("西边"), cast.tree.second_building, Role.STAFF).user


def read(as_, person, name, *args) -> tuple[int, str]:
    answer = as_(person).get(reverse(name, args=args))
    return answer.status_code, answer.content.decode()


# What belongs to the whole


@pytest.mark.parametrize("name", ["topic_detail", "meeting_detail", "budget_detail", "claim_detail"])
def test_the_first_part_goes_on_with_what_cannot_be_divided_and_the_other_reads_along(cast, as_, western, name):
    tree = cast.tree
    item = make_issued_item(tree.street, at=AT, for_streets=False, for_communities=True, is_mandatory=False)
    made = {
        "topic_detail": lambda: make_topic(cast.community, tree.community),
        "meeting_detail": lambda: make_meeting(tree.community, cast.community, starts_at=MONDAY),
        "budget_detail": lambda: make_budget(cast),
        "claim_detail": lambda: services.claim_item(actor=None, item=item, grid=tree.community),
    }
    row = made[name]()
    east, _west = divided(tree)
    row.refresh_from_db()
    assert (row.grid, row.position) == (east, east.lft)
    for person in (cast.community, western):
        code, page = read(as_, person, name, row.pk)
        assert code == 200
        assert "健康社区" in page
        assert "健康西社区" in page
    assert read(as_, cast.neighbour, name, row.pk)[0] == 404


def test_the_record_of_the_division_counts_what_went_along(cast):
    make_topic(cast.community, cast.tree.community)
    make_budget(cast)
    divided(cast.tree)
    counts = GridChange.objects.get(kind="split").counts
    assert (counts["branches.topic"], counts["branches.budget"]) == (1, 1)


def test_a_topic_says_in_its_history_what_became_of_its_grid(cast):
    topic = make_topic(cast.community, cast.tree.community)
    divided(cast.tree)
    step = topic.steps.last()
    assert (step.action, step.state) == ("rehome", "discussing")
    assert "健康东社区" in step.note
    # Who ran it, runs it on: posts go where topics go.
    assert services.set_options(topic=topic, actor=cast.community, options=["东门", "西门"])


def test_a_branchs_topic_goes_to_the_part_where_the_branch_is(cast):
    tree = cast.tree
    branch = found_branch(actor=None, name="乙", kind="solo", grids=[tree.second_building], secretary=cast.stranger)
    topic = make_topic(cast.admin, tree.community, branch=branch)
    _east, west = divided(tree)
    topic.refresh_from_db()
    assert (topic.grid, topic.branch.grid) == (west, west)


def test_slips_follow_their_buildings_and_printed_ones_still_lead_to_the_vote(cast, client):
    tree = cast.tree
    Grid.objects.filter(pk__in=[tree.building.pk, tree.second_building.pk]).update(households=2)
    topic = make_vote(cast.community, tree.community, at=MONDAY, households=True)
    east, _west = divided(tree)
    where = topic.voters.slips().order_by("slip").values_list("grid", flat=True)
    assert list(where) == [tree.building.pk] * 2 + [tree.second_building.pk] * 2
    assert set(topic.voters.exclude(user=None).values_list("grid", flat=True)) == {east.pk}
    old = reverse("public_topic_vote", args=["150105001001", topic.pk], query={"slip": "abc"})
    assert client.get(old).url == reverse("public_topic_vote", args=[east.code, topic.pk], query={"slip": "abc"})


def test_residents_of_every_part_read_the_topic(cast, client):
    topic = make_topic(cast.community, cast.tree.community)
    for part in divided(cast.tree):
        assert topic.title in client.get(reverse("public_topics", args=[part.code])).content.decode()


def test_a_divided_street_goes_on_with_its_work_lists_and_the_others_read_them(cast, western):
    tree = cast.tree
    item = make_issued_item(tree.street, at=AT, for_streets=False, for_communities=True, is_mandatory=False)
    parts = [Part("东街道", (tree.other_community.code,)), Part("西街道", (tree.community.code,))]
    east, _west = split_grid(actor=None, grid=tree.street, parts=parts)
    item.work_list.refresh_from_db()
    assert item.work_list.grid == east
    assert type(item.work_list).objects.visible_to(western).exists()


def test_what_is_told_goes_on_in_one_place(cast):
    publication, story = told(cast), write(cast)
    east, _west = divided(cast.tree)
    publication.refresh_from_db()
    assert publication.grid == Story.objects.get(pk=story.pk).grid == east


def test_meetings_of_a_merged_community_are_run_by_who_answers_for_its_successor(cast):
    meeting = make_meeting(cast.tree.community, cast.community, starts_at=MONDAY)
    desk = make_post(make_user(), cast.tree.other_community, Role.DISPATCHER).user
    into = merged(cast.tree)
    meeting.refresh_from_db()
    assert (meeting.grid, meeting.position) == (into, into.lft)
    assert services.call_off(actor=desk, meeting=meeting, reason="合并").state == "called_off"


# Areas


def areas() -> dict[str, tuple[str, list[str], list]]:
    """By name: the community, the buildings, who answers."""
    return {
        area.name: (
            area.grid.name,
            list(area.cover.active().values_list("grid__name", flat=True)),
            [member.user for member in area.members.active()],
        )
        for area in MemberArea.objects.active().select_related("grid")
    }


def test_an_area_across_the_new_border_becomes_two_with_the_same_members(cast):
    tree = cast.tree
    Grid.objects.filter(pk=tree.second_building.pk).update(households=90)
    area = make_area(make_branch(tree.community), [tree.building, tree.second_building], "东片", members=[cast.chief])
    divided(tree)
    assert areas() == {
        "东片": ("健康西社区", ["2号楼"], [cast.chief]),
        "东片（健康东社区）": ("健康东社区", ["1号楼"], [cast.chief]),
    }
    assert area.cover.count() == 2  # that the first building was of it stays known


def test_a_building_that_moves_away_leaves_the_rest_of_its_area_where_it_was(cast):
    tree = cast.tree
    Grid.objects.filter(pk=tree.building.pk).update(households=90)
    make_area(make_branch(tree.community), [tree.building, tree.second_building], "东片", members=[cast.chief])
    move_grid(actor=None, grid=tree.building, new_parent=tree.other_community)
    assert areas() == {
        "东片": ("健康社区", ["2号楼"], [cast.chief]),
        "东片（学苑社区）": ("学苑社区", ["1号楼"], [cast.chief]),
    }


# Budgets


def sums(grid) -> list[tuple]:
    rows = by_kind(totals(Budget.objects.within(Grid.objects.get(pk=grid.pk)).filter(year=2026)))
    return [(row.kind, row.planned, row.spent) for row in rows]


@pytest.mark.parametrize("has_year", [False, True])
def test_a_merged_communitys_budget_is_spent_and_reversed_by_its_successor(cast, has_year):
    tree = cast.tree
    line = make_line(cast)
    entry = spend(cast, line, "300")
    if has_year:
        spend(cast, make_line(cast, make_budget(cast, grid=tree.other_community)), "50", actor=cast.admin)
    before = sums(tree.street)
    into = merged(tree)
    desk = make_post(make_user(), into, Role.DISPATCHER).user
    line.refresh_from_db()
    assert (line.budget.grid, line.budget.position, line.came_from) == (into, into.lft, "健康社区")
    assert sums(tree.street) == sums(into) == before
    assert Budget.objects.filter(year=2026).count() == 1
    given = {"line": line, "amount": Decimal(10), "spent_on": DAY, "purpose": "桌椅", "at": AT}
    assert services.enter_spending(actor=desk, **given)
    assert services.reverse_entry(actor=desk, entry=entry, reason="登记有误", at=AT).amount == -300


def test_a_line_says_on_the_page_for_whom_it_was_planned(cast, as_):
    line = make_line(cast)
    merged(cast.tree)
    line.refresh_from_db()
    assert "健康社区" in read(as_, cast.street, "budget_detail", line.budget_id)[1]


def test_a_community_retired_without_a_successor_leaves_its_entries_to_the_street_to_reverse(cast, as_):
    tree = cast.tree
    line = make_line(cast, make_budget(cast, grid=tree.far_community))
    entry = spend(cast, line, actor=cast.admin)
    retire_grid(actor=None, grid=tree.far_community)
    desk, line = make_post(make_user(), tree.other_street, Role.DISPATCHER).user, BudgetLine.objects.get(pk=line.pk)
    with pytest.raises(PermissionDenied):
        services.enter_spending(actor=desk, line=line, amount=Decimal(1), spent_on=DAY, purpose="桌椅", at=AT)
    assert reverse("resource_reverse", args=[entry.pk]) in read(as_, desk, "budget_detail", line.budget_id)[1]
    assert read(as_, desk, "resource_reverse", entry.pk)[0] == 200
    assert services.reverse_entry(actor=desk, entry=entry, reason="登记有误", at=AT)


def test_a_dissolved_branchs_entries_are_reversed_by_who_answers_for_its_seat(cast):
    branch = make_branch(cast.tree.community, secretary=cast.stranger)
    entry = spend(cast, make_line(cast, make_budget(cast, branch=branch)), actor=cast.admin)
    services.dissolve_branch(actor=None, branch=branch)
    with pytest.raises(PermissionDenied):
        services.reverse_entry(actor=cast.stranger, entry=entry, reason="登记有误", at=AT)
    assert services.reverse_entry(actor=cast.community, entry=entry, reason="登记有误", at=AT)


# Any number in the same queries


def community_with(cast, code: str, number: int) -> Grid:
    """So many areas, claims, topics, meetings and budgets on a community of eight buildings."""
    community = make_grid(code, "大社区")
    buildings = [make_grid(f"{code}{one:04}", households=10) for one in range(1, 9)]
    branch = make_branch(community)
    for turn in range(number):
        make_area(branch, [buildings[turn], buildings[7 - turn]], members=[cast.chief])
        item = make_issued_item(cast.tree.street, at=AT, for_streets=False, for_communities=True, is_mandatory=False)
        services.claim_item(actor=None, item=item, grid=community)
        make_topic(cast.admin, community, title=f"议题{turn}")
        make_meeting(community, cast.admin, starts_at=MONDAY)
    return community


def queries_of_a_division(community: Grid) -> int:
    codes = list(community.children.order_by("code").values_list("code", flat=True))
    parts = [Part("甲社区", tuple(codes[:4])), Part("乙社区", tuple(codes[4:]))]
    with CaptureQueriesContext(connection) as queries:
        split_grid(actor=None, grid=community, parts=parts)
    return len(queries)


def test_a_division_takes_the_same_queries_for_any_number_of_rows(cast):
    few, many = community_with(cast, "150105001003", 1), community_with(cast, "150105001004", 4)
    assert queries_of_a_division(few) == queries_of_a_division(many)
    assert MemberArea.objects.active().count() == 10
    for model in (Claim, Topic, Meeting):
        assert model.objects.filter(grid__name="甲社区").count() == 5


def test_claims_of_moved_communities_find_their_street_in_the_same_queries(cast):
    street, taken = cast.tree.other_street, []
    for code, number in (("150105001003", 1), ("150105001004", 4)):
        community = make_grid(code)
        for _turn in range(number):
            item = make_issued_item(cast.tree.district, at=AT, for_communities=True, is_mandatory=False)
            services.claim_item(actor=None, item=item, grid=cast.tree.street)
            services.claim_item(actor=None, item=item, grid=community)
            services.claim_item(actor=None, item=item, grid=street)
        with CaptureQueriesContext(connection) as queries:
            move_grid(actor=None, grid=community, new_parent=street)
        taken.append(len(queries))
    assert taken[0] == taken[1]
    assert Claim.objects.filter(parent__grid=street).count() == 5


# What only passed through


def test_a_building_that_goes_elsewhere_later_takes_no_reader_along(cast, as_):
    tree = cast.tree
    budget = make_budget(cast)
    divided(tree)
    building = Grid.objects.get(pk=tree.second_building.pk)
    move_grid(actor=None, grid=building, new_parent=Grid.objects.get(pk=tree.other_community.pk))
    assert read(as_, cast.neighbour, "budget_detail", budget.pk)[0] == 404
    newcomer = make_post(make_user("新来的"), Grid.objects.get(pk=building.pk), Role.STAFF).user
    assert read(as_, newcomer, "budget_detail", budget.pk)[0] == 404


def test_a_community_of_a_divided_street_does_not_go_on_with_the_meetings_of_the_street(cast):
    tree = cast.tree
    meeting = make_meeting(tree.street, cast.street, starts_at=MONDAY)
    parts = [Part("东街道", (tree.other_community.code,)), Part("西街道", (tree.community.code,))]
    east, west = split_grid(actor=None, grid=tree.street, parts=parts)
    assert list(Meeting.objects.of(east)) == list(Meeting.objects.of(west)) == [meeting]
    assert not Meeting.objects.of(Grid.objects.get(pk=tree.community.pk)).exists()


def test_residents_below_every_part_of_a_divided_street_read_its_topic(cast, client):
    tree = cast.tree
    topic = make_topic(cast.street, tree.street)
    parts = [Part("东街道", (tree.other_community.code,)), Part("西街道", (tree.community.code,))]
    split_grid(actor=None, grid=tree.street, parts=parts)
    for community in Grid.objects.filter(pk__in=[tree.community.pk, tree.other_community.pk]):
        assert topic.title in client.get(reverse("public_topics", args=[community.code])).content.decode()


@pytest.mark.usefixtures("in_english")
def test_a_division_names_no_part_that_has_gone_since(cast):
    budget = make_budget(cast)
    _east, west = divided(cast.tree)
    merge_grids(actor=None, grid=west, into=Grid.objects.get(pk=cast.tree.other_community.pk))
    budget.refresh_from_db()
    assert budget.division.endswith("健康东社区 continues this.")


# What comes in beside a reorganisation


@pytest.mark.parametrize(
    "place",
    [
        lambda cast, grid: services.propose_topic(actor=cast.admin, grid=grid, title="加装电梯", text=""),
        lambda cast, grid: services.propose_as_resident(grid=grid, text="加装电梯", key="k", source="s"),
        lambda cast, grid: make_budget(cast, grid=grid),
        lambda cast, grid: told(cast, grid, actor=cast.admin),
        lambda cast, grid: write(cast, grid=grid, actor=cast.admin),
    ],
)
def test_nothing_is_placed_on_a_grid_that_has_gone_meanwhile(cast, place):
    before = Grid.objects.get(pk=cast.tree.community.pk)
    merged(cast.tree)
    with pytest.raises(ValidationError):
        place(cast, before)
