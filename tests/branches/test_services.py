"""Founding, covering, staffing and dissolving branches: what works, what is refused, and what stays as history."""

from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from branches.models import Branch, BranchGrid, ChiefTitle, SiteKind
from branches.services import (
    Bringing,
    add_partner,
    appoint_leaders,
    cover,
    describe_branch,
    dissolve_branch,
    found_branch,
    remove_partner,
)
from grids.models import Post, Role
from tests.factories import make_organisation, make_post, make_user

pytestmark = pytest.mark.django_db


def found(cast, grids=None, name="健康社区第一党支部", **fields) -> Branch:
    given = {"actor": cast.admin, "kind": "solo", "grids": grids or [cast.tree.building]} | fields
    return found_branch(name=name, **given)


def covered(branch) -> list:
    return [row.grid for row in branch.cover.filter(until=None)]


def secretaries(grid) -> list:
    return [post.user for post in Post.objects.active().filter(grid=grid, role=Role.SECRETARY)]


def leaders(branch, **changes) -> dict:
    names = ("secretary", "chief_title", "deputy")
    return {name: getattr(branch, name) for name in names} | changes


def refusal(field, call, *args, **fields) -> str:
    with pytest.raises(ValidationError) as caught:
        call(*args, **fields)
    return " ".join(caught.value.message_dict[field])


# Founding


def test_a_branch_sits_on_the_lowest_grid_that_holds_all_it_covers_at_least_the_community(cast):
    tree = cast.tree
    assert found(cast).grid == tree.community
    assert found(cast, [tree.second_building, tree.other_building], "联合党支部", kind="joint").grid == tree.street
    assert found(cast, [tree.other_street], "街道党支部").grid == tree.other_street


def test_founding_is_written_into_the_history(cast):
    branch = found(cast)
    assert LogEntry.objects.get(object_id=str(branch.pk)).user == cast.admin
    assert [(row.grid, row.since) for row in branch.cover.all()] == [(cast.tree.building, timezone.localdate())]


def test_the_same_form_sent_twice_founds_one_branch(cast):
    assert found(cast) == found(cast)
    assert Branch.objects.count() == 1


def test_another_of_the_same_name_is_refused(cast):
    found(cast)
    assert "同名" in refusal("name", found, cast, [cast.tree.second_building])


def test_a_grid_with_a_branch_of_its_own_is_refused_by_name(cast):
    found(cast)
    said = refusal("grids", found, cast, [cast.tree.building, cast.tree.second_building], "第二党支部")
    assert "1号楼" in said
    assert "健康社区第一党支部" in said
    assert Branch.objects.count() == 1


def test_a_grid_inside_another_chosen_one_is_refused(cast):
    assert "1号楼" in refusal("grids", found, cast, [cast.tree.community, cast.tree.building])


def test_no_grid_and_a_day_to_come_are_refused(cast):
    with pytest.raises(ValidationError, match="至少选择一个网格"):
        found_branch(actor=cast.admin, name="空党支部", kind="solo", grids=[])
    assert refusal("founded_on", found, cast, founded_on=timezone.localdate() + timedelta(days=1))


def test_only_who_manages_the_grids_founds(cast):
    for person in (cast.district, cast.community, cast.worker):
        with pytest.raises(PermissionDenied):
            found(cast, actor=person)
    cast.district.posts.update(is_manager=True)
    cast.district.forget_rights()
    assert found(cast, actor=cast.district).grid == cast.tree.community


# Describing and covering


def described(branch, **changes) -> dict:
    names = ("name", "kind", "site_kind", "site_address", "member_count", "founded_on")
    return {name: getattr(branch, name) for name in names} | changes


def test_describing_tells_the_history_what_changed(cast):
    branch = found(cast)
    given = described(branch, site_kind=SiteKind.POLICE_STATION, member_count=12)
    describe_branch(actor=cast.admin, branch=branch, **given)
    branch.refresh_from_db()
    assert (branch.get_site_kind_display(), branch.member_count) == ("派出所", 12)
    assert "党员人数" in str(LogEntry.objects.first())


def test_covering_ends_rows_and_begins_others(cast):
    branch, tree = found(cast), cast.tree
    cover(actor=cast.admin, branch=branch, grids=[tree.second_building])
    assert covered(branch) == [tree.second_building]
    assert branch.cover.get(grid=tree.building).until == timezone.localdate()


def test_a_wider_cover_moves_the_seat_up_and_a_narrower_one_down(cast):
    branch, tree = found(cast), cast.tree
    branch = cover(actor=cast.admin, branch=branch, grids=[tree.building, tree.other_building])
    assert (branch.grid, branch.position) == (tree.street, tree.street.lft)
    assert cover(actor=cast.admin, branch=branch, grids=[tree.other_building]).grid == tree.other_community


def test_what_was_given_up_another_branch_may_take_the_same_day(cast):
    branch, tree = found(cast), cast.tree
    cover(actor=cast.admin, branch=branch, grids=[tree.second_building])
    assert covered(found(cast, [tree.building], "第二党支部")) == [tree.building]


def test_covering_the_same_again_changes_nothing(cast):
    branch = found(cast)
    cover(actor=cast.admin, branch=branch, grids=[cast.tree.building])
    assert (BranchGrid.objects.count(), LogEntry.objects.count()) == (1, 1)


# Leaders


def test_secretary_and_deputy_hold_a_post_on_every_covered_grid(cast):
    tree, deputy = cast.tree, make_user("高娃")
    branch = found(cast, [tree.building, tree.second_building], secretary=cast.stranger, deputy=deputy)
    assert all(secretaries(grid) == [cast.stranger, deputy] for grid in covered(branch))
    cover(actor=cast.admin, branch=branch, grids=[tree.building])
    assert secretaries(tree.second_building) == []
    assert secretaries(tree.building) == [cast.stranger, deputy]


def test_a_deputy_who_becomes_secretary_keeps_the_post_with_other_duties(cast):
    branch = found(cast, deputy=cast.stranger)
    before = cast.stranger.posts.get()
    appoint_leaders(actor=cast.admin, branch=branch, **leaders(branch, secretary=cast.stranger, deputy=None))
    after = cast.stranger.posts.get()
    assert (before.duties, after.duties) == ("支部副书记，协助书记工作", "主持党支部工作")


def test_who_follows_as_secretary_takes_over_the_posts(cast):
    branch = found(cast, secretary=cast.stranger)
    appoint_leaders(actor=cast.admin, branch=branch, **leaders(branch, secretary=cast.worker))
    assert secretaries(cast.tree.building) == [cast.worker]
    assert cast.stranger.posts.get().ended_by == cast.admin


def test_the_secretary_is_one_of_the_five_chiefs(cast):
    title = ChiefTitle.objects.get(name="派出所所长")
    branch = found(cast, secretary=cast.police, chief_title=title)
    assert branch.cover.get().branch.public_secretary == "赵刚（派出所所长）"
    given = leaders(branch, secretary=None)
    assert "书记" in refusal("chief_title", appoint_leaders, actor=cast.admin, branch=branch, **given)
    assert refusal("chief_title", found, cast, [cast.tree.second_building], "第二党支部", chief_title=title)


def test_one_person_is_not_secretary_and_deputy(cast):
    assert refusal("deputy", found, cast, secretary=cast.worker, deputy=cast.worker)
    assert not Branch.objects.exists()


def test_a_closed_account_leads_no_branch(cast):
    assert "停用" in refusal("secretary", found, cast, secretary=make_user("离任", is_active=False))


# Partners


def test_partners_bring_something_and_may_go_again(cast):
    company = make_organisation(cast.tree.community)
    branch = found(cast, partners=[Bringing(company, "活动场地")])
    add_partner(actor=cast.admin, branch=branch, organisation=company, brings="场地和设备")
    assert [(one.organisation, one.brings) for one in branch.partners.all()] == [(company, "场地和设备")]
    remove_partner(actor=cast.admin, partner=branch.partners.get())
    assert not branch.partners.exists()


def test_the_secretary_draws_in_partners_and_a_worker_does_not(cast):
    branch = found(cast, secretary=cast.stranger)
    company = make_organisation(cast.tree.community)
    assert add_partner(actor=cast.stranger, branch=branch, organisation=company)
    with pytest.raises(PermissionDenied):
        add_partner(actor=cast.worker, branch=branch, organisation=company)


# Dissolving


def test_a_dissolved_branch_leaves_its_grids_and_stays_in_the_history(cast):
    branch = found(cast, secretary=cast.stranger, founded_on=date(2026, 1, 1))
    dissolve_branch(actor=cast.admin, branch=branch, reason="并入社区党委")
    branch.refresh_from_db()
    assert (branch.dissolved_on, covered(branch)) == (timezone.localdate(), [])
    assert branch.cover.get().reason == "并入社区党委"
    assert secretaries(cast.tree.building) == []


def test_dissolving_needs_a_reason_and_happens_once(cast):
    branch = found(cast)
    assert refusal("reason", dissolve_branch, actor=cast.admin, branch=branch)
    dissolve_branch(actor=cast.admin, branch=branch, reason="撤销")
    again = dissolve_branch(actor=cast.admin, branch=branch, reason="再次撤销")
    assert again.cover.get().reason == "撤销"


CHANGES = {
    "describe": lambda cast, branch: describe_branch(actor=cast.admin, branch=branch, **described(branch, name="新名")),
    "cover": lambda cast, branch: cover(actor=cast.admin, branch=branch, grids=[cast.tree.second_building]),
    "lead": lambda cast, branch: appoint_leaders(
        actor=cast.admin, branch=branch, **leaders(branch, secretary=cast.worker)
    ),
    "partner": lambda cast, branch: add_partner(
        actor=None, branch=branch, organisation=make_organisation(cast.tree.community)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_dissolved_branch_is_history(cast, change):
    branch = dissolve_branch(actor=cast.admin, branch=found(cast), reason="撤销")
    with pytest.raises(ValidationError):
        CHANGES[change](cast, branch)


def test_a_secretary_sees_and_files_by_the_post_and_is_no_desk(cast):
    found(cast, secretary=cast.stranger)
    post = make_post(cast.stranger, cast.tree.building, Role.SECRETARY)  # the same one again
    assert list(cast.stranger.posts.all()) == [post]
    assert [one.role for one in cast.stranger.active_posts] == ["secretary"]
