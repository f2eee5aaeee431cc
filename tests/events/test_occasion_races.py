"""Two who file from the same resolution at once, and a second tap on the form of a meeting, on PostgreSQL."""

import uuid
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from branches import services as branches
from branches.models import Meeting, Topic
from events import occasions, services
from events.models import Event, Occasion
from grids.services import merge_grids
from tests.events.conftest import MONDAY
from tests.factories import make_branch, make_category, make_meeting, make_resolution, make_topic

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(pool, work, *given) -> list:
    """What comes of the work for each, begun at the same moment on connections of their own."""
    start = Barrier(len(given))

    def run(one):
        try:
            start.wait()
            return work(one)
        finally:
            connection.close()

    return list(pool.map(run, given))


def test_one_resolution_is_one_case_for_two_at_once(cast, pool):
    branch = make_branch(cast.tree.building, secretary=cast.chief)
    resolution = make_resolution(make_meeting(branch, cast.chief, starts_at=MONDAY))
    given = {"category": make_category(), "grid": cast.tree.building, "title": "更换线路"}

    def file(actor) -> str:
        occasion = occasions.find(actor, f"resolution-{resolution.pk}")
        return services.file_event(actor=actor, occasion=occasion, **given).number

    assert len(set(at_once(pool, file, cast.chief, cast.community, cast.street, cast.chief))) == 1
    assert (Event.objects.count(), Occasion.objects.count()) == (1, 1)


def test_filing_from_a_topic_waits_for_a_merge_and_neither_is_undone(cast, pool):
    tree = cast.tree
    topic = make_topic(cast.admin, tree.community)
    Topic.objects.update(state="decided", decision="更换线路", verdict="tie")
    given = {"category": make_category(), "grid": tree.community, "title": "更换线路"}

    def run(work) -> str:
        if work == "merge":
            merge_grids(actor=None, grid=tree.other_community, into=tree.community)
            merge_grids(actor=None, grid=tree.community, into=tree.far_community)
            return "merged"
        try:
            occasion = occasions.find(cast.admin, f"topic-{topic.pk}")
            return services.file_event(actor=cast.street, occasion=occasion, **given).number
        except ValidationError:
            return "late"

    assert "merged" in at_once(pool, run, "merge", "file", "file")
    assert Event.objects.count() == Occasion.objects.count() <= 1


def test_one_form_is_one_meeting_however_often_it_is_tapped(cast, pool):
    branch, key = make_branch(cast.tree.building, secretary=cast.chief), uuid.uuid4()
    given = {"starts_at": MONDAY, "ends_at": MONDAY + timedelta(hours=1), "people": [cast.worker]}

    def plan(title) -> int:
        return branches.plan_meeting(actor=cast.chief, convener=branch, title=title, place="中心", key=key, **given).pk

    assert len(set(at_once(pool, plan, "一", "二", "三"))) == 1
    assert Meeting.objects.get().invitations.count() == 1
