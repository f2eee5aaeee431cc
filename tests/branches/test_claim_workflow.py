"""The table of a claim, walked whole: what is listed is open, everything else is refused with a reason."""

from itertools import product

import pytest

from branches.worklists.workflow import TABLE, ClaimAction, ClaimSide, ClaimState, Standing, open_moves, refusal

DOER, JUDGE = ClaimSide.DOER, ClaimSide.JUDGE
S = ClaimState
# What is open to whom in which state, written out once more and apart from the table.
OPEN = {
    (S.OPEN, DOER): {"name", "split", "report", "withdraw"},
    (S.OPEN, JUDGE): {"withdraw"},
    (S.REPORTED, DOER): {"name"},
    (S.REPORTED, JUDGE): {"accept", "send_back"},
    (S.RETURNED, DOER): {"name", "split", "report", "withdraw"},
    (S.RETURNED, JUDGE): {"withdraw"},
    (S.ACCEPTED, DOER): set(),
    (S.ACCEPTED, JUDGE): set(),
    (S.WITHDRAWN, DOER): set(),
    (S.WITHDRAWN, JUDGE): set(),
}
TO = {"report": S.REPORTED, "accept": S.ACCEPTED, "send_back": S.RETURNED, "withdraw": S.WITHDRAWN}


@pytest.mark.parametrize(("state", "side"), [*product(ClaimState, ClaimSide)])
def test_exactly_these_moves_are_open(state, side):
    assert {move.action for move in open_moves(Standing(state), {side})} == OPEN[state, side]
    assert not open_moves(Standing(state), set())


@pytest.mark.parametrize("action", TABLE)
def test_each_move_leads_where_it_should(action):
    assert TABLE[action].to == TO.get(action)
    assert TABLE[action].needs_text == (action in ("report", "send_back", "withdraw"))


@pytest.mark.parametrize(("state", "action"), [*product(ClaimState, TABLE)])
def test_nothing_moves_in_a_list_that_is_not_under_way(state, action):
    assert refusal(Standing(state, is_list_open=False), action, set(ClaimSide))


@pytest.mark.parametrize(
    ("action", "standing", "forbidden"),
    [
        (ClaimAction.REPORT, Standing(S.OPEN, open_parts=1, parts=2), False),
        (ClaimAction.ACCEPT, Standing(S.REPORTED, is_own_report=True), True),
        (ClaimAction.SEND_BACK, Standing(S.REPORTED, is_own_report=True), True),
        (ClaimAction.WITHDRAW, Standing(S.OPEN, parts=1), False),
    ],
)
def test_what_hangs_on_more_than_the_state(action, standing, forbidden):
    assert refusal(standing, action, set(ClaimSide)).is_forbidden == forbidden


def test_what_was_assigned_is_withdrawn_by_who_assigned_it():
    assigned = Standing(S.OPEN, is_assigned=True)
    assert refusal(assigned, ClaimAction.WITHDRAW, {DOER}).is_forbidden
    assert refusal(assigned, ClaimAction.WITHDRAW, {JUDGE}) is None
