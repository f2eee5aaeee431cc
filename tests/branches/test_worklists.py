"""Work lists: drafted, issued, copied and closed; what was issued is not rewritten."""

from datetime import date, datetime, timedelta, timezone

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from branches.models import Claim, WorkItem, WorkList
from branches.models.worklist import in_year
from branches.services import (
    close_list,
    copy_list,
    describe_list,
    draft_list,
    drop_draft,
    issue_list,
    remove_item,
    save_item,
)
from grids.models import Role
from grids.services import merge_grids, retire_grid
from tests.factories import make_item, make_post, make_user, make_work_list

pytestmark = [pytest.mark.django_db]

AT = datetime(2026, 1, 10, 9, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
def draft(cast) -> WorkList:
    return make_work_list(cast.tree.district, at=AT)


def grids_of(item: WorkItem) -> list:
    return [claim.grid for claim in item.claims.select_related("grid").order_by("position")]


def test_a_form_that_is_sent_twice_drafts_once(cast):
    given = {"actor": cast.district, "grid": cast.tree.district, "title": "重点任务", "year": 2026}
    first, second = (draft_list(**given, idempotency_key="a") for _time in range(2))
    assert first == second == WorkList.objects.get()


@pytest.mark.parametrize("who", ["worker", "community", "street", "neighbour", "stranger"])
def test_who_is_no_official_of_the_grid_drafts_and_issues_nothing(cast, draft, who):
    actor, item = getattr(cast, who), make_item(draft)
    for work in (
        lambda: draft_list(actor=actor, grid=cast.tree.district, title="任务", year=2026),
        lambda: describe_list(actor=actor, work_list=draft, title="任务", year=2027),
        lambda: save_item(actor=actor, item=WorkItem(work_list=draft)),
        lambda: remove_item(actor=actor, item=item),
        lambda: issue_list(actor=actor, work_list=draft, at=AT),
        lambda: copy_list(actor=actor, work_list=draft, at=AT),
        lambda: close_list(actor=actor, work_list=draft, at=AT),
        lambda: drop_draft(actor=actor, work_list=draft),
    ):
        with pytest.raises(PermissionDenied):
            work()
    assert (WorkList.objects.get().state, WorkItem.objects.count()) == ("draft", 1)


def test_issuing_assigns_what_is_mandatory_once(cast, draft):
    for_streets, to_claim = make_item(draft), make_item(draft, is_mandatory=False)
    for_communities = make_item(draft, for_streets=False, for_communities=True)
    for_both = make_item(draft, for_communities=True)
    for _time in range(2):
        issue_list(actor=cast.district, work_list=draft, at=AT)
    tree = cast.tree
    assert grids_of(for_streets) == grids_of(for_both) == [tree.street, tree.other_street]
    assert grids_of(for_communities) == [tree.community, tree.other_community, tree.far_community]
    assert grids_of(to_claim) == []
    assert [step.action for step in Claim.objects.first().steps.all()] == ["assign"]


def test_a_retired_grid_is_assigned_nothing(cast, draft):
    item = make_item(draft, for_streets=False, for_communities=True)
    retire_grid(actor=None, grid=cast.tree.far_community)
    issue_list(actor=None, work_list=draft, at=AT)
    assert cast.tree.far_community not in grids_of(item)


def test_an_empty_list_and_days_that_have_passed_are_not_issued(cast, draft):
    with pytest.raises(ValidationError, match="还没有任务"):
        issue_list(actor=cast.district, work_list=draft, at=AT)
    make_item(draft, due_on=date(2026, 1, 9))
    with pytest.raises(ValidationError, match="1"):
        issue_list(actor=cast.district, work_list=draft, at=AT)
    assert not Claim.objects.exists()


def test_what_was_issued_is_not_rewritten(cast, draft):
    item = make_item(draft)
    issue_list(actor=cast.district, work_list=draft, at=AT)
    for work in (
        lambda: save_item(actor=cast.district, item=item),
        lambda: remove_item(actor=cast.district, item=item),
        lambda: describe_list(actor=cast.district, work_list=draft, title="另一个", year=2026),
        lambda: drop_draft(actor=cast.district, work_list=draft),
    ):
        with pytest.raises(ValidationError, match="已下发"):
            work()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"text": " "}, "text"), ({"text": "\u202e"}, "text"), ({"done_when": ""}, "done_when"),
     ({"due_on": None}, "due_on"), ({"due_on": date(9999, 12, 31)}, "due_on"), ({"due_on": date(1, 1, 1)}, "due_on"),
     ({"for_streets": False}, "for_streets"), ({"done_when": "长" * 2001}, "done_when")],
)  # fmt: skip
def test_a_wrong_item_is_refused_at_its_field(cast, draft, wrong, field):
    given = {"text": "任务", "done_when": "有记录", "for_streets": True, "due_on": date(2026, 12, 1)} | wrong
    with pytest.raises(ValidationError) as refused:
        save_item(actor=cast.district, item=WorkItem(work_list=draft, **given))
    assert list(refused.value.message_dict) == [field]


def test_an_item_that_is_sent_twice_is_there_once_and_another_of_its_words_is_refused(cast, draft):
    first, second = make_item(draft, "走访"), make_item(draft, "走访")
    assert first == second
    with pytest.raises(ValidationError, match="1"):
        make_item(draft, "走访", is_mandatory=False)


def test_a_street_asks_its_communities_alone(cast):
    work_list = make_work_list(cast.tree.street, at=AT)
    with pytest.raises(ValidationError) as refused:
        make_item(work_list, for_communities=True)
    assert list(refused.value.message_dict) == ["for_streets"]
    assert make_item(work_list, for_streets=False, for_communities=True).ordinal == 1


def test_a_copy_holds_the_items_and_not_who_did_what(cast, draft):
    make_item(draft, due_on=date(2026, 3, 31))
    make_item(draft, is_mandatory=False)
    issue_list(actor=None, work_list=draft, at=AT)
    first, second = (copy_list(actor=cast.district, work_list=draft, at=AT) for _time in range(2))
    assert first == second == draft.copies.get()
    assert (first.year, first.state, [item.due_on.year for item in first.items.all()]) == (2027, "draft", [2027, 2027])
    assert Claim.objects.filter(item__work_list=first).count() == 0
    assert draft.items.count() == 2


def test_the_29th_of_february_is_the_28th_in_a_common_year():
    assert in_year(date(2028, 2, 29), 2029) == date(2029, 2, 28)


def test_a_list_is_closed_once_and_only_after_it_was_issued(cast, draft):
    with pytest.raises(ValidationError, match="下发"):
        close_list(actor=cast.district, work_list=draft, at=AT)
    make_item(draft)
    issue_list(actor=None, work_list=draft, at=AT)
    closed = [close_list(actor=cast.district, work_list=draft, at=AT + timedelta(days=day)).closed_at for day in (1, 2)]
    assert closed == [AT + timedelta(days=1)] * 2


def test_a_draft_is_seen_by_who_issues_it_and_the_list_by_everybody_below(cast, draft):
    make_item(draft)
    below = [cast.worker, cast.community, cast.street, cast.neighbour]
    assert not any(WorkList.objects.visible_to(user).exists() for user in below)
    assert all(WorkList.objects.visible_to(user).exists() for user in (cast.district, cast.city, cast.admin))
    issue_list(actor=None, work_list=draft, at=AT)
    assert all(WorkList.objects.visible_to(user).exists() for user in below)
    assert not WorkList.objects.visible_to(cast.stranger).exists()


def test_the_lists_of_a_street_are_not_seen_in_another(cast):
    work_list = make_work_list(cast.tree.street, at=AT)
    make_item(work_list, for_streets=False, for_communities=True)
    issue_list(actor=None, work_list=work_list, at=AT)
    far = make_post(make_user(), cast.tree.far_community, Role.STAFF).user
    assert not WorkList.objects.visible_to(far).exists()
    assert WorkList.objects.visible_to(cast.worker).get() == work_list


def test_the_lists_of_a_merged_street_go_on_at_its_successor(cast):
    work_list = make_work_list(cast.tree.street, at=AT)
    merge_grids(actor=None, grid=cast.tree.street, into=cast.tree.other_street)
    work_list.refresh_from_db()
    assert (work_list.grid, work_list.position) == (cast.tree.other_street, cast.tree.other_street.lft)
