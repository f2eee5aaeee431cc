"""The public page of a grid: what everybody sees, what nobody sees, and where an old code leads."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grids.models import FormerCode, Grid, GridChange, Role
from grids.services import appoint, dissolve_organisation, retire_grid
from tests.factories import make_event, make_organisation, make_post, make_user
from tests.pages import page


def public_grid(code: str) -> str:
    return reverse("public_grid", args=[code])


@pytest.fixture
def look(client):
    """What somebody without a login gets for a code."""
    return lambda code: client.get(public_grid(code))


# What everybody sees


def test_public_grid_shows_the_board_without_a_login(cast, look):
    make_organisation(cast.tree.community, "健康警务室", "police_room", phone="0471-0000001", address="社区院内")
    make_organisation(cast.tree.community, "安居物业", phone="0471-0000002")
    answer = look(cast.tree.building.code)
    assert answer.status_code == 200
    for words in (
        "1号楼",
        "赛罕区 人民路街道 健康社区",
        "王建国",
        "乌兰",
        "赵刚",
        "健康警务室",
        "社区院内",
        "安居物业",
    ):
        assert words in page(answer)
    assert 'href="tel:04710000002"' in page(answer)


def test_public_grid_is_short_enough_for_a_small_qr_code(cast):
    assert public_grid(cast.tree.unit.code) == "/g/150105001001000101/"


@pytest.mark.parametrize("place", ["city", "district", "street", "community", "building", "unit"])
def test_every_level_has_its_page(cast, look, place):
    assert look(getattr(cast.tree, place).code).status_code == 200


def test_a_vacant_grid_says_so(cast, look):
    assert "空缺" in page(look(cast.tree.second_building.code))


# What nobody sees


def test_nothing_of_a_person_but_name_and_post(cast, look):
    cast.chief.email = "wang@example.org"
    cast.chief.save()
    make_event(cast.worker, cast.tree.building, title="水管漏水")
    person = make_user("白音", "baiyin-account")
    make_organisation(
        cast.tree.community, "安居物业", contact="联系人高娃", phone="13800000000", representatives=[person]
    )
    text = page(look(cast.tree.building.code)) + page(look(cast.tree.community.code))
    for secret in (
        "wang@",
        "chief</",
        "worker",
        "水管漏水",
        "未结",
        "联系人",
        "13800000000",
        "白音",
        "baiyin",
        "李秀英",
    ):
        assert secret not in text


def test_no_way_into_the_staffs_pages(cast, look):
    for code in (cast.tree.building.code, "999"):
        text = page(look(code))
        for link in ("/accounts/", "/grids/", "/events/", 'href="/"', "工作台"):
            assert link not in text


def test_the_page_is_the_same_for_those_who_are_logged_in(cast, look):
    browser = Client()
    browser.force_login(cast.admin)
    assert page(browser.get(public_grid("150105001001"))) == page(look("150105001001"))


def test_a_dissolved_organisation_is_gone_from_it(cast, look):
    company = make_organisation(cast.tree.community, "安居物业", phone="0471-0000002")
    dissolve_organisation(actor=None, organisation=company)
    assert "安居物业" not in page(look(cast.tree.community.code))


def test_names_are_shown_as_written(cast, look):
    appoint(actor=None, user=make_user("<script>alert(1)</script>"), role=Role.STAFF, grid=cast.tree.unit)
    assert "<script>" not in page(look(cast.tree.unit.code))


# Old and unknown codes


def former(grid: Grid, code: str, *successors: Grid) -> None:
    """As a reorganisation writes it: the code was given up, these took its place."""
    change = GridChange.objects.create(
        grid=grid, kind="split", at=timezone.now(), old_name="旧楼", new_name="新楼", old_code=code, new_code=code
    )
    for successor in successors:
        FormerCode.objects.create(code=code, name="旧楼", grid=successor, change=change)


def test_a_former_code_leads_to_what_took_its_place(cast, look):
    former(cast.tree.building, "1501050010010099", cast.tree.building)
    answer = look("1501050010010099")
    assert (answer.status_code, answer["Location"]) == (302, public_grid(cast.tree.building.code))


def test_a_divided_grid_offers_all_that_took_its_place(cast, look):
    former(cast.tree.building, "1501050010010099", cast.tree.building, cast.tree.second_building)
    answer = look("1501050010010099")
    assert answer.status_code == 200
    assert "该网格已拆分" in page(answer)
    for grid in (cast.tree.building, cast.tree.second_building):
        assert public_grid(grid.code) in page(answer)
        assert grid.full_name in page(answer)


def test_a_grid_that_nothing_replaced_says_that_it_is_gone(cast, look):
    retire_grid(actor=None, grid=cast.tree.second_unit)
    answer = look(cast.tree.second_unit.code)
    assert answer.status_code == 200
    assert "该网格已撤销" in page(answer)


@pytest.mark.parametrize("code", ["1501050010010077", "0", "abc", "１５０１", "' OR 1=1 --", "a\0b", "1" * 300, "健康"])
def test_a_code_that_never_was_is_404_in_chinese(cast, look, code):
    answer = look(code)
    assert answer.status_code == 404
    assert "没有这个网格" in page(answer)


# How it is served


def test_anybody_may_keep_it_for_a_while(cast, look):
    for code in (cast.tree.building.code, "999"):
        answer = look(code)
        assert answer["Cache-Control"] == "public, max-age=300"
        assert not answer.cookies


def test_it_is_only_read(cast, client):
    assert client.post(public_grid(cast.tree.building.code)).status_code == 405


def test_it_takes_a_pinned_number_of_queries(cast, look, django_assert_num_queries):
    for _number in range(5):
        make_post(grid=cast.tree.second_building)
        make_organisation(cast.tree.community, phone="0471-0000001")
    for grid in (cast.tree.district, cast.tree.community, cast.tree.unit):
        with django_assert_num_queries(6):  # the grid, names above, branch, heads, people, organisations
            look(grid.code)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_it_fits_a_phone_and_asks_nothing_of_scripts(cast, new_page, width):
    make_organisation(cast.tree.community, "安居物业服务有限责任公司第一分公司健康社区项目部", phone="0471-0000002")
    page = new_page(width=width, java_script_enabled=width != 390)
    page.goto(public_grid(cast.tree.building.code))
    assert page.get_by_role("link", name="0471-0000002").bounding_box()["height"] >= (44 if width < 600 else 30)
    if width != 390:
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.evaluate("document.scripts.length") == 0
