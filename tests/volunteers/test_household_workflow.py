"""The whole table of a household's states: each listed move works, every other pair is refused. No database."""

from itertools import product

import pytest

from volunteers.households.workflow import TABLE, HouseholdSide, HouseholdState
from volunteers.workflow import open_moves, refusal

KEEPER, DESK, AUDITOR, CLOCK = HouseholdSide
OPEN = {
    "change": {KEEPER, DESK},
    "hand_over": {DESK},
    "renew": {KEEPER, DESK},
    "visit": {KEEPER, DESK},
    "reveal": {KEEPER, DESK, AUDITOR},
    "withdraw": {KEEPER, DESK},
    "expire": {CLOCK},
}


@pytest.mark.parametrize(("state", "action", "side"), list(product(HouseholdState, TABLE, HouseholdSide)))
def test_each_state_action_and_side(state, action, side):
    refused = refusal(TABLE, state, action, {side})
    is_theirs = side in OPEN[action]
    assert (refused is None) == (is_theirs and state == HouseholdState.KEPT)
    assert refused is None or refused.is_forbidden == (not is_theirs)


def test_nothing_is_open_once_it_is_erased():
    assert not open_moves(TABLE, HouseholdState.ERASED, HouseholdSide)
