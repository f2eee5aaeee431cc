"""The only functions that change branches and what runs in them."""

from branches.services.branches import (
    Bringing,
    add_partner,
    appoint_leaders,
    cover,
    describe_branch,
    dissolve_branch,
    found_branch,
    remove_partner,
)
from branches.services.following import carry_branches

# Joint meetings
from branches.services.meetings import (
    MeetingRefused,
    answer_invitation,
    arrange_meeting,
    call_off,
    convene,
    finish_minutes,
    fulfil,
    hold,
    invite,
    plan_meeting,
    record,
    renew_calendar,
    resolve,
    set_agenda,
    write_minutes,
)
from branches.services.planning import accept_plan

__all__ = [
    "Bringing",
    "MeetingRefused",
    "accept_plan",
    "add_partner",
    "answer_invitation",
    "appoint_leaders",
    "arrange_meeting",
    "call_off",
    "carry_branches",
    "convene",
    "cover",
    "describe_branch",
    "dissolve_branch",
    "finish_minutes",
    "found_branch",
    "fulfil",
    "hold",
    "invite",
    "plan_meeting",
    "record",
    "remove_partner",
    "renew_calendar",
    "resolve",
    "set_agenda",
    "write_minutes",
]
