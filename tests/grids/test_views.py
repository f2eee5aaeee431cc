"""Pages of the grids, and of oneself."""

import pytest
from django.urls import reverse
from django.utils import timezone

from grids.models import Role
from grids.services import end_post
from tests.factories import make_category, make_event, make_post, make_user, take
from tests.pages import page

MOST_QUERIES = 15
# Its people, branch, police, organisations, past and cases stand on one page, and what runs in a street or community.
MOST_QUERIES_OF_A_GRID = 36


def detail(grid) -> str:
    return reverse("grid_detail", args=[grid.code])


def rows(answer, name: str = "grids") -> dict:
    return {grid.name: (grid.chief_name, grid.open_count) for grid in answer.context[name]}


# Who may open what


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        ("worker", {"city", "district", "street", "community", "building", "unit", "second_building"}),
        ("community", {"city", "district", "street", "community", "building", "unit", "second_building"}),
        ("street", {"city", "district", "street", "community", "building", "unit", "second_building",
                    "other_community", "other_building"}),
        ("stranger", set()),
    ],
)  # fmt: skip
def test_grid_detail_opens_inside_ones_area_and_above(cast, as_, person, seen):
    browser = as_(getattr(cast, person))
    names = ("city", "district", "street", "community", "building", "unit", "second_building", "other_community",
             "other_building", "other_street", "far_community")  # fmt: skip
    codes = {name: browser.get(detail(getattr(cast.tree, name))).status_code for name in names}
    assert codes == {name: 200 if name in seen else 404 for name in names}


def test_administrators_see_every_grid(cast, as_):
    assert as_(cast.admin).get(detail(cast.tree.far_community)).status_code == 200


def test_without_a_login_every_page_asks_for_it(cast, client):
    for address in (reverse("grid_list"), reverse("account"), detail(cast.tree.city)):
        assert client.get(address)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("code", ["0", "99", "150105001999", "abc", "1" * 40])
def test_what_is_no_grid_is_404(cast, as_, code):
    assert as_(cast.admin).get(reverse("grid_detail", args=[code])).status_code == 404


def test_pages_to_read_take_no_post(cast, as_):
    browser = as_(cast.worker)
    for address in (reverse("grid_list"), reverse("account"), detail(cast.tree.community)):
        assert browser.post(address).status_code == 405


# List


def test_grid_list_starts_with_my_grids(cast, as_):
    make_event(cast.worker, cast.tree.unit)
    answer = as_(cast.worker).get(reverse("grid_list"))
    assert rows(answer) == {"1号楼": ("王建国", 1), "2号楼": (None, 0)}
    assert "空缺" in page(answer)
    assert "人民路街道 健康社区 1号楼" in page(answer)


def test_grid_list_finds_by_name_and_code_inside_ones_area(cast, as_):
    browser = as_(cast.worker)
    assert set(rows(browser.get(reverse("grid_list"), {"search": "单元"}))) == {"1单元", "2单元"}
    assert set(rows(browser.get(reverse("grid_list"), {"search": "1501050010010002"}))) == {"2号楼"}
    assert "没有这个网格" in page(browser.get(reverse("grid_list"), {"search": "学苑"}))


def test_grid_list_of_an_administrator_starts_at_the_city(cast, as_):
    assert set(rows(as_(cast.admin).get(reverse("grid_list")))) == {"呼和浩特市"}


def test_grid_list_without_a_post_says_whom_to_ask(cast, as_):
    assert "您还没有岗位" in page(as_(cast.stranger).get(reverse("grid_list")))


@pytest.mark.parametrize("search", ["长" * 65, "\0", "\u202e"])
def test_a_search_that_cannot_be_is_named(cast, as_, search):
    answer = as_(cast.worker).get(reverse("grid_list"), {"search": search})
    assert answer.status_code == 400
    assert "field-error" in page(answer)


# One grid


def test_grid_detail_shows_place_people_children_and_cases(cast, as_):
    make_event(cast.worker, cast.tree.unit, title="水管漏水")
    make_event(cast.worker, cast.tree.second_building, title="楼道堆物")
    answer = as_(cast.community).get(detail(cast.tree.community))
    text = page(answer)
    assert text.index("呼和浩特市") < text.index("赛罕区") < text.index("人民路街道")
    assert "李秀英" in text
    assert "76 户" in text
    assert rows(answer, "children") == {"1号楼": ("王建国", 1), "2号楼": (None, 1)}
    assert "水管漏水" in text
    assert "楼道堆物" in text


def test_cases_that_are_closed_or_hidden_are_not_counted(cast, as_):
    take(make_event(cast.worker, cast.tree.building), "accept", "resolve", "pass_check")
    make_event(cast.worker, cast.tree.building, category=make_category("线索举报", is_confidential=True))
    assert rows(as_(cast.community).get(detail(cast.tree.community)), "children")["1号楼"] == ("王建国", 0)
    assert rows(as_(cast.police).get(detail(cast.tree.community)), "children")["1号楼"] == ("王建国", 1)


def test_what_lies_above_shows_only_what_i_may_see(cast, as_):
    make_event(cast.neighbour, cast.tree.other_building, title="隔壁的事")
    answer = as_(cast.worker).get(detail(cast.tree.street))
    assert rows(answer, "children") == {"健康社区": (None, 0)}
    assert "隔壁的事" not in page(answer)
    assert "学苑社区" not in page(answer)


def test_a_vacant_grid_says_so(cast, as_):
    assert "空缺" in page(as_(cast.worker).get(detail(cast.tree.second_building)))
    make_post(make_user("高娃"), cast.tree.second_building, Role.CHIEF)
    assert "空缺" not in page(as_(cast.worker).get(detail(cast.tree.second_building)))


def test_one_files_from_a_grid_that_one_works_in(cast, as_):
    link = f"{reverse('event_file')}?grid={cast.tree.unit.code}"
    assert link in page(as_(cast.worker).get(detail(cast.tree.unit)))
    assert "在此上报" not in page(as_(cast.worker).get(detail(cast.tree.street)))


def test_a_retired_grid_is_still_shown(cast, as_):
    cast.tree.second_unit.retired_at = timezone.now()
    cast.tree.second_unit.save()
    text = page(as_(cast.worker).get(detail(cast.tree.second_unit)))
    assert "该网格已撤销" in text
    assert "在此上报" not in text


# Account


def test_account_shows_my_posts_now_and_before(cast, as_):
    end_post(actor=None, post=cast.worker.posts.get(grid=cast.tree.second_building))
    text = page(as_(cast.worker).get(reverse("account")))
    assert "乌兰" in text
    assert "人民路街道 健康社区 1号楼" in text
    assert "社区工作者" in text
    assert "2号楼 网格员" in text
    assert reverse("password_change") in text


def test_account_without_a_post_says_whom_to_ask(cast, as_):
    assert "您还没有岗位" in page(as_(cast.stranger).get(reverse("account")))


def test_one_logs_out_from_the_account(cast, as_):
    browser = as_(cast.worker)
    assert reverse("logout") in page(browser.get(reverse("account")))
    assert browser.post(reverse("logout")).status_code == 302
    assert browser.get(reverse("account")).status_code == 302


# Queries


def test_grids_keep_their_queries(cast, as_, django_assert_max_num_queries):
    for number in range(12):
        make_event(cast.worker, (cast.tree.unit, cast.tree.second_unit, cast.tree.second_building)[number % 3])
    addresses = [reverse("grid_list"), reverse("account"), detail(cast.tree.community), detail(cast.tree.building)]
    for person in (cast.worker, cast.community, cast.city, cast.admin):
        browser = as_(person)
        for address in addresses:
            most = MOST_QUERIES_OF_A_GRID if address.startswith("/grids/1") else MOST_QUERIES
            with django_assert_max_num_queries(most, info=f"{address} for {person}"):
                browser.get(address)
