"""What becomes of a topic as one table, without the ORM: pages, services and the clock ask it what is open to whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    PROPOSED = "proposed", pgettext_lazy("topic", "proposed")
    DISCUSSING = "discussing", pgettext_lazy("topic", "in discussion")
    VOTING = "voting", pgettext_lazy("topic", "being voted on")
    CLOSED = "closed", pgettext_lazy("topic", "vote closed")
    DECIDED = "decided", pgettext_lazy("topic", "decided")
    PUBLISHED = "published", pgettext_lazy("topic", "result published")
    ASKING = "asking", pgettext_lazy("topic", "residents are asked")
    CONFIRMED = "confirmed", pgettext_lazy("topic", "confirmed by residents")
    UNCONFIRMED = "unconfirmed", pgettext_lazy("topic", "not confirmed")
    DECLINED = "declined", pgettext_lazy("topic", "not taken up")


class Action(TextChoices):
    PROPOSE = "propose", pgettext_lazy("topic action", "propose")
    TAKE_UP = "take_up", pgettext_lazy("topic action", "take up")
    DECLINE = "decline", pgettext_lazy("topic action", "do not take up")
    REMARK = "remark", pgettext_lazy("topic action", "say something")
    HIDE = "hide", pgettext_lazy("topic action", "hide a remark")
    SET_OPTIONS = "set_options", pgettext_lazy("topic action", "set the options")
    OPEN = "open", pgettext_lazy("topic action", "open the vote")
    PRINT = "print", pgettext_lazy("topic action", "print voting slips")
    VOTE = "vote", pgettext_lazy("topic action", "vote")
    CLOSE = "close", pgettext_lazy("topic action", "close the vote")
    DECIDE = "decide", pgettext_lazy("topic action", "write the decision")
    FILE = "file", pgettext_lazy("topic action", "file a case")
    PUBLISH = "publish", pgettext_lazy("topic action", "publish the result")
    ASK = "ask", pgettext_lazy("topic action", "ask the residents")
    ANSWER = "answer", pgettext_lazy("topic action", "answer")
    CONFIRM = "confirm", pgettext_lazy("topic action", "confirmed")
    NOT_CONFIRM = "not_confirm", pgettext_lazy("topic action", "not confirmed")
    REHOME = "rehome", pgettext_lazy("topic action", "move with the grid")


class Side(TextChoices):
    """Where somebody stands towards a topic."""

    DESK = "desk", _("desk")
    MODERATOR = "moderator", _("moderator")
    VOTER = "voter", _("voter")
    READER = "reader", _("reader")
    RESIDENT = "resident", _("resident")
    SYSTEM = "system", _("system")


# What everybody may read; what was only proposed, or not taken up, stays between the proposer and the desk.
PUBLIC = frozenset(State) - {State.PROPOSED, State.DECLINED}
COUNTED = PUBLIC - {State.DISCUSSING, State.VOTING}
TOLD = frozenset({State.PUBLISHED, State.ASKING, State.CONFIRMED, State.UNCONFIRMED})
WAITING = frozenset({State.PROPOSED, State.DISCUSSING, State.CLOSED, State.DECIDED, State.UNCONFIRMED})


@dataclass(frozen=True)
class Move:
    """Who may do it from where, and the state that it leads to; None leaves the state as it is."""

    action: Action
    sources: frozenset[State]
    target: State | None
    sides: frozenset[Side]
    otherwise: str | Promise


def _move(action: Action, sources: str, target: State | None, sides: str, otherwise: str | Promise) -> Move:
    froms = frozenset(State(source) for source in sources.split())
    return Move(action, froms, target, frozenset(Side(side) for side in sides.split()), otherwise)


_NOT_NOW = _("This step is not open in the present state of the topic.")
_FIXED = _("The options are fixed since the vote opened.")
_NO_VOTE = _("There is no vote on this topic now.")

TABLE: dict[Action, Move] = {
    move.action: move
    for move in (
        _move(
            Action.TAKE_UP, "proposed", State.DISCUSSING, "desk", _("Somebody has dealt with this proposal already.")
        ),
        _move(Action.DECLINE, "proposed discussing", State.DECLINED, "desk", _NOT_NOW),
        _move(Action.REMARK, "discussing", None, "reader", _("The discussion is over.")),
        _move(Action.HIDE, "discussing voting", None, "moderator desk", _("The discussion is over.")),
        _move(Action.SET_OPTIONS, "discussing", None, "moderator desk", _FIXED),
        _move(Action.OPEN, "discussing", State.VOTING, "desk", _("The vote has been opened already.")),
        _move(Action.PRINT, "voting", None, "desk", _NO_VOTE),
        _move(Action.VOTE, "voting", None, "voter", _NO_VOTE),
        _move(Action.CLOSE, "voting", State.CLOSED, "system", _NO_VOTE),
        _move(Action.DECIDE, "closed", State.DECIDED, "desk", _("A decision is written once, after the vote.")),
        _move(Action.FILE, "decided published unconfirmed", None, "desk", _("A case follows from a decision.")),
        _move(Action.PUBLISH, "decided", State.PUBLISHED, "desk", _("What is published is a decision.")),
        _move(
            Action.ASK, "published unconfirmed", State.ASKING, "desk", _("The residents are asked after publishing.")
        ),
        _move(Action.ANSWER, "asking", None, "resident", _("Nobody is asked about this topic now.")),
        _move(Action.CONFIRM, "asking", State.CONFIRMED, "system", _NOT_NOW),
        _move(Action.NOT_CONFIRM, "asking", State.UNCONFIRMED, "system", _NOT_NOW),
        _move(Action.REHOME, " ".join(State), None, "system", _NOT_NOW),
    )
}


@dataclass(frozen=True)
class Refusal:
    """Why a step is not open: `forbidden` to these sides, or in `conflict` with the state."""

    code: str
    text: str | Promise


def refusal(state: str, action: str, standing: Iterable[Side]) -> Refusal | None:
    """Why the step may not be taken from this state by these sides, or None when it may."""
    move = TABLE[Action(action)]
    if not move.sides & frozenset(standing):
        return Refusal("forbidden", _("This step is not yours to take in this topic."))
    return None if state in move.sources else Refusal("conflict", move.otherwise)


def open_actions(state: str, standing: Iterable[Side]) -> list[Action]:
    """What is open to these sides, in the order of the table."""
    standing = frozenset(standing)
    return [action for action in TABLE if refusal(state, action, standing) is None]
