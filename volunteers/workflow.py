"""What every table of states on this floor has in common: who may do what in which state. No ORM.

Each noun has its states, actions, sides and table in a `workflow.py` of its own; pages, API and admin ask it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Move:
    """One action: from which states, to which (None: it stays), whose it is, and whether a word must be said."""

    action: TextChoices
    states: frozenset[TextChoices]
    to: TextChoices | None
    sides: frozenset[TextChoices]
    needs_text: bool = False


Table = Mapping[TextChoices, Move]


@dataclass(frozen=True)
class Refusal:
    """Why an action is not open: whether it is somebody else's, and the sentence for the person."""

    is_forbidden: bool
    text: str | Promise


def table_of(*moves: Move) -> Table:
    return {move.action: move for move in moves}


def refusal(table: Table, state: TextChoices, action: TextChoices, sides: Iterable[TextChoices]) -> Refusal | None:
    """Why the action is not open to who stands on these sides; None when it is."""
    move = table[action]
    if not move.sides & frozenset(sides):
        return Refusal(True, _("This step is another side's."))
    if state not in move.states:
        said = {"state": state.label, "action": move.action.label}
        return Refusal(False, _("It is “%(state)s” now; “%(action)s” is not open.") % said)
    return None


def open_moves(table: Table, state: TextChoices, sides: Iterable[TextChoices]) -> list[Move]:
    """The moves that are open to who stands on these sides, in the order of the table."""
    sides = frozenset(sides)
    return [move for action, move in table.items() if refusal(table, state, action, sides) is None]
