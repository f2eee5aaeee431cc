"""The only functions that change events: each locks the row, asks the table, writes event, step and notices at once."""

from events.services.acting import act, handler_candidates
from events.services.adjusting import adjust_deadlines
from events.services.catalogue import load_categories, save_category, save_service_level
from events.services.filing import file_event
from events.services.notices import deliver_notices, read_notices
from events.services.rehoming import rehome_events
from events.services.sweeping import sweep
from events.services.timing import (
    change_calendar,
    change_category,
    change_hours,
    change_level,
    confirm_change,
    discard_change,
    load_calendar,
)

__all__ = [
    "act",
    "adjust_deadlines",
    "change_calendar",
    "change_category",
    "change_hours",
    "change_level",
    "confirm_change",
    "deliver_notices",
    "discard_change",
    "file_event",
    "handler_candidates",
    "load_calendar",
    "load_categories",
    "read_notices",
    "rehome_events",
    "save_category",
    "save_service_level",
    "sweep",
]
