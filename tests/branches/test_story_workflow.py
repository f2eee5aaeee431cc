"""The whole table of a story's states: each listed move works, every other pair is refused. No database."""

from itertools import product

import pytest

from branches.disclosure.workflow import TABLE, Action, Side, State, open_moves, why_refused

BOTH = frozenset(Side)
OPEN = {
    ("draft", "submit"): ("review", {"writer"}),
    ("returned", "submit"): ("review", {"writer"}),
    ("review", "publish"): ("published", {"reviewer"}),
    ("review", "return"): ("returned", {"reviewer"}),
    ("draft", "withdraw"): ("withdrawn", {"writer", "reviewer"}),
    ("review", "withdraw"): ("withdrawn", {"writer", "reviewer"}),
    ("returned", "withdraw"): ("withdrawn", {"writer", "reviewer"}),
    ("published", "withdraw"): ("withdrawn", {"writer", "reviewer"}),
    ("withdrawn", "rewrite"): ("draft", {"writer"}),
}


@pytest.mark.parametrize(("state", "action"), list(product(State.values, Action.values)))
def test_every_pair(state, action):
    move = TABLE[Action(action)]
    if (state, action) in OPEN:
        ends, sides = OPEN[state, action]
        assert (move.ends, {side.value for side in move.sides}) == (ends, sides)
        assert not why_refused(action, state, BOTH)
    else:
        assert why_refused(action, state, BOTH)


@pytest.mark.parametrize(("state", "action"), OPEN)
def test_each_move_is_for_its_sides_alone(state, action):
    for side in Side:
        may = side.value in OPEN[state, action][1]
        assert bool(why_refused(action, state, frozenset({side}))) != may
        assert (TABLE[Action(action)] in open_moves(state, frozenset({side}))) == may
    assert why_refused(action, state, frozenset())


def test_sending_back_and_withdrawing_need_a_reason():
    assert {move.action for move in TABLE.values() if move.needs_reason} == {"return", "withdraw"}
