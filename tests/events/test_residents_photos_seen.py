"""Who sees the photos of residents, and which of the colleagues' photos residents see."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Attachment, Event
from tests import pictures
from tests.events.resident_photos import photo_paths, send, statuses
from tests.factories import make_category, make_uploads, take
from tests.pages import page
from tests.pictures import picture

PEOPLE = ("worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once_and_here(settings, uploads) -> None:
    """Nobody waits before sending, and the files lie in a folder of the test's own."""
    settings.PUBLIC_FORM_SECONDS = (0, 3600)


# Who sees them


def test_staff_who_may_see_the_case_see_them_on_page_paper_and_api(cast, client, as_):
    send(client, cast.tree.unit, picture())
    event, photo = Event.objects.get(), Attachment.objects.get()
    thumbnail = reverse("attachment_thumbnail", args=[photo.key])
    chief = as_(cast.chief)
    for name in ("event_detail", "event_print"):
        assert thumbnail in page(chief.get(reverse(name, args=[event.number])))
    (step,) = chief.get(f"/api/v1/events/{event.number}/steps/").json()["results"]
    assert step["attachments"][0]["sha256"] == photo.sha256
    got = {person: as_(getattr(cast, person)).get(thumbnail).status_code for person in PEOPLE}
    assert got == {person: 404 if person in ("neighbour", "stranger") else 200 for person in PEOPLE}


def test_the_resident_sees_them_and_no_other_resident(cast, client):
    send(client, cast.tree.unit, picture())
    event, photo = Event.objects.get(), Attachment.objects.get()
    assert all(path in page(client.get(f"/follow/{event.number}/")) for path in photo_paths(event, photo))
    for path in photo_paths(event, photo):
        answer = client.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert {"private", "no-store"} <= set(re.split(r",\s*", answer["Cache-Control"]))
        assert (answer["X-Content-Type-Options"], answer["X-Robots-Tag"]) == ("nosniff", "noindex, nofollow")
    assert statuses(Client(), event, photo) == {404}

    neighbour = Client()
    send(neighbour, cast.tree.unit, picture((40, 40)), key="b" * 32)
    other = Event.objects.exclude(pk=event.pk).get()
    assert statuses(neighbour, event, photo) == statuses(neighbour, other, photo) == {404}
    assert statuses(neighbour, other, other.attachments.get()) == {200}
    client.post(reverse("public_leave", args=[event.number]))
    assert statuses(client, event, photo) == {404}


def test_the_resident_sees_the_result_and_nothing_among_colleagues(cast, client):
    send(client, cast.tree.unit)
    event = take(Event.objects.get(), "accept", attachments=make_uploads(cast.chief))
    inside = event.attachments.get()
    event = take(event, "comment", attachments=make_uploads(cast.chief, picture((30, 30))))
    event = take(event, "resolve", attachments=make_uploads(cast.chief, picture((40, 40)), pictures.PDF))
    result, document = event.steps.last().attachments.all()
    assert statuses(client, event, result) == {200}
    assert statuses(client, event, inside) == statuses(client, event, document) == {404}
    shown = page(client.get(f"/follow/{event.number}/"))
    assert shown.count("/thumbnail/") == 1
    assert str(result.key) in shown


def test_the_desk_is_told_that_the_resident_sees_them(cast, client, as_):
    send(client, cast.tree.unit)
    event = take(Event.objects.get(), "accept", "assign", handler=cast.worker)
    assert "反映问题的居民能看到" in page(as_(cast.worker).get(f"/events/{event.number}/"))


# Clue reports


@pytest.fixture
def clue(cast, client) -> Event:
    category = make_category("线索举报", is_confidential=True, public_name="举报违法线索", lowest_loop="community")
    send(client, cast.tree.unit, picture(), category=category.pk, text="有人聚赌")
    return Event.objects.get()


def test_photos_of_a_clue_are_for_reporter_desk_and_police_alone(cast, client, as_, clue):
    photo = clue.attachments.get()
    for name in ("attachment", "attachment_thumbnail", "api_attachment-detail", "api_attachment-thumbnail"):
        answers = {person: as_(getattr(cast, person)).get(reverse(name, args=[photo.key])) for person in PEOPLE}
        assert {person for person, answer in answers.items() if answer.status_code == 200} == {"community", "police"}
        assert answers["police"]["Cache-Control"] == "private, no-store"
    assert statuses(client, clue, photo) == {200}
    assert statuses(Client(), clue, photo) == {404}


def test_what_was_found_in_a_clue_stays_inside(cast, client, as_, clue):
    event = take(clue, "accept")
    shown = page(as_(cast.community).get(f"/events/{event.number}/"))
    assert "反映问题的居民能看到" not in shown
    event = take(event, "resolve", attachments=make_uploads(cast.community, picture((40, 40))))
    result = event.steps.last().attachments.get()
    assert statuses(client, event, result) == {404}
    assert str(result.key) not in page(client.get(f"/follow/{event.number}/"))
