"""Topics that a neighbourhood deliberates on: proposal, discussion, options, who may vote, ballots, what came of it."""

import uuid
from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from branches.deliberation.counting import Majority, QuorumKind, Rule, Verdict
from branches.deliberation.workflow import COUNTED, PUBLIC, TOLD, WAITING, Action, State
from branches.models.branch import Branch
from branches.models.divided import Divided
from grids.models import Grid, Placed, PlacedQuerySet, User
from grids.text import TEXT_LENGTH, TITLE_LENGTH, long_text, plain_text

MOST_OPTIONS = 10
OPTION_LENGTH = 120
EXCERPT = 40
HASH_LENGTH = 64


class ProposerKind(models.TextChoices):
    RESIDENT = "resident", pgettext_lazy("proposer", "a resident")
    MEMBER = "member", pgettext_lazy("proposer", "a member")
    COMMITTEE = "committee", pgettext_lazy("proposer", "the owners' committee")
    DESK = "desk", pgettext_lazy("proposer", "the desk")


class TopicQuerySet(PlacedQuerySet):
    def around(self, grid: Grid):
        """The topics of the grid and of those above it, which concern it too."""
        return self.filter(grid__lft__lte=grid.lft, grid__rght__gte=grid.rght)

    def public(self):
        """What everybody may read without a login."""
        return self.filter(state__in=PUBLIC)

    def waiting(self):
        """What waits for a step of those who run it."""
        return self.filter(state__in=WAITING)

    def to_vote(self, user: User, at: datetime):
        """What the user may vote on now and has not yet."""
        mine = Voter.objects.filter(topic=OuterRef("pk"), user=user, has_voted=False)
        return self.filter(Exists(mine), state=State.VOTING, opens_at__lte=at, closes_at__gt=at)

    def due(self, at: datetime):
        """What the clock has to go on with: votes that are over, and questions to the residents that are."""
        return self.filter(
            Q(state=State.VOTING, closes_at__lte=at) | Q(state=State.ASKING, answers_until__lte=at)
        ).order_by("pk")

    def with_related(self):
        return self.select_related("grid", "branch", "chosen", "moderator")


class Topic(Placed, Divided):
    """A topic. `proposal` is a resident's own text, which is never published; `title` and `text` are the desk's."""

    branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="topics", verbose_name=_("branch")
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.PROPOSED)
    title = models.CharField(_("title"), max_length=TITLE_LENGTH, blank=True, validators=plain_text)
    text = models.TextField(_("what the topic is about"), blank=True, validators=long_text)
    proposal = models.TextField(_("in the resident's own words"), blank=True, validators=long_text)
    proposer_kind = models.CharField(_("proposed by"), max_length=16, choices=ProposerKind)
    proposer = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="topics_proposed", verbose_name=_("proposer")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    receipt_hash = models.CharField(max_length=HASH_LENGTH, blank=True, editable=False)
    idempotency_key = models.CharField(max_length=HASH_LENGTH, null=True, unique=True, editable=False)
    moderator = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="topics_moderated", verbose_name=_("moderator")
    )
    reason = models.TextField(_("why it was not taken up"), blank=True, validators=long_text)

    is_secret = models.BooleanField(_("secret vote"), default=True)
    majority = models.CharField(_("majority"), max_length=16, choices=Majority, default=Majority.SIMPLE)
    quorum_kind = models.CharField(_("quorum in"), max_length=8, choices=QuorumKind, default=QuorumKind.SHARE)
    quorum = models.PositiveIntegerField(
        _("quorum"), default=50, validators=[MinValueValidator(0), MaxValueValidator(1_000_000)]
    )
    opens_at = models.DateTimeField(_("vote opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("vote closes"), null=True, blank=True)
    entitled = models.PositiveIntegerField(_("entitled"), default=0)
    cast = models.PositiveIntegerField(_("votes cast"), default=0)
    verdict = models.CharField(_("result"), max_length=16, choices=Verdict, blank=True)
    chosen = models.ForeignKey(
        "Option", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("option decided for")
    )
    ballots_digest = models.CharField(_("digest of the ballots"), max_length=HASH_LENGTH, blank=True)

    decision = models.TextField(_("decision"), blank=True, validators=long_text)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    done = models.TextField(_("how it was carried out"), blank=True, validators=long_text)
    answers_until = models.DateTimeField(_("residents answer until"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(_("times that residents were asked"), default=0)
    is_demo = models.BooleanField(_("made up for demonstration"), default=False, editable=False)

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="topic_state_known"),
            models.CheckConstraint(
                condition=Q(opens_at=None, closes_at=None) | Q(closes_at__gt=F("opens_at")),
                name="topic_closes_after_it_opens",
                violation_error_message=_("A vote closes after it opens."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.PROPOSED, State.DECLINED]) | ~Q(title=""), name="topic_public_has_title"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(COUNTED)) | ~Q(verdict=""), name="topic_closed_has_verdict"
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.DECIDED, chosen__isnull=False)
                | (~Q(verdict=Verdict.DECIDED) & Q(chosen=None)),
                name="topic_decided_for_an_option",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "position"], name="topic_state_in_place"),
            models.Index(fields=["receipt_hash"], condition=~Q(receipt_hash=""), name="topic_receipt"),
        ]  # fmt: skip

    def __str__(self) -> str:
        if self.title or not self.proposal:
            return self.title or gettext("topic %(number)d") % {"number": self.pk}
        return f"{self.proposal[:EXCERPT]}{'…' if len(self.proposal) > EXCERPT else ''}"

    @property
    def rule(self) -> Rule:
        return Rule(self.majority, self.quorum_kind, self.quorum)

    @property
    def is_counted(self) -> bool:
        return self.state in COUNTED

    @property
    def is_told(self) -> bool:
        """Whether the decision is public."""
        return self.state in TOLD

    def is_open_at(self, at: datetime) -> bool:
        """Whether votes are taken at this moment."""
        return self.state == State.VOTING and self.opens_at <= at < self.closes_at


class Option(models.Model):
    """One of the things to choose between, fixed once the vote opens."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="options", verbose_name=_("topic"))
    ordinal = models.PositiveSmallIntegerField(_("number"))
    text = models.CharField(_("option"), max_length=OPTION_LENGTH, validators=plain_text)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["topic", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["topic", "ordinal"], name="option_numbered_once"),
            models.UniqueConstraint(fields=["topic", "text"], name="option_said_once"),
            models.CheckConstraint(condition=Q(ordinal__gte=1), name="option_numbered_from_one"),
        ]

    def __str__(self) -> str:
        return self.text


class Remark(models.Model):
    """What somebody said in the discussion; a moderator hides it with a reason, and nobody removes it."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="remarks", verbose_name=_("topic"))
    author = models.ForeignKey(User, models.PROTECT, related_name="topic_remarks", verbose_name=_("by"))
    author_name = models.CharField(_("name"), max_length=64)
    text = models.TextField(_("remark"), max_length=TEXT_LENGTH, validators=long_text)
    at = models.DateTimeField(_("at"))
    hidden_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    hidden_reason = models.CharField(_("why it is hidden"), max_length=OPTION_LENGTH, blank=True, validators=plain_text)

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        ordering = ["topic", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hidden_by=None, hidden_reason="") | (Q(hidden_by__isnull=False) & ~Q(hidden_reason="")),
                name="remark_hidden_with_a_reason",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text[:EXCERPT]


class TopicStep(models.Model):
    """What was done to a topic: who, when, from the state that it led to. Written once; votes leave no step."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="steps", verbose_name=_("topic"))
    ordinal = models.PositiveSmallIntegerField(_("number"))
    action = models.CharField(_("action"), max_length=16, choices=Action)
    state = models.CharField(_("state"), max_length=16, choices=State)
    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by"))
    actor_name = models.CharField(_("name"), max_length=64, blank=True)
    note = models.TextField(_("note"), blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step of a topic")
        verbose_name_plural = _("steps of topics")
        ordering = ["topic", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["topic", "ordinal"], name="topic_step_numbered")]

    def __str__(self) -> str:
        return f"{self.topic_id}/{self.ordinal} {self.action}"


class VoterQuerySet(models.QuerySet):
    def slips(self):
        return self.filter(user=None)

    def with_figures(self):
        """By building: how many slips there are, how many were printed and how many were used."""
        figures = {"slips": Count("pk"), "printed": Count("pk", filter=~Q(slip_hash=""))}
        return self.slips().order_by("position").values("grid", "grid__name", "position").annotate(**figures)


class Voter(Placed):
    """One who may vote: a person with an account, or the household that holds a slip; fixed when the vote opens.

    A slip's code is kept as a keyed hash alone. `has_voted` has no time, and no ballot of a secret vote leads here.
    """

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="voters", verbose_name=_("topic"))
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="votes_entitled", verbose_name=_("person")
    )
    slip = models.PositiveIntegerField(_("number of the slip"), null=True, blank=True)
    slip_hash = models.CharField(max_length=HASH_LENGTH, blank=True, editable=False)
    has_voted = models.BooleanField(_("has voted"), default=False)

    objects = VoterQuerySet.as_manager()

    class Meta:
        verbose_name = _("voter")
        verbose_name_plural = _("voters")
        ordering = ["topic", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["topic", "user"], name="voter_listed_once"),
            models.UniqueConstraint(fields=["topic", "slip"], name="voter_slip_numbered"),
            models.UniqueConstraint(fields=["topic", "slip_hash"], condition=~Q(slip_hash=""), name="voter_slip_once"),
            models.CheckConstraint(
                condition=Q(user=None, slip__isnull=False) | Q(user__isnull=False, slip=None, slip_hash=""),
                name="voter_person_or_slip",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}" if self.user_id else f"{self.topic_id}/{self.slip}"


class Ballot(models.Model):
    """A vote. Of a secret one the hash of its receipt and nothing else: no voter, no time, and no running number.

    Without an option the voter abstained.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="ballots", verbose_name=_("topic"))
    option = models.ForeignKey(Option, models.PROTECT, null=True, related_name="ballots", verbose_name=_("option"))
    receipt_hash = models.CharField(max_length=HASH_LENGTH, blank=True)
    voter = models.OneToOneField(Voter, models.PROTECT, null=True, related_name="ballot", verbose_name=_("voter"))

    class Meta:
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "receipt_hash"], condition=~Q(receipt_hash=""), name="ballot_receipt_once"
            ),
            models.CheckConstraint(
                condition=Q(voter=None) & ~Q(receipt_hash="") | Q(voter__isnull=False, receipt_hash=""),
                name="ballot_secret_or_open",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.pk}"


class ResultAnswer(models.Model):
    """What a household says about the result: it was done, or not yet. With a slip once; else counted beside it."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="answers", verbose_name=_("topic"))
    round = models.PositiveSmallIntegerField()
    is_done = models.BooleanField(_("it was done"))
    voter = models.ForeignKey(Voter, models.PROTECT, null=True, related_name="answers", verbose_name=_("voter"))
    key = models.CharField(max_length=HASH_LENGTH, blank=True, editable=False)

    class Meta:
        verbose_name = _("answer of residents")
        verbose_name_plural = _("answers of residents")
        constraints = [
            models.UniqueConstraint(fields=["topic", "round", "voter"], name="answer_once_a_slip"),
            models.UniqueConstraint(
                fields=["topic", "round", "key"], condition=~Q(key=""), name="answer_once_a_page"
            ),
            models.CheckConstraint(
                condition=Q(voter=None) & ~Q(key="") | Q(voter__isnull=False, key=""), name="answer_by_slip_or_page"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.topic_id} {self.is_done}"
