"""Figures of grids that went out of use, and of organisations from elsewhere, open their cases like any other."""

import pytest
from django.http import QueryDict
from django.utils import timezone

from events.figures.measures import CLOSED, RECEIVED
from events.figures.scope import Scope
from events.figures.side_by_side import By, side_by_side
from events.filters import FilterForm
from grids import services
from tests.factories import make_event, make_organisation, make_user, take

pytestmark = pytest.mark.django_db


def listed(url: str, user) -> int:
    form = FilterForm(user, QueryDict(url.partition("?")[2]))
    assert form.is_valid(), form.errors
    return form.events(timezone.now()).count()


def test_a_merged_grid_keeps_the_cases_that_were_closed_there(cast):
    take(make_event(cast.worker, cast.tree.building), "accept", "resolve", "pass_check")
    services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    _total, rows = side_by_side(Scope(cast.tree.community), By.CHILD, timezone.now())
    found = {row.key: row for row in rows}
    former, heir = found[cast.tree.building.code], found[cast.tree.second_building.code]
    assert (former.counts["closed"], heir.counts["closed"]) == (1, 0)
    assert listed(former.link(CLOSED), cast.street) == 1
    assert listed(heir.link(CLOSED), cast.street) == 0


def test_a_divided_grid_keeps_them_too(cast):
    take(make_event(cast.worker, cast.tree.building), "accept", "resolve", "pass_check")
    units = cast.tree.unit.code, cast.tree.second_unit.code
    parts = [services.Part("东", units[:1]), services.Part("西", units[1:])]
    services.split_grid(actor=None, grid=cast.tree.building, parts=parts)
    cast.tree.building.refresh_from_db()
    assert listed(Scope(cast.tree.building).link(RECEIVED), cast.street) == 1


def test_a_filter_of_people_still_follows_to_the_successor(cast, as_):
    services.merge_grids(actor=None, grid=cast.tree.building, into=cast.tree.second_building)
    form = FilterForm(cast.street, QueryDict(f"grid={cast.tree.building.code}"))
    assert form.is_valid()
    assert form.cleaned_data["grid"] == cast.tree.second_building


def test_an_organisation_from_another_street_opens_what_it_handles_here(cast):
    event = make_event(cast.worker, cast.tree.building)
    elsewhere = make_organisation(cast.tree.other_street, representatives=[make_user()])
    event = take(event, "accept", *["escalate", "accept"] * 3)
    take(event, "assign", organisation=elsewhere)
    _total, (row,) = side_by_side(Scope(cast.tree.street), By.ORGANISATION, timezone.now())
    assert (row.name, row.counts["received"]) == (elsewhere.name, 1)
    assert listed(row.link(RECEIVED), cast.street) == 1


def test_an_organisation_from_another_street_with_nothing_here_stays_out_of_sight(cast):
    elsewhere = make_organisation(cast.tree.other_street)
    assert not FilterForm(cast.street, QueryDict(f"organisation={elsewhere.pk}")).is_valid()
