"""The project's settings with the stock tree of the comparison beside it."""

from saihan.settings import *  # noqa: F403  the bench only adds to them
from saihan.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "bench"]
