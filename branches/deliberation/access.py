"""Who may see a topic, and where they stand towards it."""

from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.shortcuts import get_object_or_404

from branches.access import may_run, may_run_for
from branches.deliberation.workflow import Action, Side, State, refusal
from branches.models import Branch, ProposerKind, Topic, Voter
from branches.models.divided import read_along_by
from grids.access import may_see, overseen_ranges, visible_grids, within
from grids.models import Grid, Level, OrganisationKind, Post, User


def visible_topics(user: User) -> QuerySet[Topic]:
    """Those of grids that the user may see, what they lead, moderate or proposed, or vote on."""
    if not user.is_active:
        return Topic.objects.none()
    own = Q(proposer=user) | Q(moderator=user) | Q(branch__secretary=user) | Q(branch__deputy=user)
    listed = Exists(Voter.objects.filter(topic=OuterRef("pk"), user=user))
    return Topic.objects.filter(Q(grid__in=visible_grids(user)) | own | Q(listed) | read_along_by(user))


def run_topics(user: User) -> QuerySet[Topic]:
    """Those that wait for the user to go on with them: of grids they answer for, and of branches they lead."""
    if not user.is_active:
        return Topic.objects.none()
    led = Q(branch__secretary=user) | Q(branch__deputy=user)
    of_grids = Q(branch=None) & within(Branch.objects.ranges_led_by(user))
    return Topic.objects.filter(within(overseen_ranges(user)) | led | of_grids)


def topics_to_vote(user: User, at: datetime) -> QuerySet[Topic]:
    """What the user may vote on and has not, what closes first, first."""
    return Topic.objects.to_vote(user, at).order_by("closes_at", "pk")


def topics_to_run(user: User, at: datetime) -> QuerySet[Topic]:
    """What waits for the user's next step; what others below have in hand comes after what nobody else sees to."""
    is_over = Q(state=State.VOTING, closes_at__lte=at)
    to_run = run_topics(user).filter(Q(pk__in=Topic.objects.waiting().values("pk")) | is_over)
    is_own = Q(moderator=user) | Exists(Post.objects.active().filter(user=user, grid=OuterRef("grid")))
    return to_run.order_by(Case(When(is_own, then=0), default=1), "-pk")


def get_topic(user: User, pk: int) -> Topic:
    """The topic; 404 where the user may not see it."""
    return get_object_or_404(visible_topics(user).with_related(), pk=pk)


def sides_of(user: User, topic: Topic) -> frozenset[Side]:
    """The sides that the user stands on; the caller has made sure that they may see the topic."""
    found = {Side.READER} if user.is_active else set()
    if runs_topic(user, topic):
        found.add(Side.DESK)
    if user.is_active and topic.moderator_id == user.pk:
        found.add(Side.MODERATOR)
    if user.is_active and topic.voters.filter(user=user).exists():
        found.add(Side.VOTER)
    return frozenset(found)


def runs_topic(user: User, topic: Topic) -> bool:
    """Whether the user acts for what the topic belongs to: its grid as a whole, or its branch."""
    if any(lft <= topic.position <= rght for lft, rght in overseen_ranges(user)):
        return True
    if topic.branch_id:
        return may_run(user, topic.branch)
    return may_run_for(user, topic.grid)


def topic_to_file(user: User, pk: int) -> Topic | None:
    """The topic, if something was decided on it and the user may make a case of that."""
    topic = visible_topics(user).with_related().filter(pk=pk).first()
    return topic if topic and refusal(topic.state, Action.FILE, sides_of(user, topic)) is None else None


def proposer_kinds(user: User, grid: Grid) -> list[ProposerKind]:
    """On whose behalf the user may propose a topic there, the nearest first; none where they may not."""
    if not user.is_active or grid.level < Level.STREET or grid.retired_at:
        return []
    found = []
    if may_run_for(user, grid):
        found.append(ProposerKind.DESK)
    if may_see(user, grid) or found:
        found.append(ProposerKind.MEMBER)
    committees = user.organisations.active().filter(kind=OrganisationKind.OWNERS_COMMITTEE)
    if committees.serving(grid.lft, grid.rght).exists():
        found.append(ProposerKind.COMMITTEE)
    return found
