"""What the tests of branches share with those of the events."""

from tests.events.conftest import in_english, pool  # noqa: F401 - fixtures for all
