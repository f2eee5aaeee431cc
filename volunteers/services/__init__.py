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

__all__ = [
    "MOST_PICTURES",
    "Plan",
    "arrive",
    "call_off_activity",
    "change_activity",
    "check_certificate",
    "issue_certificate",
    "join_activity",
    "leave_activity",
    "note_attendance",
    "plan_activity",
    "publish_activity",
    "remind_of_activities",
    "report_activity",
]
