"""Certificates of service hours: what they hold, that they are issued once, and how anybody checks one."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from grids.models import User
from grids.services import PublicLimit
from tests.factories import make_activity
from tests.volunteers.activities import STARTS, arrive
from volunteers import services
from volunteers.models import Certificate, Participation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

ENDS = STARTS + timedelta(hours=2)


@pytest.fixture
def served(cast, activity):
    """The worker was there."""
    arrive(activity, cast.worker)
    return cast.worker


def issue(user: User, at=ENDS) -> Certificate:
    return services.issue_certificate(actor=user, at=at)


def test_it_holds_what_was_served_and_a_code_that_nobody_guesses(cast, served):
    certificate = issue(served)
    assert (certificate.name, certificate.hours) == ("乌兰", Decimal("2.00"))
    [line] = certificate.lines
    row = served.participations.get().pk
    assert line == {"row": row, "day": "2026-11-26", "title": "义务清理楼道", "organiser": "健康社区", "hours": "2.00"}
    assert len(certificate.code) == 16


def test_asked_for_again_it_is_the_same_until_hours_are_added(cast, served):
    first = issue(served)
    assert issue(served, at=ENDS + timedelta(days=9)) == first
    arrive(make_activity(cast.tree.community, STARTS + timedelta(days=1)), served, at=STARTS + timedelta(days=1))
    second = issue(served, at=ENDS + timedelta(days=9))
    assert second.hours == Decimal("4.00")
    assert second.code != first.code
    first.refresh_from_db()
    assert first.hours == Decimal("2.00")


def test_when_the_list_is_put_right_it_no_longer_holds(cast, activity, served):
    certificate = issue(served)
    assert certificate.holds()
    services.note_attendance(actor=cast.community, activity=activity, present=[], at=ENDS)
    assert not certificate.holds()
    with pytest.raises(ValidationError):
        issue(served)


def test_what_is_not_over_does_not_count_yet(served):
    with pytest.raises(ValidationError, match="No hours are counted yet"):
        issue(served, at=ENDS - timedelta(minutes=1))


def test_who_served_nothing_gets_none(cast, served):
    with pytest.raises(ValidationError):
        issue(cast.chief)


def test_it_is_never_edited(served):
    with pytest.raises(TypeError):
        issue(served).save()


def test_anybody_checks_it_however_the_code_is_typed(served):
    certificate = issue(served)
    typed = f" {certificate.code[:4].lower()}-{certificate.code[4:]}"
    assert services.check_certificate(code=typed, source="a") == certificate
    assert services.check_certificate(code="AAAA", source="a") is None


def test_many_wrong_codes_from_one_place_are_enough(served, settings):
    settings.PUBLIC_LIMITS |= {"certificate": (2, 3600)}
    certificate = issue(served)
    for _time in range(3):  # right ones cost nothing
        services.check_certificate(code=certificate.code, source="a", at=ENDS)
    for _time in range(2):
        services.check_certificate(code="wrong", source="a", at=ENDS)
    with pytest.raises(PublicLimit, match="too many wrong codes"):
        services.check_certificate(code=certificate.code, source="a", at=ENDS)
    assert services.check_certificate(code=certificate.code, source="b", at=ENDS) == certificate


def test_issuing_asks_the_database_the_same_however_much_was_served(cast, served, django_assert_num_queries):
    for number in range(3):
        starts = STARTS + timedelta(days=number + 1)
        arrive(make_activity(cast.tree.community, starts), served, at=starts)
    with django_assert_num_queries(5):
        issue(served, at=ENDS + timedelta(days=9))
    assert Participation.objects.filter(user=served).counted(ENDS).count() == 1
