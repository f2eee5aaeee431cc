"""How much each rating counts: set by an administrator, with its history."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from events import services
from events.figures.measures import MEASURES
from events.indicators import SATISFACTION, weights
from events.models import RatingWeight, WeightChange
from tests.pages import page

pytestmark = pytest.mark.django_db
COUNTS = {"satisfied": 1, "fair": 1, "unsatisfied": 0, "rated": 2}


def change(cast, weight: str, rating: str = "fair", **given) -> RatingWeight:
    given = {"actor": cast.admin, "reason": "按新口径"} | given
    return services.change_weight(rating=rating, weight=Decimal(weight), **given)


def test_a_weight_is_changed_with_its_history_and_the_figures_follow(cast):
    assert SATISFACTION.value(COUNTS, weights()) == Decimal("0.95")
    at = timezone.now()
    change(cast, "0.8", at=at)
    assert SATISFACTION.value(COUNTS, weights()) == Decimal("0.9")
    row = WeightChange.objects.get()
    assert (row.rating, row.before, row.after, row.changed_by, row.changed_at, row.reason) == (
        "fair", Decimal("0.9"), Decimal("0.8"), cast.admin, at, "按新口径",
    )  # fmt: skip


def test_the_same_weight_again_is_no_change(cast):
    change(cast, "0.9")
    assert not WeightChange.objects.exists()


@pytest.mark.parametrize("weight", ["-0.01", "1.01", "0.123", "NaN"])
def test_a_weight_lies_between_0_and_1(cast, weight):
    with pytest.raises(ValidationError) as refused:
        change(cast, weight)
    assert list(refused.value.message_dict) == ["weight"]
    assert weights()["fair"] == Decimal("0.9")


def test_a_change_needs_its_reason(cast):
    with pytest.raises(ValidationError, match="请说明原因"):
        change(cast, "0.8", reason=" ")
    assert weights()["fair"] == Decimal("0.9")


def test_only_who_administers_all_changes_a_weight(cast):
    with pytest.raises(PermissionDenied):
        change(cast, "0.8", actor=cast.city)


def test_the_weights_are_one_query(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert weights() == {"satisfied": 1, "fair": Decimal("0.9"), "unsatisfied": 0}


def test_weights_are_set_in_django_admin(cast, as_):
    row = RatingWeight.objects.get(rating="fair")
    address = reverse("admin:events_ratingweight_change", args=[row.pk])
    admin = as_(cast.admin)
    answer = admin.post(address, {"weight": "1.5", "reason": "试"})
    assert "请填写 0 到 1 之间的权重" in page(answer)
    assert admin.post(address, {"weight": "0.85", "reason": "按市里通知"}).status_code == 302
    assert weights()["fair"] == Decimal("0.85")
    assert "按市里通知" in page(admin.get(reverse("admin:events_weightchange_changelist")))


def test_measures_of_ratings_bear_the_names_of_their_weights(db):
    assert weights().keys() <= MEASURES.keys()
