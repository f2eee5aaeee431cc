"""What topics ask of a person: a vote, and the next step of those that they run."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from branches.deliberation.access import topics_to_run, topics_to_vote
from branches.models import Topic
from grids.day import MOST, Due
from grids.models import User


def day_of(user: User, at: datetime) -> list[Due]:
    """In two queries."""
    votes = [_vote(topic) for topic in topics_to_vote(user, at)[:MOST]]
    return votes + [_step(topic) for topic in topics_to_run(user, at)[:MOST]]


def _vote(topic: Topic) -> Due:
    url = reverse("topic_vote", args=[topic.pk])
    return Due(topic.closes_at, "vote", _("Vote to be cast"), str(topic), url, _("the vote closes then"))


def _step(topic: Topic) -> Due:
    url = reverse("topic_detail", args=[topic.pk]) + "#steps"
    return Due(None, "topic", _("Topic"), str(topic), url, topic.get_state_display())
