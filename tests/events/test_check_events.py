"""check_events: whatever is tampered with is named, with the number of the case."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from events import services
from events.models import Event, Notice, Step
from grids.services import merge_grids
from tests.events.conftest import MONDAY
from tests.factories import make_event, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def event(cast) -> Event:
    """In the check after one rework, so that its history has something of everything."""
    event = make_event(cast.worker, cast.tree.building, at=MONDAY)
    return take(event, "accept", "resolve", "fail_check", "resolve", at=MONDAY)


def findings() -> str:
    """What the command complains of; the test fails when it does not end with an error."""
    complaints = StringIO()
    with pytest.raises(CommandError, match="in the events"):
        call_command("check_events", stdout=StringIO(), stderr=complaints)
    return complaints.getvalue()


def tamper(event: Event, **fields) -> None:
    Event.objects.filter(pk=event.pk).update(**fields)


def without_checks(do) -> None:
    """Write past the database's own constraints, as a careless hand with SQL might."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            do()
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
            cursor.execute("ALTER TABLE events_event DROP CONSTRAINT event_running_has_deadline")
            do()


def test_a_sound_history_passes(event):
    services.deliver_notices(at=MONDAY)
    out = StringIO()
    call_command("check_events", stdout=out)
    assert out.getvalue() == "All 1 events agree with their steps, and nothing is missing.\n"


def test_what_has_waited_too_long_is_told_and_is_no_loss(event):
    out = StringIO()
    call_command("check_events", stdout=out)
    waiting, sound = out.getvalue().splitlines()
    assert waiting == "Outbox: notices not handed on for an hour: 4"
    assert sound.startswith("All 1 events agree")


def test_no_events_are_sound_too(db):
    call_command("check_events", stdout=StringIO())


def test_a_changed_step_breaks_its_hash(event):
    event.steps.filter(ordinal=3).update(note="什么也没做")
    assert f"{event.number}: hash of step 3: expected" in findings()


def test_a_removed_step_breaks_the_numbers_and_the_chain(event):
    Notice.objects.filter(step__ordinal=3).delete()
    Step.objects.filter(ordinal=3)._raw_delete("default")
    found = findings()
    assert f"{event.number}: number of the step: expected 3, found 4" in found
    assert f"{event.number}: hash before step 4" in found


def test_a_removed_last_step_leaves_the_row_ahead(event):
    Notice.objects.filter(step__ordinal=5).delete()
    Step.objects.filter(ordinal=5)._raw_delete("default")
    found = findings()
    assert f"{event.number}: state: expected handling, found resolved" in found
    assert f"{event.number}: step count: expected 4, found 5" in found


def test_an_inserted_step_is_found(event):
    forged = event.steps.get(ordinal=5)
    forged.pk, forged.ordinal, forged.action, forged._state.adding = None, 6, "comment", True
    forged.save()
    found = findings()
    assert f"{event.number}: hash before step 6" in found
    assert f"{event.number}: step count: expected 6, found 5" in found


def test_all_steps_gone_is_found(event):
    Notice.objects.all().delete()
    Step.objects.all()._raw_delete("default")
    assert f"{event.number}: state: expected nothing, found resolved" in findings()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("status", "closed", "state: expected resolved, found closed"),
        ("loop", "city", "loop: expected grid, found city"),
        ("reworks", 0, "failed checks: expected 1, found 0"),
        ("is_supervised", True, "supervised: expected False, found True"),
        ("closed_at", MONDAY, "closed at: expected nothing, found 2026-11-23"),
        ("wake_at", None, "the clock acts next at: expected a time, or supervision at the city, found nothing"),
    ],
)
def test_a_tampered_row_is_found(event, field, value, said):
    tamper(event, **{field: value})
    assert f"{event.number}: {said}" in findings()


def test_a_foreign_holder_is_found(cast, event):
    tamper(event, holder=cast.tree.other_building)
    assert f"{event.number}: holder: expected a grid above where it arose" in findings()


def test_a_holder_out_of_use_is_found(cast, event):
    type(cast.tree.building).objects.filter(pk=cast.tree.building.pk).update(retired_at=MONDAY)
    assert f"{event.number}: holder: expected a grid in use" in findings()


def test_a_missing_deadline_is_found(event):
    without_checks(lambda: tamper(event, due_at=None))
    assert f"{event.number}: due at: expected a time, found nothing" in findings()


def test_at_the_end_of_its_way_a_case_needs_no_clock(cast, event):
    city = make_event(cast.city, cast.tree.city, at=MONDAY)
    services.sweep(at=MONDAY.replace(year=2027))
    city.refresh_from_db()
    assert (city.is_supervised, city.wake_at) == (True, None)
    call_command("check_events", stdout=StringIO())


def test_a_notice_of_another_case_is_found(cast, event):
    other = make_event(cast.worker, cast.tree.building, at=MONDAY)
    notice = Notice.objects.filter(event=other).first()
    Notice.objects.filter(pk=notice.pk).update(event=event)
    assert f"{event.number}: event of the step of notice {notice.pk}: expected {event.number}" in findings()


def test_an_event_that_nobody_received_upsets_the_balance(cast, event):
    tamper(event, status="lost")
    said = "received in the grid loop, against open, closed, voided and merged: expected 1, found 0"
    assert f"{cast.tree.building.code}: {said}" in findings()


@pytest.mark.parametrize("field", ["title", "description", "address"])
def test_a_changed_report_is_found(event, field):
    tamper(event, **{field: "改过的内容"})
    assert f"{event.number}: what was reported" in findings()


# Places


def test_the_audit_names_an_open_case_left_behind(cast):
    event = make_event(cast.worker, cast.tree.building)
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    there = {"grid": cast.tree.second_building, "position": cast.tree.second_building.lft}
    Event.objects.filter(pk=event.pk).update(**there, holder=cast.tree.community)
    assert cast.tree.building.code in findings()


def test_the_audit_names_a_case_at_another_place_than_its_steps_say(cast):
    event = make_event(cast.worker, cast.tree.second_building)
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    Event.objects.filter(pk=event.pk).update(grid=cast.tree.unit, position=cast.tree.unit.lft, place_name="")
    assert findings().count(event.number) == 2
