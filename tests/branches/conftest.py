"""What the tests of the branches share."""

import pytest
from django.utils import translation

from tests.events.conftest import pool  # noqa: F401 - a fixture for all


@pytest.fixture
def in_english():
    """The source's own sentences, so that a test holds the sentence and not its translation."""
    with translation.override("en"):
        yield
