"""What the tests of those who help share, also with those of the branches and events."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from events.models import Category
from grids.models import User
from grids.services import notified
from tests.events.conftest import in_english, pool  # noqa: F401 - fixtures for all
from tests.factories import make_category
from tests.volunteers.activities import activity, member  # noqa: F401 - fixtures for all
from tests.volunteers.enrolments import office, speaker  # noqa: F401 - fixtures for all
from tests.volunteers.orders import helper, order  # noqa: F401 - fixtures for all


class Told(NamedTuple):
    """What was sent to the outbox."""

    users: list[User]
    text: str
    key: str


@pytest.fixture
def told() -> Iterator[list[Told]]:
    """Every telling, in order."""
    heard = []

    def hear(users, text, key, **kwargs):
        heard.append(Told(users, text, key))

    notified.connect(hear)
    yield heard
    notified.disconnect(hear)


@pytest.fixture
def safety(db) -> Category:
    """A category of cases that are the police's."""
    return make_category("治安隐患", police_work="safety")
