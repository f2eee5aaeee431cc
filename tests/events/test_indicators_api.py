"""The indicators through the API: counts, rates and links, side by side, for who covers the grid; never stale."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from events.figures.days import Points, spans
from events.figures.measures import MEASURES
from events.indicators import INDICATORS
from grids.services import end_post
from tests.events.api_calls import CHINESE, api_of
from tests.events.test_ratings import rated
from tests.factories import make_category, make_event, make_organisation, take

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/indicators/"


@pytest.fixture
def cases(cast):
    """In the first building one closed and rated, and one open; in the next an old one, which is overdue."""
    rated(cast, "fair", contacted=True)
    make_event(cast.worker, cast.tree.building)
    make_event(cast.worker, cast.tree.second_building, at=timezone.now() - timedelta(days=400))


def get(user, grid, headers=None, **query):
    return api_of(user).get(ADDRESS, {"grid": grid.code, **query}, headers=headers)


def told(user, grid, **query) -> dict:
    answer = get(user, grid, **query)
    assert answer.status_code == 200, answer.json()
    return answer.json()


# What it tells


def test_the_sum_alone(cast, cases):
    found = told(cast.street, cast.tree.street)
    assert (found["grid"], found["rows"]) == ({"code": cast.tree.street.code, "name": "人民路街道"}, [])
    total = found["total"]
    assert total["counts"].keys() == MEASURES.keys()
    assert total["rates"].keys() == INDICATORS.keys()
    assert (total["counts"]["received"], total["counts"]["closed"], total["counts"]["overdue"]) == (3, 1, 1)
    assert (total["rates"]["satisfaction"], total["rates"]["response"], total["rates"]["resolution"]) == (0.9, 1, None)
    assert timezone.datetime.fromisoformat(found["as_of"]).tzinfo


def test_names_formulas_and_meanings_come_along(cast):
    found = told(cast.street, cast.tree.street)
    satisfaction = next(each for each in found["indicators"] if each["name"] == "satisfaction")
    assert satisfaction["formula"] == "(满意 + 0.9 × 基本满意) ÷ 已评价"
    assert "未评价" in satisfaction["left_out"]
    assert [each["name"] for each in found["measures"]] == list(MEASURES)
    assert {each["name"]: each["day"] for each in found["measures"]}["settled"] == "closed"


def test_grids_side_by_side_sum_up(cast, cases):
    make_event(cast.worker, cast.tree.community)
    found = told(cast.community, cast.tree.community, by="child")
    assert [(row["key"], row["counts"]["received"]) for row in found["rows"]] == [
        (cast.tree.building.code, 2),
        (cast.tree.second_building.code, 1),
        (cast.tree.community.code, 1),
    ]
    assert (found["rows"][-1]["name"], "directly=true" in found["rows"][-1]["cases_url"]) == ("本级直接发生", True)
    assert found["total"] == told(cast.community, cast.tree.community)["total"]


def test_a_grid_without_cases_stands_there_with_none(cast, cases):
    rows = {row["key"]: row for row in told(cast.district, cast.tree.district, by="child")["rows"]}
    other = rows[cast.tree.other_street.code]
    assert set(other["counts"].values()) == {0}
    assert set(other["rates"].values()) == {None}


def test_months_side_by_side(cast, cases):
    since = timezone.localdate() - timedelta(days=400)
    found = told(cast.street, cast.tree.street, by="month", since=since.isoformat())
    assert len(found["rows"]) == len(spans(since, timezone.localdate(), Points.MONTH))
    assert (found["rows"][0]["key"], found["rows"][0]["counts"]["received"]) == (f"{since:%Y-%m}", 1)
    assert found["rows"][-1]["counts"]["received"] == 2
    assert found["total"]["counts"] == told(cast.street, cast.tree.street, since=since.isoformat())["total"]["counts"]


def test_months_begin_with_the_first_case_where_no_day_is_given(cast, cases):
    rows = told(cast.street, cast.tree.street, by="month")["rows"]
    assert rows[0]["counts"]["received"] == 1
    assert told(cast.city, cast.tree.other_street, by="month")["rows"] == []


def test_categories_side_by_side(cast, cases):
    other = make_category("井盖缺损", major="公用设施")
    make_event(cast.worker, cast.tree.building, category=other)
    rows = {
        row["name"]: row["counts"]["received"] for row in told(cast.street, cast.tree.street, by="category")["rows"]
    }
    assert sorted(rows.values()) == [1, 3]
    assert told(cast.street, cast.tree.street, category=str(other.pk))["total"]["counts"]["received"] == 1
    assert told(cast.street, cast.tree.street, category="公用设施")["total"]["counts"]["received"] == 1


def test_an_organisation_narrows_it(cast, cases):
    company = make_organisation(cast.tree.community)
    assert told(cast.street, cast.tree.street, organisation=str(company.pk))["total"]["counts"]["received"] == 0


@pytest.mark.parametrize("by", ["none", "child", "organisation", "month", "category"])
def test_every_link_opens_the_cases_counted(cast, as_, cases, by):
    make_event(cast.worker, cast.tree.community)
    found = told(cast.community, cast.tree.community, by=by)
    client = as_(cast.community)
    for row in [found["total"], *found["rows"]]:
        for name in ("received", "open", "settled", "rated"):
            url = row["cases_url"].replace("figure=received", f"figure={name}")
            assert len(client.get(url).context["events"]) == row["counts"][name], (row["name"], name)


def test_a_year_without_data_has_no_rates(cast, cases):
    found = told(cast.street, cast.tree.street, since="2031-01-01", until="2031-12-31", by="month")
    assert len(found["rows"]) == 12
    for row in [found["total"], *found["rows"]]:
        assert set(row["counts"].values()) == {0}
        assert set(row["rates"].values()) == {None}


def test_without_a_first_day_the_months_end_with_this_one(cast, cases):
    found = told(cast.street, cast.tree.street, until="9000-01-01", by="month")
    assert found["rows"][-1]["key"] == f"{timezone.localdate():%Y-%m}"
    assert found["total"]["counts"]["received"] == 3


def test_clue_reports_are_in_no_count(cast, cases):
    before = told(cast.street, cast.tree.street, by="category")
    make_event(cast.worker, cast.tree.building, category=make_category("线索举报一", is_confidential=True))
    after = told(cast.street, cast.tree.street, by="category")
    assert after | {"as_of": ""} == before | {"as_of": ""}


# Who is told


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("worker", {"building": 200, "community": 404, "street": 404, "city": 404}),
        ("chief", {"building": 200, "second_building": 404, "community": 404}),
        ("community", {"unit": 200, "community": 200, "other_community": 404, "street": 404}),
        ("police", {"community": 200, "street": 404}),
        ("street", {"street": 200, "other_street": 404, "district": 404}),
        ("district", {"district": 200, "city": 404}),
        ("city", {"city": 200, "far_community": 200}),
        ("neighbour", {"building": 404, "community": 404}),
        ("stranger", {"city": 404, "unit": 404}),
        ("admin", {"city": 200, "unit": 200}),
    ],
)
def test_only_who_covers_a_grid_is_told_of_it(cast, who, codes):
    got = {name: get(getattr(cast, who), getattr(cast.tree, name)).status_code for name in codes}
    assert got == codes


def test_nobody_without_a_login(cast):
    assert APIClient().get(ADDRESS, {"grid": "1501"}).status_code == 401


def test_the_right_ends_with_the_post(cast):
    end_post(actor=None, post=cast.street.posts.get())
    assert get(cast.street, cast.tree.street).status_code == 404


# What is wrong with a request


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"grid": ""}, "grid"),
        ({"since": "2026-02-30"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"until": "9999-12-31"}, "until"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "until"),
        ({"since": "1990-01-01", "by": "month"}, "since"),
        ({"category": "没有"}, "category"),
        ({"category": "99999999999999999999"}, "category"),
        ({"organisation": "77"}, "organisation"),
        ({"organisation": "x"}, "organisation"),
        ({"organisation": "9" * 30}, "organisation"),
        ({"by": "person"}, "by"),
    ],
)
def test_bad_input_is_named_in_chinese(cast, query, field):
    answer = api_of(cast.street).get(ADDRESS, {"grid": cast.tree.street.code} | query)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert CHINESE.search(answer.json()[field][0])


@pytest.mark.parametrize("code", ["999", "x", "１５０１", "\x00", "1501" * 5])
def test_a_grid_that_is_none(cast, code):
    answer = api_of(cast.city).get(ADDRESS, {"grid": code})
    assert answer.status_code in (400, 404)
    assert CHINESE.search(str(answer.json()))


# Conditional requests


def test_what_has_not_changed_is_not_sent_again(cast, cases):
    first = get(cast.street, cast.tree.street, by="child")
    tag = first["ETag"]
    again = get(cast.street, cast.tree.street, by="child", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    for answer in (first, again):
        assert answer["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "Cookie"} <= set(answer["Vary"].replace(" ", "").split(","))


def test_whatever_changes_is_told_at_once(cast, cases):
    def asked(**query):
        return get(cast.street, cast.tree.street, headers={"If-None-Match": tag}, **query).status_code

    tag = get(cast.street, cast.tree.street)["ETag"]
    event = make_event(cast.worker, cast.tree.building)
    assert asked() == 200
    tag = get(cast.street, cast.tree.street)["ETag"]
    take(event, "accept")
    assert asked() == 200
    assert asked(since="2020-01-01") == 200


def test_a_tag_opens_nothing_to_others(cast, cases):
    tag = get(cast.street, cast.tree.street)["ETag"]
    assert get(cast.neighbour, cast.tree.street, headers={"If-None-Match": tag}).status_code == 404


# What it costs


@pytest.mark.parametrize("by", ["none", "child", "month", "category"])
def test_it_costs_few_queries(cast, cases, by, django_assert_max_num_queries):
    client = api_of(cast.city)
    query = {"grid": "1501", "since": "2026-01-01", "until": "2026-12-31", "by": by}
    with django_assert_max_num_queries(10):
        assert client.get(ADDRESS, query).status_code == 200
