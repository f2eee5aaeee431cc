"""Pages of members' areas: who may open which, what they show, what they refuse."""

import pytest
from django.urls import reverse

from branches.areas.views import PAGE_SIZE
from branches.models import MemberArea
from tests.factories import make_area, make_branch, make_grid, make_user

pytestmark = pytest.mark.django_db

PEOPLE = ("admin", "district", "community", "secretary", "worker", "neighbour", "stranger", "nobody")
# Code of an answer to each in turn; who is not logged in is led to the door.
READ = (200, 200, 200, 200, 200, 404, 404, 302)
RUN = (200, 200, 200, 200, 403, 404, 404, 302)


@pytest.fixture
def secretary():
    return make_user("支书")


@pytest.fixture
def branch(cast, secretary):
    return make_branch(cast.tree.community, secretary=secretary)


@pytest.fixture
def area(cast, branch):
    return make_area(branch, [cast.tree.building], "东片", members=[cast.chief])


def code(client, as_, cast, secretary, who, address, method="get", data=None) -> int:
    person = {"secretary": secretary, "nobody": None}.get(who) or getattr(cast, who, None)
    browser = as_(person) if person else client
    return getattr(browser, method)(address, data).status_code


@pytest.mark.parametrize(
    ("page", "codes"),
    [("area_detail", READ), ("area_edit", RUN), ("area_hand_over", RUN), ("area_new", RUN), ("area_suggest", RUN)],
)
def test_who_may_open_which_page(client, as_, cast, secretary, branch, area, page, codes):
    # Of a branch one sees what its community is visible to; who leads it from outside sees it as well.
    pk = branch.pk if page in ("area_new", "area_suggest") else area.pk
    address = reverse(page, args=[pk])
    assert tuple(code(client, as_, cast, secretary, who, address) for who in PEOPLE) == codes


def test_the_list_is_for_who_sees_the_community(client, as_, cast, secretary, area):
    address = f"{reverse('area_list')}?grid={cast.tree.community.code}"
    expected = {"admin": 200, "district": 200, "community": 200, "worker": 200, "neighbour": 404, "stranger": 404}
    assert {who: code(client, as_, cast, secretary, who, address) for who in expected} == expected


@pytest.mark.parametrize(("who", "expected"), [("community", 302), ("worker", 403), ("neighbour", 404)])
def test_who_may_give_an_area_up(client, as_, cast, secretary, area, who, expected):
    address = reverse("area_give_up", args=[area.pk])
    assert code(client, as_, cast, secretary, who, address, "post") == expected
    assert MemberArea.objects.active().exists() == (expected != 302)


def test_a_community_shows_areas_people_loads_and_what_lies_in_none(cast, as_, area):
    answer = as_(cast.worker).get(reverse("area_list"), {"grid": cast.tree.community.code})
    text = answer.content.decode()
    assert all(word in text for word in ("东片", "王建国", "40 户", "均衡", "2号楼", "36 户"))
    assert answer.context["free"] == [cast.tree.second_building]
    assert "建议均衡划分" not in text


def test_above_a_community_each_grid_below_stands_with_its_figures(cast, as_, area):
    make_branch(cast.tree.other_community)
    answer = as_(cast.street).get(reverse("area_list"))
    figures = {grid.name: figures for grid, figures in answer.context["page"].object_list}
    assert (figures["健康社区"].areas, figures["健康社区"].vacant, figures["健康社区"].free) == (1, 0, 1)
    assert (figures["学苑社区"].areas, figures["学苑社区"].free, figures["学苑社区"].buildings) == (0, 1, 1)
    assert figures["健康社区"].households == 36


def test_the_code_of_a_building_leads_to_its_community(cast, as_, area):
    answer = as_(cast.worker).get(reverse("area_list"), {"grid": cast.tree.building.code})
    assert answer.context["grid"] == cast.tree.community


def test_a_list_of_areas_takes_the_same_queries_however_long(cast, as_, branch, django_assert_num_queries):
    for number in range(3, 9):
        grid = make_grid(f"150105001001{number:04d}", f"{number}号楼", households=30)
        make_area(branch, [grid], members=[cast.chief, cast.worker])
    browser, address = as_(cast.community), f"{reverse('area_list')}?grid={cast.tree.community.code}"
    with django_assert_num_queries(14):
        browser.get(address)


def test_a_long_list_of_areas_has_pages(cast, as_, branch):
    for number in range(3, PAGE_SIZE + 5):
        make_area(branch, [make_grid(f"150105001001{number:04d}")])
    answer = as_(cast.community).get(reverse("area_list"), {"grid": cast.tree.community.code, "page": 2})
    assert len(answer.context["page"].object_list) == 2


def test_an_area_is_drawn_on_its_page(cast, as_, branch):
    sent = {"name": "西片", "grids": [cast.tree.second_building.code], "members": [cast.worker.pk]}
    answer = as_(cast.community).post(reverse("area_new", args=[branch.pk]), sent)
    area = MemberArea.objects.get()
    assert answer.url == reverse("area_detail", args=[area.pk])
    assert (area.members.get().user, area.cover.get().grid) == (cast.worker, cast.tree.second_building)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": ""}, "name"), ({"name": "东片"}, "name"), ({"name": "\u202e"}, "name"), ({"grids": []}, "grids"),
     ({"grids": ["150105001001\0"]}, "grids"), ({"grids": ["1501050010020001"]}, "grids"),
     ({"members": ["0"]}, "members")],
)  # fmt: skip
def test_a_wrong_area_is_refused_at_its_field(cast, as_, branch, area, wrong, field):
    sent = {"name": "西片", "grids": [cast.tree.second_building.code], "members": []} | wrong
    answer = as_(cast.community).post(reverse("area_new", args=[branch.pk]), sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert MemberArea.objects.get() == area


def test_an_area_is_changed_and_handed_over_on_its_pages(cast, as_, area):
    browser = as_(cast.community)
    codes = [cast.tree.building.code, cast.tree.second_building.code]
    browser.post(reverse("area_edit", args=[area.pk]), {"name": "东片", "grids": codes})
    browser.post(reverse("area_hand_over", args=[area.pk]), {"members": [cast.worker.pk]})
    text = browser.get(reverse("area_detail", args=[area.pk])).content.decode()
    assert all(word in text for word in ("76 户", "王建国", "乌兰", "2号楼"))


def test_a_suggestion_is_drawn_as_it_was_shown(cast, as_, branch):
    browser, address = as_(cast.community), reverse("area_suggest", args=[branch.pk])
    shown = browser.get(address, {"areas": 2}).context["plots"]
    sent = {
        "name": [name for name, _plot in shown],
        "codes": [" ".join(grid.code for grid in plot["grids"]) for _name, plot in shown],
    }
    for _time in range(2):
        assert browser.post(address, sent).status_code == 302
    areas = MemberArea.objects.with_household_count().order_by("name")
    assert [(area.name, area.household_count) for area in areas] == [("第1片区", 40), ("第2片区", 36)]


def test_an_area_of_a_name_that_cannot_be_kept_is_refused(cast, as_, branch):
    sent = {"name": "片\x00区", "codes": cast.tree.building.code}
    assert as_(cast.community).post(reverse("area_suggest", args=[branch.pk]), sent).status_code == 400
    assert not MemberArea.objects.exists()


@pytest.mark.parametrize("areas", ["0", "61", "x"])
def test_a_wrong_number_of_areas_is_refused(cast, as_, branch, areas):
    answer = as_(cast.community).get(reverse("area_suggest", args=[branch.pk]), {"areas": areas})
    assert (answer.status_code, answer.context["plots"]) == (400, [])


def test_what_was_taken_meanwhile_is_not_drawn_twice(cast, as_, branch, area):
    sent = {"name": ["西片"], "codes": [cast.tree.building.code]}
    answer = as_(cast.community).post(reverse("area_suggest", args=[branch.pk]), sent)
    assert answer.status_code == 400
    assert "已在片区" in answer.content.decode()
    assert MemberArea.objects.get() == area
