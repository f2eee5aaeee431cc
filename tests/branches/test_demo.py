"""The demo's branches: lifelike, and with something left to do."""

import random

import pytest

from branches.coverage import Coverage
from branches.demo.branches import found_branches
from branches.models import Branch, SiteKind
from grids.models import Grid
from tests.events.conftest import MONDAY
from tests.factories import make_grid, make_organisation

pytestmark = pytest.mark.django_db


def test_the_demo_has_all_kinds_of_branches_and_leaves_some_buildings_out(cast):
    for number in range(10, 40):
        community = make_grid(f"1501050020{number}", f"示例{number}社区")
        make_organisation(community, kind="property_company")
        for building in range(1, 9):
            make_grid(f"{community.code}{building:04d}", households=40 + 7 * building)
    found_branches(cast.tree.district, random.Random(1), before=MONDAY)
    branches = Branch.objects.active()
    assert set(branches.values_list("site_kind", flat=True)) == set(SiteKind.values) - {"other"}
    assert set(branches.values_list("kind", flat=True)) == {"solo", "joint"}
    assert branches.filter(partners__isnull=False).exists()
    total = Coverage(Grid.objects.get(pk=cast.tree.district.pk)).total
    assert total.own
    assert total.inherited
    assert total.none
