"""The table of indicators: whose it is, what stands side by side, and that each rate opens its cases."""

import pytest
from django.urls import reverse
from django.utils import timezone

from events.figures.side_by_side import By
from events.indicators import INDICATORS
from events.models import Event
from events.workflow import Action
from tests.factories import make_event, make_organisation, take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def cases(cast):
    """One closed in the first building, one open in the second."""
    take(make_event(cast.worker, cast.tree.building), Action.ACCEPT, Action.RESOLVE, Action.PASS_CHECK)
    make_event(cast.worker, cast.tree.second_building)


def table(client, grid, **query):
    return client.get(reverse("indicator_list", args=[grid.code]), query)


def rates(line) -> dict:
    return {cell.figure.name: cell.figure.text for cell in line.cells}


@pytest.mark.parametrize(
    "who, status", [("worker", 404), ("community", 404), ("street", 200), ("district", 200), ("admin", 200)]
)
def test_it_is_for_whose_posts_cover_the_grid(cast, as_, who, status):
    assert table(as_(getattr(cast, who)), cast.tree.street).status_code == status


def test_grids_below_stand_side_by_side_and_lead_one_level_down(cast, as_, cases):
    page = table(as_(cast.community), cast.tree.community)
    first, second = page.context["lines"]
    assert (first.code, rates(first)["closing"], rates(second)["closing"]) == (
        cast.tree.building.code, "100.0%", "no cases",
    )  # fmt: skip
    assert rates(page.context["total"])["filing"] == "50.0%"


@pytest.mark.parametrize("by", [choice for choice in By.values if choice != By.NONE])
def test_every_rate_opens_the_cases_below_its_line(cast, as_, cases, by):
    Event.objects.filter(status="closed").update(organisation=make_organisation(cast.tree.community))
    client = as_(cast.community)
    page = table(client, cast.tree.community, by=by)
    assert page.context["lines"]
    for line in [page.context["total"], *page.context["lines"]]:
        for cell, indicator in zip(line.cells, INDICATORS.values(), strict=True):
            listed = client.get(cell.figure.url).context["page"].object_list
            fitting = Event.objects.profiled().filter(indicator.at(timezone.now()), pk__in=[case.pk for case in listed])
            assert fitting.count() == len(listed)
            below = cell.sum.rpartition("÷")[2].strip(" ()")
            assert sum(map(int, below.split(" + "))) == len(listed) if listed else not cell.sum


@pytest.mark.parametrize("query", [{"by": "people"}, {"since": "2026-11-02", "until": "2026-11-01"}, {"category": "x"}])
def test_a_wrong_filter_is_named_and_counts_nothing(cast, as_, query):
    page = table(as_(cast.street), cast.tree.street, **query)
    assert page.status_code == 400
    assert "A filter is not valid" in page.text
    assert 'class="field-error"' in page.text


@pytest.mark.parametrize("by", ["child", "organisation", "month", "category"])
def test_the_queries_do_not_grow_with_the_rows(cast, as_, cases, by, django_assert_max_num_queries):
    for _case in range(5):
        make_event(cast.worker, cast.tree.building)
    client = as_(cast.street)
    with django_assert_max_num_queries(16):
        table(client, cast.tree.street, by=by)
