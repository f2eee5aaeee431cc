"""What the tests of those who help share with those of the branches and events."""

from tests.events.conftest import in_english, pool  # noqa: F401 - fixtures for all
from tests.volunteers.activities import activity, member, told  # noqa: F401 - fixtures for all
