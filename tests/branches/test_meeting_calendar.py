"""The calendar of one's own meetings: what it tells, to whom, and that calendar programs follow what changes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from branches import services
from branches.models import CalendarKey, Invitation
from tests.factories import make_meeting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def meeting(joint):
    soon = timezone.now().replace(microsecond=0) + timedelta(days=3)
    meeting = make_meeting(joint.branch, joint.secretary, starts_at=soon, title="联席会议；第一次,试")
    Invitation.objects.create(meeting=meeting, person=joint.cast.worker)
    return meeting


def feed(user) -> Calendar:
    answer = Client().get(reverse("meeting_feed", args=[services.renew_calendar(user=user)]))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.content)


def test_it_holds_title_place_and_time_alone(joint, meeting):
    (event,) = feed(joint.cast.worker).walk("VEVENT")
    assert (event["summary"], event["location"], event["status"]) == (meeting.title, meeting.place, "CONFIRMED")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (meeting.starts_at, meeting.ends_at)
    assert set(event) == {
        "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS",
    }  # fmt: skip


def test_it_is_valid_to_the_letter(joint, meeting):
    token = services.renew_calendar(user=joint.cast.worker)
    content = Client().get(reverse("meeting_feed", args=[token])).content
    lines = content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in lines)
    assert {b"VERSION:2.0", b"METHOD:PUBLISH"} <= set(lines)


def test_a_change_and_a_calling_off_are_told_under_the_same_name(joint, meeting):
    (before,) = feed(joint.cast.worker).walk("VEVENT")
    services.call_off(actor=joint.secretary, meeting=meeting, reason="大雪")
    (after,) = feed(joint.cast.worker).walk("VEVENT")
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]


def test_it_is_the_persons_own(joint, meeting):
    assert feed(joint.secretary).walk("VEVENT")
    assert not feed(joint.cast.police).walk("VEVENT")
    make_meeting(joint.branch, joint.secretary, starts_at=meeting.starts_at, state="planned")
    assert len(feed(joint.secretary).walk("VEVENT")) == 1


def test_a_renewed_address_ends_the_one_before(joint, meeting):
    first = services.renew_calendar(user=joint.cast.worker)
    second = services.renew_calendar(user=joint.cast.worker)
    assert Client().get(reverse("meeting_feed", args=[first])).status_code == 404
    assert Client().get(reverse("meeting_feed", args=[second])).status_code == 200
    assert first not in CalendarKey.objects.get().digest


def test_a_closed_account_has_no_calendar(joint, meeting):
    token = services.renew_calendar(user=joint.cast.worker)
    joint.cast.worker.is_active = False
    joint.cast.worker.save()
    assert Client().get(reverse("meeting_feed", args=[token])).status_code == 404


def test_the_page_shows_the_address_once(client, joint):
    client.force_login(joint.cast.worker)
    url = reverse("meeting_calendar")
    assert "Make my address" in client.get(url).content.decode()
    made = client.post(url)
    assert made.context["address"].endswith(".ics")
    assert made["Cache-Control"] == "private, no-store"
    assert "/meetings/calendar/" in made.content.decode()
    assert ".ics" not in client.get(url).content.decode()


def test_it_takes_two_queries_however_many(joint, meeting, django_assert_num_queries):
    for _number in range(3):
        make_meeting(joint.branch, joint.secretary, starts_at=meeting.starts_at)
    url = reverse("meeting_feed", args=[services.renew_calendar(user=joint.secretary)])
    with django_assert_num_queries(2):
        assert Client().get(url).content.count(b"BEGIN:VEVENT") == 4
