"""What stories of branches share."""

from tests.events.conftest import in_english, pool  # noqa: F401 - fixtures for all
