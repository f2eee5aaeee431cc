"""Counting: quorum, majority and ties; whatever the votes, at most one option wins, and by the rule."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branches.deliberation.ballots import ballots_text, digest, receipt_hash, recount
from branches.deliberation.counting import Majority, QuorumKind, Rule, Verdict, count


@pytest.mark.parametrize(
    ("majority", "quorum", "entitled", "votes", "abstained", "verdict"),
    [
        ("simple", 0, 10, {1: 3, 2: 2}, 0, "decided"),
        ("simple", 0, 10, {1: 3, 2: 2}, 1, "no_majority"),  # an abstention is a vote cast
        ("simple", 0, 10, {1: 4, 2: 3, 3: 3}, 0, "no_majority"),
        ("simple", 0, 10, {1: 3, 2: 3}, 0, "tie"),
        ("simple", 50, 10, {1: 4}, 0, "no_quorum"),
        ("simple", 50, 10, {1: 4}, 1, "decided"),
        ("simple", 50, 11, {1: 5}, 0, "no_quorum"),  # half of eleven is six people
        ("absolute", 0, 10, {1: 5, 2: 1}, 0, "no_majority"),
        ("absolute", 0, 10, {1: 6}, 0, "decided"),
        ("two_thirds", 0, 10, {1: 4, 2: 2}, 0, "decided"),
        ("two_thirds", 0, 10, {1: 4, 2: 2}, 1, "no_majority"),
        ("simple", 0, 10, {1: 0, 2: 0}, 3, "no_majority"),
        ("simple", 0, 10, {1: 0, 2: 0}, 0, "no_quorum"),
        ("simple", 0, 0, {}, 0, "no_quorum"),
    ],
)
def test_the_verdict(majority, quorum, entitled, votes, abstained, verdict):
    assert count(Rule(majority, quorum=quorum), entitled, votes, abstained).verdict == verdict


def test_a_quorum_in_votes():
    rule = Rule(quorum_kind=QuorumKind.NUMBER, quorum=3)
    assert count(rule, 100, {1: 2}).verdict == Verdict.NO_QUORUM
    assert count(rule, 100, {1: 3}).winner == 1


VOTES = st.dictionaries(st.integers(1, 6), st.integers(0, 40), min_size=1, max_size=6)
RULES = st.builds(
    Rule, st.sampled_from(Majority.values), st.sampled_from(QuorumKind.values), st.integers(0, 100)
)  # fmt: skip


@given(RULES, VOTES, st.integers(0, 20), st.integers(0, 100))
def test_who_wins_has_the_majority_and_the_quorum_is_met(rule, votes, abstained, stayed_away):
    cast = sum(votes.values()) + abstained
    result = count(rule, cast + stayed_away, votes, abstained)
    assert result.cast == cast
    assert (result.winner is not None) == (result.verdict == Verdict.DECIDED)
    if result.winner is not None:
        most = votes[result.winner]
        assert 2 * most > cast or (rule.majority == Majority.TWO_THIRDS and 3 * most >= 2 * cast)
        assert all(number < most for option, number in votes.items() if option != result.winner)
        assert cast >= rule.needed(result.entitled)


@given(RULES, VOTES, st.integers(0, 20), st.randoms())
def test_the_order_of_the_options_changes_nothing(rule, votes, abstained, random):
    entitled = sum(votes.values()) + abstained + 3
    shuffled = list(votes.items())
    random.shuffle(shuffled)
    assert count(rule, entitled, votes, abstained) == count(rule, entitled, dict(shuffled), abstained)


@given(RULES, VOTES, st.integers(1, 6))
def test_one_more_vote_for_the_winner_does_not_lose_it(rule, votes, more):
    entitled = sum(votes.values()) + more
    winner = count(rule, entitled, votes).winner
    if winner is not None:
        assert count(rule, entitled, votes | {winner: votes[winner] + more}).winner == winner


@given(st.lists(st.tuples(st.text("0123456789abcdef", min_size=64, max_size=64), st.integers(0, 5)), max_size=30))
def test_the_published_list_tells_the_count_and_no_order(ballots):
    text = ballots_text(ballots)
    assert ballots_text(reversed(ballots)) == text
    assert sum(recount(text).values()) == len(ballots)
    assert digest(text) == digest(ballots_text(ballots))


def test_a_shell_finds_the_line_of_a_receipt():
    made = subprocess.run(["sha256sum"], input=b"7:ACDEFGHJKMNP", capture_output=True, check=True).stdout
    assert made.decode().split()[0] == receipt_hash(7, "ACDEFGHJKMNP")
