"""Residents' photos are erased with their contact, and nothing else is erased under that cover."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from events import services
from events.audit import lost_files, problems
from events.models import Attachment, Event, ResidentContact
from tests.events.conftest import MONDAY
from tests.events.resident_photos import send, statuses
from tests.events.tampering import findings
from tests.factories import make_event, make_uploads, take
from tests.pages import page
from tests.pictures import picture, stored

pytestmark = pytest.mark.django_db
# Files go when the transaction that removed their row is committed, so some tests need real ones.
committing = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_once_and_here(settings, uploads) -> None:
    """Nobody waits before sending, and the files lie in a folder of the test's own."""
    settings.PUBLIC_FORM_SECONDS = (0, 3600)


@pytest.fixture
def ended(cast, client) -> Event:
    """Closed long ago, with a photo of the resident and one of the result."""
    send(client, cast.tree.unit, picture())
    event = take(Event.objects.get(), "accept", at=timezone.now())
    event = take(event, "resolve", attachments=make_uploads(cast.chief, picture((40, 40))))
    return take(event, "pass_check")


LATER = timedelta(days=181)


@committing
def test_photos_of_residents_go_with_their_contact_and_the_result_stays(client, ended, uploads):
    done = services.erase_contacts(at=timezone.now() + LATER)
    assert (done["contacts"], done["photos"]) == (1, 1)
    own, result = ended.attachments.order_by("created_at")
    assert (own.file.name, own.thumbnail.name, bool(own.erased_at)) == ("", "", True)
    assert result.erased_at is None
    assert len(stored(uploads)) == 2
    assert statuses(client, ended, own) == {404}
    call_command("check_events", "--files", stdout=StringIO())


@committing
def test_what_is_erased_while_the_check_looks_at_the_files_is_not_lost(cast, uploads, ended):
    lost = make_event(cast.worker, cast.tree.building, attachments=make_uploads(cast.worker))
    Attachment.objects.filter(event=ended).update(id=F("id") + 100)  # they are looked at in their order
    (uploads / lost.attachments.get().file.name).unlink()
    found = lost_files(read_files=False)
    assert next(found).startswith(lost.number)  # and by now it has read the row of the resident's photo
    assert services.erase_contacts(at=timezone.now() + LATER)["photos"] == 1
    assert not list(found)


def test_page_paper_and_api_say_that_it_was_erased(cast, as_, ended):
    services.erase_contacts(at=timezone.now() + LATER)
    photo, chief = ended.attachments.get(step__action="file"), as_(cast.chief)
    for name in ("event_detail", "event_print"):
        shown = page(chief.get(reverse(name, args=[ended.number])))
        assert reverse("attachment_thumbnail", args=[photo.key]) not in shown
        assert "清除" in shown
    steps = chief.get(f"/api/v1/events/{ended.number}/steps/").json()["results"]
    assert steps[0]["attachments"][0]["erased_at"]
    assert chief.get(reverse("attachment", args=[photo.key])).status_code == 404
    admin = page(as_(cast.admin).get(reverse("admin:events_event_change", args=[ended.pk])))
    assert reverse("attachment", args=[photo.key]) not in admin


def test_nuisance_keeps_its_photos_as_long_so_that_nobody_makes_evidence_vanish(cast, client):
    send(client, cast.tree.unit, picture())
    services.mark_spam(event=Event.objects.get(), actor=cast.chief)
    assert services.erase_contacts(at=timezone.now() + timedelta(days=179))["photos"] == 0
    assert services.erase_contacts(at=timezone.now() + LATER)["photos"] == 1
    assert not list(problems())


def test_an_open_case_keeps_its_photos(cast, client):
    send(client, cast.tree.unit, picture())
    assert services.erase_contacts(at=timezone.now() + timedelta(days=999))["photos"] == 0


@pytest.mark.parametrize("action", ["file", "resolve"])
def test_what_was_not_due_to_be_erased_is_found(ended, action):
    Attachment.objects.filter(step__action=action).update(file="", thumbnail="", erased_at=MONDAY)
    assert "的第 1 个附件" in findings()


def test_the_result_is_not_erased_under_cover_of_the_contact(ended):
    services.erase_contacts(at=timezone.now() + LATER)
    erased_at = ResidentContact.objects.get().erased_at
    Attachment.objects.filter(step__action="resolve").update(file="", thumbnail="", erased_at=erased_at)
    assert f"{ended.number}：第 3 步的第 1 个附件" in findings()


def test_a_file_that_outlived_its_erasure_is_cleaned(ended, uploads):
    own = ended.attachments.get(step__action="file")
    Path(own.file.path).touch()
    Attachment.objects.filter(pk=own.pk).update(file="", thumbnail="", erased_at=MONDAY)
    assert services.clean_uploads(at=timezone.now() + timedelta(days=2))["strays"] == 2
