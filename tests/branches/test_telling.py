"""Whom meetings, work lists and votes tell in the inbox: each once, and nobody of their own doing."""

from datetime import date, datetime, timedelta, timezone

import pytest

from branches import services
from branches.models import WorkItem
from events.models import Notice
from tests.branches.meetings import STARTS
from tests.events.conftest import MONDAY
from tests.factories import make_issued_item, make_vote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

AT = datetime(2026, 1, 10, 9, tzinfo=timezone(timedelta(hours=8)))


def told(part: str) -> list[str]:
    """The names of those who have a notice with this in its key; nobody has two."""
    return sorted(Notice.objects.filter(key__contains=part).values_list("recipient__name", flat=True))


# Meetings


def test_those_who_are_asked_are_told_when_it_is_convened(joint, plan):
    meeting = plan()
    assert told("invited") == []
    for _turn in range(2):
        services.convene(actor=joint.secretary, meeting=meeting, at=MONDAY)
    assert told("invited") == sorted(["乌兰", "温都苏"])
    notice = Notice.objects.first()
    assert notice.text == "一号楼党支部 asks you to its joint meeting of 2026-11-24 09:00: please say whether you come."
    assert notice.page == f"/meetings/{meeting.pk}/"


def test_who_is_asked_later_is_told_and_the_others_not_again(joint, convened):
    services.invite(actor=joint.secretary, meeting=convened, people=[joint.cast.police], at=MONDAY)
    assert told("invited") == sorted(["乌兰", "温都苏", "赵刚"])


def test_another_time_is_told_and_another_title_not(joint, convened):
    given = {"actor": joint.secretary, "meeting": convened, "place": convened.place, "at": MONDAY}
    given |= {"starts_at": STARTS, "ends_at": STARTS + timedelta(hours=1)}
    services.arrange_meeting(**given | {"title": "改名"})
    assert told("moved") == []
    services.arrange_meeting(**given | {"title": "改名", "ends_at": STARTS + timedelta(hours=2)})
    assert told("moved") == sorted(["乌兰", "温都苏"])


def test_calling_off_is_told_to_those_who_knew_of_it(joint, plan, convened):
    services.call_off(actor=joint.secretary, meeting=plan(key=None), reason="再议", at=MONDAY)
    assert told("called-off") == []
    services.call_off(actor=joint.secretary, meeting=convened, reason="停电", at=MONDAY)
    assert told("called-off") == sorted(["乌兰", "温都苏"])


# Work lists


@pytest.fixture
def item(cast) -> WorkItem:
    return make_issued_item(cast.tree.district, for_communities=True, due_on=date(2026, 3, 31), at=AT)


def test_an_issued_list_is_told_to_the_desks_once_for_all_its_items(item):
    assert told("issued") == ["张伟"]


def test_an_item_given_or_handed_down_is_told_to_the_desk(cast, item):
    given = {"actor": cast.district, "item": item, "grids": [cast.tree.community], "at": AT}
    for _turn in range(2):
        services.assign_item(**given)
    assert told("assigned") == ["李秀英"]


def test_who_is_named_and_whose_report_is_sent_back_is_told(cast, item):
    claim = item.claims.get(grid=cast.tree.street)
    services.name_responsible(actor=cast.street, claim=claim, responsible=cast.worker, at=AT)
    assert told("named") == ["乌兰"]
    services.report_claim(actor=cast.street, claim=claim, text="已走访 120 户", at=AT)
    services.send_back_claim(actor=cast.district, claim=claim, text="缺少记录", at=AT)
    assert told("returned-2") == sorted(["乌兰", "张伟"])


# Votes


def test_an_open_vote_is_told_to_the_entitled_with_accounts(cast):
    topic = make_vote(cast.community, cast.tree.community, at=MONDAY)
    assert "乌兰" in told("vote")
    assert "李秀英" not in told("vote")
    notice = Notice.objects.filter(recipient=cast.worker).get()
    assert (notice.page, "加装电梯" in notice.text) == (f"/topics/{topic.pk}/vote/", True)
