"""Reorganisations at one moment, and beside people who file and act in the same subtree; nothing is lost, all end."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from events.audit import problems as event_problems
from events.models import Event
from events.services import act, sweep
from grids import audit, services
from grids.models import Grid, GridChange, Role
from grids.services import Part
from tests.factories import make_category, make_event, make_grid, make_post, make_service_levels, make_user, take
from tests.grids.test_races import at_once, refusals

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TURNS = 8


@pytest.fixture
def tree(cast):
    make_service_levels()
    return cast.tree


@pytest.fixture(autouse=True)
def sound(transactional_db):
    """Whatever a test does, tree and cases are sound afterwards."""
    yield
    assert list(audit.problems()) == []
    assert list(event_problems()) == []


def now(grid: Grid) -> Grid:
    return Grid.objects.get(pk=grid.pk)


def test_two_merges_of_one_grid_at_once_one_wins(tree):
    work = services.merge_grids
    results = at_once(
        lambda: work(actor=None, grid=tree.community, into=tree.other_community),
        lambda: work(actor=None, grid=tree.community, into=tree.far_community),
    )
    (refusal,) = refusals(results)
    assert "已撤销" in refusal.messages[0]
    assert GridChange.objects.count() == 1


def test_two_merges_into_each_other_at_once(tree):
    results = at_once(
        lambda: services.merge_grids(actor=None, grid=tree.community, into=tree.other_community),
        lambda: services.merge_grids(actor=None, grid=tree.other_community, into=tree.community),
    )
    assert len(refusals(results)) == 1
    assert Grid.objects.active().filter(pk__in=[tree.community.pk, tree.other_community.pk]).count() == 1


def test_merges_of_many_into_one_get_numbers_of_their_own(tree):
    homes = [make_grid(f"1501050010{number}") for number in range(11, 17)]
    for home in homes:
        for number in range(1, 6):
            make_grid(f"{home.code}{number:04d}")
    results = at_once(
        *(lambda home=home: services.merge_grids(actor=None, grid=home, into=tree.community) for home in homes)
    )
    assert refusals(results) == []
    assert now(tree.community).children.count() == 2 + 6 * 5


def test_a_split_beside_a_move_of_the_street(tree):
    second = make_grid("150104", "玉泉区")
    parts = [Part("东区", (tree.building.code,)), Part("西区", (tree.second_building.code,))]
    at_once(
        lambda: services.split_grid(actor=None, grid=tree.community, parts=parts),
        lambda: services.move_grid(actor=None, grid=tree.street, new_parent=second),
    )
    assert now(tree.street).parent == second
    assert Grid.objects.successors(tree.building.code) == [tree.building]


def test_cases_are_filed_while_their_community_is_merged_to_and_fro(cast, tree):
    category = make_category()
    filed = []

    def file():
        for _turn in range(TURNS):
            filed.append(make_event(cast.city, now(tree.building), category=category))

    def merge():
        services.merge_grids(actor=None, grid=tree.community, into=tree.other_community)
        services.merge_grids(actor=None, grid=tree.other_community, into=tree.far_community)

    results = at_once(merge, file, file, file)
    assert results == [None] * 4
    assert Event.objects.count() == len(filed) == 3 * TURNS
    assert set(Event.objects.values_list("grid", flat=True)) == {tree.building.pk}


def test_people_act_and_the_clock_runs_while_buildings_merge(cast, tree):
    make_post(cast.chief, tree.second_building, Role.DISPATCHER)
    events = [make_event(cast.worker, grid) for grid in (tree.building, tree.second_building) for _turn in range(4)]
    events = [take(event, "accept") for event in events]

    def talk(event):
        for _turn in range(TURNS):
            act(event=Event.objects.get(pk=event.pk), action="comment", actor=cast.worker, note="再看看")

    def merge():
        services.merge_grids(actor=None, grid=tree.building, into=tree.second_building)
        services.move_grid(actor=None, grid=tree.second_building, new_parent=tree.other_community)

    results = at_once(merge, sweep, *(lambda event=event: talk(event) for event in events))
    assert [result for result in results if isinstance(result, Exception)] == []
    for event in Event.objects.select_related("grid"):
        assert event.grid == tree.second_building
        assert event.steps.filter(action="comment").count() == TURNS
        assert event.steps.filter(action="rehome").count() <= 2


def test_people_are_posted_while_their_grid_is_merged(cast, tree):
    people = [make_user() for _turn in range(12)]

    def post(mine):
        for person in mine:
            with suppress(ValidationError):  # it has been retired
                make_post(person, now(tree.building))

    at_once(
        lambda: services.merge_grids(actor=None, grid=tree.building, into=tree.second_building),
        lambda: post(people[:6]),
        lambda: post(people[6:]),
    )


def test_a_code_that_is_given_up_at_this_moment_is_not_given_to_another(tree):
    """Who creates a grid waits for the move that frees its code, and then learns that it is kept."""
    for number in range(11, 17):
        building = make_grid(f"{tree.community.code}{number:04d}", f"{number}号楼")
        code = building.code
        at_once(
            lambda building=building: services.move_grid(actor=None, grid=building, new_parent=tree.far_community),
            lambda code=code: make_grid(code, "抢占"),
        )
        assert Grid.objects.successors(code) == [building]


def test_everything_at_once_ends(cast, tree):
    """Moves, merges, splits, renames and retirements of grids that hang together, by many at once."""
    second = make_grid("150104", "玉泉区")
    barrier = Barrier(5)

    def run(job):
        barrier.wait()
        try:
            for turn in range(TURNS):
                with suppress(ValidationError, Grid.DoesNotExist):
                    job(turn)
        finally:
            connection.close()

    def shuttle(turn):
        services.move_grid(actor=None, grid=tree.street, new_parent=second if turn % 2 else tree.district)

    def merge(turn):
        communities = list(Grid.objects.active().filter(level=3))
        services.merge_grids(actor=None, grid=communities[turn % len(communities)], into=communities[-1])

    def split(turn):
        community = Grid.objects.active().filter(level=3).order_by("pk").last()
        children = tuple(community.children.active().values_list("code", flat=True))
        services.split_grid(actor=None, grid=community, parts=[Part(f"东{turn}", children), Part(f"西{turn}")])

    def rename(turn):
        services.rename_grid(actor=None, grid=tree.district, name=f"赛罕{turn}")

    def file(turn):
        make_event(cast.city, now(tree.unit), category=category)

    category = make_category()
    with ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(run, job) for job in (shuttle, merge, split, rename, file)]
        assert [future.result(120) for future in futures] == [None] * 5
    assert Event.objects.count() == TURNS
