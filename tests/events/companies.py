"""Two property companies of the community and who represents them, for the tests of joint handling."""

import pytest

from events.models import Event
from grids.models import Organisation, User
from grids.services import describe_organisation, dissolve_organisation, set_representatives
from tests.factories import description, make_organisation, make_user, take

EVERYBODY = (
    "worker", "chief", "community", "street", "district", "city", "police", "neighbour", "stranger", "admin",
)  # fmt: skip


@pytest.fixture
def people(cast) -> dict[str, User]:
    """The cast, two who represent the property company of the community, and one who represents another."""
    return {name: getattr(cast, name) for name in EVERYBODY} | {
        "representative": make_user("白音", "baiyin"),
        "colleague": make_user("高娃", "gaowa"),
        "other": make_user("温都苏", "wendusu"),
    }


@pytest.fixture
def company(cast, people) -> Organisation:
    make_organisation(cast.tree.community, "别家物业", representatives=[people["other"]])
    return make_organisation(
        cast.tree.community, "安居物业", representatives=[people["representative"], people["colleague"]]
    )


@pytest.fixture
def assigned(event, company) -> Event:
    return take(event, "assign", organisation=company)


# What makes an organisation unable to handle a case any more.


def dissolved(cast, people, company):
    dissolve_organisation(actor=None, organisation=company)


def closed_to_cases(cast, people, company):
    describe_organisation(actor=None, organisation=company, **description(company, is_joint=False))


def left_by_all(cast, people, company):
    set_representatives(actor=None, organisation=company, representatives=[])


def shut_out(cast, people, company):
    User.objects.filter(organisations=company).update(is_active=False)


def moved_away(cast, people, company):
    describe_organisation(actor=None, organisation=company, **description(company, grid=cast.tree.other_community))


ENDS = (dissolved, closed_to_cases, left_by_all, shut_out, moved_away)
