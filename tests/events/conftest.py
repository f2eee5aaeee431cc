"""What the tests of the workflow share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from events.models import Event, Step
from tests.events.companies import assigned, company, people  # noqa: F401 - fixtures for all
from tests.events.receivers import mail_server, robot  # noqa: F401 - fixtures for all

SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(text: str) -> datetime:
    """A time in Hohhot: `moment("2026-11-23 09:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# A Monday morning in working hours, without a holiday near.
MONDAY = moment("2026-11-23 09:00")


@pytest.fixture
def in_english():
    """The source's own sentences, so that a test holds the sentence and not its translation."""
    with translation.override("en"):
        yield


def snapshot(event: Event) -> tuple:
    """Everything the database holds of an event: its row and its steps."""
    row = Event.objects.filter(pk=event.pk).values().get()
    return row, list(Step.objects.filter(event=event).order_by("ordinal").values())


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for what happens at once."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def uploads(settings, tmp_path) -> Path:
    """The folder of the uploads, for this test alone."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return settings.MEDIA_ROOT
