"""A branch of the first building, led by its chief, and what the tests of its meetings share."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from branches import services
from branches.models import Meeting, Partner
from tests.events.conftest import MONDAY
from tests.factories import make_branch, make_organisation, make_user

STARTS = MONDAY + timedelta(days=1)


@pytest.fixture
def joint(cast) -> SimpleNamespace:
    """The branch with its secretary and a partner, whose representative has no post."""
    agent = make_user("温都苏", "agent")
    company = make_organisation(cast.tree.community, "安居物业", representatives=[agent])
    branch = make_branch(cast.tree.building, "一号楼党支部", secretary=cast.chief)
    Partner.objects.create(branch=branch, organisation=company)
    return SimpleNamespace(branch=branch, secretary=cast.chief, company=company, agent=agent, cast=cast)


@pytest.fixture
def plan(joint):
    """Plans a meeting of the branch as its secretary, with one thing or another changed."""

    def plan(**changes) -> Meeting:
        given = {
            "actor": joint.secretary,
            "convener": joint.branch,
            "title": "十一月联席会议",
            "place": "党群服务中心",
            "starts_at": STARTS,
            "ends_at": STARTS + timedelta(hours=1),
            "people": [joint.cast.worker],
            "organisations": [joint.company],
            "at": MONDAY,
        }
        return services.plan_meeting(**given | changes)

    return plan


@pytest.fixture
def convened(joint, plan) -> Meeting:
    return services.convene(actor=joint.secretary, meeting=plan(), at=MONDAY)


@pytest.fixture
def held(joint, convened) -> Meeting:
    return services.hold(actor=joint.secretary, meeting=convened, at=STARTS)
