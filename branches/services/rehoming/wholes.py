"""What belongs to a grid as a whole, and goes on at the grid that continues it."""

from collections import defaultdict

from django.db.models import Max

from branches.deliberation.workflow import Action
from branches.models import BranchGrid, Meeting, Publication, Story, Topic, TopicStep, Voter, WorkList
from branches.services.rehoming.news import News
from grids.models import Grid


def carry_wholes(news: News) -> None:
    """Its meetings, its work lists and what was told of it; published figures stay with the place that they are of."""
    for rows in (
        Meeting.objects.filter(branch=None),
        WorkList.objects.all(),
        Publication.objects.filter(period=""),
        Story.objects.all(),
    ):
        news.carry(rows.filter(grid=news.ended))


def carry_topics(news: News) -> None:
    """Topics with those entitled to vote on them: a branch's to the part where the branch is, else to who continues."""
    rows = Topic.objects.filter(grid=news.ended)
    # Locked as every step of a topic does; what is read of them is read afterwards.
    keys = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    topics = list(Topic.objects.filter(pk__in=keys).annotate(last=Max("steps__ordinal")).order_by("pk"))
    heirs = _parts_of_branches(news, {topic.branch_id for topic in topics} - {None})
    shares: dict[Grid, list[Topic]] = defaultdict(list)
    for topic in topics:
        shares[heirs.get(topic.branch_id, news.heir)].append(topic)
    for heir, share in shares.items():
        news.carry(Topic.objects.filter(pk__in=[topic.pk for topic in share]), heir)
        news.carry(Voter.objects.filter(grid=news.ended, topic__in=share), heir)
        TopicStep.objects.bulk_create(_step(topic, news, heir) for topic in share)
    news.carry(Voter.objects.filter(grid=news.ended))  # the slips of a building, in the topics of grids above it


def _parts_of_branches(news: News, branches: set[int]) -> dict[int, Grid]:
    """The part that holds all that a branch covers of a divided grid; none for one that reaches into several."""
    if not news.is_division or not branches:
        return {}
    found: dict[int, set[Grid]] = defaultdict(set)
    covers = BranchGrid.objects.active().filter(branch__in=branches)
    for branch, place in covers.values_list("branch", "position"):
        found[branch] |= {part for part in news.successors if part.lft <= place <= part.rght}
    return {branch: next(iter(parts)) for branch, parts in found.items() if len(parts) == 1}


def _step(topic: Topic, news: News, heir: Grid) -> TopicStep:
    ordinal = (topic.last or 0) + 1
    said = {"action": Action.REHOME, "state": topic.state, "note": news.sentence(heir), "at": news.at}
    return TopicStep(topic=topic, ordinal=ordinal, **said)
