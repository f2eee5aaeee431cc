"""The table of an activity, walked as a whole: what is listed works for its sides, everything else is refused."""

from itertools import product

import pytest

from volunteers.activities.workflow import TABLE, ActivityAction, ActivitySide, ActivityState
from volunteers.workflow import refusal


@pytest.mark.parametrize(("action", "state", "side"), list(product(TABLE, ActivityState, ActivitySide)))
def test_each_pair_is_open_or_refused_with_a_reason(action, state, side):
    move, refused = TABLE[action], refusal(TABLE, state, action, {side})
    if side not in move.sides:
        assert refused.is_forbidden
    elif state not in move.states:
        assert not refused.is_forbidden
        assert str(refused.text)
    else:
        assert refused is None


def test_all_but_what_nobody_chooses_has_its_line():
    assert set(ActivityAction) - set(TABLE) == {ActivityAction.PLAN, ActivityAction.MOVE_UP, ActivityAction.REHOME}


def test_every_state_is_reached_and_left_or_an_end():
    assert {move.to for move in TABLE.values()} - {None} == set(ActivityState) - {ActivityState.PLANNED}
    left = {state for move in TABLE.values() for state in move.states if move.to not in (None, state)}
    assert set(ActivityState) - left == {ActivityState.REPORTED, ActivityState.CALLED_OFF}
