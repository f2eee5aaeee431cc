"""The vote itself: who may, when, once each, changeable; secret from the tables, and counted again by anybody."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from branches import services
from branches.deliberation.ballots import digest, receipt_hash, recount
from branches.exceptions import StateConflict
from branches.models import Ballot, Topic, TopicStep, Voter
from branches.tasks import go_on_with_due_topics
from grids.services import PublicLimit
from tests.branches.deliberation import AFTER, LATER, closed, vote, voter_of
from tests.events.conftest import MONDAY
from tests.factories import make_vote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
WEEK = timedelta(days=7)


@pytest.fixture
def topic(cast) -> Topic:
    return make_vote(cast.community, cast.tree.community, at=MONDAY)


# Refused


def test_a_vote_before_opening(cast):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY, opens_at=MONDAY + timedelta(days=1))
    with pytest.raises(StateConflict, match="opens at 2026-11-24 09:00"):
        vote(topic, cast.worker)


@pytest.mark.parametrize("late", [WEEK, WEEK + timedelta(seconds=1)])
def test_a_vote_after_closing(cast, topic, late):
    with pytest.raises(StateConflict, match="closed at"):
        vote(topic, cast.worker, at=MONDAY + late)
    closed(topic)
    with pytest.raises(StateConflict, match="no vote"):
        vote(topic, cast.worker)
    assert not Ballot.objects.exists()


def test_the_last_moment_still_counts(cast, topic):
    vote(topic, cast.worker, at=MONDAY + WEEK - timedelta(microseconds=1))
    assert closed(topic, MONDAY + WEEK).cast == 1


def test_a_second_vote(cast, topic):
    vote(topic, cast.worker, 1)
    with pytest.raises(StateConflict, match="voted already"):
        vote(topic, cast.worker, 2)
    assert services.votes_of(topic) == {1: 1}


def test_a_vote_of_who_is_not_on_the_list(cast, topic):
    other = make_vote(cast.street, cast.tree.street, at=MONDAY)
    for voter in (None, voter_of(other, cast.street)):
        with pytest.raises(PermissionDenied, match="not on the list"):
            services.cast_vote(topic=topic, voter=voter, option=None, key="a", at=LATER)


def test_a_vote_for_an_option_of_another_topic(cast, topic):
    other = make_vote(cast.street, cast.tree.street, at=MONDAY)
    with pytest.raises(ValidationError):
        services.cast_vote(
            topic=topic, voter=voter_of(topic, cast.worker), option=other.options.first(), key="a", at=LATER
        )


def test_a_receipt_of_another_does_not_make_a_first_vote(cast, topic):
    taken = vote(topic, cast.worker)
    with pytest.raises(ValidationError, match="Leave the receipt empty"):
        vote(topic, cast.chief, receipt=taken.receipt)
    with pytest.raises(StateConflict, match="voted already"):
        vote(topic, cast.worker, receipt="ACDEFGHJKMNP")
    assert Ballot.objects.count() == 1


# Changed


def test_the_receipt_changes_the_vote_from_any_page(cast, topic):
    taken = vote(topic, cast.worker, 1)
    changed = vote(topic, cast.worker, 2, receipt=f"{taken.receipt[:4].lower()} {taken.receipt[4:]}")
    assert (changed.receipt, changed.is_changed) == (taken.receipt, True)
    assert services.votes_of(topic) == {2: 1}


def test_the_same_page_sent_twice_is_one_vote_with_one_receipt(cast, topic):
    first, second = (vote(topic, cast.worker, number, key="page") for number in (1, 2))
    assert first.receipt == second.receipt
    assert services.votes_of(topic) == {2: 1}


def test_an_open_vote_names_the_voter_and_is_changed_without_a_receipt(cast):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY, is_secret=False)
    assert vote(topic, cast.worker, 1).receipt == ""
    vote(topic, cast.worker, 2)
    ballot = Ballot.objects.get()
    assert (ballot.voter.user, ballot.option.ordinal) == (cast.worker, 2)


# Secret


def test_no_row_joins_the_voter_and_the_ballot(cast, topic):
    taken = vote(topic, cast.worker, 2)
    ballot = Ballot.objects.values().get()
    assert ballot["voter_id"] is None
    assert ballot["receipt_hash"] == receipt_hash(topic.pk, taken.receipt)
    voter = Voter.objects.values().get(user=cast.worker)
    assert voter == voter | {"has_voted": True, "slip_hash": "", "slip": None}
    assert not set(map(str, ballot.values())) & set(map(str, voter.values())) - {str(topic.pk), "None", ""}


def test_nothing_of_a_vote_tells_a_time_or_an_order(cast, topic):
    names = {field.name for model in (Ballot, Voter) for field in model._meta.fields}
    assert not {name for name in names if name.endswith("at") or "time" in name or "ordinal" in name}
    steps = TopicStep.objects.count()
    vote(topic, cast.worker)
    assert TopicStep.objects.count() == steps


def test_closing_writes_the_ballots_anew_in_the_order_of_their_hashes(cast, topic):
    for person in (cast.worker, cast.chief, cast.community, cast.police):
        vote(topic, person)
    before = set(Ballot.objects.values_list("pk", flat=True))
    closed(topic)
    hashes = list(Ballot.objects.order_by().values_list("receipt_hash", flat=True))
    assert hashes == sorted(hashes)
    assert not before & set(Ballot.objects.values_list("pk", flat=True))


def test_the_database_takes_no_ballot_that_is_both_or_neither(cast, topic):
    mine = voter_of(topic, cast.worker)
    for wrong in ({"voter": mine, "receipt_hash": "x"}, {"voter": None, "receipt_hash": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ballot.objects.create(topic=topic, **wrong)


# Counted


def test_the_count_follows_from_the_published_list_alone(cast, topic):
    receipts = {vote(topic, person, 1).receipt for person in (cast.worker, cast.chief)}
    vote(topic, cast.community, 2)
    vote(topic, cast.police, None)
    counted = closed(topic)
    text = services.published_ballots(topic)
    assert digest(text) == counted.ballots_digest
    assert recount(text) == Counter({0: 1, 1: 2, 2: 1}) == services.votes_of(topic)
    assert all(f"{receipt_hash(topic.pk, receipt)} 1\n" in text for receipt in receipts)
    assert (counted.cast, counted.verdict) == (4, "no_majority")


def test_too_few_votes_decide_nothing(cast, topic):
    Topic.objects.update(quorum=50)
    vote(topic, cast.worker)
    counted = closed(topic)
    assert (counted.cast, counted.entitled, counted.verdict, counted.chosen) == (1, 4, "no_quorum", None)


def test_the_clock_closes_once_and_not_before_its_time(cast, topic):
    vote(topic, cast.worker)
    assert closed(topic, LATER).state == "voting"
    assert services.go_on_with_due_topics(at=AFTER) == 1
    assert services.go_on_with_due_topics(at=AFTER) == 0
    assert closed(topic).state == "closed"
    assert TopicStep.objects.filter(action="close").count() == 1


def test_the_task_closes_what_is_over(cast):
    make_vote(cast.community, cast.tree.community, at=MONDAY - timedelta(days=60))
    assert go_on_with_due_topics() == 1


def test_a_ballot_that_nobody_cast_is_reported(cast, topic, caplog):
    Ballot.objects.create(topic=topic, option=topic.options.first(), receipt_hash="0" * 64)
    closed(topic)
    assert "1 ballots of 0 who voted" in caplog.text


# Slips


@pytest.fixture
def slips(cast) -> Topic:
    return make_vote(cast.community, cast.tree.community, at=MONDAY, roles=[], households=True)


def printed(cast, topic, **given) -> list[services.Slip]:
    return services.print_slips(topic=topic, actor=cast.community, grid=cast.tree.building, **given)


def test_a_household_votes_with_its_slip(cast, slips):
    slip = printed(cast, slips)[0]
    voter = services.find_slip(topic=slips, code=slip.code.lower(), source="x")
    assert (voter.slip, voter.grid) == (slip.number, cast.tree.building)
    services.cast_vote(topic=slips, voter=voter, option=slips.options.first(), key="a", at=LATER)
    voter.refresh_from_db()
    assert voter.has_voted


def test_slips_are_printed_once(cast, slips):
    assert len(printed(cast, slips)) == 40
    assert printed(cast, slips) == []


def test_printing_again_voids_the_old_slip_and_a_used_one_stays_used(cast, slips):
    old = printed(cast, slips)[0]
    voter = services.find_slip(topic=slips, code=old.code, source="x")
    services.cast_vote(topic=slips, voter=voter, option=None, key="a", at=LATER)
    [new] = printed(cast, slips, numbers=[old.number], again=True)
    assert services.find_slip(topic=slips, code=old.code, source="x") is None
    again = services.find_slip(topic=slips, code=new.code, source="x")
    with pytest.raises(StateConflict, match="voted already"):
        services.cast_vote(topic=slips, voter=again, option=None, key="b", at=LATER)
    assert [step.note for step in slips.steps.filter(action="print")][-1].endswith("again")


def test_a_used_slip_of_an_open_vote_is_not_printed_again(cast):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY, roles=[], households=True, is_secret=False)
    old = printed(cast, topic)[0]
    voter = services.find_slip(topic=topic, code=old.code, source="x")
    services.cast_vote(topic=topic, voter=voter, option=topic.options.first(), at=LATER)
    assert printed(cast, topic, numbers=[old.number], again=True) == []
    assert len(printed(cast, topic, again=True)) == 39


def test_no_code_of_a_slip_is_kept(cast, slips):
    codes = [slip.code for slip in printed(cast, slips)]
    kept = str(list(Voter.objects.values())) + str(list(TopicStep.objects.values()))
    assert not [code for code in codes if code in kept]


def test_a_slip_of_one_vote_is_none_of_another(cast, slips):
    other = make_vote(cast.community, cast.tree.community, at=MONDAY, roles=[], households=True)
    assert services.find_slip(topic=other, code=printed(cast, slips)[0].code, source="x") is None


def test_who_guesses_codes_has_to_wait(cast, slips, settings):
    settings.PUBLIC_LIMITS = settings.PUBLIC_LIMITS | {"slip": (2, 3600)}
    for _try in range(2):
        assert services.find_slip(topic=slips, code="AAAA", source="x") is None
    with pytest.raises(PublicLimit):
        services.find_slip(topic=slips, code="AAAA", source="x")


def test_only_the_desk_prints_and_only_while_it_is_voted(cast, slips):
    with pytest.raises(PermissionDenied):
        services.print_slips(topic=slips, actor=cast.worker, grid=cast.tree.building)
    closed(slips)
    with pytest.raises(StateConflict):
        printed(cast, slips)
