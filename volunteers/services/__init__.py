"""The only functions that change what people who help offer and do. `actor` is None for a command."""

from volunteers.services.activities import (
    Plan,
    call_off_activity,
    change_activity,
    join_activity,
    leave_activity,
    plan_activity,
    publish_activity,
    remind_of_activities,
)
from volunteers.services.attendance import MOST_PICTURES, arrive, note_attendance, report_activity
from volunteers.services.certificates import check_certificate, issue_certificate
from volunteers.services.households import (
    change_household,
    erase_households,
    hand_over_household,
    issue_consent_text,
    register_household,
    renew_consent,
    reveal_household,
    set_rhythm,
    withdraw_consent,
)
from volunteers.services.visits import note_visit

__all__ = [
    "MOST_PICTURES",
    "Plan",
    "arrive",
    "call_off_activity",
    "change_activity",
    "change_household",
    "check_certificate",
    "erase_households",
    "hand_over_household",
    "issue_certificate",
    "issue_consent_text",
    "join_activity",
    "leave_activity",
    "note_attendance",
    "note_visit",
    "plan_activity",
    "publish_activity",
    "register_household",
    "remind_of_activities",
    "renew_consent",
    "report_activity",
    "reveal_household",
    "set_rhythm",
    "withdraw_consent",
]
