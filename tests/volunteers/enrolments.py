"""What the tests of double check-in share: an office of the district, and who speaks for it."""

import pytest

from grids.models import Organisation, User
from tests.factories import make_organisation, make_user


@pytest.fixture
def speaker() -> User:
    return make_user("韩梅")


@pytest.fixture
def office(cast, speaker) -> Organisation:
    return make_organisation(
        cast.tree.district, "区住建局", kind="government_office", representatives=[speaker], is_joint=False
    )
