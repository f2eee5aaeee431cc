"""What the history of an order says of its row, without the ORM, to prove that both agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from volunteers.orders.workflow import TABLE, OrderAction, OrderState

KEEPING = frozenset({OrderAction.RATE, OrderAction.REHOME})  # the clock goes on as it does


class Entry(Protocol):
    """A step, as far as it is replayed."""

    action: str
    to_state: str
    holder_id: int
    member_id: int | None
    organisation_id: int | None
    due_at: datetime | None
    rating: str


@dataclass(frozen=True)
class Standing:
    """Where an order stands."""

    state: str
    holder_id: int
    member_id: int | None
    organisation_id: int | None
    due_at: datetime | None
    rating: str
    is_late: bool
    declines: int


class Broken(ValueError):
    """A history that the table does not know."""


def replay(steps: Iterable[Entry]) -> Standing:
    """Where the order stands after these steps, in their order; raises Broken."""
    now: Standing | None = None
    for step in steps:
        _check(now, step)
        now = _after(now, step)
    if now is None:
        raise Broken("without a step")
    return now


def _check(now: Standing | None, step: Entry) -> None:
    if now is None:
        if step.action != OrderAction.PLACE or step.to_state != OrderState.PLACED:
            raise Broken(f"begins with {step.action}")
        return
    if step.action == OrderAction.PLACE:
        raise Broken("is placed twice")
    move = TABLE[OrderAction(step.action)]
    if OrderState(now.state) not in move.states:
        raise Broken(f"{step.action} from {now.state}")
    if step.to_state != (move.to or now.state):
        raise Broken(f"{step.action} leads to {step.to_state}")


def _after(now: Standing | None, step: Entry) -> Standing:
    stays = now is not None and now.holder_id == step.holder_id
    declines = now.declines if stays else 0
    return Standing(
        state=step.to_state,
        holder_id=step.holder_id,
        member_id=step.member_id,
        organisation_id=step.organisation_id,
        due_at=step.due_at,
        rating=step.rating or (now.rating if now else ""),
        is_late=_is_late(now, step),
        declines=declines + (step.action == OrderAction.DECLINE and stays),
    )


def _is_late(now: Standing | None, step: Entry) -> bool:
    """Marked on the last level, until a new limit begins to run or the order ends."""
    if step.action == OrderAction.SUPERVISE:
        return True
    return bool(now and now.is_late and step.action in KEEPING)
