"""What the tables of this floor have in common, walked through with that of enrolments."""

import pytest

from volunteers.enrolments.workflow import TABLE, EnrolmentSide, EnrolmentState
from volunteers.workflow import open_moves, refusal


@pytest.mark.parametrize("action", TABLE)
@pytest.mark.parametrize("state", EnrolmentState)
@pytest.mark.parametrize("side", EnrolmentSide)
def test_a_move_is_open_where_the_table_says_so_and_nowhere_else(action, state, side):
    move = TABLE[action]
    is_open = state in move.states and side in move.sides
    assert (refusal(TABLE, state, action, {side}) is None) == is_open
    assert (move in open_moves(TABLE, state, {side})) == is_open


def test_another_sides_step_is_forbidden_and_one_out_of_order_is_not():
    place = next(action for action in TABLE if action == "place")
    assert refusal(TABLE, EnrolmentState.APPLIED, place, {EnrolmentSide.APPLICANT}).is_forbidden
    assert not refusal(TABLE, EnrolmentState.ENDED, place, {EnrolmentSide.COMMUNITY}).is_forbidden
