"""Pages of branches: who may open which, what they show and refuse, and how many queries they take."""

import pytest
from django.urls import reverse
from django.utils import timezone

from branches.models import Branch, ChiefTitle
from branches.services import Bringing, add_partner, dissolve_branch, found_branch
from grids.models import Role
from tests.events.conftest import MONDAY
from tests.factories import make_branch, make_category, make_event, make_organisation, make_post, make_user

pytestmark = pytest.mark.django_db

MOST_QUERIES = 13


@pytest.fixture
def branch(cast) -> Branch:
    return found_branch(
        actor=None,
        name="健康社区第一党支部",
        kind="solo",
        grids=[cast.tree.building],
        site_kind="police_station",
        site_address="健康街 8 号",
        secretary=cast.stranger,
        chief_title=ChiefTitle.objects.get(name="派出所所长"),
        partners=[Bringing(make_organisation(cast.tree.community, "安居物业"), "活动场地")],
    )


@pytest.fixture
def manager(cast):
    user = make_post(make_user("那仁", "manager"), cast.tree.street, Role.OFFICIAL).user
    user.posts.update(is_manager=True)
    user.forget_rights()
    return user


def page(answer) -> str:
    return answer.content.decode()


def describing(**changes) -> dict:
    given = {"name": "第二党支部", "kind": "solo", "site_kind": "other", "site_address": "", "member_count": 5,
             "founded_on": "2026-01-05"}  # fmt: skip
    return given | changes


# Who may open what

SEES = {"manager", "official", "chief", "worker", "secretary"}
OVERSEES = {"manager", "official", "chief"}
PAGES = {
    "branch_list": ("", SEES | {"neighbour"}),
    "branch_detail": ("branch", SEES),
    "branch_coverage": ("community", {"manager", "official"}),
    "branch_plans": ("community", {"manager", "official"}),
    "branch_plan": ("code", {"manager", "official"}),
    "branch_found": ("community", {"manager"}),
    "branch_describe": ("branch", {"manager"}),
    "branch_cover": ("branch", {"manager"}),
    "branch_leaders": ("branch", {"manager"}),
    "branch_dissolve": ("branch", {"manager"}),
    "branch_partners": ("branch", {"manager", "official", "secretary"}),
}


@pytest.mark.parametrize("who", ["manager", "official", "chief", "worker", "secretary", "neighbour"])
def test_every_page_for_every_role(cast, as_, branch, manager, who):
    people = {"manager": manager, "official": cast.district, "chief": cast.chief, "worker": cast.worker,
              "secretary": cast.stranger, "neighbour": cast.neighbour}  # fmt: skip
    browser, opened = as_(people[who]), {}
    for name, (about, _may) in PAGES.items():
        args = {"branch": [branch.pk], "code": [cast.tree.community.code]}.get(about, [])
        query = {"grid": cast.tree.community.code} if about == "community" else {}
        opened[name] = browser.get(reverse(name, args=args), query).status_code == 200
    assert {name for name, is_open in opened.items() if is_open} == {
        name for name, (_about, may) in PAGES.items() if who in may
    }


@pytest.mark.parametrize("name", ["branch_partner_remove", "branch_plan_accept"])
def test_what_is_only_sent(cast, as_, branch, name):
    args = [branch.pk, branch.partners.get().pk] if name == "branch_partner_remove" else [cast.tree.community.code]
    assert as_(cast.admin).get(reverse(name, args=args)).status_code == 405
    assert as_(cast.worker).post(reverse(name, args=args)).status_code in (403, 404)
    assert branch.partners.exists()


def test_without_a_login_every_page_asks_for_it(client, branch):
    for address in (reverse("branch_list"), reverse("branch_detail", args=[branch.pk])):
        assert client.get(address)["Location"].startswith("/accounts/login/")


def test_a_branch_of_elsewhere_is_not_found(as_, cast, branch):
    for name in ("branch_detail", "branch_cover", "branch_dissolve"):
        assert as_(cast.neighbour).get(reverse(name, args=[branch.pk])).status_code == 404


# The list


def listed(answer) -> list[str]:
    return [one.name for one in answer.context["page"].object_list]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"kind": "solo", "site": "police_station", "search": "第一"}, True),
        ({"search": "周敏"}, True),
        ({"search": "1号楼"}, True),
        ({"grid": "150105001001000101"}, True),
        ({"grid": "150105001002"}, False),
        ({"kind": "joint"}, False),
        ({"site": "other"}, False),
        ({"search": "没有"}, False),
        ({"state": "dissolved"}, False),
    ],
)
def test_branch_list_filters(as_, cast, branch, query, is_found):
    assert (listed(as_(cast.street).get(reverse("branch_list"), query)) == [branch.name]) == is_found


def test_a_wrong_filter_is_named(as_, cast, branch):
    answer = as_(cast.street).get(reverse("branch_list"), {"kind": "x", "grid": "150105002"})
    assert answer.status_code == 400
    assert "没有这个筛选项" in page(answer) or "请从列表中选择" in page(answer)


def test_the_list_goes_out_as_a_sheet_with_its_filters(as_, cast, branch):
    answer = as_(cast.street).get(reverse("branch_list"), {"export": "xlsx", "search": "第一"})
    assert answer["Content-Type"].endswith("sheet")
    assert b"".join(answer)[:2] == b"PK"


def test_a_page_of_the_list_takes_as_many_queries_for_many(as_, cast, branch, django_assert_max_num_queries):
    for number in range(3, 9):
        dissolve_branch(actor=None, branch=found_branch(
            actor=None, name=f"第{number}党支部", kind="solo", grids=[cast.tree.second_building]))  # fmt: skip
    found_branch(actor=None, name="第十党支部", kind="solo", grids=[cast.tree.second_building])
    browser = as_(cast.street)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert len(listed(browser.get(reverse("branch_list")))) == 2


# One branch


def test_branch_detail_tells_all_about_it(as_, cast, branch):
    shown = page(as_(cast.worker).get(reverse("branch_detail", args=[branch.pk])))
    for word in (
        "派出所",
        "健康街 8 号",
        "周敏",
        "派出所所长",
        "安居物业",
        "活动场地",
        "1号楼",
        "40 户",
        "少于 300 户",
    ):
        assert word in shown, word


def test_each_number_of_open_cases_opens_the_list_of_exactly_these(as_, cast, branch):
    make_event(cast.worker, cast.tree.unit, at=MONDAY)
    make_event(cast.worker, cast.tree.second_building, title="别处的事", at=MONDAY)
    make_event(cast.worker, cast.tree.building, category=make_category("线索", is_confidential=True), at=MONDAY)
    browser = as_(cast.street)
    answer = browser.get(reverse("branch_detail", args=[branch.pk]))
    assert f"/events/?branch={branch.pk}&amp;status=filed" in page(answer)
    found = browser.get(reverse("event_list"), {"branch": branch.pk, "status": "filed"})
    assert [event.title for event in found.context["events"]] == ["楼道灯坏了"]


def test_a_branch_of_elsewhere_is_no_filter_of_cases(as_, cast, branch):
    answer = as_(cast.neighbour).get(reverse("event_list"), {"branch": branch.pk})
    assert answer.status_code == 400
    assert "没有这个党支部" in page(answer)


def test_branch_detail_takes_a_pinned_number_of_queries(as_, cast, branch, django_assert_max_num_queries):
    browser = as_(cast.street)
    with django_assert_max_num_queries(40):  # some for each card
        browser.get(reverse("branch_detail", args=[branch.pk]))


# Keeping


def test_branch_found_founds_and_shows_the_branch(as_, cast, manager):
    address = reverse("branch_found") + f"?grid={cast.tree.community.code}"
    given = describing(grids=[cast.tree.building.code], secretary="王建国（chief）", deputy="李秀英")
    answer = as_(manager).post(address, given)
    branch = Branch.objects.get()
    assert answer["Location"] == reverse("branch_detail", args=[branch.pk])
    assert (branch.secretary, branch.deputy, branch.grid) == (cast.chief, cast.community, cast.tree.community)


def test_branch_found_without_a_place_asks_for_the_community(as_, manager):
    assert "健康社区" in page(as_(manager).get(reverse("branch_found")))


def test_branch_found_across_communities_takes_codes(as_, cast, manager):
    address = reverse("branch_found") + f"?grid={cast.tree.community.code}"
    codes = f"{cast.tree.other_building.code} "
    as_(manager).post(address, describing(grids=[cast.tree.building.code], codes=codes, kind="joint"))
    assert Branch.objects.get().grid == cast.tree.street


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "必填"),
        ({"grids": []}, "至少选择一个网格"),
        ({"codes": "123"}, "没有在用的网格 123"),
        ({"secretary": "无此人"}, "没有您可以任用的此姓名人员"),
        ({"founded_on": "2999-01-01"}, "成立日期不能晚于今天"),
        ({"member_count": "-1"}, "0"),
        ({"founded_on": "x"}, "请选择日期"),
    ],
)
def test_branch_found_refuses_in_a_sentence_and_keeps_what_was_typed(as_, cast, manager, changes, said):
    address = reverse("branch_found") + f"?grid={cast.tree.community.code}"
    given = describing(grids=[cast.tree.building.code], site_address="健康街 9 号") | changes
    answer = as_(manager).post(address, given)
    assert answer.status_code == 400
    assert said in page(answer)
    assert "健康街 9 号" in page(answer)
    assert not Branch.objects.exists()


def test_several_of_one_name_are_told_apart(as_, cast, manager):
    for username in ("wang1", "wang2"):
        make_post(make_user("王磊", username), cast.tree.building)
    address = reverse("branch_found") + f"?grid={cast.tree.community.code}"
    answer = as_(manager).post(address, describing(grids=[cast.tree.building.code], secretary="王磊"))
    assert "wang1、wang2" in page(answer)


def test_branch_describe_cover_and_leaders_change_it(as_, cast, branch, manager):
    browser, args = as_(manager), [branch.pk]
    browser.post(reverse("branch_describe", args=args), describing(site_kind="judicial_office"))
    browser.post(reverse("branch_cover", args=args), {"grids": [cast.tree.second_building.code]})
    browser.post(reverse("branch_leaders", args=args), {"secretary": "worker"})
    branch = Branch.objects.get(pk=branch.pk)
    assert (branch.name, branch.site_kind, branch.secretary) == ("第二党支部", "judicial_office", cast.worker)
    assert [row.grid for row in branch.cover.active()] == [cast.tree.second_building]


def test_branch_dissolve_needs_a_reason(as_, branch, manager):
    browser, address = as_(manager), reverse("branch_dissolve", args=[branch.pk])
    assert browser.post(address, {"reason": ""}).status_code == 400
    browser.post(address, {"reason": "并入社区党委"})
    branch.refresh_from_db()
    assert branch.dissolved_on == timezone.localdate()
    assert "此处为历史记录" in page(browser.get(reverse("branch_detail", args=[branch.pk])))


def test_branch_partners_are_added_and_removed_by_the_secretary(as_, cast, branch):
    school = make_organisation(cast.tree.street, "第一小学")
    browser, address = as_(cast.stranger), reverse("branch_partners", args=[branch.pk])
    browser.post(address, {"organisation": school.pk, "brings": "操场"})
    assert branch.partners.count() == 2
    for partner in branch.partners.all():
        browser.post(reverse("branch_partner_remove", args=[branch.pk, partner.pk]))
    assert not branch.partners.exists()


# Coverage, and the pages of grids


def test_branch_coverage_counts_own_inherited_and_none(as_, cast, branch):
    answer = as_(cast.district).get(reverse("branch_coverage"), {"grid": cast.tree.district.code})
    total = answer.context["total"]
    assert (total.own, total.inherited, total.none, total.percent) == (1, 0, 2, 33.3)
    assert answer.context["page"].object_list[0].full_name.endswith("2号楼")
    assert (answer.context["misfits"], answer.context["sizes"].object_list) == (1, [branch])
    found_branch(actor=None, name="社区党支部", kind="solo", grids=[cast.tree.community])
    total = as_(cast.district).get(reverse("branch_coverage")).context["total"]
    assert (total.own, total.inherited, total.none) == (1, 1, 1)


@pytest.mark.parametrize("count", [3, 70])
def test_branches_that_do_not_fit_come_page_by_page_at_the_same_cost(as_, cast, count, django_assert_num_queries):
    for _turn in range(count):
        make_branch(cast.tree.community, covers=[])
    browser, address = as_(cast.district), reverse("branch_coverage")
    with django_assert_num_queries(14):
        answer = browser.get(address, {"grid": cast.tree.district.code, "sizes": "99"})
    assert len(answer.context["sizes"].object_list) == min(count, count % 50)


def test_households_of_a_branch_are_those_that_no_nearer_branch_has(as_, cast, branch):
    wide = found_branch(actor=None, name="社区党支部", kind="solo", grids=[cast.tree.community])
    answer = as_(cast.district).get(reverse("branch_list"))
    assert {one.pk: one.households for one in answer.context["page"].object_list} == {branch.pk: 40, wide.pk: 36}


def test_buildings_without_a_branch_go_out_as_a_sheet(as_, cast, branch):
    answer = as_(cast.district).get(reverse("branch_coverage"), {"grid": "150105", "export": "xlsx"})
    assert answer["Content-Type"].endswith("sheet")


def test_the_page_of_a_grid_shows_its_effective_branch(as_, cast, branch):
    shown = page(as_(cast.worker).get(reverse("grid_detail", args=[cast.tree.unit.code])))
    assert "健康社区第一党支部" in shown
    assert "周敏（派出所所长）" in shown
    shown = page(as_(cast.worker).get(reverse("grid_detail", args=[cast.tree.second_building.code])))
    assert "尚无党支部覆盖此网格" in shown


def test_everybody_reads_name_site_and_secretary_and_no_phone(cast, client, branch):
    shown = page(client.get(reverse("public_grid", args=[cast.tree.unit.code])))
    for word in ("健康社区第一党支部", "周敏（派出所所长）", "派出所 · 健康街 8 号"):
        assert word in shown
    board = page(client.get(reverse("public_grid", args=[cast.tree.second_building.code])))
    assert "党支部" not in board


def test_a_signboard_names_the_branch(as_, cast, branch):
    shown = page(as_(cast.worker).get(reverse("signboard", args=[cast.tree.building.code])))
    assert "健康社区第一党支部，书记周敏（派出所所长），派出所" in shown


def test_a_partner_that_is_named_again_brings_something_else(cast, branch):
    partner = branch.partners.get()
    add_partner(actor=None, branch=branch, organisation=partner.organisation, brings="场地")
    assert branch.partners.get().brings == "场地"
