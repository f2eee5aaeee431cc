"""Two at once over one household, on PostgreSQL."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from branches.exceptions import StateConflict
from tests.events.test_races import at_once
from tests.factories import make_care_catalogue, make_household
from volunteers.models import Household, HouseholdStep, Visit
from volunteers.services import erase_households, note_visit, register_household, withdraw_consent

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_the_same_visit_twice_at_once_is_one(cast, pool):
    household = make_household(cast.tree.unit, cast.worker)
    work = partial(note_visit, actor=cast.worker, household=household, note="都好", idempotency_key="k")
    assert {visit.pk for visit in at_once(pool, work, work)} == {Visit.objects.get().pk}


def test_the_same_household_twice_at_once_is_one(cast, pool):
    day = timezone.localdate()
    given = {"consented_on": day, "kept_until": day.replace(year=day.year + 1, day=1), "idempotency_key": "k"}
    given |= {"grid": cast.tree.unit, "name": "张桂兰", "needs": ["alone"], "consent_text": make_care_catalogue()}
    work = partial(register_household, actor=cast.worker, **given)
    assert {one.pk for one in at_once(pool, work, work)} == {Household.objects.get().pk}


def test_taken_back_twice_at_once_it_is_erased_once(cast, pool):
    household = make_household(cast.tree.unit, cast.worker)
    works = [partial(withdraw_consent, actor=who, household=household) for who in (cast.worker, cast.community)]
    done = at_once(pool, *works)
    (refused,) = (one for one in done if isinstance(one, Exception))
    assert isinstance(refused, StateConflict | PermissionDenied)  # who answered for it does so no more
    assert HouseholdStep.objects.filter(action="withdraw").count() == 1


def test_two_tasks_at_once_erase_once(cast, pool):
    for number in range(5):
        make_household(cast.tree.unit, cast.worker, f"王{number}")
    at = timezone.now() + timedelta(days=400)
    done = at_once(pool, *[partial(erase_households, at=at)] * 2)
    assert sum(one["households"] for one in done) == 5
    assert HouseholdStep.objects.filter(action="expire").count() == 5
