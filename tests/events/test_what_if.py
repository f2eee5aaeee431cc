"""What would have become of cases under other limits, calendars and staffing."""

from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import services
from events.clock import Limit, Unit
from events.figures.scope import Scope
from events.models import Event, ServiceLevel, Step
from events.what_if.outcome import NOW, what_if
from events.what_if.reading import cases_of, world_of
from events.what_if.replay import Scenario, as_recorded, replayed
from events.workflow import LOOPS, Loop, Urgency
from grids.models import Grid, Post
from tests.events.conftest import MONDAY, moment
from tests.events.test_invariants import Story, Undo
from tests.factories import make_category, make_event, make_service_levels, make_tree, make_user, take

pytestmark = pytest.mark.django_db

TUESDAY = moment("2026-11-24 09:00")
LATER = moment("2026-12-31 09:00")
EXAMPLES = 25


def limits(loop: Loop, amount: int, unit: Unit = Unit.WORKING_DAY, **other) -> Scenario:
    return Scenario(limits={(loop, Urgency.NORMAL): Limit(amount, unit)}, **other)


def told(tree, scenario: Scenario, at=LATER, grid=None):
    return what_if(Scope(grid or tree.city), scenario, at)


def ways(tree, scenario: Scenario, at=LATER) -> list[list[tuple]]:
    """The desks of each case with whether the clock took it up there, recorded and in the scenario."""
    cases = list(cases_of(Scope(tree.city)))
    world = world_of(Scope(tree.city), scenario, cases, at)
    both = [(as_recorded(case, at), replayed(case, scenario, world)) for case in cases]
    return [[[(one.loop.value, one.is_climbed) for one in held] for held in sides] for sides in both]


@pytest.fixture(autouse=True)
def posted_before(request):
    """Who was posted when is asked of the history of posts, and these cases are of November."""
    if "cast" in request.fixturenames:
        request.getfixturevalue("cast")
        Post.objects.update(started_at=MONDAY - timedelta(days=400))


@pytest.fixture
def climbed(cast) -> Event:
    """Filed on Monday at nine, taken up by the clock on Tuesday at nine, resolved in the community at three."""
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    services.sweep(at=TUESDAY)
    event.refresh_from_db()
    return take(event, "accept", "resolve", at=moment("2026-11-24 15:00"))


def test_what_was_done_in_time_by_the_next_level_needs_no_climbing(cast, climbed):
    was, now = ways(cast.tree, limits(Loop.GRID, 2))[0]
    assert was == [("grid", True), ("community", False)]
    assert now == [("grid", False)]


def test_what_took_longer_still_climbs_later_and_is_handled_as_long_above(cast):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    services.sweep(at=TUESDAY)
    services.sweep(at=moment("2026-11-27 09:00"))  # the community had it for its three days
    event.refresh_from_db()
    take(event, "accept", "resolve", at=moment("2026-11-27 15:00"))
    was, now = ways(cast.tree, limits(Loop.GRID, 2))[0]
    assert was == now == [("grid", True), ("community", True), ("street", False)]
    assert ways(cast.tree, limits(Loop.COMMUNITY, 5))[0][NOW] == [("grid", True), ("community", False)]


def test_a_shorter_limit_has_a_case_climb_to_the_desk_above_for_the_median_there(cast, climbed):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    take(event, "accept", "resolve", at=moment("2026-11-23 15:00"))
    was, now = ways(cast.tree, limits(Loop.GRID, 2, Unit.WORKING_HOUR))[1]
    assert was == [("grid", False)]
    assert now == [("grid", True), ("community", False)]


def test_who_would_have_had_them_is_told_by_grid(cast, climbed):
    outcome = told(cast.tree, limits(Loop.GRID, 2))
    assert (outcome.cases, outcome.spared, outcome.added) == (1, 1, 0)
    assert outcome.loops["grid"].climbed == [1, 0]
    assert outcome.loops["community"].entered == [1, 0]
    assert outcome.fewer == {"community": 1}
    [community] = outcome.holders
    assert (community.code, community.name) == (cast.tree.community.code, "人民路街道 健康社区")
    assert (community.cases, community.lost, community.gained) == ([1, 0], [climbed.number], [])


def test_on_time_counts_closed_cases(cast, climbed):
    take(climbed, "pass_check", at=moment("2026-11-24 16:00"))
    outcome = told(cast.tree, limits(Loop.GRID, 2))
    assert (outcome.closed, outcome.on_time) == (1, [0, 1])


def test_the_limit_of_a_category_is_kept_or_ignored(cast):
    short = make_category("井盖缺损", limit=4, unit="working_hour")
    make_event(cast.worker, cast.tree.building, category=short, at=MONDAY)
    services.sweep(at=moment("2026-11-23 15:00"))
    assert ways(cast.tree, limits(Loop.GRID, 2))[0][NOW][0] == ("grid", True)
    assert ways(cast.tree, limits(Loop.GRID, 2, ignores_categories=True), at=TUESDAY)[0][NOW] == [("grid", False)]


def test_saturdays_that_are_worked_bring_the_limit_forward(cast):
    event = make_event(cast.worker, cast.tree.building, at=moment("2026-11-27 15:00"))  # a Friday
    take(event, "accept", "resolve", at=moment("2026-11-30 09:30"))
    was, now = ways(cast.tree, Scenario(saturdays=True))[0]
    assert was == [("grid", False)]
    assert now[0] == ("grid", True)


def test_other_hours_make_a_day_of_their_own(cast):
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    take(event, "accept", "resolve", at=moment("2026-11-23 17:00"))
    mornings = services.timing.parse_spans("08:00-10:00")
    assert ways(cast.tree, Scenario(hours=mornings))[0][NOW] == [("grid", False)]  # until Tuesday at nine


def test_without_emergency_hours_urgent_cases_wait_for_the_morning(cast):
    make_event(cast.worker, cast.tree.building, urgency="urgent", at=moment("2026-11-23 20:00"))
    services.sweep(at=moment("2026-11-23 22:00"))
    was, now = ways(cast.tree, Scenario(no_emergency=True), at=TUESDAY)[0]
    assert was[0] == ("grid", True)
    assert now == [("grid", False)]


def test_a_case_that_was_led_past_a_vacant_desk_would_have_stayed_there(cast):
    event = make_event(cast.worker, cast.tree.second_building, at=MONDAY)
    take(event, "accept", "resolve", at=moment("2026-11-23 15:00"))
    staffed = Scenario(staffed=frozenset({cast.tree.second_building.code}))
    assert ways(cast.tree, staffed)[0] == [[("community", False)], [("grid", False)]]


def test_a_desk_that_is_vacant_is_led_past(cast, climbed):
    vacant = Scenario(vacant=frozenset({cast.tree.building.code}))
    assert ways(cast.tree, vacant)[0][NOW] == [("community", False)]
    both = Scenario(vacant=frozenset({cast.tree.building.code, cast.tree.community.code}))
    assert ways(cast.tree, both)[0][NOW] == [("street", False)]


def test_clue_reports_and_other_places_are_left_out(cast, climbed):
    clue = make_category("线索举报一", is_confidential=True)
    make_event(cast.worker, cast.tree.building, category=clue, at=MONDAY)
    assert told(cast.tree, Scenario()).cases == 1
    assert told(cast.tree, Scenario(), grid=cast.tree.other_street).cases == 0


def test_nothing_is_written(cast, climbed):
    tables = [Event, Step, ServiceLevel, Post, Grid]
    before = [list(table.objects.order_by("pk").values_list()) for table in tables]
    told(cast.tree, limits(Loop.GRID, 2))
    assert before == [list(table.objects.order_by("pk").values_list()) for table in tables]


# Whatever happened


@pytest.fixture
def small_world(db):
    make_service_levels()
    return make_tree(), [make_user() for _each in range(3)]


def in_force(factor: int = 1) -> Scenario:
    """The very limits that held all the time, said outright; or so many times as long, whatever the category."""
    levels = ServiceLevel.objects.filter(stage__in=LOOPS)
    longer = {(level.stage, level.urgency): Limit(level.amount * factor, level.time_limit().unit) for level in levels}
    return Scenario(longer, ignores_categories=factor > 1)


@contextmanager
def histories(small_world, data):
    """Two cases to which anything may have happened, with the time of the last; gone afterwards."""
    tree, people = small_world
    with suppress(Undo), transaction.atomic():
        story = Story(tree, people, data)
        for _turn in range(data.draw(st.integers(0, 15), "turns")):
            story.happen()
        scope = Scope(Grid.objects.get(pk=tree.city.pk))
        yield list(cases_of(scope)), scope, story.now
        raise Undo


anything = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


@anything
@given(data=st.data())
def test_under_what_held_everything_is_as_it_was(small_world, data):
    with histories(small_world, data) as (cases, scope, now):
        for scenario in (Scenario(), in_force()):
            world = world_of(scope, scenario, cases, now)
            for case in cases:
                assert replayed(case, scenario, world) == as_recorded(case, now)
        _check_facts(cases, now)


@anything
@given(data=st.data())
def test_a_longer_limit_never_has_more_climb_from_where_they_began(small_world, data):
    with histories(small_world, data) as (cases, scope, now):
        before = None
        for factor in (1, 2, 4, 8):
            scenario = in_force(factor)
            world = world_of(scope, scenario, cases, now)
            climbs = {case.number for case in cases if replayed(case, scenario, world)[0].is_climbed}
            assert before is None or climbs <= before
            before = climbs


def _check_facts(cases, at) -> None:
    """What is told of the record is what the rows say."""
    for case in cases:
        held, event = as_recorded(case, at), Event.objects.profiled().get(number=case.number)
        assert max((one.loop for one in held), key=LOOPS.index) == event.top_loop
        assert sum(one.is_climbed for one in held) == event.steps.filter(action="escalate", rule="overdue").count()
