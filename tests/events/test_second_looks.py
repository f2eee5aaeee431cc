"""What was closed implausibly fast: the rule and its figures, listed once, looked at once, never about a person."""

from datetime import timedelta
from statistics import median

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from events.exceptions import AlreadyRecorded
from events.models import Event, QuickClosing, QuickRule
from events.rechecks import quick
from events.rechecks.quick import Median, Yardstick
from events.services import act, list_quick_closings, look_again, save_quick_rule
from events.workflow import Status
from grids.models import Role
from tests.events.conftest import MONDAY
from tests.factories import make_category, make_event, make_post, make_user, take

NIGHT = MONDAY + timedelta(hours=18)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def closed_in(cast, time: timedelta, *, grid=None, at=MONDAY, **fields) -> Event:
    """A case that was resolved so long after it was reported."""
    event = take(make_event(cast.worker, grid or cast.tree.unit, at=at, **fields), "accept", at=at)
    event = take(event, "resolve", at=at + time)
    return take(event, "pass_check", at=at + time + HOUR)


def shape(**fields) -> None:
    QuickRule.objects.update_or_create(pk=1, defaults=fields)


@pytest.fixture
def ten_in_a_day(cast):
    """Ten closed cases of one category with a median of ten hours, and a rule that ten are enough for."""
    shape(least_compared=10)
    return [closed_in(cast, timedelta(hours=hours)) for hours in (1, 2, 4, 8, 9, 11, 12, 13, 14, 16)]


# The rule


@given(
    minutes=st.integers(0, 3000), middle=st.integers(1, 3000), compared=st.integers(0, 40),
    share=st.integers(0, 50), floor=st.integers(0, 60),
)  # fmt: skip
def test_too_fast_is_below_the_share_of_a_median_or_below_the_floor(minutes, middle, compared, share, floor):
    rule = QuickRule(share=share, least_compared=20, floor_minutes=floor)
    yardstick = Yardstick(rule, {(1, 1): Median(middle * MINUTE, compared)})
    found = yardstick.is_too_fast(minutes * MINUTE, yardstick.median_of(1, 1))
    assert found == (minutes < floor or (compared >= 20 and minutes / middle < share / 100))


def test_medians_are_of_a_category_in_a_district_over_a_year(cast):
    times = [timedelta(minutes=minutes) for minutes in (5, 90, 100, 2000)]
    for time in times:
        closed_in(cast, time)
    closed_in(cast, HOUR, category=make_category("噪音扰民"))
    closed_in(cast, HOUR, category=make_category("线索举报", is_confidential=True))
    old = closed_in(cast, HOUR)
    Event.objects.filter(pk=old.pk).update(closed_at=NIGHT - timedelta(days=366))
    make_event(cast.worker, cast.tree.unit, at=MONDAY)
    found = quick.medians(MONDAY + timedelta(days=3))
    assert sorted(found.values()) == [(HOUR, 1), (median(times), 4)]
    assert {district for district, _category in found} == {150105}


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_database_counts_the_medians_that_we_count(cast):
    for minutes in (3, 10, 11, 40, 41, 43):
        closed_in(cast, minutes * MINUTE)
    cases = quick.closed_cases(MONDAY - HOUR, NIGHT).order_by()
    assert connection.vendor == "postgresql"
    assert dict(quick._grouped(cases)) == dict(quick._counted(cases))


# Listing


def test_a_case_far_below_the_median_is_listed_with_its_figures(cast, ten_in_a_day):
    fast = closed_in(cast, 20 * MINUTE)
    assert list_quick_closings(at=NIGHT) == 1
    found = QuickClosing.objects.get()
    assert found.event == fast
    assert (found.handled, found.median, found.compared) == (20 * MINUTE, 9 * HOUR, 11)
    assert (found.share, found.floor_minutes, found.listed_at) == (5, 5, NIGHT)


def test_without_enough_to_compare_only_the_floor_counts(cast):
    closed_in(cast, 20 * MINUTE)
    fast = closed_in(cast, 4 * MINUTE)
    assert list_quick_closings(at=NIGHT) == 1
    found = QuickClosing.objects.get()
    assert (found.event, found.median, found.compared) == (fast, None, 2)


def test_a_clue_report_is_never_listed(cast):
    closed_in(cast, MINUTE, category=make_category("线索举报", is_confidential=True))
    assert list_quick_closings(at=NIGHT) == 0


def test_each_closing_is_measured_once(cast):
    closed_in(cast, MINUTE)
    assert [list_quick_closings(at=NIGHT + days * timedelta(days=1)) for days in range(3)] == [1, 0, 0]
    assert list_quick_closings(at=NIGHT) == 0  # a clock that went back
    assert QuickRule.objects.get().examined_until == NIGHT + timedelta(days=2)


def test_after_an_outage_the_next_look_takes_what_was_missed(cast):
    list_quick_closings(at=MONDAY)
    closed_in(cast, MINUTE)
    assert list_quick_closings(at=MONDAY + timedelta(days=20)) == 1


def test_a_changed_rule_holds_from_now_on(cast):
    closed_in(cast, 20 * MINUTE)
    list_quick_closings(at=NIGHT)
    rule = QuickRule.objects.get()
    rule.floor_minutes = 30
    save_quick_rule(rule=rule, actor=cast.admin)
    closed_in(cast, 20 * MINUTE, at=NIGHT)
    assert list_quick_closings(at=NIGHT + timedelta(days=1)) == 1


def test_a_rule_with_zeros_lists_nothing(cast, ten_in_a_day):
    shape(share=0, floor_minutes=0)
    closed_in(cast, MINUTE)
    assert list_quick_closings(at=NIGHT) == 0


def test_only_an_administrator_changes_the_rule(cast):
    with pytest.raises(PermissionDenied):
        save_quick_rule(rule=QuickRule.objects.get(), actor=cast.district)
    with pytest.raises(ValidationError):
        save_quick_rule(rule=QuickRule(pk=1, share=51), actor=cast.admin)


# Looking


@pytest.fixture
def listed(cast) -> QuickClosing:
    closed_in(cast, MINUTE)
    list_quick_closings(at=NIGHT)
    return QuickClosing.objects.select_related("event__grid").get()


def test_a_look_is_recorded_with_who_when_and_why(cast, listed):
    look_again(closing=listed, actor=cast.district, note="现场已核实，网格员随手清理", at=NIGHT)
    found = QuickClosing.objects.get()
    assert (found.looked_by, found.looked_by_name, found.looked_by_post) == (cast.district, "刘洋", "赛罕区 分管领导")
    assert (found.looked_at, found.note) == (NIGHT, "现场已核实，网格员随手清理")
    assert not QuickClosing.objects.waiting().exists()


def test_the_same_look_again_is_fine_and_another_is_not(cast, listed):
    look_again(closing=listed, actor=cast.district, note="已核实", at=NIGHT)
    assert look_again(closing=listed, actor=cast.district, note="已核实").looked_at == NIGHT
    with pytest.raises(AlreadyRecorded):
        look_again(closing=listed, actor=cast.city, note="已核实")


@pytest.mark.usefixtures("in_english")
def test_a_look_needs_a_word(cast, listed):
    with pytest.raises(ValidationError) as refused:
        look_again(closing=listed, actor=cast.district, note=" ")
    assert refused.value.message_dict == {"note": ["Say why it is in order; it is written down."]}


def test_only_second_eyes_from_the_street_up_look(cast, listed):
    for person in (cast.worker, cast.chief, cast.community, cast.street, cast.police, cast.neighbour, cast.stranger):
        with pytest.raises(PermissionDenied):
            look_again(closing=listed, actor=person, note="已核实")
    resolver = listed.event.resolver
    make_post(resolver, cast.tree.street, Role.OFFICIAL)
    with pytest.raises(PermissionDenied):
        look_again(closing=listed, actor=type(resolver).objects.get(pk=resolver.pk), note="已核实")
    official = make_post(make_user("那仁"), cast.tree.street, Role.OFFICIAL).user
    assert look_again(closing=listed, actor=official, note="已核实").looked_by == official


def test_a_case_that_was_reopened_waits_for_no_look(cast, listed):
    act(event=listed.event, action="reopen", actor=cast.district, reason="现场未处理", at=NIGHT)
    assert not QuickClosing.objects.waiting().exists()
    assert QuickClosing.objects.in_state("reopened").get() == listed
    with pytest.raises(AlreadyRecorded):
        look_again(closing=listed, actor=cast.district, note="已核实")


def test_closed_again_it_is_measured_again(cast, listed):
    event = act(event=listed.event, action="reopen", actor=cast.district, reason="现场未处理", at=NIGHT)
    take(event, "resolve", "pass_check", at=NIGHT + MINUTE)
    assert list_quick_closings(at=NIGHT + timedelta(days=1)) == 0  # measured from its report
    assert Event.objects.get().status == Status.CLOSED
    assert not QuickClosing.objects.waiting().exists()
