"""Several people change the tree at one moment; nothing is lost and nothing tears."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from grids import audit, services
from grids.models import Grid, Post, Role
from tests.factories import make_grid, make_post, make_tree, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*jobs):
    """Run the jobs in threads of their own, started together; what each gave, or the refusal it met."""
    barrier = Barrier(len(jobs))

    def run(job):
        barrier.wait()
        try:
            return job()
        except ValidationError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def refusals(results):
    return [result for result in results if isinstance(result, ValidationError)]


@pytest.mark.parametrize("writers", [2, 8])
def test_writers_under_one_grid_lose_nothing(writers):
    tree = make_tree()

    def write(writer):
        return [make_grid(f"{tree.community.code}{writer}{number:03d}") for number in range(1, 21)]

    results = at_once(*(lambda writer=writer: write(writer) for writer in range(1, writers + 1)))
    assert refusals(results) == []
    assert tree.community.get_children().count() == 2 + writers * 20
    assert list(audit.problems()) == []


@pytest.mark.parametrize("writers", [2, 8])
def test_inserts_moves_renames_and_deletions_at_once(writers):
    tree = make_tree()
    homes = [tree.community, tree.other_community, tree.far_community]
    moved = [make_grid(f"{tree.community.code}{number:04d}") for number in range(11, 11 + writers)]

    def work(writer):
        done = 0
        for turn in range(12):
            try:
                grid, home = moved[(writer + turn) % writers], homes[(writer + turn) % 3]
                grid = services.move_grid(actor=None, grid=grid, new_parent=home)
                make_grid(f"{grid.code}{writer:02d}")
                done += 1
                services.rename_grid(actor=None, grid=grid, name=f"{writer}改{turn}")
                if turn % 4 == 3:
                    services.delete_grid(actor=None, grid=Grid.objects.get(code=f"{grid.code}{writer:02d}"))
                    done -= 1
            except (ValidationError, Grid.DoesNotExist):
                pass  # somebody was faster
        return done

    before = Grid.objects.count()
    results = at_once(*(lambda writer=writer: work(writer) for writer in range(1, writers + 1)))
    assert Grid.objects.count() == before + sum(results)
    assert list(audit.problems()) == []


@pytest.mark.parametrize("writers", [2, 8])
def test_a_street_moves_while_others_build_and_appoint_in_it(writers):
    tree = make_tree()
    second = make_grid("150104", "玉泉区")
    people = [make_user() for _ in range(writers)]

    def build(writer):
        created = 0
        for number in range(1, 16):
            try:
                community = Grid.objects.get(pk=tree.community.pk)
                building = make_grid(f"{community.code}{writer}{number:03d}")
                make_post(people[writer - 1], building)
                created += 1
            except ValidationError:
                pass  # the street moved away between reading its code and writing
        return created

    def move():
        for target in (second, tree.district, second):
            services.move_grid(actor=None, grid=tree.street, new_parent=target)
        return 0

    results = at_once(move, *(lambda writer=writer: build(writer) for writer in range(1, writers + 1)))
    assert refusals(results) == []
    assert Post.objects.count() == sum(results)
    assert Grid.objects.get(pk=tree.community.pk).get_ancestors()[1] == second
    assert list(audit.problems()) == []


def test_nested_moves_at_once_do_not_wait_for_each_other_for_ever():
    tree = make_tree()
    second = make_grid("150104", "玉泉区")

    def shuttle(grid, one, other):
        for turn in range(10):
            with suppress(ValidationError):  # its new parent may be on the move
                services.move_grid(actor=None, grid=grid, new_parent=other if turn % 2 else one)

    results = at_once(
        lambda: shuttle(tree.street, second, tree.district),
        lambda: shuttle(tree.other_street, second, tree.district),
        lambda: shuttle(tree.community, tree.other_street, tree.street),
        lambda: shuttle(tree.far_community, tree.street, tree.other_street),
        lambda: shuttle(tree.building, tree.far_community, tree.community),
    )
    assert results == [None] * 5
    assert list(audit.problems()) == []


def test_one_code_is_given_once():
    tree = make_tree()
    results = at_once(*[lambda: make_grid(f"{tree.community.code}0009", "9号楼")] * 8)
    assert len(refusals(results)) == 7
    assert all(list(refusal.message_dict) == ["code"] for refusal in refusals(results))
    assert Grid.objects.filter(code__endswith="0009").count() == 1


def test_movers_to_one_parent_get_numbers_of_their_own():
    tree = make_tree()
    buildings = [make_grid(f"{tree.community.code}{number:04d}") for number in range(11, 19)]
    results = at_once(
        *(
            lambda building=building: services.move_grid(actor=None, grid=building, new_parent=tree.far_community)
            for building in buildings
        )
    )
    assert sorted(grid.code[-4:] for grid in results) == [f"{number:04d}" for number in range(1, 9)]


def test_nothing_is_built_under_a_grid_that_retires_at_that_moment():
    tree = make_tree()
    for number in range(11, 19):
        building = make_grid(f"{tree.community.code}{number:04d}")
        at_once(
            lambda building=building: services.retire_grid(actor=None, grid=building),
            lambda building=building: make_grid(f"{building.code}01"),
        )
        building.refresh_from_db()
        assert not (building.retired_at and building.children.active().exists())


def test_two_chiefs_at_once_one_wins_and_the_other_learns_who():
    tree = make_tree()
    people = [make_user(name) for name in ("王建国", "李秀英")]
    results = at_once(*(lambda user=user: make_post(user, tree.building, Role.CHIEF) for user in people))
    winner = next(result for result in results if isinstance(result, Post))
    (refusal,) = refusals(results)
    assert winner.user.name in refusal.messages[0]
    assert tree.building.posts.active().count() == 1


def test_the_same_post_at_once_is_one_post():
    tree, user = make_tree(), make_user()
    results = at_once(*[lambda: make_post(user, tree.building)] * 8)
    assert len({post.pk for post in results}) == 1


def test_two_loads_of_one_file_at_once(tmp_path):
    file = tmp_path / "new.csv"
    rows = "".join(f"150105{number:03d},街道{number},street,150105\n" for number in range(11, 300))
    file.write_text(f"code,name,level,parent\n{rows}")
    make_tree()
    results = at_once(*[lambda: services.load_divisions(actor=None, path=file)] * 2)
    assert sum(result.created for result in results if not isinstance(result, ValidationError)) == 289
    assert list(audit.problems()) == []
