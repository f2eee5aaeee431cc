"""What becomes of a story as one table, without the ORM: who moves it from which state to which."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    DRAFT = "draft", pgettext_lazy("story", "draft")
    REVIEW = "review", pgettext_lazy("story", "for review")
    RETURNED = "returned", pgettext_lazy("story", "sent back")
    PUBLISHED = "published", pgettext_lazy("story", "published")
    WITHDRAWN = "withdrawn", pgettext_lazy("story", "withdrawn")


class Action(TextChoices):
    SUBMIT = "submit", pgettext_lazy("story", "hand in for review")
    PUBLISH = "publish", pgettext_lazy("story", "publish")
    RETURN = "return", pgettext_lazy("story", "send back")
    WITHDRAW = "withdraw", pgettext_lazy("story", "withdraw")
    REWRITE = "rewrite", pgettext_lazy("story", "write it anew")


class Side(StrEnum):
    """Where somebody stands: who writes for the place, and who reviews for its street and did not write it."""

    WRITER = "writer"
    REVIEWER = "reviewer"


@dataclass(frozen=True)
class Move:
    action: Action
    begins: frozenset[State]
    ends: State
    sides: frozenset[Side]
    needs_reason: bool = False


def _move(action: Action, begins: set[State], ends: State, *sides: Side, needs_reason: bool = False) -> Move:
    return Move(action, frozenset(begins), ends, frozenset(sides), needs_reason)


TABLE = {
    move.action: move
    for move in (
        _move(Action.SUBMIT, {State.DRAFT, State.RETURNED}, State.REVIEW, Side.WRITER),
        _move(Action.PUBLISH, {State.REVIEW}, State.PUBLISHED, Side.REVIEWER),
        _move(Action.RETURN, {State.REVIEW}, State.RETURNED, Side.REVIEWER, needs_reason=True),
        _move(
            Action.WITHDRAW,
            {State.DRAFT, State.REVIEW, State.RETURNED, State.PUBLISHED},
            State.WITHDRAWN,
            Side.WRITER,
            Side.REVIEWER,
            needs_reason=True,
        ),
        _move(Action.REWRITE, {State.WITHDRAWN}, State.DRAFT, Side.WRITER),
    )
}
EDITABLE = frozenset({State.DRAFT, State.RETURNED})


def open_moves(state: str, sides: frozenset[Side]) -> list[Move]:
    """What somebody who stands there may do now, in the order of the table."""
    return [move for move in TABLE.values() if state in move.begins and move.sides & sides]


def why_refused(action: str, state: str, sides: frozenset[Side]) -> str | Promise:
    """Why this is not open, as a sentence; nothing when it is."""
    move = TABLE[Action(action)]
    if state not in move.begins:
        return _("The story is %(state)s, so this is not open now.") % {"state": State(state).label}
    if not move.sides & sides:
        if move.sides == {Side.REVIEWER}:
            return _("Somebody who answers for the street, and did not write the story, decides this.")
        return _("You do not write for this place.")
    return ""
