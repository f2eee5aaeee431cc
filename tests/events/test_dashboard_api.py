"""The dashboard through the API: the figures of the page, and no answer anew where nothing has changed."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from events.models import Category
from tests.events.api_calls import api_of
from tests.factories import make_category, make_event, make_grid, take

pytestmark = pytest.mark.django_db

STREET = "/api/v1/dashboards/150105001/"


@pytest.fixture
def cases(cast):
    make_event(cast.worker, cast.tree.unit)
    take(make_event(cast.worker, cast.tree.building, at=timezone.now()), "accept", "resolve", "pass_check")


def test_it_says_what_the_page_says(cast, as_, cases):
    body = api_of(cast.street).get(STREET).json()
    shown = as_(cast.street).get("/dashboards/150105001/").context["dashboard"]
    assert [(one["figure"]["name"], one["figure"]["value"], one["figure"]["url"]) for one in body["top"]] == [
        (one.figure.name, one.figure.value, one.figure.url) for one in shown.top
    ]
    assert [child["figures"]["open"]["value"] for child in body["children"]] == [1, 0]
    assert body["children"][0]["code"] == cast.tree.community.code
    assert sum(row[-1]["value"] for row in body["heat"]["rows"]) == 2
    assert (body["grid"], body["name"], body["category"]) == ("150105001", "人民路街道", "")


def test_a_link_of_it_opens_the_cases(cast, as_, cases):
    [figure] = [
        one["figure"] for one in api_of(cast.street).get(STREET).json()["top"] if one["figure"]["name"] == "open"
    ]
    assert len(as_(cast.street).get(figure["url"]).context["page"].object_list) == figure["value"] == 1


def test_a_rate_without_cases_is_none(cast):
    rates = {one["figure"]["name"]: one["figure"]["value"] for one in api_of(cast.street).get(STREET).json()["top"]}
    assert (rates["satisfaction"], rates["open"]) == (None, 0)


def test_nothing_is_sent_again_until_something_changes(cast, cases):
    client = api_of(cast.street)
    first = client.get(STREET)
    again = client.get(STREET, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    make_event(cast.worker, cast.tree.unit)
    assert client.get(STREET, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_it_is_kept_for_this_person_alone(cast):
    answer = api_of(cast.street).get(STREET)
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(answer["Vary"].replace(" ", "").split(","))


def test_a_clue_report_does_not_even_change_the_etag(cast, cases):
    client = api_of(cast.street)
    clue = make_category("线索举报", is_confidential=True)
    first = client.get(STREET)["ETag"]
    make_event(cast.worker, cast.tree.unit, category=clue)
    assert client.get(STREET)["ETag"] == first


def test_it_is_narrowed_like_the_page(cast, cases):
    client = api_of(cast.street)
    lamp = make_category("路灯")
    assert not client.get(STREET, {"category": lamp.pk}).json()["top"][2]["figure"]["value"]
    governance = Category.objects.exclude(pk=lamp.pk).get()
    body = client.get(STREET, {"category": governance.pk, "since": "2026-01-01", "until": "2026-01-31"}).json()
    assert (body["since"], body["until"], body["category"]) == ("2026-01-01", "2026-01-31", str(governance.pk))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "2026-11-02", "until": "2026-11-01"}, "until"),
        ({"since": "x"}, "since"),
        ({"period": "x"}, "period"),
        ({"category": "x"}, "category"),
    ],
)
def test_a_wrong_filter_is_told_by_its_field(cast, query, field):
    answer = api_of(cast.street).get(STREET, query)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_outside_there_is_nothing(cast):
    make_grid("150105003", "又一街道")
    for code in ("150105", "150105002", "150105003", "15"):
        assert api_of(cast.street).get(f"/api/v1/dashboards/{code}/").status_code == 404
    assert APIClient().get(STREET).status_code == 401
