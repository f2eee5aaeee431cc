"""The planner on a community: proposed, changed by a person, accepted once, refused when the tree changed."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.urls import reverse

from branches.forms import PlanForm
from branches.models import Branch
from branches.planning import Figures
from branches.proposals import Survey, survey_all, total
from branches.services import accept_plan, found_branch
from branches.services.planning import Planned
from grids.services import set_households
from tests.factories import make_grid

pytestmark = pytest.mark.django_db

SIZES = (120, 200, 150, 180, 100, 150)


@pytest.fixture
def community(cast):
    """A community with six buildings, of 900 households."""
    grid = make_grid("150105001007", "民望社区")
    for number, households in enumerate(SIZES, start=1):
        make_grid(f"150105001007{number:04d}", f"{number}号楼", households=households)
    return grid


def codes(*numbers) -> tuple[str, ...]:
    return tuple(f"150105001007{number:04d}" for number in numbers)


def plan(community, *groups) -> list[Planned]:
    return [Planned(f"第{number}党支部", "solo", codes(*group)) for number, group in enumerate(groups, start=1)]


def accept(community, planned, **changes):
    given = {"actor": None, "fingerprint": Survey(community).fingerprint} | changes
    return accept_plan(community=community, planned=planned, **given)


def sizes(answer) -> list[int]:
    return [one.group.households for one in answer.context["sets"]]


def test_the_proposal_takes_neighbours_in_the_order_of_their_codes(community):
    groups = Survey(community).groups
    assert [group.households for group in groups] == [470, 430]
    assert [building.code for group in groups for building in group.buildings] == list(codes(1, 2, 3, 4, 5, 6))


def test_a_building_with_a_branch_of_its_own_cuts_the_list(community):
    found_branch(actor=None, name="三号楼党支部", kind="solo", grids=[community.children.get(code=codes(3)[0])])
    survey = Survey(community)
    assert [[building.name for building in run] for run in survey.runs] == [
        ["1号楼", "2号楼"],
        ["4号楼", "5号楼", "6号楼"],
    ]


def test_accepting_founds_every_branch_and_again_none(community):
    planned, fingerprint = plan(community, (1, 2), (3, 4, 5, 6)), Survey(community).fingerprint
    founded = accept(community, planned, fingerprint=fingerprint)
    assert accept(community, planned, fingerprint=fingerprint) == founded
    assert [branch.cover.count() for branch in Branch.objects.order_by("name")] == [2, 4]


def test_it_is_refused_once_the_tree_changed(community):
    fingerprint = Survey(community).fingerprint
    set_households(actor=None, grid=community.children.get(code=codes(1)[0]), households=400)
    with pytest.raises(ValidationError, match="民望社区的楼栋、户数或党支部已有变化"):
        accept(community, plan(community, (1, 2)), fingerprint=fingerprint)
    assert not Branch.objects.exists()


def test_all_or_none(community):
    planned = plan(community, (1, 2), (3,))
    with pytest.raises(ValidationError):
        accept(community, [*planned, Planned("第一党支部\n", "solo", codes(4))._replace(name="")])
    assert not Branch.objects.exists()


@pytest.mark.parametrize(
    ("groups", "said"), [(((1, 2), (2, 3)), "只能在一组"), (((),), "至少选择一组"), (((1, 99),), "只能在一组")]
)
def test_what_is_no_partition_is_refused(community, groups, said):
    with pytest.raises(ValidationError, match=said):
        accept(community, plan(community, *groups))


def test_two_new_branches_have_two_names(community):
    planned = [one._replace(name="同名党支部") for one in plan(community, (1,), (2,))]
    with pytest.raises(ValidationError, match="两个新建党支部都叫"):
        accept(community, planned)


def test_only_who_manages_the_community_accepts(cast, community):
    with pytest.raises(PermissionDenied):
        accept(community, plan(community, (1,)), actor=cast.street)


# The pages


def sent(answer, **changes) -> dict:
    """What the page would send back as it stands."""
    sets = answer.context["sets"]
    data = {"changed": "1", "fingerprint": answer.context["survey"].fingerprint}
    data["building"] = [building.code for one in sets for building in one.group.buildings]
    data |= {"begins": [one.code for one in sets]} | {f"name-{one.code}": one.name for one in sets}
    return data | changes


def test_branch_plan_shows_the_proposal_and_a_person_moves_the_borders(as_, cast, community):
    browser, address = as_(cast.admin), reverse("branch_plan", args=[community.code])
    first = browser.get(address)
    assert sizes(first) == [470, 430]
    moved = browser.post(address, sent(first, begins=[codes(1)[0], codes(3)[0], codes(5)[0]]))
    assert sizes(moved) == [320, 330, 250]
    assert not Branch.objects.exists()


def test_branch_plan_accept_founds_what_the_page_shows(as_, cast, community):
    browser = as_(cast.admin)
    data = sent(browser.get(reverse("branch_plan", args=[community.code])), **{f"name-{codes(1)[0]}": "东区党支部"})
    for _twice in range(2):
        answer = browser.post(reverse("branch_plan_accept", args=[community.code]), data)
    assert answer["Location"].endswith(f"?grid={community.code}")
    assert sorted(Branch.objects.values_list("name", flat=True)) == ["东区党支部", "民望社区第2网格党支部"]


def test_sets_with_few_members_share_a_branch_and_one_may_be_left_out(as_, cast, community):
    browser = as_(cast.admin)
    first = browser.get(reverse("branch_plan", args=[community.code]))
    begins = [codes(number)[0] for number in (1, 3, 5)]
    data = sent(first, begins=begins) | {f"members-{begins[0]}": "1", f"members-{begins[1]}": "2"}
    browser.post(reverse("branch_plan_accept", args=[community.code]), data | {f"left_out-{begins[2]}": "on"})
    branch = Branch.objects.get()
    assert (branch.kind, branch.cover.count()) == ("joint", 4)


def test_branch_plan_accept_says_that_the_tree_changed(as_, cast, community):
    browser = as_(cast.admin)
    data = sent(browser.get(reverse("branch_plan", args=[community.code])))
    make_grid(codes(7)[0], "7号楼", households=90)
    answer = browser.post(reverse("branch_plan_accept", args=[community.code]), data)
    assert answer.status_code == 400
    assert "请查看新的方案" in answer.content.decode()
    assert not Branch.objects.exists()


def test_branch_plans_tells_the_figures_of_a_district(as_, cast, community):
    assert total(survey_all(cast.tree.district)) == Figures(4, 2, 2, 0, 224 + 300)
    answer = as_(cast.district).get(reverse("branch_plans"), {"grid": "150105"})
    assert answer.context["total"].sets == 4
    sheet = as_(cast.district).get(reverse("branch_plans"), {"grid": "150105", "export": "xlsx"})
    assert sheet["Content-Type"].endswith("sheet")


def test_the_command_tells_them_too(cast, community, capsys):
    call_command("plan_branches", "150105001")
    assert "4 组，其中 300–500 户的 2 组" in capsys.readouterr().out


def test_a_survey_of_any_number_of_communities_takes_three_queries(cast, community, django_assert_num_queries):
    with django_assert_num_queries(3):
        survey_all(cast.tree.district)


def test_a_plan_keeps_no_sign_that_no_database_holds():
    assert PlanForm({"name-150105001001": "第一\x00党支部"}).name("150105001001") == "第一党支部"
