"""In which states a meeting takes which action, and where that leads; no database here."""

from branches.models.meeting import MeetingState as State
from branches.models.meeting import MeetingStep

Action = MeetingStep.Action

OPEN = frozenset({State.PLANNED, State.CONVENED})
HELD = frozenset({State.HELD})

TAKEN_IN: dict[Action, frozenset[State]] = {
    Action.ARRANGE: OPEN,
    Action.AGENDA: OPEN,
    Action.INVITE: OPEN,
    Action.CONVENE: frozenset({State.PLANNED}),
    Action.ANSWER: frozenset({State.CONVENED}),
    Action.HOLD: frozenset({State.CONVENED, State.HELD}),
    Action.WRITE: HELD,
    Action.RESOLVE: HELD,
    Action.FINISH: HELD,
    Action.FULFIL: frozenset({State.HELD, State.MINUTED}),
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
