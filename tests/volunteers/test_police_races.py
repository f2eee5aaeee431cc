"""A second tap on the forms of patrols and mediations at once, and a merge beside a finding, on PostgreSQL."""

import pytest
from django.core.exceptions import ValidationError

from events.models import Event
from events.services import file_finding
from grids.services import merge_grids
from tests.events.test_occasion_races import at_once
from tests.factories import make_category, make_mediation, make_patrol, patrol_plan
from volunteers import services
from volunteers.models import DisputeKind, Mediation, Patrol, PatrolFinding

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def under_way(cast):
    patrol = make_patrol(cast.police, cast.tree.community, [cast.worker], [cast.tree.building])
    return services.start_patrol(actor=cast.police, patrol=patrol)


def test_one_form_is_one_patrol_one_finding_and_one_mediation(cast, pool, under_way):
    DisputeKind.objects.get_or_create(name="邻里纠纷")  # an emptied database holds none
    category, plan = make_category(), patrol_plan([cast.worker], [cast.tree.building])
    given = {"actor": cast.worker, "patrol": under_way, "grid": cast.tree.building, "key": "k"}
    forms = (
        lambda: services.plan_patrol(actor=cast.police, community=cast.tree.community, plan=plan, key="k"),
        lambda: file_finding(category=category, text="杂物", **given),
        lambda: make_mediation(cast.worker, cast.tree.building, key="k"),
    )
    for form in forms:
        assert len(set(at_once(pool, lambda send: send().pk, form, form, form))) == 1
    assert (Patrol.objects.count(), PatrolFinding.objects.count(), Mediation.objects.count()) == (2, 1, 1)
    assert Event.objects.count() == 1


def test_a_finding_waits_for_a_merge_and_neither_is_undone(cast, pool, under_way):
    tree, category = cast.tree, make_category()

    def run(work) -> str:
        if work == "merge":
            merge_grids(actor=None, grid=tree.building, into=tree.second_building)
            return "merged"
        given = {"patrol": under_way, "grid": tree.building, "category": category, "text": "杂物"}
        try:
            return file_finding(actor=cast.worker, **given).number
        except ValidationError:
            return "refused"

    at_once(pool, run, "merge", "file")
    assert under_way.places.get().grid == tree.second_building
    assert all(finding.grid == tree.second_building for finding in PatrolFinding.objects.select_related("grid"))
    assert all(event.grid == tree.second_building for event in Event.objects.select_related("grid"))
    assert Event.objects.count() == PatrolFinding.objects.count()
