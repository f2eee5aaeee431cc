"""The only functions that change events: each locks the row, asks the table, writes event, step and notices at once."""

from events.services.acting import act, handler_candidates
from events.services.catalogue import load_categories, save_category, save_service_level
from events.services.contacts import Person, erase_contacts, may_see_contact, reveal_contact
from events.services.filing import file_event
from events.services.limits import source_of
from events.services.notices import deliver_notices, read_notices
from events.services.rehoming import rehome_events
from events.services.residents import (
    Receipt,
    act_as_resident,
    file_resident_report,
    mark_spam,
    open_case,
)
from events.services.sweeping import sweep

__all__ = [
    "Person",
    "Receipt",
    "act",
    "act_as_resident",
    "deliver_notices",
    "erase_contacts",
    "file_event",
    "file_resident_report",
    "handler_candidates",
    "load_categories",
    "mark_spam",
    "may_see_contact",
    "open_case",
    "read_notices",
    "rehome_events",
    "reveal_contact",
    "save_category",
    "save_service_level",
    "source_of",
    "sweep",
]
