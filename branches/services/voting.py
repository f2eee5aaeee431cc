"""The vote on a topic: slips, ballots, the closing by the clock, and what the residents say of the result.

Each vote holds the lock of its topic: none comes in beside the closing, and no two of one person count.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from branches.deliberation.access import sides_of
from branches.deliberation.ballots import ABSTAINED, RECEIPT_LENGTH, SLIP_LENGTH, ballots_text, digest, receipt_hash
from branches.deliberation.counting import count
from branches.deliberation.workflow import Action, Side, State
from branches.exceptions import StateConflict
from branches.models import Ballot, Option, ResultAnswer, Topic, Voter
from branches.services.topics import check_open, locked, take_step
from grids.models import Grid, User
from grids.moments import aware_now, shown_time
from grids.readable import code_of, new_code, plain_code
from grids.services import PublicLimit, limits

log = logging.getLogger(__name__)
RECEIPT_SALT = "branches.ballot_receipt"


@dataclass(frozen=True)
class Vote:
    """A vote as it was taken; `receipt` is shown to the voter and kept nowhere, and empty in an open vote."""

    receipt: str
    is_changed: bool


# Slips


@dataclass(frozen=True)
class Slip:
    """A printed slip: its number, where it belongs, and the code that is on it alone."""

    number: int
    grid: Grid
    code: str


@transaction.atomic
def print_slips(
    *,
    topic: Topic,
    actor: User,
    grid: Grid,
    numbers: Iterable[int] = (),
    again: bool = False,
    at: datetime | None = None,
) -> list[Slip]:
    """Give the slips of a building, or some of them, their codes; they are shown now and never again.

    Those that were printed before are left out, unless they are to be printed `again`: then the old ones are void. A
    slip that was used stays used, and in an open vote is not printed again.
    """
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.PRINT, sides_of(actor, topic))
    rows = topic.voters.slips().filter(grid=grid).select_related("grid").order_by("slip")
    wanted = set(numbers)
    # In an open vote the slip alone changes a vote: a used one is not given to whoever prints.
    rows = rows if topic.is_secret else rows.filter(has_voted=False)
    voters = [row for row in rows if (again or not row.slip_hash) and (not wanted or row.slip in wanted)]
    slips = [Slip(row.slip, row.grid, new_code(SLIP_LENGTH)) for row in voters]
    for row, slip in zip(voters, slips, strict=True):
        row.slip_hash = _slip_hash(topic, slip.code)
    Voter.objects.bulk_update(voters, ["slip_hash"], batch_size=500)
    if slips:
        said = {"place": grid.name, "first": slips[0].number, "last": slips[-1].number, "slips": len(slips)}
        note = _("%(place)s: %(slips)d slips, number %(first)d to %(last)d") % said
        take_step(
            topic, Action.PRINT, actor=actor, at=at, note=_("%(what)s, again") % {"what": note} if again else note
        )
    return slips


def _slip_hash(topic: Topic, code: str) -> str:
    return limits.hashed("slip", f"{topic.pk}:{code}")


def find_slip(*, topic: Topic, code: str, source: str, at: datetime | None = None) -> Voter | None:
    """The household of a slip; raises PublicLimit after many wrong codes."""
    at = aware_now(at)
    # Counted before it is looked for, so that many tries at once count as many.
    if not (limits.spend("slip", source, at) and limits.spend("slip_of_topic", str(topic.pk), at)):
        raise PublicLimit(_("There were too many wrong codes. Try again later."))
    voter = topic.voters.filter(slip_hash=_slip_hash(topic, plain_code(code))).first()
    if voter:
        limits.give_back("slip", source, at)
        limits.give_back("slip_of_topic", str(topic.pk), at)
    return voter


# Voting


@transaction.atomic
def cast_vote(
    *,
    topic: Topic,
    voter: Voter | None,
    option: Option | None,
    key: str = "",
    receipt: str = "",
    at: datetime | None = None,
) -> Vote:
    """Take a vote, or change one; without an option the voter abstains.

    In a secret vote the receipt follows from `key`, the random key of the page: the same page sent again is the same
    vote. Any other page needs the receipt to change it. Raises StateConflict, PermissionDenied, and ValidationError.
    """
    at, topic = aware_now(at), locked(topic)
    voter = voter and Voter.objects.select_for_update(of=("self",)).filter(topic=topic, pk=voter.pk).first()
    if voter is None:
        raise PermissionDenied(_("You are not on the list of those entitled to vote."))
    check_open(topic, Action.VOTE, {Side.VOTER})
    _check_time(topic, at)
    if option and option.topic_id != topic.pk:
        raise ValidationError({"option": _("Choose one of the options.")})
    if not topic.is_secret:
        return _vote_openly(topic, voter, option)
    return _vote_secretly(topic, voter, option, key, plain_code(receipt))


def _check_time(topic: Topic, at: datetime) -> None:
    if at < topic.opens_at:
        raise StateConflict(_("The vote opens at %(time)s.") % {"time": shown_time(topic.opens_at)})
    if at >= topic.closes_at:
        raise StateConflict(_("The vote closed at %(time)s.") % {"time": shown_time(topic.closes_at)})


def _vote_openly(topic: Topic, voter: Voter, option: Option | None) -> Vote:
    _ballot, is_new = Ballot.objects.update_or_create(voter=voter, defaults={"topic": topic, "option": option})
    _mark(voter)
    return Vote("", is_changed=not is_new)


def _vote_secretly(topic: Topic, voter: Voter, option: Option | None, key: str, receipt: str) -> Vote:
    if receipt and not voter.has_voted:
        raise ValidationError({"receipt": _("You have not voted yet. Leave the receipt empty.")})
    if not (key or receipt):
        raise ValidationError(_("Open the page anew and vote again."))
    receipt = receipt or code_of(RECEIPT_SALT, f"{topic.pk}:{key}", RECEIPT_LENGTH)
    hashed = receipt_hash(topic.pk, receipt)
    known = Ballot.objects.filter(topic=topic, receipt_hash=hashed)
    if voter.has_voted:
        if not known.update(option=option):
            raise StateConflict(_("You have voted already. To change your vote, give the receipt that you were shown."))
        return Vote(receipt, is_changed=True)
    if known.exists():  # somebody else voted from a copy of this very page
        raise ValidationError(_("Open the page anew and vote again."))
    Ballot.objects.create(topic=topic, option=option, receipt_hash=hashed)
    _mark(voter)
    return Vote(receipt, is_changed=False)


def _mark(voter: Voter) -> None:
    """That they voted; not when, and not what."""
    Voter.objects.filter(pk=voter.pk).update(has_voted=True)


# Closing and counting


def votes_of(topic: Topic) -> Counter[int]:
    """The votes for each option by its number; `ABSTAINED` for those that chose none. One query."""
    numbers = topic.ballots.values_list("option__ordinal").annotate(votes=Count("pk")).order_by()
    return Counter({number or ABSTAINED: votes for number, votes in numbers})


def published_ballots(topic: Topic) -> str:
    """The list of the ballots of a secret vote, from which everybody counts again."""
    rows = topic.ballots.values_list("receipt_hash", "option__ordinal")
    return ballots_text((hashed, number or ABSTAINED) for hashed, number in rows)


@transaction.atomic
def close_vote(*, topic: Topic, at: datetime | None = None) -> Topic:
    """Close and count a vote whose time is over; one that is closed, or not over yet, stays as it is."""
    at, topic = aware_now(at), locked(topic)
    if topic.state != State.VOTING or at < topic.closes_at:
        return topic
    check_open(topic, Action.CLOSE, {Side.SYSTEM})
    votes = votes_of(topic)
    abstained = votes.pop(ABSTAINED, 0)
    options = {option.ordinal: option for option in topic.options.all()}
    result = count(topic.rule, topic.entitled, {number: votes[number] for number in options}, abstained)
    marked = topic.voters.filter(has_voted=True).count()
    if marked != result.cast:  # somebody wrote into the tables; the page says so, too
        log.error("topic %s: %s ballots of %s who voted", topic.pk, result.cast, marked)
    topic.cast, topic.verdict = result.cast, result.verdict
    topic.chosen = options.get(result.winner)
    if topic.is_secret:
        _shuffle(topic)
        topic.ballots_digest = digest(published_ballots(topic))
    return take_step(topic, Action.CLOSE, actor=None, at=at)


def _shuffle(topic: Topic) -> None:
    """Write the ballots anew in the order of their hashes: not even that of the rows tells who voted after whom."""
    ballots = sorted(topic.ballots.all(), key=lambda ballot: ballot.receipt_hash)
    topic.ballots.all().delete()
    Ballot.objects.bulk_create(
        (Ballot(topic=topic, option_id=old.option_id, receipt_hash=old.receipt_hash) for old in ballots),
        batch_size=1000,
    )


# What the residents say


@transaction.atomic
def answer_result(
    *,
    topic: Topic,
    is_done: bool,
    voter: Voter | None = None,
    key: str = "",
    source: str = "",
    at: datetime | None = None,
) -> ResultAnswer:
    """Say whether what was decided was done: with a slip once a household, changeable; else once from a page."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.ANSWER, {Side.RESIDENT})
    if at >= topic.answers_until:
        raise StateConflict(_("The residents were asked until %(time)s.") % {"time": shown_time(topic.answers_until)})
    key = "" if voter else key or uuid.uuid4().hex  # without one, it is like no other
    same = {"topic": topic, "round": topic.round, "voter": voter, "key": key}
    known = ResultAnswer.objects.filter(**same).first()
    if not voter and not known and not limits.spend("answer", f"{topic.pk}.{source}", at):
        raise PublicLimit(_("Very many answers have come from your network. Use your voting slip, or try again later."))
    if known:
        known.is_done = is_done
        known.save(update_fields=["is_done"])
        return known
    return ResultAnswer.objects.create(**same, is_done=is_done)


@dataclass(frozen=True)
class Answers:
    """What the residents said: with slips, and without."""

    done: int
    not_yet: int
    done_openly: int
    not_yet_openly: int

    @property
    def is_confirmed(self) -> bool:
        """More say that it was done: of those with slips where there are any, else of all. Silence confirms nothing."""
        if self.done or self.not_yet:
            return self.done > self.not_yet
        return self.done_openly > self.not_yet_openly


def answers_of(topic: Topic) -> Answers:
    """Of the last round; one query."""
    said = {"done": Q(is_done=True), "not_yet": Q(is_done=False)}
    by_slip = {name: Count("pk", filter=value & Q(voter__isnull=False)) for name, value in said.items()}
    openly = {f"{name}_openly": Count("pk", filter=value & Q(voter=None)) for name, value in said.items()}
    return Answers(**topic.answers.filter(round=topic.round).aggregate(**by_slip, **openly))


@transaction.atomic
def conclude_answers(*, topic: Topic, at: datetime | None = None) -> Topic:
    """What the residents said in the end, once their time is over; idempotent."""
    at, topic = aware_now(at), locked(topic)
    if topic.state != State.ASKING or at < topic.answers_until:
        return topic
    action = Action.CONFIRM if answers_of(topic).is_confirmed else Action.NOT_CONFIRM
    check_open(topic, action, {Side.SYSTEM})
    return take_step(topic, action, actor=None, at=at)


def go_on_by_clock(*, topic: Topic, at: datetime | None = None) -> Topic:
    """What the clock owes this topic at its first reading: a vote closed, or the answers counted."""
    at = aware_now(at)
    if topic.state == State.VOTING and topic.closes_at <= at:
        close_vote(topic=topic, at=at)
    elif topic.state == State.ASKING and topic.answers_until <= at:
        conclude_answers(topic=topic, at=at)
    else:
        return topic
    return Topic.objects.with_related().get(pk=topic.pk)


def go_on_with_due_topics(*, at: datetime | None = None) -> int:
    """The same for all that are due; one that fails is reported and does not stop the others."""
    at, done = aware_now(at), 0
    for topic in Topic.objects.due(at).iterator():
        try:
            go_on_by_clock(topic=topic, at=at)
            done += 1
        except Exception:
            log.exception("topic %s could not go on", topic.pk)
    return done
