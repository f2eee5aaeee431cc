"""Branches under /api/v1/."""

import pytest
from rest_framework.test import APIClient

from branches.models import ChiefTitle
from branches.services import Bringing, found_branch
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch(cast):
    return found_branch(
        actor=None,
        name="健康社区第一党支部",
        kind="solo",
        grids=[cast.tree.building],
        site_kind="police_station",
        secretary=cast.police,
        chief_title=ChiefTitle.objects.get(name="派出所所长"),
        member_count=9,
        partners=[Bringing(make_organisation(cast.tree.community, "安居物业"), "活动场地")],
    )


@pytest.fixture
def api():
    def get(person, path="", **query):
        client = APIClient()
        client.force_authenticate(person)
        return client.get(f"/api/v1/branches/{path}", query)

    return get


def names(answer) -> list[str]:
    return [one["name"] for one in answer.json()["results"]]


def test_one_branch(api, cast, branch):
    told = api(cast.worker, f"{branch.pk}/").json()
    assert told["covers"] == ["1501050010010001"]
    assert (told["grid"], told["households"], told["site_kind_label"]) == ("150105001001", 40, "派出所")
    assert (told["secretary"], told["chief_title"], told["deputy"]) == ("赵刚", "派出所所长", None)
    assert [(one["name"], one["brings"]) for one in told["partners"]] == [("安居物业", "活动场地")]


def test_outside_ones_area_there_is_none(api, cast, branch):
    assert names(api(cast.neighbour)) == []
    assert api(cast.neighbour, f"{branch.pk}/").status_code == 404
    assert APIClient().get("/api/v1/branches/").status_code == 401


def test_narrowing(api, cast, branch):
    assert names(api(cast.street, grid="150105001001000101", kind="solo", search="第一")) == [branch.name]
    assert names(api(cast.street, site_kind="other")) == []
    assert list(api(cast.street, grid="9999").json()) == ["grid"]


def test_reading_only(cast, branch):
    client = APIClient()
    client.force_authenticate(cast.admin)
    for send in (client.post, client.put, client.patch, client.delete):
        assert send(f"/api/v1/branches/{branch.pk}/", {}).status_code == 405


def test_a_page_takes_a_pinned_number_of_queries(api, cast, branch, django_assert_num_queries):
    found_branch(actor=None, name="第二党支部", kind="solo", grids=[cast.tree.second_building])
    with django_assert_num_queries(8):
        api(cast.street)
