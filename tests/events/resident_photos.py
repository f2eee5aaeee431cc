"""What a resident does with photos on the public pages, for the tests."""

import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import Attachment, Event
from grids.public_forms import stamp
from tests.pages import page
from tests.pictures import upload

TEXT = "2单元楼道灯坏了。晚上老人下楼很危险，请尽快修。"


def send(client: Client, grid, *contents: bytes, **given):
    """Send the public form with these photos."""
    files = [upload(content, f"{number}.jpg") for number, content in enumerate(contents, start=1)]
    sent = {"opened": stamp(grid, timezone.now()), "key": "a" * 32, "text": TEXT, "attachments": files} | given
    return client.post(reverse("public_report", args=[grid.code]), sent)


def act(client: Client, action: str, *contents: bytes, **given):
    """Add something to the only case."""
    files = [upload(content, f"{number}.jpg") for number, content in enumerate(contents, start=1)]
    event = Event.objects.get()
    sent = {"seen": event.step_count, "attachments": files} | given
    return client.post(reverse("public_act", args=[event.number, action]), sent)


def tokens(answer) -> list[str]:
    """What a form shows again, by the values with which it comes back."""
    return re.findall(r'name="attachments_kept" value="([^"]+)" checked', page(answer))


def photo_paths(event: Event, photo: Attachment) -> list[str]:
    return [reverse(name, args=[event.number, photo.key]) for name in ("public_photo", "public_photo_thumbnail")]


def statuses(client: Client, event: Event, photo: Attachment) -> set[int]:
    return {client.get(path).status_code for path in photo_paths(event, photo)}
