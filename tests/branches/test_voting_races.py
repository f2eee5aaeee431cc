"""Two votes of one person at once, and votes beside the closing, on PostgreSQL: each counts once or not at all."""

from datetime import timedelta

import pytest

from branches import services
from branches.exceptions import StateConflict
from branches.models import Ballot, Topic, Voter
from grids.models import Role
from grids.services import merge_grids
from tests.branches.deliberation import LATER, vote, voter_of
from tests.events.conftest import MONDAY
from tests.events.test_races import at_once
from tests.factories import make_topic, make_vote

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]
CLOSES = MONDAY + timedelta(days=7)


@pytest.fixture
def topic(cast) -> Topic:
    return make_vote(cast.community, cast.tree.community, at=MONDAY)


def casting(topic, user, number, key, at=LATER):
    voter, option = voter_of(topic, user), topic.options.get(ordinal=number)
    return lambda: services.cast_vote(topic=topic, voter=voter, option=option, key=key, at=at)


def test_of_two_votes_of_one_person_at_once_one_counts_and_the_other_is_refused(cast, topic, pool):
    found = at_once(pool, *(casting(topic, cast.worker, number % 2 + 1, f"page{number}") for number in range(4)))
    assert sum(isinstance(one, services.Vote) for one in found) == 1
    assert sum(isinstance(one, StateConflict) for one in found) == 3
    assert Ballot.objects.count() == 1


def test_one_page_that_is_sent_twice_at_once_is_one_vote_with_one_receipt(cast, topic, pool):
    found = at_once(pool, *[casting(topic, cast.worker, 1, "page")] * 4)
    assert len({one.receipt for one in found}) == 1
    assert services.votes_of(topic) == {1: 1}


def test_an_open_vote_sent_twice_at_once_is_one_ballot(cast, pool):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY, is_secret=False)
    at_once(pool, *(casting(topic, cast.worker, number % 2 + 1, "") for number in range(4)))
    assert Ballot.objects.count() == 1


def test_a_vote_at_the_moment_of_closing_is_counted_or_refused_and_never_lost(cast, topic, pool):
    """What is in before the closing has the lock is counted; what comes after it is told so."""
    last = CLOSES - timedelta(microseconds=1)
    found = at_once(
        pool,
        casting(topic, cast.worker, 1, "a", at=last),
        casting(topic, cast.chief, 1, "b", at=last),
        lambda: services.close_vote(topic=topic, at=CLOSES),
        lambda: services.close_vote(topic=topic, at=CLOSES),
    )
    taken = sum(isinstance(one, services.Vote) for one in found)
    topic.refresh_from_db()
    assert (topic.state, topic.cast) == ("closed", taken)
    assert Ballot.objects.count() == Voter.objects.filter(has_voted=True).count() == taken
    assert topic.steps.filter(action="close").count() == 1


def test_the_order_of_the_rows_tells_nothing_after_the_closing(cast, topic):
    """PostgreSQL shows rows as they lie: by their hashes, not as they were cast."""
    receipts = [vote(topic, user).receipt for user in (cast.worker, cast.chief, cast.community, cast.police)]
    services.close_vote(topic=topic, at=CLOSES)
    lying = [ballot.receipt_hash for ballot in Ballot.objects.raw("SELECT * FROM branches_ballot ORDER BY ctid")]
    assert len(receipts) == len(lying) == 4
    assert lying == sorted(lying)


# Beside a reorganisation


@pytest.mark.parametrize("_turn", range(4))
def test_a_vote_is_opened_beside_a_merger_and_neither_waits_for_ever(cast, pool, _turn):
    """Both hold the grid first, then the topic: the one that is later finds what the other did."""
    tree = cast.tree
    topic = make_topic(cast.community, tree.building)
    services.set_options(topic=topic, actor=cast.community, options=["同意", "不同意"])
    given = {"majority": "simple", "roles": Role.values, "households": True, "closes_at": CLOSES}
    opened, merged = at_once(
        pool,
        lambda: services.open_vote(topic=topic, actor=cast.community, at=MONDAY, **given),
        lambda: merge_grids(actor=None, grid=tree.building, into=tree.second_building),
    )
    assert not isinstance(merged, Exception), merged
    assert isinstance(opened, Topic | StateConflict), opened
    topic.refresh_from_db()
    assert topic.grid == merged
    assert topic.state == ("voting" if isinstance(opened, Topic) else "discussing")
    assert set(topic.voters.values_list("grid", "position")) <= {(merged.pk, merged.lft)}
