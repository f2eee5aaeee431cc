"""The only functions that change branches and what runs in them."""

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

__all__ = [
    "MeetingRefused",
    "answer_invitation",
    "arrange_meeting",
    "call_off",
    "convene",
    "finish_minutes",
    "fulfil",
    "hold",
    "invite",
    "plan_meeting",
    "record",
    "renew_calendar",
    "resolve",
    "set_agenda",
    "write_minutes",
]
