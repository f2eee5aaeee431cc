"""What activities and orders need somebody for, which offers were used, and what of them goes into sheets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grids import exports
from tests.factories import make_activity, make_member_enrolment, make_offer, make_patrol
from tests.volunteers.orders import dispatched, make_helper, make_order, skill_of
from volunteers.enrolments.needs import unmet, unused
from volunteers.models import Offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def soon():
    return timezone.now() + timedelta(days=4)


def titles(cast, person=None) -> list[str]:
    return [need.title for need in unmet(person or cast.community, cast.tree.community, timezone.now())]


def test_an_activity_needs_each_of_its_skills_until_somebody_offers_it(cast, soon):
    make_activity(cast.tree.community, soon, title="修小家电", skills=[skill_of()])
    assert titles(cast) == ["修小家电"]
    make_offer(make_member_enrolment(cast.tree.community))
    assert titles(cast) == []


def test_an_order_that_waits_needs_its_skill_and_one_that_was_dispatched_does_not(cast):
    order = make_order(cast.tree.building)
    assert titles(cast) == [str(order)]
    dispatched(order, make_helper(cast.tree.community, skill="理发"))
    assert titles(cast) == []


def test_what_is_needed_elsewhere_is_nobodys_business_here(cast, soon):
    make_activity(cast.tree.other_community, soon, skills=[skill_of()])
    make_order(cast.tree.other_building)
    assert titles(cast) == []


def test_an_offer_is_used_once_an_order_asked_for_it(cast):
    helper = make_helper(cast.tree.community)
    other = make_offer(make_member_enrolment(cast.tree.community), "理发")
    dispatched(make_order(cast.tree.building), helper)
    assert list(unused(Offer.objects.all())) == [other]


def test_needs_cost_the_same_however_many(cast, soon, django_assert_max_num_queries):
    for number in range(8):
        make_activity(cast.tree.community, soon, title=f"活动{number}", skills=[skill_of()])
        make_order(cast.tree.building)
    with django_assert_max_num_queries(8):
        assert len(titles(cast)) == 16


@pytest.mark.parametrize("kind", ["activity", "order", "patrol"])
def test_rows_for_other_departments_name_nobody(cast, soon, kind, django_assert_max_num_queries):
    make_activity(cast.tree.community, soon)
    make_patrol(cast.police, cast.tree.community, [cast.worker], [cast.tree.building])
    make_order(cast.tree.building, name="张三", phone="13812345678")
    found = exports.find(kind)
    with django_assert_max_num_queries(6):
        (row,) = rows = list(found.rows(cast.community, cast.tree.community))
        found.prepare(rows)
        cells = [str(field.value(row, timezone.now())) for field in found.fields]
    assert cast.tree.community.code in " ".join(cells)
    assert not any(secret in cell for cell in cells for secret in ("张三", "13812345678", cast.community.name))
