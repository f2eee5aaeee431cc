"""Django admin of the branches."""

from branches.meetings import admin as meeting_admin  # noqa: F401 - it registers what is its own
