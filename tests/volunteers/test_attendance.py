"""Activities from the door on: who was there, the hours that count, the report."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from branches.exceptions import StateConflict
from branches.models import Picture
from tests.events.conftest import MONDAY
from tests.factories import make_activity, make_plan
from tests.pictures import picture
from tests.volunteers.activities import STARTS, arrive, join
from volunteers import services
from volunteers.activities import door
from volunteers.models import Activity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

ENDS = STARTS + timedelta(hours=2)


def hold(activity: Activity, actor, *rows, at=ENDS) -> Activity:
    return services.note_attendance(actor=actor, activity=activity, present=[row.pk for row in rows], at=at)


def report(activity: Activity, actor, text="清运两车", *contents: bytes, **fields) -> Activity:
    photos = [ContentFile(content, name=f"{number}.jpg") for number, content in enumerate(contents)]
    return services.report_activity(actor=actor, activity=activity, report=text, photos=photos, at=ENDS, **fields)


def hours_of(activity: Activity) -> dict[str, Decimal | None]:
    return {row.user.name: row.hours for row in activity.participations.select_related("user")}


# The list


def test_who_is_ticked_has_the_hours_and_who_is_not_has_none(cast, activity):
    first, _second = join(activity, cast.worker, cast.chief)
    hold(activity, cast.community, first)
    assert hours_of(activity) == {"乌兰": Decimal("2.00"), "王建国": None}
    activity.refresh_from_db()
    assert activity.state == "held"


def test_the_list_is_put_right_until_the_report_and_the_same_again_changes_nothing(cast, activity):
    first, second = join(activity, cast.worker, cast.chief)
    hold(activity, cast.community, first)
    hold(activity, cast.community, first)
    hold(activity, cast.community, second)
    assert hours_of(activity) == {"乌兰": None, "王建国": Decimal("2.00")}
    assert activity.steps.filter(action="hold").count() == 2
    report(activity, cast.community)
    with pytest.raises(StateConflict, match="reported on"):
        hold(activity, cast.community, first)


def test_nobody_was_there_before_it_began(cast, activity):
    rows = join(activity, cast.worker)
    with pytest.raises(StateConflict, match="not begun"):
        hold(activity, cast.community, *rows, at=STARTS - timedelta(minutes=1))


def test_only_who_signed_up_is_on_the_list(cast, activity):
    other = make_activity(cast.tree.community, STARTS)
    with pytest.raises(ValidationError, match="Open the list anew"):
        hold(activity, cast.community, *join(other, cast.worker))
    activity.refresh_from_db()
    assert activity.state == "published"


def test_who_takes_part_does_not_tick(cast, activity):
    rows = join(activity, cast.worker)
    with pytest.raises(PermissionDenied):
        hold(activity, cast.worker, *rows)


def test_ninety_minutes_are_an_hour_and_a_half(cast):
    activity = make_activity(cast.tree.community, STARTS, ends_at=STARTS + timedelta(minutes=90))
    assert activity.hours == Decimal("1.50")
    activity.ends_at = STARTS + timedelta(minutes=50)
    assert activity.hours == Decimal("0.83")


# The door


def test_who_scans_the_code_is_there_once(cast, activity):
    join(activity, cast.worker)
    first = arrive(activity, cast.worker)
    again = arrive(activity, cast.worker, at=ENDS)
    assert (again.attended_at, again.way, again.hours) == (first.attended_at, "door", Decimal("2.00"))
    assert activity.steps.filter(action="arrive").count() == 1


def test_who_had_not_signed_up_joins_at_the_door_beyond_the_places_too(cast, activity):
    join(activity, cast.worker, cast.chief)
    row = arrive(activity, cast.stranger)  # whoever stands before the organiser may help
    assert (row.status, row.hours) == ("waiting", Decimal("2.00"))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (STARTS - timedelta(minutes=31), False),
        (STARTS - timedelta(minutes=30), True),
        (ENDS + timedelta(minutes=30), True),
        (ENDS + timedelta(minutes=31), False),
    ],
)
def test_the_code_opens_around_the_time_alone(cast, activity, at, is_open):
    if is_open:
        assert arrive(activity, cast.worker, at=at).attended_at == at
        return
    with pytest.raises(StateConflict, match="from 2026-11-26 08:30 to 2026-11-26 11:30"):
        arrive(activity, cast.worker, at=at)
    assert not activity.participations.exists()


def test_a_code_of_another_time_is_dead(cast, activity):
    token = door.read_token(door.token_of(activity))
    later = STARTS + timedelta(minutes=15)
    changed = services.change_activity(actor=cast.community, activity=activity, plan=make_plan(later), at=MONDAY)
    with pytest.raises(StateConflict, match="Scan the code anew"):
        services.arrive(actor=cast.worker, activity=changed, token=token, at=later)


@pytest.mark.parametrize("text", ["", "x", "1.2", "1.2:abc", "1.2:abc\0"])
def test_a_code_that_is_not_ours_is_none(text):
    assert door.read_token(text) is None


def test_a_code_with_a_letter_changed_is_none(activity):
    token = door.token_of(activity)
    assert door.read_token(f"9{token}") is None


def test_when_the_list_is_closed_so_is_the_door(cast, activity):
    hold(activity, cast.community, *join(activity, cast.worker))
    with pytest.raises(StateConflict, match="held"):
        arrive(activity, cast.chief)


def test_who_was_noted_by_mistake_is_taken_off_by_the_organiser(cast, activity):
    arrive(activity, cast.worker)
    hold(activity, cast.community)
    assert hours_of(activity) == {"乌兰": None}


def test_who_is_there_does_not_withdraw(cast, activity):
    arrive(activity, cast.worker)
    with pytest.raises(StateConflict, match="noted as there"):
        services.leave_activity(actor=cast.worker, activity=activity, at=STARTS)


def test_hours_follow_when_it_took_longer(cast, activity):
    arrive(activity, cast.worker)
    plan = make_plan(STARTS, ends_at=STARTS + timedelta(hours=3), places=2)
    services.change_activity(actor=cast.community, activity=activity, plan=plan, at=ENDS)
    assert hours_of(activity) == {"乌兰": Decimal("3.00")}


# The report


@pytest.fixture
def held(cast, activity) -> Activity:
    return hold(activity, cast.community, *join(activity, cast.worker))


def test_a_report_with_photos_is_kept(cast, held):
    report(held, cast.community, "清运两车", picture(), picture(colour="#008000"))
    held.refresh_from_db()
    assert (held.state, held.report, held.pictures.count()) == ("reported", "清运两车", 2)


def test_the_same_report_again_keeps_each_photo_once(cast, held):
    for _time in range(2):
        report(held, cast.community, "清运两车", picture(), picture())
    assert held.pictures.count() == 1
    assert held.steps.filter(action="report").count() == 1


def test_a_photo_that_is_taken_out_is_gone_for_good(cast, held, django_capture_on_commit_callbacks):
    report(held, cast.community, "清运两车", picture())
    gone = held.pictures.get()
    with django_capture_on_commit_callbacks(execute=True):
        report(held, cast.community, "清运两车", removed=[gone.pk])
    assert not Picture.objects.exists()
    assert not default_storage.exists(gone.file.name)


@pytest.mark.parametrize(
    ("text", "contents", "field"),
    [
        (" ", [], "report"),
        ("字" * 2001, [], "report"),
        ("好", [b"no photo"], "photos"),
        ("好", [picture(colour=f"#00{n}000") for n in range(7)], "photos"),
    ],
)
def test_what_is_wrong_with_a_report_is_said_and_nothing_is_kept(cast, held, text, contents, field):
    with pytest.raises(ValidationError) as caught:
        report(held, cast.community, text, *contents)
    assert list(caught.value.error_dict) == [field]
    assert not Picture.objects.exists()


def test_what_was_not_held_is_not_reported(cast, activity):
    with pytest.raises(StateConflict):
        report(activity, cast.community, "好", picture())
    assert not Picture.objects.exists()
