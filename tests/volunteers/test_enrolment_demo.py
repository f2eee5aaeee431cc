"""The demo's double check-in: every state, work for the accounts, and an account of a member."""

import pytest
from django.utils import timezone

from tests.factories import make_grid
from volunteers.demo.enrolments import check_in
from volunteers.models import MemberEnrolment, OrganisationEnrolment

pytestmark = pytest.mark.django_db


def test_the_demo_has_every_state_and_an_account_of_a_member(cast, client):
    for number in (3, 4, 5):
        make_grid(f"15010500100{number}"[:9] + f"{number:03d}", f"示例{number}社区")
    check_in(cast.tree.community, cast.community, timezone.now())
    inside = MemberEnrolment.objects.within(cast.tree.community)
    assert set(inside.values_list("state", flat=True)) == {"applied", "confirmed", "placed", "refused", "ended"}
    assert inside.exclude(post=None).exists()
    assert MemberEnrolment.objects.exclude(grid=cast.tree.community).exists()
    assert set(OrganisationEnrolment.objects.values_list("state", flat=True)) == {"applied", "confirmed"}
    mine = MemberEnrolment.objects.get(user__username="member")
    assert (mine.state, mine.place) == ("placed", cast.tree.building)
    assert client.login(username="member", password="saihan-demo")
