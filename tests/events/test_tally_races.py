"""Tallies and standings under several hands at once, on PostgreSQL."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from events.audit.tallies import tally_problems
from events.figures.counting import totals
from events.figures.days import midnight
from events.figures.measures import OPEN_NOW, RECEIVED
from events.figures.scope import Scope
from events.figures.standing import standing
from events.models import Event, Grain, Tally
from events.services import fold_tallies, keep_standings, rebuild_tallies
from events.workflow import Action
from grids.models import Grid
from grids.services import move_grid
from tests.conftest import wait_until
from tests.events.test_races import at_once, beside, somebody_waits_for_us
from tests.factories import make_category, make_event, take

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]

TURNS = 20


@pytest.fixture(autouse=True)
def category(transactional_db):
    return make_category()


def fold_often() -> int:
    return sum(fold_tallies() for _turn in range(TURNS))


def received(cast) -> int:
    return totals(Scope(cast.tree.city), [RECEIVED], timezone.now())["received"]


def assert_agreed(done: list) -> None:
    assert not [one for one in done if isinstance(one, Exception)]
    assert list(tally_problems()) == []
    fold_tallies()
    assert not Tally.objects.filter(grain=Grain.ENTRY).exists()
    assert list(tally_problems()) == []


def test_two_folds_at_once_fold_each_entry_once(cast, pool):
    for _turn in range(TURNS):
        make_event(cast.worker, cast.tree.building)
    done = at_once(pool, fold_tallies, fold_tallies, fold_tallies)
    assert sorted(done) == [0, 0, TURNS]
    assert_agreed(done)
    assert received(cast) == TURNS


def test_cases_go_on_while_it_is_folded(cast, pool):
    def work() -> None:
        for _turn in range(TURNS):
            take(make_event(cast.worker, cast.tree.building), Action.ACCEPT)

    assert_agreed(at_once(pool, work, work, fold_often, fold_often))
    found = totals(Scope(cast.tree.street), [RECEIVED, OPEN_NOW], timezone.now())
    assert found == {"received": 2 * TURNS, "open": 2 * TURNS}


def test_who_reads_never_sees_half_a_fold(cast, pool):
    for _turn in range(3):
        make_event(cast.worker, cast.tree.building)
    fold_tallies()
    events = [make_event(cast.worker, cast.tree.building) for _turn in range(TURNS)]

    def change_and_fold() -> None:
        for event in events:
            take(event, Action.ACCEPT)
            fold_tallies()

    def read() -> set[int]:
        return {received(cast) for _turn in range(10 * TURNS)}

    done = at_once(pool, change_and_fold, read)
    assert done[1] == {3 + TURNS}
    assert_agreed(done)


def test_made_anew_while_others_work_and_fold(cast, pool):
    def work() -> None:
        for _turn in range(TURNS):
            take(make_event(cast.worker, cast.tree.building), Action.ACCEPT)

    assert_agreed(at_once(pool, work, fold_often, rebuild_tallies, work))
    assert received(cast) == 2 * TURNS


def test_what_is_not_committed_when_it_is_made_anew_is_neither_lost_nor_counted_twice(cast, pool):
    event = make_event(cast.worker, cast.tree.building)
    with transaction.atomic():
        take(event, Action.ACCEPT)
        beside(pool, rebuild_tallies).result(30)
    assert_agreed([])


def test_a_community_moves_while_people_file_in_it_and_it_is_folded(cast, pool):
    def work() -> None:
        for _turn in range(TURNS):
            make_event(cast.district, Grid.objects.get(pk=cast.tree.unit.pk))

    move = partial(move_grid, actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    assert_agreed(at_once(pool, work, move, fold_often))
    assert Event.objects.count() == received(cast) == TURNS
    cast.tree.other_street.refresh_from_db()
    assert totals(Scope(cast.tree.other_street), [RECEIVED], timezone.now()) == {"received": TURNS}


def test_what_stood_is_kept_where_the_cases_are_after_a_move(cast, pool):
    at = timezone.now()
    make_event(cast.worker, cast.tree.building, at=at - timedelta(days=2))
    with transaction.atomic():
        move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
        kept = beside(pool, keep_standings)
        wait_until(lambda: kept.done() or somebody_waits_for_us())
    assert kept.result(30)
    today = midnight(timezone.localdate(at))
    found = [
        standing(Scope(Grid.objects.get(pk=grid.pk)), today) for grid in (cast.tree.street, cast.tree.other_street)
    ]
    assert [each["open"] for each in found] == [0, 1]
