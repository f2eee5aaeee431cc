"""What becomes of a meeting as one table, without the ORM: which action is taken in which state, and where it leads."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    PLANNED = "planned", pgettext_lazy("meeting", "in preparation")
    CONVENED = "convened", pgettext_lazy("meeting", "convened")
    HELD = "held", pgettext_lazy("meeting", "held")
    MINUTED = "minuted", pgettext_lazy("meeting", "minuted")
    CALLED_OFF = "called_off", pgettext_lazy("meeting", "called off")


class Action(TextChoices):
    PLAN = "plan", pgettext_lazy("meeting", "prepare")
    ARRANGE = "arrange", pgettext_lazy("meeting", "change time or place")
    AGENDA = "agenda", pgettext_lazy("meeting", "set the agenda")
    INVITE = "invite", pgettext_lazy("meeting", "invite")
    CONVENE = "convene", pgettext_lazy("meeting", "convene")
    ANSWER = "answer", pgettext_lazy("meeting", "answer")
    HOLD = "hold", pgettext_lazy("meeting", "note who was there")
    WRITE = "write", pgettext_lazy("meeting", "write minutes")
    RESOLVE = "resolve", pgettext_lazy("meeting", "resolve")
    FINISH = "finish", pgettext_lazy("meeting", "finish the minutes")
    FULFIL = "fulfil", pgettext_lazy("meeting", "report as done")
    CALL_OFF = "call_off", pgettext_lazy("meeting", "call off")


OPEN = frozenset({State.PLANNED, State.CONVENED})
TOOK_PLACE = frozenset({State.HELD, State.MINUTED})
_HELD = frozenset({State.HELD})

TAKEN_IN: dict[Action, frozenset[State]] = {
    Action.ARRANGE: OPEN,
    Action.AGENDA: OPEN,
    Action.INVITE: OPEN,
    Action.CONVENE: frozenset({State.PLANNED}),
    Action.ANSWER: frozenset({State.CONVENED}),
    Action.HOLD: frozenset({State.CONVENED, State.HELD}),
    Action.WRITE: _HELD,
    Action.RESOLVE: _HELD,
    Action.FINISH: _HELD,
    Action.FULFIL: TOOK_PLACE,
    Action.CALL_OFF: OPEN,
}
LEADS_TO: dict[Action, State] = {
    Action.CONVENE: State.CONVENED,
    Action.HOLD: State.HELD,
    Action.FINISH: State.MINUTED,
    Action.CALL_OFF: State.CALLED_OFF,
}


def is_taken_in(action: Action, state: str) -> bool:
    return state in TAKEN_IN[action]


def open_actions(state: str) -> frozenset[str]:
    """What can be done in this state, by whoever may."""
    return frozenset(action.value for action, states in TAKEN_IN.items() if state in states)
