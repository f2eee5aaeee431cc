"""The description of the API: complete, in Chinese, and readable in a browser."""

import re

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(public=True)


@pytest.fixture(scope="module")
def operations(schema):
    return [
        (f"{method} {path}", operation)
        for path, found in schema["paths"].items()
        for method, operation in found.items()
    ]


def test_the_schema_is_valid_and_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    assert (tmp_path / "schema.yml").exists()


def test_it_lists_what_the_api_offers(operations):
    assert sorted(name for name, _operation in operations) == [
        "get /api/v1/activities/",
        "get /api/v1/activities/{id}/",
        "get /api/v1/attachments/{key}/",
        "get /api/v1/attachments/{key}/thumbnail/",
        "get /api/v1/branches/",
        "get /api/v1/branches/{id}/",
        "get /api/v1/categories/",
        "get /api/v1/dashboards/{code}/",
        "get /api/v1/enrolments/members/",
        "get /api/v1/enrolments/members/{id}/",
        "get /api/v1/enrolments/organisations/",
        "get /api/v1/enrolments/organisations/{id}/",
        "get /api/v1/events/",
        "get /api/v1/events/alike/",
        "get /api/v1/events/{number}/",
        "get /api/v1/events/{number}/clock/",
        "get /api/v1/events/{number}/steps/",
        "get /api/v1/grids/",
        "get /api/v1/grids/{code}/",
        "get /api/v1/indicators/",
        "get /api/v1/mediations/",
        "get /api/v1/mediations/{id}/",
        "get /api/v1/orders/",
        "get /api/v1/orders/{id}/",
        "get /api/v1/organisations/",
        "get /api/v1/organisations/{id}/",
        "get /api/v1/patrols/",
        "get /api/v1/patrols/{id}/",
        "get /api/v1/samples/",
        "get /api/v1/samples/{id}/",
        "get /api/v1/samples/{id}/items/",
        "get /api/v1/samples/{id}/population/",
        "get /api/v1/second-looks/",
        "get /api/v1/services/",
        "get /api/v1/services/{id}/",
        "post /api/v1/events/",
        "post /api/v1/events/{number}/actions/",
        "post /api/v1/token/",
    ]


def test_every_operation_is_described_in_chinese(operations):
    for name, operation in operations:
        assert CHINESE.search(operation["summary"]), name
        assert CHINESE.search(operation["description"]), name
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and "enum" not in parameter["schema"]:
                assert CHINESE.search(parameter.get("description", "")), (name, parameter["name"])


def test_every_operation_tells_its_errors(operations):
    for name, operation in operations:
        if "token" not in operation["tags"]:
            assert "401" in operation["responses"], name
        if name.startswith("post"):
            assert "400" in operation["responses"], name
        if "{" in name:
            assert "404" in operation["responses"], name


def test_the_main_ones_have_examples(schema):
    for path in ("/api/v1/token/", "/api/v1/events/", "/api/v1/events/{number}/actions/"):
        assert schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]


@pytest.mark.django_db
def test_docs_and_schema_ask_for_a_login(client):
    assert client.get("/api/docs/").status_code == 302
    assert client.get("/api/schema/").status_code == 401


@pytest.mark.browser
def test_the_docs_open_in_a_browser(client, live_server, cast, new_page, operations):
    client.force_login(cast.worker)
    page = new_page(width=1440)
    said = []
    page.on("console", lambda line: said.append(line.text))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto("/api/docs/")
    page.get_by_text("上报事件", exact=True).click()
    page.get_by_text("楼道灯不亮").first.wait_for()
    assert page.locator(".opblock").count() == len(operations)
    assert said == []
