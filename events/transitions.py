"""What each action does to an event in memory; `services` locks before and stores after."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time

from django.utils import timezone

from events.clock import add
from events.drafts import STAGE_CHECK, STAGE_REPLY, Draft, Rule
from events.history import origin, report_digest
from events.models import Event, Step
from events.routing import Route, climb, descend, entry
from events.workflow import (
    MAX_REWORKS,
    MAX_SEND_BACKS,
    Action,
    Loop,
    Rating,
    Request,
    Status,
    can_climb,
    is_at_or_below,
)
from grids.models import Grid


def enter(draft: Draft, route: Route) -> None:
    """Put the case on the desk of the route's grid with a fresh clock."""
    event = draft.event
    _change_holder(draft, route)
    event.status = Status.FILED
    event.handler = event.organisation = event.checker = event.resolver = None
    draft.start_clock(event.loop)
    draft.recipients.update(draft.desk())


def _tell_route(draft: Draft, route: Route) -> None:
    if route.skipped:
        draft.details["skipped"] = [draft.staffing.name(code) for code in route.skipped]
    if route.is_unstaffed:
        draft.details["unstaffed"] = True


def file(draft: Draft, route: Route) -> None:
    enter(draft, route)
    draft.event.start_loop = draft.event.loop
    draft.details["report"] = report_digest(draft.event)
    draft.details["origin"] = origin(draft.event)


def accept(draft: Draft) -> None:
    draft.event.status = Status.HANDLING
    draft.event.accepted_at = draft.event.accepted_at or draft.at


def assign(draft: Draft) -> None:
    draft.event.handler, draft.event.organisation = draft.handler, draft.organisation
    draft.recipients.update(draft.handlers())


def hand_over(draft: Draft) -> None:
    """Who handled it gave up the post; in whatever open state it is, it comes back to the successor."""
    draft.rule = Rule.HANDED_OVER
    draft.event.handler = draft.handler
    draft.recipients.add(draft.handler.pk)


def resolve(draft: Draft) -> None:
    event = draft.event
    event.status = Status.RESOLVED
    _drop_request(event)
    event.resolver = draft.actor
    event.outcome = draft.details.get("outcome", "")
    event.resolved_at = draft.at
    _ask_for_check(draft, draft.staffing.check_route(draft.case))
    draft.rule = Rule.CHECK


def _ask_for_check(draft: Draft, route: Route) -> None:
    draft.event.checker = draft.staffing.grids[route.code]
    _tell_route(draft, route)
    draft.start_clock(STAGE_CHECK)
    draft.recipients.update(draft.staffing.checkers(draft.case, route.code))


def send_back(draft: Draft) -> None:
    """One loop down; the third wish of a case makes it climb instead."""
    event = draft.event
    if event.send_backs >= MAX_SEND_BACKS:
        draft.action = Action.ESCALATE
        draft.rule = Rule.THIRD_SEND_BACK
        return escalate(draft)
    event.send_backs += 1
    event.round += 1
    draft.rule = draft.rule or Rule.DECISION
    enter(draft, descend(event.grid.code, event.holder.code, draft.is_staffed))


def escalate(draft: Draft) -> None:
    event = draft.event
    draft.rule = draft.rule or Rule.DECISION
    _drop_reply(event)  # whoever asked for it holds the case now, or stands below
    if not event.is_confidential:  # of a clue report, those who lose it learn nothing more
        draft.recipients.update(draft.workers())
    enter(draft, climb(event.grid.code, event.holder.code, draft.is_staffed))


def pass_check(draft: Draft) -> None:
    event = draft.event
    event.status = Status.CLOSED
    event.closed_at = draft.at
    event.checker = None
    _end(draft)
    draft.recipients.update({event.reporter_id, event.resolver_id, *draft.handlers()})


def fail_check(draft: Draft) -> None:
    """Back to who handled it; the third rework of a case makes it climb, or be supervised where nothing is above."""
    event = draft.event
    event.reworks += 1
    _handle_again(draft)
    if event.reworks > MAX_REWORKS:
        draft.system_follows(Action.ESCALATE if can_climb(draft.case) else Action.SUPERVISE, Rule.THIRD_REWORK)


def rate(draft: Draft) -> None:
    """What the reporter thinks of the result; who is not satisfied has it done again."""
    event = draft.event
    event.rating, event.rated_at = draft.details["rating"], draft.at
    event.was_contacted, event.was_solved = draft.details.get("contacted"), draft.details.get("solved")
    if event.rating == Rating.UNSATISFIED:
        return reopen(draft)
    draft.recipients.update({*draft.workers(), event.resolver_id})


def reopen(draft: Draft) -> None:
    """Back to who held it; where the grids were reorganised while it was closed, to who would hold it now."""
    if not _is_on_path(draft.event, draft.event.holder):
        draft.rule = Rule.REORGANISED
        draft.event.handler = draft.event.organisation = None
        _change_holder(draft, entry(draft.event.grid.code, Loop(draft.event.loop), draft.is_staffed))
    _handle_again(draft)


def _handle_again(draft: Draft) -> None:
    event = draft.event
    event.status = Status.HANDLING
    event.round += 1
    event.checker = event.resolver = None
    event.resolved_at = event.closed_at = None
    event.outcome = ""
    draft.start_clock(event.loop)
    draft.recipients.update(draft.workers())


def void(draft: Draft) -> None:
    draft.event.status = Status.VOIDED
    _end(draft)
    draft.recipients.add(draft.event.reporter_id)


def _end(draft: Draft) -> None:
    """Nothing runs, and nobody waits for anything, in a case that has ended."""
    draft.stop_clock()
    _drop_request(draft.event)
    _drop_reply(draft.event)


def _drop_request(event: Event) -> None:
    event.request, event.requested_until = "", None


def _drop_reply(event: Event) -> None:
    event.reply_to = event.reply_due_at = event.reply_wake_at = None


def ask_suspend(draft: Draft) -> None:
    draft.event.requested_until = draft.until
    draft.details["until"] = draft.until.isoformat()
    _ask_upper(draft, Request.SUSPEND)


def ask_extend(draft: Draft) -> None:
    _ask_upper(draft, Request.EXTEND)


def _ask_upper(draft: Draft, request: Request) -> None:
    draft.event.request = request
    draft.recipients.update(draft.staffing.upper(draft.event.holder.code))


def suspend(draft: Draft) -> None:
    """The clock stands still until the date that the desk asked for."""
    event = draft.event
    until = event.requested_until
    draft.details["until"] = until.isoformat()
    event.status, event.suspended_until = Status.SUSPENDED, until
    event.suspensions += 1
    _drop_request(event)
    draft.stop_clock()
    event.wake_at = datetime.combine(until, time(), timezone.get_default_timezone())
    draft.recipients.update({event.reporter_id, *draft.workers()})


def resume(draft: Draft) -> None:
    """The clock goes on where it stopped, by the calendar in force now; a reminder of before is not repeated."""
    event, clock = draft.event, draft.clock
    event.status, event.suspended_until = Status.HANDLING, None
    draft.recipients.update({event.reporter_id, *draft.workers()})
    if clock is None:  # its calendar is not on record any more
        return draft.start_clock(event.loop)
    *earlier, (begin, _open) = clock.pauses
    clock = replace(clock, pauses=(*earlier, (begin, draft.at)), calendar=draft.limits.calendar)
    draft.change_clock(clock)
    if clock.deadline.remind_at <= begin:
        event.wake_at = event.due_at


def extend(draft: Draft) -> None:
    """The limit once more, from where the clock began."""
    event, clock = draft.event, draft.clock
    event.extensions += 1
    _drop_request(event)
    draft.details["was_due"] = event.due_at.isoformat()
    draft.change_clock(replace(clock, extended=clock.extended + 1))
    draft.recipients.update(draft.workers())


def decline(draft: Draft) -> None:
    draft.details["request"] = draft.event.request
    _drop_request(draft.event)
    draft.recipients.update(draft.workers())


def merge(draft: Draft) -> None:
    """It ends here and goes on in the other case, whose end its reporter is told of (`inform`).

    Who joined a case with a new report knows it, and nobody has worked on that report yet.
    """
    event = draft.event
    draft.details["into"] = {"id": draft.into.pk, "number": draft.into.number}
    if draft.rule != Rule.SAME_CASE:
        draft.recipients.update({event.reporter_id, *draft.handlers()})
    event.status, event.merged_into = Status.MERGED, draft.into
    _end(draft)


def absorb(draft: Draft) -> None:
    """Another case, the draft's `into`, was merged into this one; who reported that one has been told."""
    event, merged = draft.event, draft.into
    draft.details["merged"] = {"id": merged.pk, "number": merged.number}
    if event.status == Status.RESOLVED and merged.filed_at >= event.resolved_at:
        draft.details["persists"] = True  # for who checks it, who is among those told
    draft.recipients.update(draft.workers() - {merged.reporter_id})


def separate(draft: Draft) -> None:
    """Out of the draft's `into`, which it went on in: it enters anew where it once started, with a fresh clock."""
    event, into = draft.event, draft.into
    draft.details["out_of"] = {"id": into.pk, "number": into.number, "status": into.status}
    draft.rule = draft.rule or Rule.DECISION
    draft.recipients.add(event.reporter_id)
    event.merged_into = None
    event.round += 1
    enter(draft, entry(event.grid.code, Loop(event.start_loop), draft.is_staffed))


def release(draft: Draft) -> None:
    """A case that was merged into this one, the draft's `into`, is handled on its own from now on."""
    draft.details["released"] = {"id": draft.into.pk, "number": draft.into.number}
    draft.recipients.update(draft.workers() - {draft.into.reporter_id})


def inform(draft: Draft) -> None:
    """The case that this one was merged into, the draft's `into`, has ended; its words stand in the draft's note."""
    draft.details["result"] = {"number": draft.into.number, "status": draft.into.status}
    draft.recipients.add(draft.event.reporter_id)


def urge(draft: Draft) -> None:
    _expect_reply(draft)
    draft.recipients.update(draft.workers())


def supervise(draft: Draft) -> None:
    draft.event.is_supervised = True
    if draft.actor:
        _expect_reply(draft)
    draft.recipients.update(draft.workers())


def _expect_reply(draft: Draft) -> None:
    """An answer is due within its own limit; what was due earlier, and is not over yet, stays due then."""
    event, limits = draft.event, draft.limits
    due = add(draft.at, limits.levels[STAGE_REPLY, event.urgency], limits.calendar)
    if event.reply_wake_at:
        due = min(due, event.reply_due_at)
    event.reply_to, event.reply_due_at, event.reply_wake_at = draft.actor, due, due
    draft.details["reply_due"] = due.isoformat()


def reply(draft: Draft) -> None:
    draft.recipients.add(draft.event.reply_to_id)
    _drop_reply(draft.event)


def ask(draft: Draft) -> None:
    draft.event.asked_at = draft.at
    draft.recipients.add(draft.event.reporter_id)


def answer(draft: Draft) -> None:
    draft.event.asked_at = None
    draft.recipients.update(draft.workers())


def comment(draft: Draft) -> None:
    draft.recipients.update({draft.event.reporter_id, *draft.workers()})


def join(draft: Draft) -> None:
    """A police officer handles it together with the desk and the handler; another one than before takes over."""
    draft.recipients.update({*draft.workers(), draft.partner.pk})
    draft.event.partner = draft.partner


def part(draft: Draft) -> None:
    """From now on the desk and the handler handle it alone."""
    draft.details["former"] = str(draft.event.partner)
    draft.recipients.update(draft.workers())
    draft.event.partner = None


def remind(draft: Draft) -> None:
    event = draft.event
    draft.rule = Rule.REMINDER
    draft.note_lateness()
    event.wake_at = event.due_at
    if event.status == Status.RESOLVED:
        draft.recipients.update(draft.staffing.checkers(draft.case, event.checker.code))
    else:
        draft.recipients.update({*(draft.handlers() or draft.desk()), event.partner_id})


def climb_check(draft: Draft) -> None:
    _ask_for_check(draft, draft.staffing.climbed_check_route(draft.case))


def take_place(draft: Draft, grid: Grid) -> None:
    """The grid where it arose went out of use: from now on the case is at its successor, and the step says so."""
    event = draft.event
    draft.details["place"] = {
        "grid": grid.pk,
        "from": [draft.staffing.name(event.grid.code), event.grid.code],
        "to": [draft.staffing.name(grid.code), grid.code],
    }
    event.grid, event.position = grid, grid.lft


def rehome(draft: Draft) -> None:
    """After a reorganisation: the same loop on the new way up, its clock running on.

    Another loop, or the district of another city, starts afresh.
    """
    event = draft.event
    draft.rule = Rule.REORGANISED
    if not _is_on_path(event, event.holder):
        _rehome_holder(draft)
    # After the holder: where nobody else may check a clue report, the desk that holds it does.
    if event.status == Status.RESOLVED and not _is_on_path(event, event.checker):
        _rehome_check(draft)
    if "place" in draft.details:
        draft.recipients.update(draft.workers())


def adjust(draft: Draft) -> None:
    """The limit or the calendar was changed, and an administrator has the open cases follow."""
    was_due = draft.event.due_at
    draft.details["was_due"] = was_due.isoformat()
    draft.change_clock(draft.clock)
    if draft.event.due_at < was_due:
        draft.recipients.update(draft.workers())


def _rehome_holder(draft: Draft) -> None:
    event = draft.event
    route = entry(event.grid.code, Loop(event.loop), draft.is_staffed)
    goes_down = len(route.code) > len(event.holder.code)
    if goes_down:
        event.round += 1  # in this one it has climbed from this loop already
    if (route.loop != event.loop or goes_down) and event.status in (Status.FILED, Status.HANDLING):
        return enter(draft, route)
    _change_holder(draft, route)
    draft.recipients.update(draft.workers())


def _rehome_check(draft: Draft) -> None:
    """To who would check it now; on another level with a fresh limit."""
    route = draft.staffing.check_route(draft.case)
    if len(route.code) != len(draft.event.checker.code):
        return _ask_for_check(draft, route)
    draft.event.checker = draft.staffing.grids[route.code]
    _tell_route(draft, route)
    draft.recipients.update(draft.workers())


def _change_holder(draft: Draft, route: Route) -> None:
    draft.event.loop = route.loop
    draft.event.holder = draft.staffing.grids[route.code]
    _drop_request(draft.event)  # another level decides for the new holder
    _tell_route(draft, route)


def _is_on_path(event: Event, grid: Grid) -> bool:
    return not grid.retired_at and is_at_or_below(event.grid.code, grid.code)


TRANSITIONS: dict[Action, Callable[[Draft], None]] = {
    Action.ACCEPT: accept,
    Action.ASSIGN: assign,
    Action.RESOLVE: resolve,
    Action.SEND_BACK: send_back,
    Action.ESCALATE: escalate,
    Action.PASS_CHECK: pass_check,
    Action.FAIL_CHECK: fail_check,
    Action.RATE: rate,
    Action.REOPEN: reopen,
    Action.VOID: void,
    Action.ASK_SUSPEND: ask_suspend,
    Action.ASK_EXTEND: ask_extend,
    Action.SUSPEND: suspend,
    Action.EXTEND: extend,
    Action.DECLINE: decline,
    Action.RESUME: resume,
    Action.MERGE: merge,
    Action.SEPARATE: separate,
    Action.URGE: urge,
    Action.SUPERVISE: supervise,
    Action.REPLY: reply,
    Action.ASK: ask,
    Action.ANSWER: answer,
    Action.COMMENT: comment,
    Action.REMIND: remind,
    Action.CLIMB_CHECK: climb_check,
    Action.REHOME: rehome,
    Action.ADJUST: adjust,
    Action.ABSORB: absorb,
    Action.RELEASE: release,
    Action.INFORM: inform,
    Action.JOIN: join,
    Action.PART: part,
}


def seal_all(draft: Draft) -> list[tuple[Step, set[int]]]:
    """The steps of a draft and of what follows from it, each with whom it must be told to (never who acted)."""
    sealed = []
    while draft:
        people = {person for person in draft.recipients if person} - {draft.actor and draft.actor.pk}
        draft.details["told"] = sorted(people)  # so that a notice that is taken away is missed
        sealed.append((draft.to_step(), people))
        if draft := draft.followed_by:
            draft.note_before()
            TRANSITIONS[draft.action](draft)
    return sealed
