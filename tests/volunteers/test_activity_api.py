"""Activities over the API: what is in it, what it can be narrowed to, and what it costs."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from grids.models import User
from tests.factories import make_activity
from tests.volunteers.activities import join

pytestmark = pytest.mark.django_db

ACTIVITIES = "/api/v1/activities/"


def as_(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def coming(cast):
    return make_activity(cast.tree.community, timezone.now() + timedelta(days=2), places=1)


def test_it_tells_where_one_stands_and_of_nobody_else(cast, coming):
    join(coming, cast.chief, cast.worker, at=timezone.now())
    response = as_(cast.worker).get(f"{ACTIVITIES}{coming.pk}/")
    found = response.json()
    assert (found["mine"], found["joined"], found["waiting"]) == ("waiting", 1, 1)
    assert found["grid"] == cast.tree.community.code
    assert "王建国" not in response.content.decode()


def test_the_list_is_narrowed(cast, coming):
    other = make_activity(cast.tree.other_community, timezone.now() + timedelta(days=2))
    client = as_(cast.street)
    ids = {"": [other.pk, coming.pk], f"grid={cast.tree.community.code}": [coming.pk], "upcoming=false": []}
    for query, expected in ids.items():
        assert [one["id"] for one in client.get(f"{ACTIVITIES}?{query}").json()["results"]] == expected
    assert client.get(f"{ACTIVITIES}?state=no").status_code == 400
    assert client.get(f"{ACTIVITIES}?grid=9").status_code == 400


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_costs_the_same_however_long(cast, count, django_assert_num_queries):
    for number in range(count):
        join(make_activity(cast.tree.community, timezone.now() + timedelta(days=2 + number)), cast.worker)
    client = as_(cast.worker)
    with django_assert_num_queries(8):
        client.get(ACTIVITIES)
