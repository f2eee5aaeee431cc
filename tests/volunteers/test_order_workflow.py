"""The table of orders, walked through with every state, action and side."""

from itertools import product

import pytest

from volunteers.orders.workflow import OPEN, TABLE, OrderAction, OrderSide, OrderState
from volunteers.workflow import open_moves, refusal

NEVER_MOVES = {OrderAction.PLACE}


@pytest.mark.parametrize("action", TABLE)
def test_a_move_is_open_where_the_table_says_so_and_nowhere_else(action):
    move = TABLE[action]
    for state, side in product(OrderState, OrderSide):
        is_open = state in move.states and side in move.sides
        assert (refusal(TABLE, state, action, {side}) is None) == is_open
        assert (move in open_moves(TABLE, state, {side})) == is_open


def test_every_action_but_ordering_stands_in_the_table():
    assert set(TABLE) == set(OrderAction) - NEVER_MOVES


@pytest.mark.parametrize("state", sorted(OPEN))
def test_no_open_state_is_a_dead_end(state):
    """The desk can always end it, and the clock can always do something with it."""
    assert refusal(TABLE, OrderState(state), OrderAction.REFUSE, {OrderSide.DESK}) is None
    assert open_moves(TABLE, OrderState(state), {OrderSide.CLOCK})
