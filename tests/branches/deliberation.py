"""What the tests of deliberation share: a Monday, a vote, and ways to take part in it."""

from datetime import timedelta
from itertools import count

from branches import services
from branches.models import Topic, Voter
from grids.models import User
from tests.events.conftest import MONDAY
from tests.factories import make_vote

LATER = MONDAY + timedelta(hours=1)
AFTER = MONDAY + timedelta(days=8)
_page = count(1)


def voter_of(topic: Topic, user: User) -> Voter:
    return Voter.objects.get(topic=topic, user=user)


def vote(topic: Topic, user: User, number: int | None = 1, at=LATER, **given) -> services.Vote:
    """A vote of this person from a page of its own; None abstains."""
    option = topic.options.get(ordinal=number) if number else None
    given = {"key": f"page{next(_page)}"} | given
    return services.cast_vote(topic=topic, voter=voter_of(topic, user), option=option, at=at, **given)


def closed(topic: Topic, at=AFTER) -> Topic:
    return services.close_vote(topic=topic, at=at)


def decided(cast, *, at=MONDAY, **rule) -> Topic:
    """A topic of the community that its people agreed on, and whose decision is written."""
    topic = make_vote(cast.community, cast.tree.community, at=at, **rule)
    for person in (cast.worker, cast.chief, cast.community):
        vote(topic, person, at=at + timedelta(hours=1))
    closed(topic, at + timedelta(days=8))
    return services.decide_topic(
        topic=topic, actor=cast.community, decision="同意加装，由物业牵头。", at=at + timedelta(days=9)
    )
