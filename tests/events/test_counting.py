"""Measures are counted over exactly the cases that the link behind them lists."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.figures.counting import counts, totals
from events.figures.measures import MEASURES, ON_TIME, OVERDUE, RECEIVED
from events.figures.scope import Scope
from events.workflow import Action
from tests.factories import make_category, make_event, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(cast):
    """One closed in time, one open, one overdue; in the next building one voided."""
    at = timezone.now()
    take(make_event(cast.worker, cast.tree.building), Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK)
    make_event(cast.worker, cast.tree.building)
    make_event(cast.worker, cast.tree.building, at=at - timedelta(days=40))
    take(make_event(cast.worker, cast.tree.second_building), Action.VOID)
    return at


def test_measures_count_what_fits(cast, cases):
    found = totals(Scope(cast.tree.community), [RECEIVED, ON_TIME, OVERDUE], timezone.now())
    assert found == {"received": 4, "on_time": 1, "overdue": 1}


def test_a_clue_report_is_in_no_figure(cast, cases):
    make_event(cast.worker, cast.tree.building, category=make_category("线索举报一", is_confidential=True))
    assert totals(Scope(cast.tree.community), [RECEIVED], timezone.now()) == {"received": 4}


def test_a_period_takes_whole_days_and_children_stand_side_by_side(cast, cases):
    today = timezone.localdate()
    scope = Scope(cast.tree.community, today, today)
    found = counts(scope, [RECEIVED], timezone.now(), "child")
    assert found == {
        (cast.tree.building.code,): {"received": 2},
        (cast.tree.second_building.code,): {"received": 1},
    }


def test_where_nothing_is_counted_it_is_nothing(cast):
    assert set(totals(Scope(cast.tree.city), MEASURES.values(), timezone.now()).values()) == {0}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_the_link_lists_what_is_counted(cast, as_, cases, measure):
    scope = Scope(cast.tree.street)
    listed = as_(cast.street).get(scope.link(measure)).context["page"].object_list
    expected = totals(scope, [measure], timezone.now())[measure.name]
    assert sum(getattr(event, measure.weight) if measure.weight else 1 for event in listed) == expected
