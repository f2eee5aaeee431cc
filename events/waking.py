"""What the clock does by itself to an event whose time has come."""

from datetime import datetime, timedelta

from events.drafts import Draft, Limits, Rule
from events.models import Event
from events.routing import Staffing, Unroutable
from events.running import RunningClock
from events.transitions import climb_check, escalate, remind, resume, supervise
from events.workflow import Action, Status

POSTPONED_BY = timedelta(minutes=10)  # what a sweep could not wake


def wake(event: Event, at: datetime, staffing: Staffing, limits: Limits, clock: RunningClock | None = None) -> Draft:
    """What the clock does to an event whose time has come: remind, let climb, or mark as supervised at the top.

    A suspended one is resumed on its date, with its `clock`.
    """
    draft = Draft(event, Action.REMIND, at, staffing, limits, clock=clock)
    if event.status == Status.SUSPENDED:
        draft.action, draft.rule = Action.RESUME, Rule.DATE_CAME
        draft.note_late(event.wake_at)
        resume(draft)
        return draft
    if at < event.due_at:
        remind(draft)
        return draft
    draft.note_lateness()
    try:
        if event.status == Status.RESOLVED:
            draft.action, draft.rule = Action.CLIMB_CHECK, Rule.CHECK_OVERDUE
            climb_check(draft)
        else:
            draft.action, draft.rule = Action.ESCALATE, Rule.OVERDUE
            escalate(draft)
    except Unroutable:
        draft.action, draft.rule = Action.SUPERVISE, Rule.TOP_OVERDUE
        event.wake_at = None
        supervise(draft)
    return draft


def wake_reply(event: Event, at: datetime, staffing: Staffing, limits: Limits) -> Draft:
    """Nobody replied in time: who asked, and the upper side, are told once; the reply stays due."""
    draft = Draft(event, Action.SUPERVISE, at, staffing, limits, rule=Rule.NO_REPLY)
    draft.note_late(event.reply_wake_at)
    event.reply_wake_at = None
    supervise(draft)
    draft.recipients.update({event.reply_to_id, *staffing.upper(event.holder.code)})
    return draft
