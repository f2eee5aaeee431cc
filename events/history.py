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
from events.workflow import OPEN, Action, Request, Status

CONTENT = tuple(
    field.attname for field in Step._meta.concrete_fields if field.name not in ("id", "event", "previous_hash", "hash")
)
TIMES = tuple(field.name for field in Step._meta.concrete_fields if isinstance(field, DateTimeField))

REPLAYED = (
    "status", "start_loop", "loop", "holder_id", "handler_id", "organisation_id", "resolver_id", "checker_id", "round",
    "send_backs", "reworks", "is_supervised", "filed_at", "accepted_at", "resolved_at", "closed_at", "due_at",
    "asked_at", "rating", "rated_at", "outcome", "request", "requested_until", "suspended_until", "suspensions",
    "extensions", "merged_into_id", "reply_to_id", "reply_due_at", "step_count", "head_hash",
)  # fmt: skip


REPORT = ("category_id", "title", "description", "address", "urgency", "is_confidential", "reporter_id")


def report_digest(event: Event) -> str:
    """SHA-256 over what was reported; it stands in the first step, so that the chain covers the report as well."""
    reported = [getattr(event, name) for name in REPORT]
    # Where there are any alone, so that the digests of reports without them, all old ones among them, stay the same.
    reported += [f"{degree:.{PLACES}f}" for name in COORDINATES if (degree := getattr(event, name)) is not None]
    text = json.dumps(reported, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def organisation_details(event: Event) -> dict[str, Any]:
    """What a step tells of the organisation that handles the case; with the name of the time, as of people.

    It stands in the details: a column of its own would be one more in the hash of every step ever written.
    """
    if not event.organisation:
        return {}
    return {"organisation": {"id": event.organisation_id, "name": event.organisation.name}}


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
    """What the event's row must hold after these steps, by field name."""
    row: dict[str, Any] = dict.fromkeys(REPLAYED)
    row |= {"send_backs": 0, "reworks": 0, "is_supervised": False, "rating": "", "step_count": 0, "head_hash": ""}
    row |= {"outcome": "", "request": "", "suspensions": 0, "extensions": 0}
    for step in steps:
        row |= _agreements(row, step)
        row |= {
            "status": step.to_status,
            "loop": step.to_loop,
            "holder_id": step.holder_id,
            "handler_id": step.handler_id,
            "organisation_id": step.details.get("organisation", {}).get("id"),
            "checker_id": step.checker_id,
            "round": step.round,
            "due_at": step.due_at,
            "step_count": row["step_count"] + 1,
            "head_hash": step.hash,
        }
        match step.action:
            case Action.FILE:
                row |= {"filed_at": step.at, "start_loop": step.to_loop}
            case Action.ACCEPT:
                row["accepted_at"] = row["accepted_at"] or step.at
            case Action.SEND_BACK:
                row["send_backs"] += 1
            case Action.FAIL_CHECK:
                row["reworks"] += 1
            case Action.SUPERVISE:
                row["is_supervised"] = True
            case Action.RATE:
                row |= {"rating": step.details["rating"], "rated_at": step.at}
            case Action.ASK:
                row["asked_at"] = step.at
            case Action.ANSWER:
                row["asked_at"] = None
        row["resolved_at"] = _since(row["resolved_at"], step, Action.RESOLVE, Status.RESOLVED, Status.CLOSED)
        resolver = step.actor_id if step.action == Action.RESOLVE else row["resolver_id"]
        row["resolver_id"] = resolver if row["resolved_at"] else None
        outcome = step.details.get("outcome", "") if step.action == Action.RESOLVE else row["outcome"]
        row["outcome"] = outcome if row["resolved_at"] else ""
        row["closed_at"] = _since(row["closed_at"], step, Action.PASS_CHECK, Status.CLOSED)
    return row


# What a request of the desk does not outlive; nor does it outlive the holder, or handling.
_ENDS_REQUEST = frozenset({Action.SEND_BACK, Action.ESCALATE, Action.SUSPEND, Action.EXTEND, Action.DECLINE})


def _agreements(row: dict[str, Any], step: Step) -> dict[str, Any]:
    """What the step leaves of the requests, replies and merging between desk and upper side; `row` is that before."""
    found: dict[str, Any] = {}
    stays = step.to_status in (Status.FILED, Status.HANDLING) and step.holder_id == row["holder_id"]
    if step.action in _ENDS_REQUEST or not stays:
        found |= {"request": "", "requested_until": None}
    if step.action in (Action.REPLY, Action.ESCALATE) or step.to_status not in OPEN:
        found |= {"reply_to_id": None, "reply_due_at": None}
    if step.to_status != Status.SUSPENDED:
        found["suspended_until"] = None
    details = step.details
    match step.action:
        case Action.ASK_SUSPEND:
            found |= {"request": Request.SUSPEND, "requested_until": date.fromisoformat(details["until"])}
        case Action.ASK_EXTEND:
            found["request"] = Request.EXTEND
        case Action.SUSPEND:
            found["suspended_until"] = date.fromisoformat(details["until"])
            found["suspensions"] = row["suspensions"] + 1
        case Action.EXTEND:
            found["extensions"] = row["extensions"] + 1
        case Action.MERGE:
            found["merged_into_id"] = details["into"]["id"]
        case Action.URGE | Action.SUPERVISE if "reply_due" in details:
            found |= {"reply_to_id": step.actor_id, "reply_due_at": datetime.fromisoformat(details["reply_due"])}
    return found


def _since(known: Any, step: Step, action: Action, *kept: Status) -> Any:
    """The time of the last such action, as long as the state that it led to, or follows from it, lasts."""
    if step.action == action:
        return step.at
    return known if step.to_status in kept else None
