"""Key households on the pages of others, and in the demo."""

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from grids.models import Grid
from tests.factories import make_care_catalogue, make_grid, make_household, make_post
from volunteers.demo.households import ROWS, care
from volunteers.models import Household, HouseholdReveal
from volunteers.templatetags.household_tags import households_here, households_of

pytestmark = pytest.mark.django_db


def shown(part: str, context: dict) -> str:
    return render_to_string(f"volunteers/_households_{part}.html", context)


def test_the_card_is_for_who_has_a_part_in_it(cast):
    make_household(cast.tree.unit, cast.worker)
    text = shown("here", households_here(cast.worker))
    assert all(word in text for word in ("可以去看看", "张*", "记走访"))
    assert "张桂兰" not in text
    assert shown("here", households_here(cast.chief)).strip() == ""
    assert "查看记录" in shown("here", households_here(cast.district))


def test_a_grid_tells_how_many_to_who_may_see_them(cast, django_assert_num_queries):
    make_household(cast.tree.unit, cast.worker)
    with django_assert_num_queries(2):  # the posts, once for each request
        assert households_of(cast.tree.building, cast.community)["count"] == 1
    assert "1 户" in shown("of", households_of(cast.tree.building, cast.worker))
    for user in (cast.chief, cast.street, cast.admin, cast.police):
        assert shown("of", households_of(cast.tree.building, user)).strip() == ""


def test_the_card_takes_the_same_queries_however_many(cast, django_assert_num_queries):
    for number in range(5):
        make_household(cast.tree.unit, cast.worker, f"王{number}")
    with django_assert_num_queries(5):
        households_here(cast.worker)


def test_the_demo_has_something_for_worker_chief_community_and_auditor(cast):
    make_care_catalogue()
    for code in sorted({row.place[:4] for row in ROWS} | {row.place for row in ROWS}):
        if not Grid.objects.filter(code=f"{cast.tree.community.code}{code}").exists():
            make_grid(f"{cast.tree.community.code}{code}")
    make_post(cast.worker, Grid.objects.get(code=f"{cast.tree.community.code}0003"))
    cast.worker.forget_rights()
    care(timezone.now())
    answered = set(Household.objects.answered().values_list("answered_by__username", flat=True))
    assert {"worker", "chief"} <= answered
    assert Household.objects.filter(state="erased").count() == 1
    assert HouseholdReveal.objects.count() == 3
