"""What stood at a past moment is told by the steps, whatever became of the cases since."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.figures.days import midnight
from events.figures.scope import Scope
from events.figures.standing import STOCKS, open_by_day, standing, standing_below, stood
from events.models import Event, Standing
from events.services import act, keep_standings, sweep
from events.workflow import Action
from grids.models import Grid
from grids.services import merge_grids, move_grid, retire_grid
from tests.events.conftest import MONDAY, moment
from tests.events.test_invariants import Story, Undo
from tests.factories import make_category, make_event, make_post, make_service_levels, make_tree, make_user, take

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def cases(cast):
    """As Tuesday began: one due that day and one overdue were open; one was closed the day before, one came later."""
    tree, urgent = cast.tree, make_category("急事", limit=2, unit="emergency_hour")
    make_event(cast.worker, tree.building, at=MONDAY)
    make_event(cast.worker, tree.second_building, category=urgent, at=MONDAY)
    closed = make_event(cast.worker, tree.building, at=MONDAY)
    take(closed, Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK, at=MONDAY + timedelta(hours=1))
    make_event(cast.worker, tree.building, at=MONDAY + timedelta(days=2))
    return midnight(TUESDAY)


def test_it_is_told_as_it_was_however_the_cases_ended(cast, cases):
    as_it_was = {"open": 2, "overdue": 1, "due_today": 1}
    assert standing(Scope(cast.tree.city), cases) == as_it_was
    for event in Event.objects.open():
        take(event, Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK, at=MONDAY + timedelta(days=3))
    assert standing(Scope(cast.tree.city), cases) == as_it_was
    assert standing(Scope(cast.tree.city), MONDAY - timedelta(days=1)) == dict.fromkeys(STOCKS, 0)


def test_grids_below_stand_side_by_side(cast, cases):
    assert standing_below(Scope(cast.tree.community), cases) == {
        cast.tree.building.code: {"open": 1, "overdue": 0, "due_today": 1},
        cast.tree.second_building.code: {"open": 1, "overdue": 1, "due_today": 0},
    }


def test_a_clue_report_stands_in_no_figure(cast, cases):
    clue = make_category("线索举报一", is_confidential=True)
    make_event(cast.worker, cast.tree.building, category=clue, at=MONDAY)
    assert standing(Scope(cast.tree.city), cases)["open"] == 2
    assert not Event.objects.filter(stood("open", cases), is_confidential=True).exists()


@pytest.mark.parametrize("figure", STOCKS)
def test_the_list_behind_holds_exactly_what_stood(cast, as_, cases, figure):
    take(Event.objects.open().first(), Action.VOID, at=MONDAY + timedelta(days=2))
    scope = Scope(cast.tree.street)
    answer = as_(cast.street).get(scope.link(STOCKS[figure], on=TUESDAY))
    assert answer.status_code == 200
    assert len(answer.context["page"].object_list) == standing(scope, cases)[figure]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"on": "2026-11-24"}, "当日零时只能查未结、逾期或当天到期的事件。"),
        ({"on": "2026-11-24", "figure": "closed"}, "当日零时只能查未结、逾期或当天到期的事件。"),
        ({"on": "9999-12-31", "figure": "open"}, "这一天还没有开始，或年代过早。"),
        ({"on": "昨天", "figure": "open"}, "请选择日期，如 2026-12-31。"),
    ],
)
def test_a_day_that_is_none_is_named(cast, as_, query, sentence):
    answer = as_(cast.street).get("/events/", query)
    assert answer.status_code == 400
    assert sentence in str(answer.context["form"].errors["on"])


# What is kept


def test_what_is_kept_is_what_is_counted(cast, cases):
    at = moment("2026-11-26 00:08")
    assert keep_standings(at=at) == 8 * 4  # the city, its district and two streets
    assert keep_standings(at=at) == 0
    for grid in Grid.objects.filter(level__lte=2):
        kept = Standing.objects.filter(grid=grid, day=TUESDAY).values(*STOCKS).get()
        assert kept == standing(Scope(grid, until=date(2027, 1, 1)), cases)


def test_a_case_of_the_district_itself_is_in_no_street(cast):
    district = make_post(grid=cast.tree.district, role="official").user
    make_event(district, cast.tree.district, at=MONDAY)
    keep_standings(at=moment("2026-11-25 00:08"))
    found = Standing.objects.filter(day=TUESDAY).order_by("grid__lft").values_list("grid__level", "open")
    assert list(found) == [(0, 1), (1, 1), (2, 0), (2, 0)]


def test_a_day_that_has_just_begun_waits_until_all_of_before_is_written(cast):
    keep_standings(at=moment("2026-11-25 00:01"))
    assert Standing.objects.latest("day").day == TUESDAY


def test_a_kept_standing_takes_one_query(cast, cases, django_assert_num_queries):
    keep_standings(at=moment("2026-11-25 00:08"))
    with django_assert_num_queries(1):
        assert standing(Scope(cast.tree.city), cases)["open"] == 2
    days = [date(2026, 11, 1), TUESDAY, date(2026, 11, 25)]
    with django_assert_num_queries(1 + 2):  # what is kept at once; of a day that is not, it is counted
        assert open_by_day(Scope(cast.tree.city), days) == dict(zip(days, [0, 2, 2], strict=True))


def test_all_grids_of_a_week_take_few_queries(cast, cases, django_assert_num_queries):
    with django_assert_num_queries(4 + 2 + 2 * 8):  # those of the transaction and its lock first
        keep_standings(at=moment("2026-11-26 00:08"))


def test_after_a_reorganisation_it_is_counted_again(cast, cases):
    keep_standings(at=moment("2026-11-26 00:08"))
    move_grid(actor=None, grid=cast.tree.community, new_parent=cast.tree.other_street)
    old, new, city = (Grid.objects.get(pk=getattr(cast.tree, name).pk) for name in ("street", "other_street", "city"))
    assert [standing(Scope(grid), cases)["open"] for grid in (old, new, city)] == [0, 2, 2]
    assert set(Standing.objects.values_list("grid__level", flat=True)) == {0, 1}
    assert keep_standings(at=moment("2026-11-26 01:08")) == 8 * 2
    assert [standing(Scope(grid), cases)["open"] for grid in (old, new, city)] == [0, 2, 2]


def test_streets_that_become_one_are_counted_together(cast, cases):
    keep_standings(at=moment("2026-11-26 00:08"))
    merge_grids(actor=None, grid=cast.tree.street, into=cast.tree.other_street)
    new = Grid.objects.get(pk=cast.tree.other_street.pk)
    assert standing(Scope(new), cases)["open"] == 2
    assert not Standing.objects.filter(grid__level=2).exists()


def test_a_case_that_opens_again_elsewhere_stood_there_all_the_time(cast):
    event = make_event(cast.worker, cast.tree.second_building, at=MONDAY)
    event = take(event, "accept", "resolve", "pass_check", at=moment("2026-11-25 09:00"))
    left, heir = cast.tree.second_building, cast.tree.far_community
    retire_grid(actor=None, grid=left, successor=heir, at=moment("2026-11-25 10:00"))
    keep_standings(at=moment("2026-11-26 00:08"))
    event.refresh_from_db()
    act(event=event, action="reopen", actor=cast.district, reason="又坏了", at=moment("2026-11-26 10:00"))
    for grid in (cast.tree.street, cast.tree.other_street):
        expected = Event.objects.inside(grid).filter(stood("open", midnight(TUESDAY))).count()
        assert standing(Scope(grid), midnight(TUESDAY))["open"] == expected


# Whatever happens


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_at_any_moment_it_is_what_one_counted_then(db, data):
    """The cases that were open, overdue and due today, looked up at each moment and told of it in the end."""
    make_service_levels()
    try:
        with transaction.atomic():
            story = Story(make_tree(), [make_user() for _ in range(4)], data)
            seen = {}
            for _turn in range(data.draw(st.integers(1, 10), "steps")):
                story.happen()
                seen[story.now] = {name: _counted(measure, story.now) for name, measure in STOCKS.items()}
            for at, found in seen.items():
                _check(at, found)
            raise Undo
    except Undo:
        pass


def _counted(measure, at) -> set[int]:
    return set(Event.objects.filter(measure.at(at), is_confidential=False).values_list("pk", flat=True))


def _check(at, found: dict[str, set[int]]) -> None:
    for name, pks in found.items():
        assert set(Event.objects.filter(stood(name, at)).values_list("pk", flat=True)) == pks
    for grid in Grid.objects.filter(level__in=(0, 3)):
        inside = set(Event.objects.inside(grid).values_list("pk", flat=True))
        assert standing(Scope(grid), at) == {name: len(pks & inside) for name, pks in found.items()}


def test_what_the_clock_did_late_stood_until_then(cast):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    sweep(at=event.due_at + timedelta(days=2))
    assert standing(Scope(cast.tree.city), event.due_at + timedelta(days=1))["overdue"] == 1
    assert timezone.localdate(event.due_at) == TUESDAY
