"""Two at once: one person to two communities, two answers to one report."""

from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from tests.factories import make_member_enrolment, make_organisation, make_user
from tests.races import behind
from volunteers.models import MemberEnrolment
from volunteers.services import end_enrolment, enrol_member, place_member

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(pool, *works) -> list[object]:
    """What each came to: its result, or what refused it."""
    gate = Barrier(len(works))

    def run(work):
        try:
            gate.wait(10)
            return work()
        except ValidationError as error:
            return error
        finally:
            connection.close()

    return [future.result(60) for future in [pool.submit(run, work) for work in works]]


def test_who_reports_to_two_communities_at_once_is_enrolled_in_one(cast, pool):
    office, user = make_organisation(cast.tree.district, kind="government_office"), make_user("巴特尔")

    def report(grid):
        return lambda: enrol_member(actor=user, user=user, organisation=office, grid=grid)

    got = at_once(pool, report(cast.tree.community), report(cast.tree.other_community))
    assert sorted(isinstance(one, ValidationError) for one in got) == [False, True]
    assert MemberEnrolment.objects.current().count() == 1


def test_placed_twice_at_once_there_is_one_post_and_one_entry(cast, pool):
    enrolment = make_member_enrolment(cast.tree.community)

    def place():
        return place_member(actor=None, enrolment=enrolment, place=cast.tree.building, with_post=True)

    got = at_once(pool, place, place)
    assert not any(isinstance(one, ValidationError) for one in got)
    assert enrolment.user.posts.active().count() == 1
    assert list(enrolment.steps.values_list("action", flat=True)) == ["place"]


def test_who_moves_while_the_community_ends_it_is_ended_once(cast):
    enrolment = make_member_enrolment(cast.tree.community)
    given = {"actor": enrolment.user, "user": enrolment.user, "organisation": enrolment.organisation}
    moved = behind(
        lambda: end_enrolment(actor=None, enrolment=enrolment, text="搬走了"),
        lambda: enrol_member(**given, grid=cast.tree.other_community, is_moving=True),
    )
    assert moved.grid == cast.tree.other_community
    assert list(enrolment.steps.values_list("action", flat=True)) == ["end"]
