"""The addresses of the API and what the tests send there."""

import re

from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from events.models import Event
from grids.models import User

EVENTS = "/api/v1/events/"
CATEGORIES = "/api/v1/categories/"
ATTACHMENTS = "/api/v1/attachments/"
CHINESE = re.compile("[\u4e00-\u9fff]")


def api_of(user: User, **options) -> APIClient:
    """A client with the person's token."""
    client = APIClient(**options)
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=user)[0].key}")
    return client


def filing(cast, kind, **changes) -> dict:
    return {"category": kind.pk, "grid": cast.tree.unit.code, "title": "楼道灯不亮"} | changes


def address(event: Event, part: str = "") -> str:
    return f"{EVENTS}{event.number}/{part}"


def numbers(response) -> list[str]:
    assert response.status_code == 200, response.json()
    return [case["number"] for case in response.json()["results"]]


def act(client, event, action, **given):
    return client.post(address(event, "actions/"), {"action": action, **given})
