"""Who came to an activity without having signed up and without a phone is noted by the organiser."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from tests.volunteers.activities import join
from volunteers import services
from volunteers.models import Activity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def running(activity) -> Activity:
    at = timezone.now()
    Activity.objects.update(starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=1))
    return Activity.objects.get()


def names_there(activity: Activity) -> set[str]:
    return {row.user.name for row in activity.participations.exclude(attended_at=None)}


def test_somebody_who_works_there_is_found_by_name_and_noted_with_the_others(cast, as_, running):
    signed_up = join(running, cast.worker, at=running.starts_at - timedelta(hours=1))
    client, url = as_(cast.community), reverse("activity_attendance", args=[running.pk])
    page = client.post(url, {"present": [row.pk for row in signed_up], "search": "建国", "find": "1"})
    assert page.context["found"] == [(cast.chief, True)]
    assert page.context["ticked"] == {row.pk for row in signed_up}
    client.post(url, {"present": [row.pk for row in signed_up], "walked_in": [cast.chief.pk]})
    assert names_there(running) == {"乌兰", "王建国"}


def test_looking_somebody_up_notes_nothing(cast, as_, running):
    as_(cast.community).post(reverse("activity_attendance", args=[running.pk]), {"search": "王", "find": "1"})
    assert not running.participations.exists()


def test_the_same_again_is_the_same(cast, running):
    for _time in range(2):
        services.note_attendance(actor=cast.community, activity=running, present=[], walked_in=[cast.chief])
    assert running.participations.count() == 1
    assert running.steps.filter(action="hold").count() == 1


def test_who_neither_serves_nor_works_there_is_refused(cast, as_, running):
    with pytest.raises(ValidationError):
        services.note_attendance(actor=cast.community, activity=running, present=[], walked_in=[cast.stranger])
    url = reverse("activity_attendance", args=[running.pk])
    page = as_(cast.community).post(url, {"walked_in": [cast.stranger.pk]})
    assert page.status_code == 400
    assert "who serve or work there" in page.text
    assert not running.participations.exists()
