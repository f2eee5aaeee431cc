"""Signboards: what stands on them, how they fit on their paper, who may print them, and in how many queries."""

import io
import unicodedata

import pytest
import segno
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from grids.boards import Board, Head, boards_of
from grids.models import Grid, Role
from grids.paper import LAYOUTS, Paper, head_height, lay_out, lines, listed, short, width
from grids.services import end_post
from tests.factories import make_branch, make_grid, make_organisation, make_post, make_user
from tests.pages import page


def board(grid: Grid) -> Board:
    return boards_of([grid], grid)[0]


def signboard(grid: Grid) -> str:
    return reverse("signboard", args=[grid.code])


def signboard_run(grid: Grid) -> str:
    return reverse("signboard_run", args=[grid.code])


# What stands on them


def test_a_board_names_chief_and_staff(cast):
    assert board(cast.tree.building).chief == "王建国"
    assert board(cast.tree.building).staff == ["乌兰"]
    assert (board(cast.tree.unit).chief, board(cast.tree.unit).staff) == ("", [])


def test_a_board_of_a_community_names_the_heads_of_buildings_and_units(cast):
    make_post(make_user("巴特尔"), cast.tree.unit, Role.CHIEF)
    heads = board(cast.tree.community).heads
    assert [(head.name, head.chief, head.below_names) for head in heads] == [
        ("1号楼", "王建国", "1单元 巴特尔"),
        ("2号楼", "", ""),
    ]
    assert [(head.name, head.chief) for head in board(cast.tree.building).heads] == [("1单元", "巴特尔"), ("2单元", "")]


def test_above_the_communities_one_level_of_heads_is_enough(cast):
    make_post(make_user("高娃"), cast.tree.other_community, Role.CHIEF)
    heads = board(cast.tree.street).heads
    assert [(head.name, head.chief, head.below) for head in heads] == [("健康社区", "", []), ("学苑社区", "高娃", [])]


def test_where_nobody_heads_anything_there_is_no_list(cast):
    assert board(cast.tree.building).heads == []
    assert [head.below for head in board(cast.tree.community).heads] == [[], []]


@pytest.mark.parametrize("place", ["unit", "building", "community"])
def test_the_police_officer_is_the_nearest_one_upward(cast, place):
    assert board(getattr(cast.tree, place)).police == ["赵刚"]
    make_post(make_user("韩冰"), cast.tree.unit, Role.POLICE)
    assert board(getattr(cast.tree, place)).police == (["韩冰"] if place == "unit" else ["赵刚"])


def test_police_above_the_street_are_not_a_grids_own(cast):
    end_post(actor=None, post=cast.police.posts.get())
    make_post(cast.police, cast.tree.district, Role.POLICE)
    assert board(cast.tree.unit).police == []
    make_post(make_user("韩冰"), cast.tree.street, Role.POLICE)
    assert board(cast.tree.unit).police == ["韩冰"]


def test_the_police_room_of_the_community_stands_on_every_board_in_it(cast):
    room = make_organisation(cast.tree.community, "健康警务室", "police_room")
    for grid in (cast.tree.community, cast.tree.building, cast.tree.unit):
        assert board(grid).police_room == room
    assert board(cast.tree.street).police_room is None
    assert board(cast.tree.other_building).police_room is None


def test_phones_are_those_of_offices_of_the_community(cast):
    make_organisation(cast.tree.community, "便民服务站", "government_office", phone="0471-0000001")
    make_organisation(cast.tree.building, "一号楼物业", phone="0471-0000002")
    make_organisation(cast.tree.community, "业委会", "owners_committee", phone="0471-0000003")
    make_organisation(cast.tree.other_community, "别处物业", phone="0471-0000004")
    names = [[one.name for one in board(grid).phones] for grid in (cast.tree.community, cast.tree.unit)]
    assert names == [["便民服务站"], ["便民服务站", "一号楼物业"]]


@pytest.mark.parametrize(
    "phone", ["13800000000", "138 0000 0000", "+86 139-0000-0000", "8613800000000", "0471-0000001 13800000000"]
)
def test_a_mobile_number_is_a_persons_and_never_public(cast, phone):
    make_organisation(cast.tree.community, "安居物业", phone=phone)
    assert board(cast.tree.community).phones == []


@pytest.mark.parametrize("phone", ["0471-1380000", "12345", "400-138-0000", "(0471) 0000 001", "110"])
def test_an_office_number_is_public(cast, phone):
    make_organisation(cast.tree.community, "安居物业", phone=phone)
    assert [one.phone for one in board(cast.tree.community).phones] == [phone]


def test_who_left_is_on_no_board(cast):
    end_post(actor=None, post=cast.chief.posts.get())
    cast.worker.is_active = False
    cast.worker.save()
    assert (board(cast.tree.building).chief, board(cast.tree.building).staff) == ("", [])


def test_the_name_of_an_account_is_no_name(cast):
    cast.chief.name = ""
    cast.chief.save()
    assert board(cast.tree.building).chief == ""


# Paper


def test_short_keeps_what_fits_and_marks_what_was_cut():
    assert short("健康社区", 4) == "健康社区"
    assert short("健康社区居委会", 4) == "健康社…"


def test_listed_counts_who_found_no_room():
    assert listed(["乌兰", "王建国"], 10) == "乌兰、王建国"
    assert listed([f"网格员{number}" for number in range(9)], 15) == "网格员0、网格员1、网格员2等9人"


@given(st.text(max_size=80), st.floats(4, 40))
def test_whatever_is_shortened_fits(text, room):
    assert width(short(text, room)) <= max(room, 1)
    assert lines(text, room) >= 1


heads = st.lists(
    st.builds(
        Head,
        st.text("号楼区12", min_size=1, max_size=12),
        st.text("王建国", max_size=16),
        st.lists(st.builds(Head, st.just("1单元"), st.just("巴特尔")), max_size=6),
    ),
    max_size=150,
)


@given(heads, st.sampled_from(Paper))
def test_heads_fit_into_their_columns_or_are_counted(heads, paper):
    grid = Grid(code="150105001001", name="健康社区", level=3)
    grid.ancestors = []
    one = Board(grid, "", [], [], None, [], heads)
    sheet = lay_out(one, paper, "", "")
    assert sheet.heads == heads[: len(sheet.heads)]
    assert len(sheet.heads) + sheet.left_out == len(heads)
    columns = next(found for found in LAYOUTS[paper].heads if found.css == sheet.heads_type)
    room = columns.count * LAYOUTS[paper].height
    assert sum(head_height(head, columns) for head in sheet.heads) < room


def test_the_more_heads_the_denser(cast):
    grid = cast.tree.community
    grid.ancestors  # noqa: B018 - read once
    types = []
    for count in (4, 16, 30, 50, 300):
        one = Board(grid, "", [], [], None, [], [Head(f"{number}号楼", "王建国") for number in range(count)])
        types.append((lay_out(one, Paper.A4, "", "").heads_type, lay_out(one, Paper.A4, "", "").left_out > 0))
    assert types == [("grand", False), ("roomy", False), ("common", False), ("dense", False), ("dense", True)]


# Pages


def test_signboard_opens_inside_ones_area_alone(cast, as_):
    for person, grid, status in (
        ("worker", "building", 200), ("worker", "street", 200), ("worker", "other_building", 404),
        ("stranger", "building", 404), ("admin", "far_community", 200),
    ):  # fmt: skip
        for address in (signboard, lambda grid: reverse("signboard_qr", args=[grid.code, "svg"])):
            assert as_(getattr(cast, person)).get(address(getattr(cast.tree, grid))).status_code == status


def test_without_a_login_the_pages_to_print_ask_for_it(cast, client):
    for name, more in (("signboard", []), ("signboard_run", []), ("signboard_qr", ["png"])):
        answer = client.get(reverse(name, args=[cast.tree.community.code, *more]))
        assert answer["Location"].startswith("/accounts/login/")


def test_signboard_shows_the_board_and_its_address(cast, as_):
    text = page(as_(cast.worker).get(signboard(cast.tree.building)))
    for words in ("1号楼", "王建国", "乌兰", "赵刚", "扫码查看网格信息", "http://testserver/g/1501050010010001/"):
        assert words in text
    assert text.count("<article") == 1


def test_the_qr_code_is_that_of_the_public_page(cast, as_):
    code = segno.make_qr("http://testserver/g/1501050010010001/", error="m")
    assert code.error in "MQH"
    text = page(as_(cast.worker).get(signboard(cast.tree.building)))
    assert code.svg_inline(omitsize=True, svgclass="board-qr-code", lineclass=None, title="二维码") in text


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_signboard_qr_is_a_picture_to_keep(cast, as_, kind, begins):
    answer = as_(cast.worker).get(reverse("signboard_qr", args=[cast.tree.unit.code, kind]))
    assert answer.content.startswith(begins)
    assert answer["Content-Disposition"] == f'attachment; filename="{cast.tree.unit.code}.{kind}"'
    assert as_(cast.worker).get(f"/grids/{cast.tree.unit.code}/qr.gif").status_code == 404


def test_signboard_run_prints_the_community_and_its_buildings(cast, as_):
    answer = as_(cast.community).get(signboard_run(cast.tree.community))
    assert [sheet.board.grid.name for sheet in answer.context["sheets"]] == ["健康社区", "1号楼", "2号楼"]


@pytest.mark.parametrize(
    ("query", "count"),
    [("?levels=community&levels=building&levels=unit", 5), ("?levels=unit&paper=a3", 2), ("?levels=building", 2)],
)
def test_signboard_run_prints_the_levels_that_are_wished(cast, as_, query, count):
    answer = as_(cast.community).get(signboard_run(cast.tree.community) + query)
    assert len(answer.context["sheets"]) == count


def test_a_run_of_a_whole_street_is_none(cast, as_):
    assert as_(cast.street).get(signboard_run(cast.tree.street)).status_code == 404
    assert len(as_(cast.worker).get(signboard_run(cast.tree.building)).context["sheets"]) == 1


@pytest.mark.parametrize("query", ["?paper=a5", "?levels=city", "?levels=%00"])
def test_a_choice_that_is_none_is_named_and_the_boards_are_shown_all_the_same(cast, as_, query):
    answer = as_(cast.community).get(signboard_run(cast.tree.community) + query)
    assert answer.status_code == 400
    assert "bar-error" in page(answer)
    assert len(answer.context["sheets"]) == 3


def test_pages_to_print_take_no_post(cast, as_):
    for address in (signboard(cast.tree.building), signboard_run(cast.tree.community)):
        assert as_(cast.worker).post(address).status_code == 405


def test_the_grid_page_leads_to_the_boards(cast, as_):
    community, building = (page(as_(cast.worker).get(reverse("grid_detail", args=[grid.code])))
                           for grid in (cast.tree.community, cast.tree.building))  # fmt: skip
    assert signboard(cast.tree.community) in community
    assert signboard_run(cast.tree.community) in community
    assert reverse("public_grid", args=[cast.tree.building.code]) in building


def test_a_run_of_two_hundred_boards_takes_as_many_queries_as_one(cast, as_, django_assert_num_queries):
    for number in range(3, 53):
        building = make_grid(f"150105001001{number:04d}", f"{number}号楼")
        make_post(make_user(), building, Role.CHIEF)
        for unit in (1, 2, 3):
            make_grid(f"{building.code}{unit:02d}", f"{unit}单元")
    browser = as_(cast.community)
    every = signboard_run(cast.tree.community) + "?levels=community&levels=building&levels=unit"
    with django_assert_num_queries(
        10
    ):  # session, user, posts, grid, boards, names above, branches, heads, people, organisations
        assert len(browser.get(every).context["sheets"]) == 205
    with django_assert_num_queries(9):
        browser.get(signboard(cast.tree.building))


def test_more_boards_than_fit_into_a_run_are_told(cast, as_, monkeypatch):
    monkeypatch.setattr("grids.board_views.MOST_BOARDS", 2)
    answer = as_(cast.community).get(signboard_run(cast.tree.community))
    assert len(answer.context["sheets"]) == 2
    assert "数量超过一次可打印的上限" in page(answer)


# Printed by a browser

MILLIMETRE = 72 / 25.4
LONG = "呼和浩特市赛罕区人民路街道健康社区第一党建引领综合治理示范网格（含南院北院及沿街商铺）"


def crowd(cast) -> None:
    """The community with more buildings than fit, and every name longer than real ones are."""
    community = Grid.objects.get(pk=cast.tree.community.pk)
    community.name = LONG
    community.save(update_fields=["name"])
    make_post(make_user("阿拉坦格日勒图雅乌仁其其格"), community, Role.CHIEF)
    secretary = make_user("阿拉坦格日勒图雅乌仁其其格")
    make_branch(community, f"{LONG}党支部", secretary=secretary, site_kind="party_service_centre")
    for number in range(12):
        make_post(make_user(f"巴雅尔图{number}"), community, Role.STAFF)
    for number in range(8):
        make_organisation(community, f"{LONG[:30]}{number}", phone=f"0471-000000{number}", kind="government_office")
    make_organisation(community, f"{LONG[:40]}警务室", "police_room", phone="0471-0000009")
    for number in range(3, 73):
        building = make_grid(f"150105001001{number:04d}", f"健康家园南院{number}号楼")
        make_post(make_user("阿拉坦格日勒"), building, Role.CHIEF)


def printed(client, live_server, new_page, user, address: str) -> PdfReader:
    client.force_login(user)
    page = new_page(width=1440)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(address)
    page.emulate_media(media="print")
    for sheet in page.locator(".board").all():
        assert sheet.evaluate(OVERFLOWS) == []
    return PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))


def plain(text: str) -> str:
    """Without spaces, and with the characters that a PDF names by the radicals of the same shape."""
    return unicodedata.normalize("NFKC", "".join(text.split())).translate(str.maketrans("⻓⺠", "长民"))


# What of a board reaches beyond it or into its neighbour: nothing may, or the paper would cut it off.
OVERFLOWS = """board => {
    const edge = board.getBoundingClientRect(), wrong = [];
    for (const part of board.querySelectorAll("h1, p, dt, dd, li, span, strong, svg")) {
        const box = part.getBoundingClientRect();
        if (box.right > edge.right || box.bottom > edge.bottom || box.left < edge.left || box.top < edge.top)
            wrong.push(part.textContent);
    }
    const parts = [...board.querySelectorAll(".board-people, .board-below, .board-foot")];
    const boxes = parts.map((part) => part.getBoundingClientRect());
    for (const [n, a] of boxes.entries())
        for (const b of boxes.slice(n + 1))
            if (a.left < b.right && b.left < a.right && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5)
                wrong.push("overlap");
    return wrong;
}"""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("paper", "size"), [("a4", (210, 297)), ("a3", (420, 297))])
@pytest.mark.parametrize("is_crowded", [False, True])
def test_a_community_prints_one_board_a_page(cast, client, live_server, new_page, paper, size, is_crowded):
    if is_crowded:
        crowd(cast)
    address = f"{signboard_run(cast.tree.community)}?paper={paper}&levels=community&levels=building&levels=unit"
    pdf = printed(client, live_server, new_page, cast.admin, address)
    grids = list(Grid.objects.within(cast.tree.community).order_by("lft"))
    assert len(pdf.pages) == len(grids)
    for sheet, grid in zip(pdf.pages, grids, strict=True):
        assert (round(sheet.mediabox.width / MILLIMETRE), round(sheet.mediabox.height / MILLIMETRE)) == size
        text = plain(sheet.extract_text())
        assert plain(grid.name) in text
        assert grid.code in text
        assert "扫码查看网格信息" in text
