"""Branches in Django admin: written by the services, read-only where they are history."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from branches.models import Branch, ChiefTitle
from branches.services import dissolve_branch, found_branch
from grids.models import Role
from tests.factories import make_post, make_user

pytestmark = pytest.mark.django_db

INLINES = {
    f"{prefix}-{name}": "0"
    for prefix in ("cover", "partners")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
}


def given(**changes) -> dict:
    return {"name": "第一党支部", "kind": "solo", "site_kind": "other", "site_address": "", "member_count": "3",
            "founded_on": "2026-01-05", "secretary": "", "chief_title": "", "deputy": "", **changes}  # fmt: skip


@pytest.fixture
def branch(cast) -> Branch:
    return found_branch(actor=None, name="第一党支部", kind="solo", grids=[cast.tree.building])


def test_founding_and_changing_go_through_the_services(as_, cast):
    browser = as_(cast.admin)
    browser.post(reverse("admin:branches_branch_add"), given(grids=[cast.tree.building.pk], secretary=cast.chief.pk))
    branch = Branch.objects.get()
    assert branch.grid == cast.tree.community
    assert cast.chief.posts.active().filter(role=Role.SECRETARY).exists()
    address = reverse("admin:branches_branch_change", args=[branch.pk])
    browser.post(address, given(name="第二党支部", secretary=cast.worker.pk) | INLINES)
    branch.refresh_from_db()
    assert (branch.name, branch.secretary) == ("第二党支部", cast.worker)
    assert LogEntry.objects.filter(object_id=str(branch.pk)).count() >= 2


def test_what_a_service_refuses_is_said_on_the_page(as_, cast, branch):
    answer = as_(cast.admin).post(
        reverse("admin:branches_branch_add"), given(grids=[cast.tree.building.pk]), follow=True
    )
    assert Branch.objects.count() == 1
    answer = as_(cast.admin).post(
        reverse("admin:branches_branch_add"), given(name="别的党支部", grids=[cast.tree.building.pk]), follow=True
    )
    assert "已有自己的党支部" in answer.content.decode()


def test_a_manager_keeps_the_branches_of_their_area_alone(as_, cast, branch):
    manager = make_post(make_user("那仁", "manager"), cast.tree.other_street, Role.OFFICIAL).user
    manager.posts.update(is_manager=True)
    assert as_(manager).get(reverse("admin:branches_branch_changelist")).status_code == 200
    assert as_(manager).get(reverse("admin:branches_branch_change", args=[branch.pk])).status_code == 302


def test_the_action_dissolves(as_, cast, branch):
    data = {"action": "dissolve", "_selected_action": [branch.pk]}
    as_(cast.admin).post(reverse("admin:branches_branch_changelist"), data)
    branch.refresh_from_db()
    assert branch.dissolved_on


def test_a_dissolved_branch_is_only_shown(as_, cast, branch):
    dissolve_branch(actor=None, branch=branch)
    address = reverse("admin:branches_branch_change", args=[branch.pk])
    assert as_(cast.admin).get(address).status_code == 200
    assert as_(cast.admin).post(address, given(name="新名") | INLINES).status_code == 403


def test_the_list_offers_its_sheet(as_, cast, branch):
    assert "/sheetimport/" in as_(cast.admin).get(reverse("admin:branches_branch_changelist")).content.decode()
    export = reverse("admin:branches_branch_export", args=["branches", "csv"])
    assert "第一党支部" in b"".join(as_(cast.admin).get(export)).decode()


def test_a_chief_who_leads_somewhere_is_put_out_of_use_and_not_deleted(as_, cast, branch):
    title, free = ChiefTitle.objects.order_by("ordinal")[:2]
    Branch.objects.update(secretary=cast.chief, chief_title=title)
    for one, code in ((title, 403), (free, 302)):
        address = reverse("admin:branches_chieftitle_delete", args=[one.pk])
        assert as_(cast.admin).post(address, {"post": "yes"}).status_code == code


def test_a_secretarys_post_is_left_alone_by_hand(as_, cast):
    found_branch(actor=None, name="党支部", kind="solo", grids=[cast.tree.building], secretary=cast.stranger)
    post = cast.stranger.posts.get()
    browser = as_(cast.admin)
    assert browser.get(reverse("admin:grids_post_end", args=[post.pk])).status_code == 403
    browser.post(reverse("admin:grids_post_changelist"), {"action": "end", "_selected_action": [post.pk]})
    post.refresh_from_db()
    assert post.is_active
    assert 'value="secretary"' not in browser.get(reverse("admin:grids_post_add")).content.decode()
