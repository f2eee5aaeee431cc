"""The table of a topic, walked as a whole: what is listed works for its sides, everything else is refused."""

from itertools import product

import pytest

from branches.deliberation.workflow import PUBLIC, TABLE, WAITING, Action, Side, State, open_actions, refusal


@pytest.mark.parametrize(("action", "state", "side"), list(product(TABLE, State, Side)))
def test_each_pair_is_open_or_refused_with_a_reason(action, state, side):
    move, refused = TABLE[action], refusal(state, action, {side})
    if side not in move.sides:
        assert refused.code == "forbidden"
    elif state not in move.sources:
        assert refused.code == "conflict"
        assert str(refused.text)
    else:
        assert refused is None


def test_every_action_but_the_first_has_its_line():
    assert set(Action) - set(TABLE) == {Action.PROPOSE}


def test_every_state_is_reached_and_left_or_an_end():
    reached = {move.target for move in TABLE.values()} | {State.PROPOSED}
    assert reached - {None} == set(State)
    left = {state for move in TABLE.values() if move.target for state in move.sources}
    assert set(State) - left == {State.CONFIRMED, State.DECLINED}


def test_nobody_but_the_clock_closes_a_vote():
    assert TABLE[Action.CLOSE].sides == {Side.SYSTEM}
    assert not set(open_actions(State.VOTING, set(Side) - {Side.SYSTEM})) & {Action.CLOSE, Action.SET_OPTIONS}


def test_what_was_only_proposed_or_declined_is_not_public():
    assert set(State) - PUBLIC == {State.PROPOSED, State.DECLINED}


def test_what_waits_has_a_step_of_the_desk():
    for state in WAITING:
        assert open_actions(state, {Side.DESK}), state
