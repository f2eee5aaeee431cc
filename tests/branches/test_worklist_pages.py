"""Pages of work lists and claims: who may open which, who stands where, what is said at which field."""

import re
from datetime import date, datetime, timedelta, timezone
from io import BytesIO

import pytest
from django.template import Context, Template
from django.urls import reverse
from openpyxl import load_workbook

from branches import references
from branches.models import Claim, WorkItem, WorkList
from branches.services import accept_claim, claim_item, issue_list, report_claim, send_back_claim, split_claim
from branches.worklists.matrix import Matrix
from grids.models import Role
from tests.factories import make_branch, make_event, make_issued_item, make_item, make_post, make_user, make_work_list

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 10, 9, tzinfo=timezone(timedelta(hours=8)))
PAST, COMING = date(2026, 2, 1), date(2099, 12, 31)
PEOPLE = ("admin", "city", "district", "street", "community", "worker", "far", "stranger", "nobody")
SEE = (200, 200, 200, 200, 200, 200, 200, 404, 302)  # everybody below the grid that issued it
INSIDE = (200, 200, 200, 200, 200, 200, 404, 404, 302)  # who sees the claim's grid
ISSUE = (302, 302, 302, 403, 403, 403, 403, 404, 302)
ASSIGN = (400, 400, 400, 403, 403, 403, 403, 404, 302)  # an empty form
DRAFT = (200, 200, 200, 404, 404, 404, 404, 404, 302)


@pytest.fixture
def far(cast):
    return make_post(make_user("远方"), cast.tree.other_street, Role.DISPATCHER).user


@pytest.fixture
def item(cast) -> WorkItem:
    """Assigned to both streets, and not due yet."""
    return make_issued_item(cast.tree.district, text="补齐空白网格", for_communities=True, due_on=COMING, at=AT)


@pytest.fixture
def claim(cast, item) -> Claim:
    return item.claims.get(grid=cast.tree.street)


def codes(client, as_, cast, far, address, method="get") -> tuple[int, ...]:
    people = {"far": far, "nobody": None}
    found = []
    for who in PEOPLE:
        person = people[who] if who in people else getattr(cast, who)
        found.append(getattr(as_(person) if person else client, method)(address).status_code)
    return tuple(found)


def page(answer) -> str:
    return answer.content.decode()


# Who may


@pytest.mark.parametrize(
    ("name", "expected"), [("work_list_detail", SEE), ("work_item", SEE), ("claim_detail", INSIDE)]
)
def test_who_reads_an_issued_list(client, as_, cast, far, item, claim, name, expected):
    args = {"claim_detail": [claim.pk], "work_item": [item.work_list_id, 1]}.get(name, [item.work_list_id])
    assert codes(client, as_, cast, far, reverse(name, args=args)) == expected


@pytest.mark.parametrize("name", ["work_list_edit", "work_item_new", "work_item_edit"])
def test_who_edits_a_draft(client, as_, cast, far, name):
    item = make_item(make_work_list(cast.tree.district))
    args = [item.work_list_id, 1] if name == "work_item_edit" else [item.work_list_id]
    assert codes(client, as_, cast, far, reverse(name, args=args)) == DRAFT


@pytest.mark.parametrize(
    ("name", "expected"), [("work_list_close", ISSUE), ("work_list_copy", ISSUE), ("work_item_assign", ASSIGN)]
)
def test_who_closes_copies_and_assigns(client, as_, cast, far, item, name, expected):
    args = [item.work_list_id, 1] if name == "work_item_assign" else [item.work_list_id]
    assert codes(client, as_, cast, far, reverse(name, args=args), "post") == expected


def test_who_begins_a_list(client, as_, cast, far):
    expected = (200, 200, 200, 403, 403, 403, 403, 403, 302)
    assert codes(client, as_, cast, far, reverse("work_list_new")) == expected
    assert set(codes(client, as_, cast, far, reverse("work_list_list"))) == {200, 302}


@pytest.mark.parametrize("name", ["work_list_issue", "work_list_drop", "work_item_remove"])
def test_a_draft_is_not_there_for_others(cast, as_, name):
    item = make_item(make_work_list(cast.tree.district))
    address = reverse(name, args=[item.work_list_id, 1] if name == "work_item_remove" else [item.work_list_id])
    assert as_(cast.street).post(address).status_code == 404
    assert as_(cast.district).post(address).status_code == 302
    assert WorkList.objects.filter(state="draft", items__isnull=False).count() == 0


@pytest.mark.parametrize(
    ("who", "buttons"),
    [("street", {"report", "split", "name"}), ("district", {"report", "split", "name", "withdraw"}), ("worker", set())],
)
def test_the_page_of_a_claim_offers_what_is_open_to_each(cast, as_, claim, who, buttons):
    text = page(as_(getattr(cast, who)).get(reverse("claim_detail", args=[claim.pk])))
    offered = set(re.findall(rf'action="/claims/{claim.pk}/(\w+)/"', text))
    assert offered == buttons


# Drafting and issuing


def test_a_list_from_the_first_page_to_its_issue(cast, as_):
    browser = as_(cast.district)
    sent = {"grid": cast.tree.district.code, "title": "重点任务", "year": 2099, "idempotency_key": "a"}
    edit = browser.post(reverse("work_list_new"), sent).url
    work_list = WorkList.objects.get()
    asked = {"text": "走访", "done_when": "有记录", "for_streets": "on", "is_mandatory": "yes", "due_on": "2099-03-01"}
    browser.post(reverse("work_item_new", args=[work_list.pk]), asked)
    browser.post(reverse("work_item_edit", args=[work_list.pk, 1]), asked | {"text": "入户走访"})
    browser.post(edit, {"title": "年度重点任务", "year": 2099})
    answer = browser.post(reverse("work_list_issue", args=[work_list.pk]), follow=True)
    assert "年度重点任务" in page(answer)
    assert "入户走访" in page(answer)
    assert Claim.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "\u202e"}, "title"),
        ({"year": "soon"}, "year"),
        ({"grid": "150199"}, "grid"),
    ],
)
def test_a_wrong_list_is_refused_at_its_field(cast, as_, wrong, field):
    sent = {"grid": cast.tree.district.code, "title": "重点任务", "year": 2026} | wrong
    answer = as_(cast.district).post(reverse("work_list_new"), sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not WorkList.objects.exists()


def test_an_empty_draft_says_why_it_is_not_issued(cast, as_):
    work_list = make_work_list(cast.tree.district)
    answer = as_(cast.district).post(reverse("work_list_issue", args=[work_list.pk]))
    assert answer.status_code == 400
    assert "还没有任务" in page(answer)


# Who stands where


@pytest.fixture
def standing(cast) -> WorkList:
    """Five items: reported, accepted, sent back, late, and one that nobody has claimed."""
    work_list = make_work_list(cast.tree.district, at=AT)
    for number in range(4):
        make_item(work_list, f"任务{number}", due_on=PAST if number == 3 else COMING)
    make_item(work_list, "自愿任务", is_mandatory=False, due_on=PAST)
    issue_list(actor=None, work_list=work_list, at=AT)
    for number in range(3):
        claim = Claim.objects.get(item__text=f"任务{number}", grid=cast.tree.street)
        report_claim(actor=cast.street, claim=claim, text="已办", at=AT)
    accept_claim(actor=cast.district, claim=Claim.objects.get(item__text="任务1", grid=cast.tree.street), at=AT)
    back = Claim.objects.get(item__text="任务2", grid=cast.tree.street)
    send_back_claim(actor=cast.district, claim=back, text="缺记录", at=AT)
    return WorkList.objects.get(pk=work_list.pk)


def test_the_matrix_says_who_stands_where(cast, standing):
    matrix = Matrix(standing, AT + timedelta(days=60))
    looks = [matrix.cell(item, cast.tree.street).look for item in matrix.items]
    assert looks == ["reported", "accepted", "returned", "late", "nobody"]
    total = matrix.of_column(cast.tree.street)
    assert (total.total, total.accepted, total.reported, total.late) == (4, 1, 1, 1)
    assert matrix.of_item(matrix.items[3]).late == 2
    assert matrix.total().total == 8


def test_claims_below_a_street_count_in_its_column(cast, item, claim):
    split_claim(actor=cast.street, claim=claim, grids=[cast.tree.community, cast.tree.other_community])
    cell = Matrix(item.work_list, AT).cell(item, cast.tree.street)
    assert (cell.total, cell.accepted, cell.own) == (3, 0, claim)


@pytest.mark.parametrize("by", ["item", "grid"])
def test_the_page_says_late_in_a_word_and_not_in_colour_alone(cast, as_, standing, by):
    text = page(as_(cast.worker).get(reverse("work_list_detail", args=[standing.pk]), {"by": by}))
    assert all(word in text for word in ("待验收", "已验收", "已退回", "逾期", "未认领", "人民路街道"))


def test_a_cell_leads_to_what_one_may_open(cast, as_, far, standing):
    claim = Claim.objects.get(item__text="任务1", grid=cast.tree.street)
    own, item = reverse("claim_detail", args=[claim.pk]), reverse("work_item", args=[standing.pk, 2])
    address = reverse("work_list_detail", args=[standing.pk])
    assert own in page(as_(cast.worker).get(address))
    text = page(as_(far).get(address))
    assert own not in text
    assert f"{item}?grid={cast.tree.street.code}" in text
    assert own not in page(as_(far).get(f"{item}?grid={cast.tree.street.code}"))


def test_the_matrix_takes_the_same_queries_however_long(cast, as_, standing, django_assert_num_queries):
    browser, address = as_(cast.district), reverse("work_list_detail", args=[standing.pk])
    with django_assert_num_queries(10):
        browser.get(address)


def test_the_sheet_has_a_row_for_each_item_and_grid(cast, as_, standing):
    answer = as_(cast.district).get(reverse("work_list_detail", args=[standing.pk]), {"export": "xlsx"})
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    rows = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert len(rows) == 8
    assert {row[5] for row in rows} == {"推进中", "待验收", "已退回", "已验收"}
    assert sum("逾期" in (row[6] or "") for row in rows) == 2


def test_a_list_of_lists_takes_the_same_queries_however_long(cast, as_, standing, django_assert_num_queries):
    for _number in range(4):
        make_issued_item(cast.tree.district, at=AT)
    browser = as_(cast.street)
    with django_assert_num_queries(14):
        browser.get(reverse("work_list_list"))


# Claiming, reporting, deciding


def test_an_item_is_claimed_on_its_page(cast, as_):
    item = make_issued_item(cast.tree.district, is_mandatory=False, due_on=COMING, at=AT)
    browser, address = as_(cast.street), reverse("work_item", args=[item.work_list_id, 1])
    assert "由人民路街道认领" in page(browser.get(address))
    answer = browser.post(address, {"grid": cast.tree.street.code})
    assert answer.url == reverse("claim_detail", args=[Claim.objects.get().pk])
    assert "由人民路街道认领" not in page(browser.get(address))
    assert browser.post(address, {"grid": cast.tree.other_street.code}).status_code == 400


def test_others_are_assigned_what_they_have_not_claimed(cast, as_):
    item = make_issued_item(cast.tree.district, is_mandatory=False, due_on=COMING, at=AT)
    claim_item(actor=cast.street, item=item, grid=cast.tree.street)
    address = reverse("work_item_assign", args=[item.work_list_id, 1])
    as_(cast.district).post(address, {"grids": [cast.tree.other_street.code]})
    assert item.claims.get(grid=cast.tree.other_street).is_assigned


def act(browser, claim: Claim, action: str, **sent):
    return browser.post(reverse("claim_act", args=[claim.pk, action]), sent)


def test_a_claim_from_the_report_to_its_acceptance(cast, as_, claim):
    event = make_event(cast.worker, cast.tree.building)
    street, district = as_(cast.street), as_(cast.district)
    assert act(street, claim, "report", text="已补齐", evidence=[f"event:{event.number}"]).status_code == 302
    shown = page(district.get(reverse("claim_detail", args=[claim.pk])))
    assert event.number in shown
    assert act(district, claim, "send_back", text="", round=1).status_code == 400
    assert act(district, claim, "send_back", text="缺名单", round=1).status_code == 302
    assert "缺名单" in page(street.get(reverse("claim_detail", args=[claim.pk])))
    act(street, claim, "report", text="名单已补")
    assert act(district, claim, "accept", round=1).status_code == 409
    assert act(district, claim, "accept", round=2).status_code == 302
    assert "已验收" in page(street.get(reverse("claim_detail", args=[claim.pk])))


def test_a_search_for_evidence_keeps_what_was_typed_and_ticked(cast, as_, claim):
    ticked = make_event(cast.worker, cast.tree.building, title="楼道灯不亮")
    sought = make_event(cast.worker, cast.tree.building, title="下水道堵塞")
    answer = act(
        as_(cast.street), claim, "report", search="yes", text="写了一半", kind="event", words="下水道",
        evidence=[f"event:{ticked.number}"],
    )  # fmt: skip
    assert answer.status_code == 200
    assert [mark for mark, _one in answer.context["chosen"]] == [f"event:{ticked.number}"]
    assert [mark for mark, _one in answer.context["offers"]] == [f"event:{sought.number}"]
    assert "写了一半" in page(answer)
    assert claim.steps.count() == 1


@pytest.mark.parametrize("value", ["event:nothing", "event", "dream:1", "event:\0", ":"])
def test_evidence_that_is_not_there_is_refused_and_nothing_lost(cast, as_, claim, value):
    answer = act(as_(cast.street), claim, "report", text="已办完", evidence=[value])
    assert (answer.status_code, list(answer.context["forms"]["report"].errors)) == (400, ["evidence"])
    assert "已办完" in page(answer)
    assert not claim.steps.filter(action="report").exists()


def test_what_one_may_not_see_of_the_evidence_is_not_named(cast, as_, claim):
    event = make_event(cast.worker, cast.tree.building, title="某户纠纷")
    report_claim(actor=cast.street, claim=claim, text="已办", evidence=[("event", event.number)])
    event.category.is_confidential = True
    event.category.save()
    type(event).objects.filter(pk=event.pk).update(is_confidential=True)
    text = page(as_(cast.district).get(reverse("claim_detail", args=[claim.pk])))
    assert "某户纠纷" not in text
    assert "不在您查看范围内" in text


@pytest.mark.parametrize(
    ("who", "action", "code"),
    [("worker", "report", 403), ("street", "accept", 403), ("far", "report", 404), ("street", "dream", 404),
     ("street", "claim", 404), ("district", "accept", 409)],
)  # fmt: skip
def test_a_step_that_is_not_open_is_refused(cast, as_, far, claim, who, action, code):
    person = far if who == "far" else getattr(cast, who)
    assert act(as_(person), claim, action, text="已办").status_code == code
    assert claim.steps.count() == 1


def test_a_claim_is_handed_down_and_named_on_its_page(cast, as_, claim):
    browser = as_(cast.street)
    act(browser, claim, "split", grids=[cast.tree.community.code])
    act(browser, claim, "name", responsible=cast.street.pk)
    text = page(browser.get(reverse("claim_detail", args=[claim.pk])))
    assert "健康社区" in text
    assert act(browser, claim, "split", grids=[cast.tree.far_community.code]).status_code == 400
    assert act(browser, claim, "name", responsible=cast.community.pk).status_code == 302  # posted below it
    assert act(browser, claim, "name", responsible=cast.stranger.pk).status_code == 400
    assert act(as_(cast.district), claim, "withdraw", text="误下").status_code == 409
    part = claim.parts.get()
    assert act(browser, part, "withdraw", text="").status_code == 400
    assert act(browser, part, "withdraw", text="误下").status_code == 302


def test_the_page_of_a_claim_takes_the_same_queries_however_long(cast, as_, claim, django_assert_num_queries):
    events = [make_event(cast.worker, cast.tree.building) for _number in range(3)]
    for round in range(2):
        evidence = [("event", event.number) for event in events]
        report_claim(actor=cast.street, claim=claim, text=f"已办{round}", evidence=evidence)
        send_back_claim(actor=cast.district, claim=claim, text=f"再补{round}")
    browser = as_(cast.street)
    browser.get(reverse("claim_detail", args=[claim.pk]))  # which reads what was told of it
    with django_assert_num_queries(15):
        browser.get(reverse("claim_detail", args=[claim.pk]))


# On the pages of others


def drawn(tag: str, **context) -> str:
    return Template("{% load worklist_tags area_tags %}" + tag).render(Context(context))


def test_the_workbench_shows_what_waits_for_whom(cast, claim, django_assert_num_queries):
    report_claim(actor=cast.street, claim=claim, text="已办")
    item = make_issued_item(cast.tree.district, text="可认领", is_mandatory=False, due_on=COMING, at=AT)
    assert reverse("claim_detail", args=[claim.pk]) in drawn("{% claims_waiting user %}", user=cast.district)
    with django_assert_num_queries(4):
        street = drawn("{% claims_waiting user %}", user=cast.street)
    assert reverse("work_item", args=[item.work_list_id, item.ordinal]) in street
    assert "补齐空白网格" not in street
    assert drawn("{% claims_waiting user %}", user=cast.worker).strip() == ""


def test_the_page_of_a_branch_shows_its_claims_and_areas(cast, item, django_assert_num_queries):
    branch = make_branch(cast.tree.street)
    with django_assert_num_queries(4):
        text = drawn("{% claims_of branch user %}{% areas_of branch user %}", branch=branch, user=cast.street)
    assert "补齐空白网格" in text
    assert "建议均衡划分" in text


def test_a_claim_is_pointed_to_like_a_case(cast, far, claim):
    assert references.found(cast.worker, "claim", str(claim.pk)).url == reverse("claim_detail", args=[claim.pk])
    assert references.found(far, "claim", str(claim.pk)) is None
    assert [one.key for one in references.offered(cast.street, cast.tree.street, "claim", "空白")] == [str(claim.pk)]
    assert references.found(cast.street, "claim", "x\0") is None
