"""The only functions that change events: each locks the row, asks the table, writes event, step and notices at once."""

from events.services.acting import act, handler_candidates, organisation_candidates
from events.services.attaching import clean_uploads, discard_uploads, receive_uploads
from events.services.catalogue import load_categories, save_category, save_service_level
from events.services.filing import file_event
from events.services.handing_over import hand_over_events
from events.services.notices import deliver_notices, read_notices
from events.services.rehoming import rehome_events
from events.services.sweeping import sweep

__all__ = [
    "act",
    "clean_uploads",
    "deliver_notices",
    "discard_uploads",
    "file_event",
    "hand_over_events",
    "handler_candidates",
    "load_categories",
    "organisation_candidates",
    "read_notices",
    "receive_uploads",
    "rehome_events",
    "save_category",
    "save_service_level",
    "sweep",
]
