"""What becomes of a claim as one table, without the ORM: who may do what with it in which state."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ClaimState(TextChoices):
    OPEN = "open", pgettext_lazy("claim", "in progress")
    REPORTED = "reported", pgettext_lazy("claim", "reported")
    RETURNED = "returned", pgettext_lazy("claim", "sent back")
    ACCEPTED = "accepted", pgettext_lazy("claim", "accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("claim", "withdrawn")


class ClaimAction(TextChoices):
    CLAIM = "claim", pgettext_lazy("claim", "claim")
    ASSIGN = "assign", pgettext_lazy("claim", "assign")
    NAME = "name", pgettext_lazy("claim", "name who answers for it")
    SPLIT = "split", pgettext_lazy("claim", "split")
    REPORT = "report", pgettext_lazy("claim", "report")
    ACCEPT = "accept", pgettext_lazy("claim", "accept")
    SEND_BACK = "send_back", pgettext_lazy("claim", "send back")
    WITHDRAW = "withdraw", pgettext_lazy("claim", "withdraw")
    REHOME = "rehome", pgettext_lazy("claim", "move with the grid")


class ClaimSide(TextChoices):
    """Where a person stands: of the grid that does it, or of the one that handed it down."""

    DOER = "doer", _("who does it")
    JUDGE = "judge", _("who accepts it")


@dataclass(frozen=True)
class Move:
    """One action: from which states, to which (None: it stays), whose it is, and whether a word must be said."""

    action: ClaimAction
    states: frozenset[ClaimState]
    to: ClaimState | None
    sides: frozenset[ClaimSide]
    needs_text: bool = False


@dataclass(frozen=True)
class Standing:
    """What the table asks of a claim."""

    state: ClaimState
    is_list_open: bool = True
    is_assigned: bool = False
    open_parts: int = 0  # handed down, and not accepted yet
    parts: int = 0
    is_own_report: bool = False  # of this round, by who asks


UNDER_WAY = frozenset({ClaimState.OPEN, ClaimState.RETURNED})
UNDONE = UNDER_WAY | {ClaimState.REPORTED}
_DOER, _JUDGE = frozenset({ClaimSide.DOER}), frozenset({ClaimSide.JUDGE})

TABLE: dict[ClaimAction, Move] = {
    move.action: move
    for move in (
        Move(ClaimAction.NAME, UNDONE, None, _DOER),
        Move(ClaimAction.SPLIT, UNDER_WAY, None, _DOER),
        Move(ClaimAction.REPORT, UNDER_WAY, ClaimState.REPORTED, _DOER, needs_text=True),
        Move(ClaimAction.ACCEPT, frozenset({ClaimState.REPORTED}), ClaimState.ACCEPTED, _JUDGE),
        Move(ClaimAction.SEND_BACK, frozenset({ClaimState.REPORTED}), ClaimState.RETURNED, _JUDGE, needs_text=True),
        Move(ClaimAction.WITHDRAW, UNDER_WAY, ClaimState.WITHDRAWN, _DOER | _JUDGE, needs_text=True),
    )
}


@dataclass(frozen=True)
class Refusal:
    """Why an action is not open: whether it is somebody else's, and the sentence for the person."""

    is_forbidden: bool
    text: str | Promise


def refusal(standing: Standing, action: ClaimAction, sides: Iterable[ClaimSide]) -> Refusal | None:
    """Why the action is not open to who stands on these sides; None when it is."""
    move, sides = TABLE[action], frozenset(sides)
    if not move.sides & sides:
        return Refusal(True, _("This step is another side's."))
    if not standing.is_list_open:
        return Refusal(False, _("The work list is not under way, so its items stay as they are."))
    if standing.state not in move.states:
        said = {"state": standing.state.label, "action": move.action.label}
        return Refusal(False, _("The item is “%(state)s” here; “%(action)s” is not open now.") % said)
    return _special(standing, action, sides)


def _special(standing: Standing, action: ClaimAction, sides: frozenset[ClaimSide]) -> Refusal | None:
    """What hangs on more than the state."""
    if action == ClaimAction.REPORT and standing.open_parts:
        text = _("%(count)d parts that were handed down are not accepted yet. Accept or withdraw them first.")
        return Refusal(False, text % {"count": standing.open_parts})
    if action in (ClaimAction.ACCEPT, ClaimAction.SEND_BACK) and standing.is_own_report:
        return Refusal(True, _("You made this report, so somebody else decides on it."))
    if action == ClaimAction.WITHDRAW and standing.parts:
        return Refusal(False, _("Parts of it were handed down. Withdraw these first."))
    if action == ClaimAction.WITHDRAW and standing.is_assigned and ClaimSide.JUDGE not in sides:
        return Refusal(True, _("The item was assigned; only who assigned it withdraws it."))
    return None


def open_moves(standing: Standing, sides: Iterable[ClaimSide]) -> list[Move]:
    """The moves that are open to who stands on these sides."""
    sides = frozenset(sides)
    return [move for action, move in TABLE.items() if refusal(standing, action, sides) is None]
