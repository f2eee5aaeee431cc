"""The calendar in the database: seeded, corrected, in editions that no process keeps for too long."""

from datetime import date
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from events import calendars, services
from events.clock import STATUTORY, Day, Unit, elapsed
from events.drafts import Limits
from events.models import CalendarDay, CalendarEdition, CalendarYear, TimeChange, WorkingHours, parse_spans
from events.time_forms import days_as_text, parse_days
from events.wording import show_events
from tests.events.conftest import MONDAY, moment
from tests.factories import make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

NEW_YEAR_2027 = [(date(2027, 1, day), Day(is_working=False, name="元旦")) for day in (1, 2, 3)]
NOTICE = "国办发明电〔2026〕9号"


def publish_2027(actor, **given):
    change = services.change_calendar(
        **{"year": 2027, "notice": NOTICE, "days": NEW_YEAR_2027, "actor": actor, "at": MONDAY} | given
    )
    return change


# Seeded


def test_what_the_package_knows_is_there_from_the_start():
    assert calendars.as_edited().edition == STATUTORY.edition == calendars.current().edition
    assert CalendarYear.objects.get(year=2026).notice == "国办发明电〔2025〕7号"
    day = CalendarDay.objects.get(date=date(2026, 2, 14))
    assert (day.is_working, day.name, day.source) == (True, "春节", "package")
    assert WorkingHours.objects.get().spans == "08:00-12:00 14:00-18:00"


def test_loading_a_year_again_changes_nothing():
    out = StringIO()
    call_command("load_calendar", "2026", stdout=out)
    assert out.getvalue() == "The calendar of 2026 stays as it is.\n"
    assert CalendarEdition.objects.count() == 1


def test_loading_brings_back_what_was_lost_but_leaves_an_edited_year(cast):
    CalendarDay.objects.filter(date__year=2025).delete()
    call_command("load_calendar", "2025", stdout=StringIO())
    assert CalendarDay.objects.filter(date__year=2025, is_working=False).count() == 28
    services.change_calendar(year=2026, notice="更正", days=[], actor=cast.admin)
    call_command("load_calendar", "2026", stdout=StringIO())
    assert not CalendarDay.objects.filter(date__year=2026).exists()


def test_a_year_that_the_package_does_not_know_cannot_be_loaded():
    with pytest.raises(CommandError, match="does not know the notice for 2027"):
        call_command("load_calendar", "2027", stdout=StringIO())


# Corrected


def test_a_published_year_counts_by_its_notice_and_the_deadline_says_so_no_more(cast):
    provisional = make_event(cast.worker, cast.tree.unit, at=moment("2026-12-31 15:00"))
    assert provisional.due_at == moment("2027-01-01 15:00")
    assert provisional.steps.get().details["unpublished_years"] == [2027]
    change = publish_2027(cast.admin)
    services.confirm_change(change=change, actor=cast.admin, reason="通知已发布", moves_open=False)
    event = make_event(cast.worker, cast.tree.unit, at=moment("2026-12-31 15:00"))
    assert event.due_at == moment("2027-01-04 15:00")
    assert "unpublished_years" not in event.steps.get().details


def test_a_day_is_corrected_with_who_and_when(cast):
    days = [(day, said) for day, said in STATUTORY.days.items() if day.year == 2026]
    storm = (date(2026, 11, 24), Day(is_working=False, name="暴雪停工"))
    services.change_calendar(year=2026, notice=NOTICE, days=[*days, storm], actor=cast.admin, at=MONDAY)
    stored = CalendarDay.objects.get(date=storm[0])
    assert (stored.source, stored.edited_by, stored.edited_at) == ("edited", cast.admin, MONDAY)
    assert CalendarDay.objects.get(date=date(2026, 10, 1)).source == "package"
    assert make_event(cast.worker, cast.tree.unit, at=MONDAY).due_at == moment("2026-11-25 09:00")


def test_other_hours_make_another_day(cast):
    services.change_hours(spans="9：00～12：00，13:00-17:00", actor=cast.admin)
    assert WorkingHours.objects.get().spans == "09:00-12:00 13:00-17:00"
    assert make_event(cast.worker, cast.tree.unit, at=MONDAY).due_at == moment("2026-11-23 17:00")


def test_the_same_again_is_no_change(cast):
    assert services.change_hours(spans="08:00-12:00  14:00-18:00", actor=cast.admin) is None
    days = [(day, said) for day, said in STATUTORY.days.items() if day.year == 2026]
    assert services.change_calendar(year=2026, notice="国办发明电〔2025〕7号", days=days, actor=cast.admin) is None


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ("", "Give spans within one day"),
        ("8-12", "“8-12” is no span of time"),
        ("08:00-25:00", "“08:00-25:00” is no span of time"),
        ("14:00-18:00 08:00-12:00", "in order"),
        ("08:00-12:00 12:00-18:00", "do not touch"),
        ("20:00-02:00", "within one day"),
    ],
)
def test_hours_that_are_none_are_refused_in_a_sentence(cast, spans, said):
    with pytest.raises(ValidationError, match=said):
        services.change_hours(spans=spans, actor=cast.admin)
    assert CalendarEdition.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"days": [(date(2028, 1, 1), Day(is_working=False))]}, "2028-01-01 is not in 2027"),
        ({"days": NEW_YEAR_2027 * 2}, "2027-01-01 is given twice"),
        ({"year": 1987, "days": []}, "Give a year from 2000 to 2100"),
        ({"notice": "x" * 65}, "at most 64 characters"),
    ],
)
def test_a_wrong_year_is_refused_and_nothing_changes(cast, given, said):
    with pytest.raises(ValidationError, match=said):
        publish_2027(cast.admin, **given)
    assert not CalendarYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize("who", ["worker", "city"])
def test_only_those_above_all_grids_change_what_everybody_counts_by(cast, who):
    with pytest.raises(PermissionDenied):
        publish_2027(getattr(cast, who))
    with pytest.raises(PermissionDenied):
        services.change_hours(spans="09:00-17:00", actor=getattr(cast, who))
    assert not TimeChange.objects.exists()


def test_the_database_holds_one_row_of_hours():
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkingHours.objects.create(pk=2, spans="09:00-17:00")


# Editions


def test_a_step_names_the_calendar_that_it_counted_by(cast):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    assert event.steps.get().details["calendar"] == STATUTORY.edition


def test_an_edit_is_seen_at_once_and_the_old_edition_stays_readable(cast):
    before = Limits().calendar
    services.change_hours(spans="09:00-17:00", actor=cast.admin)
    assert Limits().calendar.clock_hours == parse_spans("09:00-17:00")
    assert calendars.of(before.edition).clock_hours == before.clock_hours


def test_what_was_never_committed_is_never_used(cast):
    """A process may have read an edition that was then undone, and another may get its number."""
    with transaction.atomic():
        services.change_hours(spans="09:00-17:00", actor=cast.admin)
        assert Limits().calendar.clock_hours == parse_spans("09:00-17:00")
        transaction.set_rollback(True)
    assert Limits().calendar.edition == STATUTORY.edition
    services.change_hours(spans="10:00-17:00", actor=cast.admin)
    assert Limits().calendar.clock_hours == parse_spans("10:00-17:00")


def test_limits_and_calendar_are_one_query(cast, django_assert_num_queries):
    Limits()
    with django_assert_num_queries(1):
        Limits()


def test_a_spoiled_edition_is_not_used(cast):
    services.change_hours(spans="09:00-17:00", actor=cast.admin)
    last = CalendarEdition.objects.last()
    calendars._known.pop(last.digest)
    CalendarEdition.objects.filter(pk=last.pk).update(content=STATUTORY.content())
    with pytest.raises(calendars.UnknownEdition):
        Limits()


def test_without_any_edition_the_package_counts(cast):
    CalendarEdition.objects.all().delete()
    assert Limits().calendar is STATUTORY


def test_time_left_runs_by_the_calendar_of_the_case(cast):
    event = make_event(cast.worker, cast.tree.unit, at=MONDAY)
    change = services.change_hours(spans="09:00-10:00", actor=cast.admin, at=MONDAY)
    services.confirm_change(change=change, actor=cast.admin, reason="试行", moves_open=False, at=MONDAY)
    (shown,) = show_events([event], cast.worker, MONDAY)
    assert shown.time_left.words == "1 working day left"
    assert "8:00–12:00 and 14:00–18:00" in shown.time_left.clock
    assert elapsed(MONDAY, event.due_at, Unit.WORKING_DAY, event.clock_calendar) == STATUTORY.day


# Days as a notice says them

LINES = """
2026年2月15日至23日 休 春节
2月14日 班 春节
10-1~10-7 休 国庆节

4月30日至5月2日 休
""".strip()


def test_lines_are_read_and_written():
    days = dict(parse_days(LINES, 2026))
    assert len(days) == 9 + 1 + 7 + 3
    assert days[date(2026, 2, 23)] == Day(is_working=False, name="春节")
    assert days[date(2026, 2, 14)] == Day(is_working=True, name="春节")
    text = days_as_text(days.items())
    assert text.splitlines() == [
        "2月14日 班 春节",
        "2月15日至23日 休 春节",
        "4月30日至5月2日 休",
        "10月1日至7日 休 国庆节",
    ]
    assert dict(parse_days(text, 2026)) == days


@pytest.mark.parametrize("line", ["春节 休", "2月30日 休 春节", "2月15日 春节", "3月5日至1日 休 倒", "15日 休 春节"])
def test_a_line_that_is_none_is_named(line):
    with pytest.raises(ValidationError, match=f"Line 2: “{line}” is not understood"):
        parse_days(f"1月1日 休 元旦\n{line}", 2026)


def test_every_year_of_the_package_goes_through_the_lines_unchanged():
    for year in STATUTORY.notices:
        days = {day: said for day, said in STATUTORY.days.items() if day.year == year}
        assert dict(parse_days(days_as_text(days.items()), year)) == days
