"""The chain of steps: sealing one, and replaying all of an event's to get its present row."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.db.models import DateTimeField

from events.models import Event, Step
from events.nearness import COORDINATES, PLACES
from events.workflow import OPEN, Action, Request, Status, highest, is_late

CONTENT = tuple(
    field.attname for field in Step._meta.concrete_fields if field.name not in ("id", "event", "previous_hash", "hash")
)
TIMES = tuple(field.name for field in Step._meta.concrete_fields if isinstance(field, DateTimeField))

REPLAYED = (
    "status", "start_loop", "loop", "holder_id", "handler_id", "organisation_id", "resolver_id", "checker_id", "round",
    "send_backs", "reworks", "is_supervised", "filed_at", "accepted_at", "resolved_at", "closed_at", "due_at",
    "late_at", "top_loop", "asked_at", "rating", "rated_at", "was_contacted", "was_solved", "outcome", "request",
    "requested_until", "suspended_until", "suspensions", "extensions", "merged_into_id", "partner_id", "reply_to_id",
    "reply_due_at", "step_count", "head_hash",
)  # fmt: skip


REPORT = ("category_id", "title", "description", "address", "urgency", "is_confidential", "reporter_id")


def report_digest(event: Event) -> str:
    """SHA-256 over what was reported; it stands in the first step, so that the chain covers the report as well."""
    reported = [getattr(event, name) for name in REPORT]
    # Where there are any alone, so that the digests of reports without them, all old ones among them, stay the same.
    reported += [f"{degree:.{PLACES}f}" for name in COORDINATES if (degree := getattr(event, name)) is not None]
    text = json.dumps(reported, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def origin(event: Event) -> dict[str, Any]:
    """What else the first step holds of the row: where the case arose, and by which key a repeated request finds it.

    The key as its hash: a resident's opens the case.
    """
    key = event.idempotency_key
    return {"grid": event.grid_id, "key": hashlib.sha256(key.encode()).hexdigest() if key else ""}


def handling_details(event: Event) -> dict[str, Any]:
    """What a step tells of the organisation that handles the case, and of the police officer who handles it too.

    With the names of the time, as of people. It stands in the details: a column of its own would be one more in the
    hash of every step ever written.
    """
    details = {}
    if event.organisation:
        details["organisation"] = {"id": event.organisation_id, "name": event.organisation.name}
    if event.partner_id:
        details["partner"] = {"id": event.partner_id, "name": str(event.partner)}
    return details


_content = attrgetter(*CONTENT)
# Made once: `json.dumps` would make one for each of the millions of steps that an audit reads.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(step: Step, number: str) -> str:
    """SHA-256 over the previous hash, the event's number and every recorded field; times to the microsecond.

    `step` may be any row that has the step's columns as attributes.
    """
    content = dict(zip(CONTENT, _content(step), strict=True))
    for name in TIMES:
        if content[name]:
            content[name] = f"{content[name].timestamp():.6f}"
    content["number"] = number
    return hashlib.sha256(_ENCODER.encode([step.previous_hash, content]).encode()).hexdigest()


def seal(step: Step, event: Event) -> None:
    """Append the step to the event's chain, in memory."""
    event.step_count += 1
    step.ordinal = event.step_count
    step.previous_hash = event.head_hash
    step.hash = event.head_hash = digest(step, event.number)


def replay(steps: Iterable[Step]) -> dict[str, Any]:
    """What the event's row must hold after these steps, by field name in the order of REPLAYED."""
    row: dict[str, Any] = dict.fromkeys(REPLAYED)
    row |= {"send_backs": 0, "reworks": 0, "is_supervised": False, "rating": "", "step_count": 0, "head_hash": ""}
    row |= {"outcome": "", "request": "", "suspensions": 0, "extensions": 0}
    for step in steps:
        if row["late_at"] is None and is_late(row["status"], row["due_at"], step.at):
            row["late_at"] = row["due_at"]
        _follow_agreements(row, step)
        _follow_result(row, step)
        row["status"], row["loop"], row["round"] = step.to_status, step.to_loop, step.round
        row["top_loop"] = highest(row["top_loop"], step.to_loop)
        row["holder_id"], row["handler_id"], row["checker_id"] = step.holder_id, step.handler_id, step.checker_id
        row["organisation_id"] = step.details.get("organisation", _NOTHING).get("id")
        row["partner_id"] = step.details.get("partner", _NOTHING).get("id")
        row["due_at"], row["head_hash"] = step.due_at, step.hash
        row["step_count"] += 1
        match step.action:
            case Action.FILE:
                row["filed_at"], row["start_loop"] = step.at, step.to_loop
            case Action.ACCEPT:
                row["accepted_at"] = row["accepted_at"] or step.at
            case Action.SEND_BACK:
                row["send_backs"] += 1
            case Action.FAIL_CHECK:
                row["reworks"] += 1
            case Action.SUPERVISE:
                row["is_supervised"] = True
            case Action.RATE:
                row["rating"], row["rated_at"] = step.details["rating"], step.at
                row["was_contacted"], row["was_solved"] = step.details.get("contacted"), step.details.get("solved")
            case Action.ASK:
                row["asked_at"] = step.at
            case Action.ANSWER:
                row["asked_at"] = None
    return row


_NOTHING: dict[str, Any] = {}
# Made once: an audit asks them millions of times, and an enumeration takes its time to name a member.
_RESOLVE, _PASS_CHECK, _SUSPENDED, _CLOSED = Action.RESOLVE, Action.PASS_CHECK, Status.SUSPENDED, Status.CLOSED
_DONE, _HANDLED = frozenset({Status.RESOLVED, Status.CLOSED}), frozenset({Status.FILED, Status.HANDLING})
# What a request of the desk does not outlive; nor does it outlive the holder, or handling.
_ENDS_REQUEST = frozenset({Action.SEND_BACK, Action.ESCALATE, Action.SUSPEND, Action.EXTEND, Action.DECLINE})
_ENDS_REPLY = frozenset({Action.REPLY, Action.ESCALATE})
_AGREES = frozenset(
    {
        Action.ASK_SUSPEND, Action.ASK_EXTEND, Action.SUSPEND, Action.EXTEND, Action.MERGE, Action.SEPARATE,
        Action.URGE, Action.SUPERVISE,
    }
)  # fmt: skip


def _follow_agreements(row: dict[str, Any], step: Step) -> None:
    """What the step leaves of the requests, replies and merging between desk and upper side; `row` is that before."""
    action, details = step.action, step.details
    if action in _ENDS_REQUEST or step.to_status not in _HANDLED or step.holder_id != row["holder_id"]:
        row["request"], row["requested_until"] = "", None
    if action in _ENDS_REPLY or step.to_status not in OPEN:
        row["reply_to_id"] = row["reply_due_at"] = None
    if step.to_status != _SUSPENDED:
        row["suspended_until"] = None
    if action not in _AGREES:
        return
    match action:
        case Action.ASK_SUSPEND:
            row["request"], row["requested_until"] = Request.SUSPEND, date.fromisoformat(details["until"])
        case Action.ASK_EXTEND:
            row["request"] = Request.EXTEND
        case Action.SUSPEND:
            row["suspended_until"] = date.fromisoformat(details["until"])
            row["suspensions"] += 1
        case Action.EXTEND:
            row["extensions"] += 1
        case Action.MERGE:
            row["merged_into_id"] = details["into"]["id"]
        case Action.SEPARATE:
            row["merged_into_id"] = None
        case Action.URGE | Action.SUPERVISE if "reply_due" in details:
            row["reply_to_id"], row["reply_due_at"] = step.actor_id, datetime.fromisoformat(details["reply_due"])


def _follow_result(row: dict[str, Any], step: Step) -> None:
    """Who resolved it, when and how, and when it was closed: as long as the state lasts that this led to."""
    if step.action == _RESOLVE:
        row["resolved_at"], row["resolver_id"] = step.at, step.actor_id
        row["outcome"] = step.details.get("outcome", "")
    elif step.to_status not in _DONE:
        row["resolved_at"], row["resolver_id"], row["outcome"] = None, None, ""
    if step.action == _PASS_CHECK:
        row["closed_at"] = step.at
    elif step.to_status != _CLOSED:
        row["closed_at"] = None
