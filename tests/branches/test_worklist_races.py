"""Two at once, on PostgreSQL: one claim, one report, one decision, one area for each building."""

import pytest
from django.core.exceptions import ValidationError

from branches.models import AreaGrid, Claim, ClaimStep, MemberArea, WorkList
from branches.services import (
    accept_claim,
    claim_item,
    close_list,
    copy_list,
    draw_area,
    issue_list,
    name_responsible,
    report_claim,
    send_back_claim,
    withdraw_claim,
)
from grids.services import merge_grids
from tests.events.test_races import at_once
from tests.factories import make_branch, make_grid, make_issued_item, make_item, make_work_list
from tests.races import behind

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_english")]


@pytest.fixture
def item(cast):
    return make_issued_item(cast.tree.district, is_mandatory=False, for_communities=True)


@pytest.fixture
def claim(cast, item) -> Claim:
    return claim_item(actor=cast.street, item=item, grid=cast.tree.street)


def late(found: list) -> list[ValidationError]:
    return [one for one in found if isinstance(one, ValidationError)]


def test_two_who_claim_for_one_grid_get_one_claim(cast, pool, item):
    claims = [lambda: claim_item(actor=cast.street, item=item, grid=cast.tree.street)] * 4
    assert len({claim.pk for claim in at_once(pool, *claims)}) == 1
    assert (Claim.objects.count(), ClaimStep.objects.count()) == (1, 1)


def test_two_who_report_at_once_make_one_report(cast, pool, claim):
    found = at_once(
        pool,
        *[lambda: report_claim(actor=cast.street, claim=claim, text="已办")] * 2,
        *[lambda: report_claim(actor=cast.admin, claim=claim, text="另一份")] * 2,
    )
    assert len(late(found)) == 2
    assert claim.steps.filter(action="report").count() == 1


def test_a_report_is_accepted_or_sent_back_whichever_is_first(cast, pool, claim):
    report_claim(actor=cast.street, claim=claim, text="已办")
    found = at_once(
        pool,
        lambda: accept_claim(actor=cast.district, claim=claim, round=1),
        lambda: send_back_claim(actor=cast.city, claim=claim, text="缺记录", round=1),
    )
    assert len(late(found)) == 1
    assert claim.steps.filter(action__in=["accept", "send_back"]).count() == 1


def test_an_acceptance_meets_the_report_that_it_read(cast, pool, claim):
    """Sent back and reported anew beside it, the acceptance of the first round is refused, or it came first."""
    report_claim(actor=cast.street, claim=claim, text="已办")

    def again():
        send_back_claim(actor=cast.city, claim=claim, text="缺记录", round=1)
        return report_claim(actor=cast.street, claim=claim, text="已补")

    found = at_once(pool, lambda: accept_claim(actor=cast.district, claim=claim, round=1), again)
    assert len(late(found)) == 1
    claim.refresh_from_db()
    assert (claim.state, claim.round) in {("accepted", 1), ("reported", 2)}


def test_a_report_against_the_end_of_the_list_and_a_withdrawal(cast, pool, claim):
    at_once(
        pool,
        lambda: report_claim(actor=cast.street, claim=claim, text="已办"),
        lambda: withdraw_claim(actor=cast.street, claim=claim, text="误认"),
        lambda: close_list(actor=cast.district, work_list=claim.item.work_list),
    )
    claim.refresh_from_db()
    assert claim.steps.exclude(action="claim").count() == (claim.state != "open")


def test_a_list_that_two_issue_and_copy_is_issued_and_copied_once(cast, pool):
    work_list = make_work_list(cast.tree.district, year=2099)
    make_item(work_list)
    at_once(pool, *[lambda: issue_list(actor=cast.district, work_list=work_list)] * 3)
    assert (Claim.objects.count(), ClaimStep.objects.count()) == (2, 2)
    copies = at_once(pool, *[lambda: copy_list(actor=cast.district, work_list=work_list)] * 3)
    assert len({copy.pk for copy in copies}) == 1
    assert WorkList.objects.count() == 2


def test_two_who_draw_over_one_building_get_one_area(cast, pool):
    branch, other = make_branch(cast.tree.community), make_grid("1501050010010003", "3号楼")
    for turn, grids in enumerate([(cast.tree.building, cast.tree.unit), (other, other)]):
        first, second = grids
        found = at_once(
            pool,
            lambda name=f"甲{turn}", grid=first: draw_area(actor=None, branch=branch, name=name, grids=[grid]),
            lambda name=f"乙{turn}", grid=second: draw_area(actor=None, branch=branch, name=name, grids=[grid]),
        )
        assert len(late(found)) == 1
    assert MemberArea.objects.count() == AreaGrid.objects.count() == 2


def test_a_claim_is_named_while_its_community_goes_up_in_another(cast, item):
    ended, successor = cast.tree.other_community, cast.tree.community
    claim = claim_item(actor=None, item=item, grid=ended)
    named = behind(
        lambda: merge_grids(actor=None, grid=ended, into=successor),
        lambda: name_responsible(actor=None, claim=claim, responsible=cast.worker),
    )
    assert (named.grid, named.responsible) == (successor, cast.worker)
