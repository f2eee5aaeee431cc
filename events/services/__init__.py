"""The only functions that change events: each locks the row, asks the table, writes event, step and notices at once."""

from events.services.acting import act, handler_candidates, organisation_candidates, partner_candidates
from events.services.adjusting import adjust_deadlines
from events.services.attaching import clean_uploads, discard_uploads, receive_uploads
from events.services.auditing import (
    acknowledge_alarm,
    check_daily,
    check_late_by,
    make_digest,
    missing_alarm,
    watch_check,
)
from events.services.catalogue import load_categories, save_category, save_service_level
from events.services.contacts import Person, erase_contacts, may_see_contact, reveal_contact
from events.services.delivering import deliver_notices
from events.services.export_templates import (
    delete_export_template,
    rehome_export_templates,
    save_export_template,
    template_grids,
)
from events.services.filing import file_event
from events.services.handing_over import hand_over_events
from events.services.hotline import (
    cancel_hotline,
    hotline_imports,
    hotline_post,
    read_hotline,
    tell_columns,
    tell_places,
    tell_words,
    upload_hotline,
)
from events.services.hotline_filing import confirm_hotline, continue_hotlines, file_hotline
from events.services.merging import merge_candidates, merged_into
from events.services.notice_choices import save_preference, send_test, try_again
from events.services.notices import plan_deliveries, preference_of, read_notices, tell
from events.services.patrolling import file_finding
from events.services.rehoming import rehome_events
from events.services.reporting import make_monthly_reports, make_report
from events.services.residents import (
    Receipt,
    act_as_resident,
    file_resident_report,
    mark_spam,
    may_look,
    open_case,
    receive_photos,
    was_reported,
)
from events.services.sampling import draw_sample, may_inspect_case, recheck, why_no_recheck
from events.services.saved_filters import delete_filter, rename_filter, save_filter
from events.services.second_looks import list_quick_closings, look_again, save_quick_rule
from events.services.standings import forget_standings, keep_standings
from events.services.sweeping import sweep
from events.services.tallying import fold_tallies, rebuild_tallies
from events.services.timing import (
    change_calendar,
    change_category,
    change_hours,
    change_level,
    confirm_change,
    discard_change,
    load_calendar,
)
from events.services.weights import change_weight
from events.services.what_if import answer_what_if, ask_what_if, asked_what_ifs, continue_what_ifs

__all__ = [
    "Person",
    "Receipt",
    "acknowledge_alarm",
    "act",
    "act_as_resident",
    "adjust_deadlines",
    "answer_what_if",
    "ask_what_if",
    "asked_what_ifs",
    "cancel_hotline",
    "change_calendar",
    "change_category",
    "change_hours",
    "change_level",
    "change_weight",
    "check_daily",
    "check_late_by",
    "clean_uploads",
    "confirm_change",
    "confirm_hotline",
    "continue_hotlines",
    "continue_what_ifs",
    "delete_export_template",
    "delete_filter",
    "deliver_notices",
    "discard_change",
    "discard_uploads",
    "draw_sample",
    "erase_contacts",
    "file_event",
    "file_finding",
    "file_hotline",
    "file_resident_report",
    "fold_tallies",
    "forget_standings",
    "hand_over_events",
    "handler_candidates",
    "hotline_imports",
    "hotline_post",
    "keep_standings",
    "list_quick_closings",
    "load_calendar",
    "load_categories",
    "look_again",
    "make_digest",
    "make_monthly_reports",
    "make_report",
    "mark_spam",
    "may_inspect_case",
    "may_look",
    "may_see_contact",
    "merge_candidates",
    "merged_into",
    "missing_alarm",
    "open_case",
    "organisation_candidates",
    "partner_candidates",
    "plan_deliveries",
    "preference_of",
    "read_hotline",
    "read_notices",
    "rebuild_tallies",
    "receive_photos",
    "receive_uploads",
    "recheck",
    "rehome_events",
    "rehome_export_templates",
    "rename_filter",
    "reveal_contact",
    "save_category",
    "save_export_template",
    "save_filter",
    "save_preference",
    "save_quick_rule",
    "save_service_level",
    "send_test",
    "sweep",
    "tell",
    "tell_columns",
    "tell_places",
    "tell_words",
    "template_grids",
    "try_again",
    "upload_hotline",
    "was_reported",
    "watch_check",
    "why_no_recheck",
]
