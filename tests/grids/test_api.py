"""Grids under /api/v1/: what is visible, how it is narrowed, and what bad parameters get."""

import pytest
from rest_framework.test import APIClient

from grids import services
from grids.models import Role
from tests.factories import make_post


@pytest.fixture
def api(cast):
    """`api(user, path, **query)`: the answer to a GET."""

    def api(user, path="", **query):
        client = APIClient()
        if user:
            client.force_authenticate(user)
        return client.get(f"/api/v1/grids/{path}", query)

    return api


def codes(answer):
    return [grid["code"] for grid in answer.json()["results"]]


def test_without_a_login_there_is_nothing(api):
    assert api(None).status_code == 401


def test_one_grid_says_who_works_there_and_where_it_lies(api, cast):
    make_post(cast.stranger, cast.tree.building, Role.STAFF)
    assert api(cast.worker, "1501050010010001/").json() == {
        "code": "1501050010010001",
        "name": "1号楼",
        "level": "building",
        "parent": "150105001001",
        "full_name": "人民路街道 健康社区 1号楼",
        "path": ["呼和浩特市", "赛罕区", "人民路街道", "健康社区"],
        "households": 40,
        "chief": "王建国",
        "staff": ["乌兰", "周敏"],
        "children_count": 2,
        "public_url": "http://testserver/g/1501050010010001/",
        "is_demo": False,
        "retired_at": None,
    }


def test_a_city_has_no_parent_and_a_vacant_grid_no_chief(api, cast):
    city = api(cast.admin, "1501/").json()
    assert (city["parent"], city["path"], city["chief"], city["staff"]) == (None, [], None, [])


def test_the_list_is_what_the_user_may_see(api, cast):
    tree = cast.tree
    own = [tree.community, tree.building, tree.unit, tree.second_unit, tree.second_building]
    assert codes(api(cast.worker)) == ["1501", "150105", "150105001", *(grid.code for grid in own)]
    assert codes(api(cast.stranger)) == []
    assert len(codes(api(cast.admin))) == 12


@pytest.mark.parametrize("code", ["150105001002", "1501050010020001", "999999", "0"])
def test_outside_is_not_found(api, cast, code):
    assert api(cast.worker, f"{code}/").status_code == 404


def test_narrowing(api, cast):
    assert codes(api(cast.street, parent="150105001")) == ["150105001001", "150105001002"]
    assert codes(api(cast.street, level="community")) == ["150105001001", "150105001002"]
    assert codes(api(cast.street, search="学苑")) == ["150105001002"]
    assert codes(api(cast.street, search="15010500100200")) == ["1501050010020001"]
    assert codes(api(cast.street, level="building", search="1号", parent="150105001001")) == ["1501050010010001"]


def test_an_empty_parameter_narrows_nothing(api, cast):
    assert codes(api(cast.street, parent="", level="", search="")) == codes(api(cast.street))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parent", "150105002"),
        ("parent", "x"),
        ("level", "3"),
        ("level", "village"),
        ("search", "长" * 65),
        ("search", "a\0b"),
    ],
)
def test_a_bad_parameter_is_named(api, cast, field, value):
    answer = api(cast.street, **{field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_sql_in_a_search_finds_nothing(api, cast):
    assert codes(api(cast.admin, search="' OR 1=1 --")) == []


def test_an_ended_post_closes_the_door_at_once(api, cast):
    assert api(cast.chief, "1501050010010001/").status_code == 200
    services.end_post(actor=None, post=cast.chief.posts.get())
    assert api(cast.chief, "1501050010010001/").status_code == 404


def test_reading_only(cast):
    client = APIClient()
    client.force_authenticate(cast.admin)
    for send in (client.post, client.put, client.patch, client.delete):
        assert send("/api/v1/grids/1501/", {}).status_code == 405


def test_a_page_takes_a_pinned_number_of_queries(api, cast, django_assert_num_queries):
    with django_assert_num_queries(5):  # posts of the user, count, page, names above, people
        api(cast.city)
    with django_assert_num_queries(4):
        api(cast.street, "1501050010010001/")
