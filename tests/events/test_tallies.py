"""Tallies sum up to the cases at every moment, whatever is done to cases and grids, folded or not."""

from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from events.audit.tallies import tally_problems
from events.figures.counting import counts, totals
from events.figures.measures import ACCEPTED, CLOSED, OPEN_NOW, OVERDUE, RECEIVED, SETTLED
from events.figures.scope import Scope
from events.figures.tallies import stretches
from events.models import Event, Grain, Tally
from events.services import fold_tallies, rebuild_tallies
from events.workflow import Action
from grids import services
from tests.factories import make_category, make_event, take

pytestmark = pytest.mark.django_db

MARCH = timezone.make_aware(datetime(2026, 3, 5, 10))  # a Thursday
APRIL = timezone.make_aware(datetime(2026, 4, 7, 10))


@pytest.fixture
def cases(cast):
    """Closed and open in March, open in April."""
    take(make_event(cast.worker, cast.tree.building, at=MARCH), Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK,
         at=MARCH + timedelta(hours=1))  # fmt: skip
    make_event(cast.worker, cast.tree.second_building, at=MARCH)
    make_event(cast.worker, cast.tree.unit, at=APRIL)


def rows(**fields) -> list[tuple]:
    return sorted(Tally.objects.filter(**fields).values_list("code", "dated_by", "day", "status", "count"))


def test_a_case_is_entered_where_and_when_it_was_filed(cast):
    make_event(cast.worker, cast.tree.unit, at=MARCH)
    assert rows() == [(150105001, "filed", date(2026, 3, 5), "filed", 1)]


def test_a_step_enters_one_less_of_what_it_was(cast):
    event = make_event(cast.worker, cast.tree.unit, at=MARCH)
    Tally.objects.all().delete()
    take(event, Action.ACCEPT, at=MARCH)
    assert [row[3:] for row in rows()] == [("filed", -1), ("handling", 1)]


def test_what_changes_no_figure_enters_nothing(cast):
    event = make_event(cast.worker, cast.tree.unit, at=MARCH)
    Tally.objects.all().delete()
    take(event, Action.COMMENT, at=MARCH)
    assert not rows()


def test_a_clue_report_is_in_no_tally(cast):
    make_event(cast.worker, cast.tree.unit, category=make_category("线索举报", is_confidential=True))
    assert not rows()


def test_a_fold_leaves_days_and_months_of_street_district_and_city(cast, cases):
    assert fold_tallies(at=APRIL) == 10
    assert not rows(grain=Grain.ENTRY)
    assert {row[0] for row in rows(grain=Grain.DAY)} == {1501, 150105, 150105001}
    assert rows(grain=Grain.MONTH, code=1501) == [
        (1501, "closed", date(2026, 3, 1), "closed", 1),
        (1501, "filed", date(2026, 3, 1), "closed", 1),
        (1501, "filed", date(2026, 3, 1), "filed", 1),
        (1501, "filed", date(2026, 4, 1), "filed", 1),
    ]


def test_folding_again_changes_nothing(cast, cases):
    fold_tallies(at=APRIL)
    before = rows()
    assert fold_tallies(at=APRIL) == 0
    assert rows() == before


def test_what_is_entered_later_is_folded_into_what_was(cast, cases):
    fold_tallies(at=APRIL)
    event = Event.objects.get(grid=cast.tree.unit)
    take(event, Action.ACCEPT, at=APRIL)
    fold_tallies(at=APRIL)
    assert rows(grain=Grain.MONTH, code=150105, day=date(2026, 4, 1)) == [
        (150105, "filed", date(2026, 4, 1), "handling", 1)
    ]
    assert list(tally_problems()) == []


@pytest.mark.parametrize("is_folded", [False, True])
def test_figures_are_the_same_folded_or_not(cast, cases, is_folded):
    if is_folded:
        fold_tallies(at=APRIL)
    scope = Scope(cast.tree.district, date(2026, 3, 2), date(2026, 4, 7))
    asked = [RECEIVED, ACCEPTED, CLOSED, SETTLED]
    assert totals(scope, asked, APRIL) == {"received": 3, "accepted": 1, "closed": 1, "settled": 1}
    assert counts(scope, [RECEIVED], APRIL, "child") == {("150105001",): {"received": 3}}
    assert counts(scope, [RECEIVED, SETTLED], APRIL, "day") == {
        (date(2026, 3, 5),): {"received": 2, "settled": 1},
        (date(2026, 4, 7),): {"received": 1, "settled": 0},
    }


def test_what_arose_on_a_district_is_counted_there(cast, cases):
    make_event(cast.district, cast.tree.district, at=APRIL)
    fold_tallies(at=APRIL)
    found = counts(Scope(cast.tree.district), [RECEIVED], APRIL, "child")
    assert found == {("150105000",): {"received": 1}, ("150105001",): {"received": 3}}
    assert totals(Scope(cast.tree.street), [RECEIVED], APRIL) == {"received": 3}


def test_a_community_that_moves_takes_its_cases_along(cast, cases):
    fold_tallies(at=APRIL)
    services.move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    assert totals(Scope(cast.tree.street), [RECEIVED], APRIL) == {"received": 0}
    cast.tree.other_street.refresh_from_db()
    assert totals(Scope(cast.tree.other_street), [RECEIVED], APRIL) == {"received": 3}
    assert list(tally_problems()) == []


def test_a_move_within_a_street_enters_nothing(cast, cases):
    Tally.objects.all().delete()
    services.move_grid(actor=None, grid=cast.tree.building, new_parent=cast.tree.other_community)
    assert not Tally.objects.exists()


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-01-01", "2026-02-28", [("month", "2026-01-01", "2026-02-28")]),
        ("2026-01-05", "2026-01-20", [("day", "2026-01-05", "2026-01-20")]),
        ("2026-01-05", "2026-02-10", [("day", "2026-01-05", "2026-02-10")]),
        ("2026-01-31", "2026-03-01",
         [("month", "2026-02-01", "2026-02-28"), ("day", "2026-01-31", "2026-01-31"),
          ("day", "2026-03-01", "2026-03-01")]),
        ("2025-12-15", "2026-01-31",
         [("month", "2026-01-01", "2026-01-31"), ("day", "2025-12-15", "2025-12-31")]),
        (None, "2026-02-10", [("month", None, "2026-01-31"), ("day", "2026-02-01", "2026-02-10")]),
        ("2026-01-05", None, [("month", "2026-02-01", None), ("day", "2026-01-05", "2026-01-31")]),
        (None, None, [("month", None, None)]),
        ("2026-03-01", "2026-02-01", [("day", "2026-03-01", "2026-02-01")]),
    ],
)  # fmt: skip
def test_a_period_is_whole_months_and_the_days_at_its_edges(since, until, expected):
    found = stretches(since and date.fromisoformat(since), until and date.fromisoformat(until))
    assert [(grain, a and a.isoformat(), b and b.isoformat()) for grain, a, b in found] == expected


@pytest.mark.parametrize(("by", "queries"), [((), 1), (("day",), 1), (("child",), 2), (("status", "top_loop"), 1)])
def test_figures_of_a_city_take_one_statement(cast, cases, by, queries, django_assert_num_queries):
    scope = Scope(cast.tree.city, date(2026, 3, 2), date(2026, 4, 7))
    with django_assert_num_queries(queries):  # by child also one for which these are
        counts(scope, [RECEIVED, OPEN_NOW, CLOSED], APRIL, *by)


def test_what_depends_on_the_time_is_asked_of_the_open_cases(cast, cases, django_assert_num_queries):
    with django_assert_num_queries(2):
        found = totals(Scope(cast.tree.city), [RECEIVED, OVERDUE], APRIL + timedelta(days=100))
    assert found == {"received": 3, "overdue": 2}


def test_the_proof_names_what_is_wrong_and_making_anew_mends_it(cast, cases, capsys):
    fold_tallies(at=APRIL)
    Tally.objects.filter(code=150105, grain=Grain.DAY).update(count=5)
    Tally.objects.filter(code=1501, grain=Grain.MONTH, status="closed").delete()
    with pytest.raises(CommandError, match="6"):
        call_command("check_tallies")
    assert "150105" in capsys.readouterr().err
    call_command("check_tallies", "--rebuild")
    assert list(tally_problems()) == []
    assert totals(Scope(cast.tree.district), [RECEIVED], APRIL) == {"received": 3}


def test_making_anew_gives_what_folding_gave(cast, cases):
    fold_tallies(at=APRIL)
    folded = rows()
    assert rebuild_tallies(at=APRIL) == len(folded)
    assert rows() == folded
