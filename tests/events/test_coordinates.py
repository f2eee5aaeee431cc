"""Where exactly: coordinates that somebody gave with one tap, how far apart they are, and where they are shown."""

import math
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from events import services
from events.history import report_digest
from events.models import Event
from events.nearness import EARTH, LATITUDES, LONGITUDES, Point, near
from tests.events.test_check_events import findings
from tests.events.test_papers import rows
from tests.factories import make_event

pytestmark = pytest.mark.django_db

HERE = Point(Decimal("40.818200"), Decimal("111.708600"))


@pytest.fixture
def event(cast) -> Event:
    return make_event(cast.worker, cast.tree.unit, latitude=HERE.latitude, longitude=HERE.longitude)


# Fifty metres


def slow_distance(one: Point, other: Point) -> float:
    """Metres along the surface, by the angle between the two vectors from the middle of the Earth."""

    def vector(point: Point) -> tuple[float, float, float]:
        latitude, longitude = (math.radians(degree) for degree in point)
        return (
            math.cos(latitude) * math.cos(longitude),
            math.cos(latitude) * math.sin(longitude),
            math.sin(latitude),
        )

    (a, b, c), (x, y, z) = vector(one), vector(other)
    across = math.hypot(b * z - c * y, c * x - a * z, a * y - b * x)
    return EARTH * math.atan2(across, a * x + b * y + c * z)


def degrees(low: int, high: int):
    return st.decimals(min_value=low, max_value=high, places=6)


steps = st.decimals(min_value=Decimal("-0.0012"), max_value=Decimal("0.0012"), places=6)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    point=st.builds(Point, degrees(*LATITUDES), degrees(*LONGITUDES)),
    north=steps,
    east=steps,
    metres=st.integers(1, 120),
)
@example(point=HERE, north=Decimal(0), east=Decimal(0), metres=50)
@example(point=HERE, north=Decimal("0.000449"), east=Decimal(0), metres=50)
@example(point=HERE, north=Decimal("0.000450"), east=Decimal(0), metres=50)
@example(point=Point(Decimal(54), Decimal(136)), north=Decimal(0), east=Decimal("-0.000700"), metres=50)
def test_what_is_near_is_what_a_slow_reference_finds(event, point, north, east, metres):
    other = Point(point.latitude + north, point.longitude + east)
    assume(LATITUDES[0] <= other.latitude <= LATITUDES[1] and LONGITUDES[0] <= other.longitude <= LONGITUDES[1])
    distance = slow_distance(point, other)
    assume(abs(distance - metres) > 0.001)  # a millimetre is for the two to differ in
    Event.objects.update(latitude=other.latitude, longitude=other.longitude)
    assert Event.objects.filter(near(point, metres)).exists() == (distance < metres)


def test_without_coordinates_nothing_is_near(cast):
    make_event(cast.worker, cast.tree.unit)
    assert not Event.objects.filter(near(HERE, 10**6)).exists()


# Both or neither, and in China


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"latitude": HERE.latitude}, "latitude"),
        ({"longitude": HERE.longitude}, "latitude"),
        ({"latitude": HERE.longitude, "longitude": HERE.latitude}, "latitude"),
        ({"latitude": Decimal(0), "longitude": Decimal(0)}, "latitude"),
        ({"latitude": HERE.latitude, "longitude": Decimal("136.000001")}, "longitude"),
        ({"latitude": Decimal("40.1234567"), "longitude": HERE.longitude}, "latitude"),
        ({"latitude": Decimal("NaN"), "longitude": HERE.longitude}, "latitude"),
    ],
)
def test_what_is_no_place_is_told_and_nothing_is_filed(cast, given, field):
    with pytest.raises(ValidationError) as refused:
        make_event(cast.worker, cast.tree.unit, **given)
    assert field in refused.value.message_dict
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [({"longitude": None}, "event_coordinates_together"), ({"latitude": 99}, "event_coordinates_in_china")],
)
def test_the_database_holds_it_too(event, wrong, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Event.objects.update(**wrong)


# The chain


def test_reports_without_coordinates_keep_the_digest_of_before():
    event = Event(category_id=1, title="楼道灯坏了", reporter_id=2)
    assert report_digest(event) == "d74457b85a92e10c3941e4357af076aa8fbea617ac6999e13d45b4e441e4cea3"
    event.latitude, event.longitude = HERE
    assert report_digest(event) != report_digest(Event(category_id=1, title="楼道灯坏了", reporter_id=2))


@pytest.mark.parametrize("change", [{"latitude": "40.818201"}, {"latitude": None, "longitude": None}])
def test_a_changed_position_is_found(event, in_english, change):
    call_command("check_events")
    Event.objects.update(**change)
    assert f"{event.number}: what was reported" in findings()


def test_a_position_added_later_is_found(cast, in_english):
    event = make_event(cast.worker, cast.tree.unit)
    Event.objects.update(latitude=HERE.latitude, longitude=HERE.longitude)
    assert f"{event.number}: what was reported" in findings()


# Where it is shown


def test_it_stands_on_the_page_on_paper_in_the_api_and_in_the_sheet(cast, as_, event):
    browser = as_(cast.chief)
    for address in (reverse("event_detail", args=[event.number]), reverse("event_print", args=[event.number])):
        assert "40.818200, 111.708600" in browser.get(address).content.decode()
    shown = browser.get(f"/api/v1/events/{event.number}/").json()
    assert (shown["latitude"], shown["longitude"]) == ("40.818200", "111.708600")
    [row] = rows(browser.get(reverse("event_export")))
    assert (row["纬度"], row["经度"]) == (40.8182, 111.7086)  # numbers, that a sheet can work with


def test_residents_give_it_as_well(cast):
    event = services.file_resident_report(grid=cast.tree.unit, text="灯坏了", **HERE._asdict()).event
    assert event.point == HERE


def test_the_filing_page_takes_it_and_names_what_is_wrong(cast, as_, event):
    sent = {"grid": cast.tree.unit.code, "category": event.category_id, "title": "灯又坏了"}
    browser = as_(cast.worker)
    for wrong in ({"latitude": "here"}, {"latitude": "1e9", "longitude": "1"}, {"latitude": "40.8"}):
        answer = browser.post(reverse("event_file"), sent | wrong)
        assert answer.status_code == 400
        assert "field-error" in answer.content.decode()
    browser.post(reverse("event_file"), sent | {"latitude": "40.8182", "longitude": "111.7086"})
    assert Event.objects.latest("pk").point == HERE
