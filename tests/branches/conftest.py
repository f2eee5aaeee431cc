"""What the tests of branches share, with each other and with those of the events."""

from tests.branches.meetings import convened, held, joint, plan  # noqa: F401 - fixtures for all
from tests.events.conftest import in_english, pool  # noqa: F401 - fixtures for all
