"""The demo's activities: each state, with hours, a queue and something left to do."""

import pytest

from tests.events.conftest import MONDAY
from tests.factories import make_activity_kind, make_branch, make_post, make_user
from volunteers.demo.activities import hold_activities
from volunteers.models import Activity, Participation

pytestmark = pytest.mark.django_db


def test_there_is_something_of_every_kind_to_look_at(cast):
    for name in ("亮身份作表率", "下网格访民情"):
        make_activity_kind(name)
    for _one in range(6):
        make_post(make_user(), cast.tree.building)
    make_branch(cast.tree.building, secretary=cast.chief)
    hold_activities(MONDAY)
    assert sorted(Activity.objects.values_list("state", flat=True)) == [
        "planned", "published", "published", "published", "reported",
    ]  # fmt: skip
    assert Participation.objects.filter(status="waiting").exists()
    assert Participation.objects.filter(user=cast.worker).counted(MONDAY).exists()
    assert Activity.objects.filter(is_demo=False).count() == 0
