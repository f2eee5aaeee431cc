"""The place of a case, as pages, API and admin call it: by its name of now while it is open, later by that of then."""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse
from rest_framework.test import APIClient

from events.models import Event
from grids import services
from grids.services import Part, merge_grids, move_grid, rename_grid, split_grid
from tests.factories import make_category, make_event, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(cast):
    """An open case and a closed one of a building that has another name and another place now."""
    still_open = make_event(cast.worker, cast.tree.building, title="灯不亮")
    closed = take(make_event(cast.worker, cast.tree.building, title="漏水"), "accept", "resolve", "pass_check")
    rename_grid(actor=None, grid=cast.tree.building, name="甲楼")
    rename_grid(actor=None, grid=cast.tree.community, name="康乐社区")
    return still_open, closed


def page(client, user, name, *args, **query) -> str:
    client.force_login(user)
    return client.get(reverse(name, args=args), query).content.decode()


def test_pages_call_an_open_case_by_the_name_of_now_and_a_closed_one_by_its_time(cast, cases, client):
    still_open, closed = cases
    text = page(client, cast.street, "event_detail", closed.number)
    assert "健康社区 1号楼" in text
    assert "甲楼" not in text
    assert "康乐社区 甲楼" in page(client, cast.street, "event_detail", still_open.number)
    listed = page(client, cast.street, "event_list", status="closed")
    assert "健康社区 1号楼" in listed
    assert "甲楼" not in listed.partition("<tbody")[2].partition("</tbody")[0]


def test_the_api_tells_the_same(cast, cases):
    client = APIClient()
    client.force_authenticate(cast.street)
    names = {event["number"]: event["place_name"] for event in client.get("/api/v1/events/").json()["results"]}
    still_open, closed = cases
    assert names == {still_open.number: "康乐社区 甲楼", closed.number: "健康社区 1号楼"}
    assert client.get(f"/api/v1/events/{closed.number}/").json()["place_name"] == "健康社区 1号楼"


def test_the_admin_tells_the_same(cast, cases, client):
    text = page(client, cast.admin, "admin:events_event_changelist", status__exact="closed")
    assert "健康社区 1号楼" in text


def test_the_migration_names_the_places_of_before(cast, cases):
    Event.objects.update(place_name="")
    migration = import_module("events.migrations.0004_place_names")
    migration.name_places(apps, None)
    assert set(Event.objects.values_list("place_name", flat=True)) == {"康乐社区 甲楼"}
    unit = make_event(cast.worker, cast.tree.unit)
    street = make_event(cast.street, cast.tree.street, category=make_category("街", lowest_loop="street"))
    Event.objects.filter(pk__in=[unit.pk, street.pk]).update(place_name="")
    migration.name_places(apps, None)
    named = Event.objects.filter(pk__in=[unit.pk, street.pk]).order_by("pk").values_list("place_name", flat=True)
    assert list(named) == [unit.place_name, "人民路街道"]


# Filing with a code of before


@pytest.fixture
def api(cast):
    client = APIClient()

    def file(user, code):
        client.force_authenticate(user)
        category = make_category("灯").pk if not Event.objects.exists() else Event.objects.first().category_id
        return client.post("/api/v1/events/", {"category": category, "grid": code, "title": "灯不亮"})

    return file


def divide(tree) -> list:
    parts = [Part("东区", (tree.building.code,)), Part("西区", (tree.second_building.code,))]
    return split_grid(actor=None, grid=tree.community, parts=parts)


def test_the_api_files_with_an_old_code(cast, api):
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    answer = api(cast.worker, cast.tree.second_building.code)
    assert answer.status_code == 201
    assert answer.json()["grid"]["code"] == cast.tree.building.code


def test_the_api_names_the_parts_of_a_divided_grid(cast, api):
    east, west = divide(cast.tree)
    answer = api(cast.street, cast.tree.community.code)
    assert (answer.status_code, list(answer.json())) == (400, ["grid"])
    assert east.code in answer.json()["grid"][0]
    assert west.code in answer.json()["grid"][0]


def test_an_old_code_outside_ones_area_says_no_more_than_before(cast, api):
    move_grid(actor=None, grid=cast.tree.other_building, new_parent=cast.tree.far_community)
    answer = api(cast.worker, cast.tree.other_building.code)
    assert answer.status_code == 400
    assert "桥靠" not in answer.json()["grid"][0]


def test_the_filing_page_takes_an_old_code(cast, client):
    merge_grids(actor=None, grid=cast.tree.second_building, into=cast.tree.building)
    client.force_login(cast.worker)
    answer = client.get(reverse("event_file"), {"grid": cast.tree.second_building.code})
    assert answer.context["chosen_place"] == cast.tree.building.code
    form = {"grid": cast.tree.second_building.code, "category": make_category("灯").pk, "title": "灯不亮"}
    assert client.post(reverse("event_file"), form).status_code == 302
    assert Event.objects.get().grid == cast.tree.building


def test_the_filing_page_offers_the_parts_of_a_divided_grid(cast, client):
    east, west = divide(cast.tree)
    client.force_login(cast.street)
    shown = client.get(reverse("event_file"), {"grid": cast.tree.community.code})
    form = {"grid": cast.tree.community.code, "category": make_category("灯").pk, "title": "灯不亮"}
    sent = client.post(reverse("event_file"), form)
    for answer in (shown, sent):
        assert answer.status_code == 400
        assert answer.context["chosen_place"] in ("", cast.tree.community.code)
        assert {east, west} <= set(answer.context["places"])
        assert "已拆分" in answer.content.decode()
    assert not Event.objects.exists()


def test_the_list_takes_an_old_code(cast, client):
    make_event(cast.worker, cast.tree.building)
    merge_grids(actor=None, grid=cast.tree.community, into=cast.tree.other_community)
    client.force_login(cast.street)
    answer = client.get(reverse("event_list"), {"grid": cast.tree.community.code})
    assert len(answer.context["events"]) == 1
    services.split_grid(
        actor=None,
        grid=cast.tree.other_community,
        parts=[
            Part("甲", tuple(cast.tree.other_community.children.active().values_list("code", flat=True))),
            Part("乙"),
        ],
    )
    assert client.get(reverse("event_list"), {"grid": cast.tree.community.code}).status_code == 400
