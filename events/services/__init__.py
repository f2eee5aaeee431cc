"""The only functions that change events: each locks the row, asks the table, writes event, step and notices at once."""

from events.services.acting import act, handler_candidates, organisation_candidates
from events.services.adjusting import adjust_deadlines
from events.services.attaching import clean_uploads, discard_uploads, receive_uploads
from events.services.catalogue import load_categories, save_category, save_service_level
from events.services.contacts import Person, erase_contacts, may_see_contact, reveal_contact
from events.services.delivering import deliver_notices
from events.services.filing import file_event
from events.services.handing_over import hand_over_events
from events.services.limits import source_of
from events.services.merging import merge_candidates
from events.services.notice_choices import save_preference, send_test, try_again
from events.services.notices import plan_deliveries, preference_of, read_notices
from events.services.rehoming import rehome_events
from events.services.residents import (
    Receipt,
    act_as_resident,
    file_resident_report,
    mark_spam,
    open_case,
)
from events.services.saved_filters import delete_filter, rename_filter, save_filter
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
    "Person",
    "Receipt",
    "act",
    "act_as_resident",
    "adjust_deadlines",
    "change_calendar",
    "change_category",
    "change_hours",
    "change_level",
    "clean_uploads",
    "confirm_change",
    "delete_filter",
    "deliver_notices",
    "discard_change",
    "discard_uploads",
    "erase_contacts",
    "file_event",
    "file_resident_report",
    "hand_over_events",
    "handler_candidates",
    "load_calendar",
    "load_categories",
    "mark_spam",
    "may_see_contact",
    "merge_candidates",
    "open_case",
    "organisation_candidates",
    "plan_deliveries",
    "preference_of",
    "read_notices",
    "receive_uploads",
    "rehome_events",
    "rename_filter",
    "reveal_contact",
    "save_category",
    "save_filter",
    "save_preference",
    "save_service_level",
    "send_test",
    "source_of",
    "sweep",
    "try_again",
]
