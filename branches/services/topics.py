"""What becomes of a topic, from its proposal to its published decision; the vote itself is in `voting`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from branches.deliberation.access import proposer_kinds, sides_of
from branches.deliberation.counting import QuorumKind
from branches.deliberation.electorate import TooMany, list_voters
from branches.deliberation.workflow import TABLE, Action, Side, State, refusal
from branches.exceptions import StateConflict
from branches.models import Branch, Option, ProposerKind, Remark, Topic, TopicStep, Voter
from branches.models.topic import MOST_OPTIONS
from branches.services.checking import check_text, in_use
from branches.services.telling import tell_of_vote
from grids.models import Grid, Level, Organisation, User
from grids.moments import aware_now
from grids.readable import code_of, plain_code
from grids.services import PublicLimit, limits
from grids.text import says_nothing
from grids.tree import community_code

LONGEST_VOTE = timedelta(days=60)
ANSWERS_WITHIN = timedelta(days=14)
RECEIPT_LENGTH = 10
RECEIPT_SALT = "branches.topic_receipt"


def locked(topic: Topic) -> Topic:
    """The topic as it is now, nobody else changing it until the end of the transaction."""
    rows = Topic.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("grid", "branch").get(pk=topic.pk)


def _locked_in_place(topic: Topic) -> Topic:
    """As `locked`, its grid held first: so does a reorganisation, which carries topics and voters along."""
    place = Topic.objects.select_related("grid").get(pk=topic.pk).grid
    Grid.objects.settle(place)
    now = locked(topic)
    if now.grid_id != place.pk:
        raise StateConflict(_("The grids have just been reorganised. Look again, then repeat."))
    return now


def check_open(topic: Topic, action: Action, standing: Iterable[Side]) -> None:
    """PermissionDenied to who may not do it, StateConflict where it is not open now."""
    if refused := refusal(topic.state, action, standing):
        raise PermissionDenied(refused.text) if refused.code == "forbidden" else StateConflict(str(refused.text))


def take_step(topic: Topic, action: Action, *, actor: User | None, at: datetime, note: str = "") -> Topic:
    """Store the locked topic in the state that the step leads to, with its line of history."""
    topic.state = TABLE[action].target or topic.state
    topic.save()
    _write_step(topic, action, actor, at, note)
    return topic


def _write_step(topic: Topic, action: Action, actor: User | None, at: datetime, note: str) -> None:
    last = topic.steps.aggregate(last=Max("ordinal"))["last"] or 0
    name = str(actor) if actor else ""
    said = {"action": action, "state": topic.state, "actor": actor, "actor_name": name, "note": note, "at": at}
    TopicStep.objects.create(topic=topic, ordinal=last + 1, **said)


# Proposing


@transaction.atomic
def propose_topic(
    *,
    actor: User,
    grid: Grid,
    title: str,
    text: str,
    proposer_kind: str = ProposerKind.MEMBER,
    branch: Branch | None = None,
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> Topic:
    """Propose a topic in words of its own; the same key again returns the same topic."""
    at = aware_now(at)
    key = f"{actor.pk}.{idempotency_key}" if idempotency_key else None
    if key and (before := Topic.objects.filter(idempotency_key=key).first()):
        return before
    grid = in_use(grid)
    if proposer_kind not in proposer_kinds(actor, grid):
        raise PermissionDenied(_("You cannot propose a topic there in this name."))
    if branch and not any(lft <= grid.rght and grid.lft <= rght for lft, rght in branch.ranges):
        raise ValidationError({"branch": [_("This branch works elsewhere.")]})
    topic = Topic(grid=grid, branch=branch, title=title.strip(), text=text.strip(), proposer_kind=proposer_kind)
    topic.proposer, topic.proposed_at, topic.idempotency_key = actor, at, key
    check_text(topic, "title", "text", required="title")
    topic.save()
    _write_step(topic, Action.PROPOSE, actor, at, "")
    return topic


@transaction.atomic
def propose_as_resident(
    *, grid: Grid, text: str, key: str, source: str, at: datetime | None = None
) -> tuple[Topic, str]:
    """What a resident proposes, and the receipt that finds the answer; nothing of who it was is asked or kept.

    The same key again returns the same. Raises PublicLimit, and ValidationError by field.
    """
    at, receipt = aware_now(at), code_of(RECEIPT_SALT, key, RECEIPT_LENGTH)
    topic = Topic(grid=grid, proposal=text.strip(), proposer_kind=ProposerKind.RESIDENT, proposed_at=at)
    topic.receipt_hash, topic.idempotency_key = _receipt_hash(receipt), _receipt_hash(key)
    if before := Topic.objects.filter(idempotency_key=topic.idempotency_key).first():
        return before, receipt
    if grid.level < Level.STREET or Grid.objects.settle(grid).retired_at:
        raise ValidationError({"grid": [_("Choose your street or community.")]})
    check_text(topic, "proposal", required="proposal")
    neighbourhood = community_code(grid.code) or grid.code
    if not (limits.spend("topic", source, at) and limits.spend("topic_in_grid", neighbourhood, at)):
        raise PublicLimit(_("Very many proposals have come in within an hour. Try again later."))
    topic.save()
    _write_step(topic, Action.PROPOSE, None, at, "")
    return topic, receipt


def find_proposal(*, receipt: str, source: str, at: datetime | None = None) -> Topic | None:
    """The topic of this receipt; raises PublicLimit after many wrong ones."""
    at = aware_now(at)
    if not limits.spend("topic_receipt", source, at):
        raise PublicLimit(_("There were too many wrong numbers. Try again later."))
    found = Topic.objects.with_related().filter(receipt_hash=_receipt_hash(plain_code(receipt))).first()
    if found:
        limits.give_back("topic_receipt", source, at)
    return found


def forget_proposals(*, at: datetime | None = None) -> int:
    """Erase residents' own words some time after they were answered; the desk's words of the topic stay."""
    long_ago = aware_now(at) - timedelta(days=settings.CONTACT_KEPT_DAYS)
    old = Topic.objects.filter(proposed_at__lt=long_ago).exclude(proposal="").exclude(state=State.PROPOSED)
    return old.update(proposal="")


def _receipt_hash(text: str) -> str:
    return limits.hashed("topic_receipt", text)


# Running


@transaction.atomic
def take_up_topic(
    *,
    topic: Topic,
    actor: User,
    title: str,
    text: str,
    moderator: User | None = None,
    at: datetime | None = None,
) -> Topic:
    """Take the topic up for discussion, in words that everybody may read; somebody moderates, else who takes it up."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.TAKE_UP, sides_of(actor, topic))
    topic.title, topic.text, topic.moderator = title.strip(), text.strip(), moderator or actor
    check_text(topic, "title", "text", required="title")
    return take_step(topic, Action.TAKE_UP, actor=actor, at=at)


@transaction.atomic
def decline_topic(*, topic: Topic, actor: User, reason: str, at: datetime | None = None) -> Topic:
    """Answer that the topic is not taken up, or not further, and why; who proposed it reads the reason."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.DECLINE, sides_of(actor, topic))
    topic.reason = reason.strip()
    check_text(topic, "reason", required="reason")
    return take_step(topic, Action.DECLINE, actor=actor, at=at, note=topic.reason)


@transaction.atomic
def remark(*, topic: Topic, actor: User, text: str, at: datetime | None = None) -> Remark:
    """Say something in the discussion; the same words of the same person stand once."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.REMARK, sides_of(actor, topic))
    said = Remark(topic=topic, author=actor, author_name=str(actor), text=text.strip(), at=at)
    check_text(said, "text", required="text")
    if before := topic.remarks.filter(author=actor, text=said.text).first():
        return before
    said.save()
    return said


@transaction.atomic
def hide_remark(*, remark: Remark, actor: User, reason: str, at: datetime | None = None) -> Remark:
    """Take a remark out of sight, with a reason that stands in its place."""
    at, topic = aware_now(at), locked(remark.topic)
    check_open(topic, Action.HIDE, sides_of(actor, topic))
    remark = Remark.objects.get(pk=remark.pk)
    if remark.hidden_by_id:
        return remark
    remark.hidden_by, remark.hidden_reason = actor, reason.strip()
    check_text(remark, "hidden_reason", required="hidden_reason")
    remark.save(update_fields=["hidden_by", "hidden_reason"])
    take_step(topic, Action.HIDE, actor=actor, at=at, note=remark.hidden_reason)
    return remark


@transaction.atomic
def set_options(*, topic: Topic, actor: User, options: list[str], at: datetime | None = None) -> Topic:
    """What there is to choose between, in order; refused once the vote has opened."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.SET_OPTIONS, sides_of(actor, topic))
    texts = [text.strip() for text in options if not says_nothing(text)]
    if not 2 <= len(texts) <= MOST_OPTIONS:
        raise ValidationError({"options": _("Give two to %(most)d options, one a line.") % {"most": MOST_OPTIONS}})
    if len(set(texts)) < len(texts):
        raise ValidationError({"options": _("Two options are the same.")})
    rows = [Option(topic=topic, ordinal=ordinal, text=text) for ordinal, text in enumerate(texts, start=1)]
    for row in rows:
        try:
            check_text(row, "text")
        except ValidationError as error:
            raise ValidationError({"options": error.messages}) from error
    topic.options.all().delete()
    Option.objects.bulk_create(rows)
    return take_step(topic, Action.SET_OPTIONS, actor=actor, at=at, note="\n".join(texts))


@transaction.atomic
def open_vote(
    *,
    topic: Topic,
    actor: User,
    closes_at: datetime,
    opens_at: datetime | None = None,
    is_secret: bool = True,
    majority: str,
    quorum_kind: str = QuorumKind.SHARE,
    quorum: int = 0,
    roles: Iterable[str] = (),
    organisations: Iterable[Organisation] = (),
    households: bool = False,
    at: datetime | None = None,
) -> Topic:
    """Fix options, rule and the list of voters; votes are taken from `opens_at`, now if not given, to `closes_at`."""
    at, topic = aware_now(at), _locked_in_place(topic)
    check_open(topic, Action.OPEN, sides_of(actor, topic))
    topic.opens_at, topic.closes_at = opens_at or at, closes_at
    topic.is_secret, topic.majority = is_secret, majority
    topic.quorum_kind, topic.quorum = quorum_kind, quorum
    _check_vote(topic, at)
    try:
        voters = list_voters(topic, roles=roles, organisations=organisations, households=households)
    except TooMany as error:
        raise ValidationError({"households": str(error)}) from error
    if not voters:
        raise ValidationError({"roles": _("Nobody would be entitled. Choose roles, organisations or the households.")})
    if quorum_kind == QuorumKind.NUMBER and quorum > len(voters):
        raise ValidationError({"quorum": _("Only %(entitled)d would be entitled.") % {"entitled": len(voters)}})
    Voter.objects.bulk_create(voters, batch_size=1000)
    topic.entitled = len(voters)
    tell_of_vote(topic, actor, at)
    return take_step(topic, Action.OPEN, actor=actor, at=at)


def _check_vote(topic: Topic, at: datetime) -> None:
    errors = {}
    try:
        check_text(topic, "majority", "quorum_kind", "quorum")
    except ValidationError as error:
        errors = error.message_dict
    if topic.options.count() < 2:
        errors["__all__"] = [_("Set the options first.")]
    if topic.opens_at < at:
        errors["opens_at"] = [_("That time is over. Leave it empty to open the vote now.")]
    if topic.closes_at <= max(at, topic.opens_at):
        errors["closes_at"] = [_("A vote closes after it opens.")]
    elif topic.closes_at - topic.opens_at > LONGEST_VOTE:
        errors["closes_at"] = [_("A vote takes at most %(days)d days.") % {"days": LONGEST_VOTE.days}]
    if topic.quorum_kind == QuorumKind.SHARE and (topic.quorum or 0) > 100:
        errors["quorum"] = [_("A share is at most 100 percent.")]
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def decide_topic(*, topic: Topic, actor: User, decision: str, at: datetime | None = None) -> Topic:
    """Write down what the vote decided, or what follows from there being no decision."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.DECIDE, sides_of(actor, topic))
    topic.decision, topic.decided_at = decision.strip(), at
    check_text(topic, "decision", required="decision")
    return take_step(topic, Action.DECIDE, actor=actor, at=at, note=topic.decision)


@transaction.atomic
def publish_topic(*, topic: Topic, actor: User, at: datetime | None = None) -> Topic:
    """Let everybody read the decision."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.PUBLISH, sides_of(actor, topic))
    topic.published_at = at
    return take_step(topic, Action.PUBLISH, actor=actor, at=at)


@transaction.atomic
def ask_residents(*, topic: Topic, actor: User, done: str, at: datetime | None = None) -> Topic:
    """Say what was done, and have the residents say for two weeks whether it was."""
    at, topic = aware_now(at), locked(topic)
    check_open(topic, Action.ASK, sides_of(actor, topic))
    topic.done, topic.answers_until, topic.round = done.strip(), at + ANSWERS_WITHIN, topic.round + 1
    check_text(topic, "done", required="done")
    return take_step(topic, Action.ASK, actor=actor, at=at, note=topic.done)
