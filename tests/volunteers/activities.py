"""An activity of the community, and what the tests of activities share."""

from datetime import timedelta

import pytest

from grids.models import User
from tests.events.conftest import MONDAY
from tests.factories import make_activity, make_member_enrolment, make_user
from volunteers import services
from volunteers.activities import door
from volunteers.models import Activity, Participation

STARTS = MONDAY + timedelta(days=3)


@pytest.fixture
def activity(cast) -> Activity:
    """Published by the community, with two places."""
    return make_activity(cast.tree.community, STARTS, actor=cast.community, places=2)


@pytest.fixture
def member(cast) -> User:
    """Enrolled in the community, without a post."""
    user = make_user("呼日勒", "member")
    make_member_enrolment(cast.tree.community, user)
    return user


def join(activity: Activity, *users: User, at=MONDAY) -> list[Participation]:
    return [
        services.join_activity(actor=user, activity=activity, at=at + timedelta(minutes=number))
        for number, user in enumerate(users)
    ]


def arrive(activity: Activity, user: User, at=STARTS) -> Participation:
    """Through the code that the organiser shows."""
    token = door.read_token(door.token_of(activity))
    return services.arrive(actor=user, activity=activity, token=token, at=at)


def status_of(activity: Activity) -> dict[str, str]:
    return {row.user.name: row.status for row in activity.participations.select_related("user")}
