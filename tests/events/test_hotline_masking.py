"""What a caller's words must not carry onto a page, however it is typed; and what they keep."""

import random
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from events.demo.hotline import HEADER, sample_sheet
from events.hotline.columns import guessed, told
from events.hotline.masking import masked
from events.models import HotlineOrder
from grids.sheets.reading import heading
from tests.events.hotline_sheets import bring_in
from tests.factories import make_category


@pytest.mark.parametrize("phone", [
    "13812345678", "138 1234 5678", "138-1234-5678", "+86 13812345678", "１３８１２３４５６７８", "0471-4901234",
    "(0471)4901234", "04714901234", "010-12345678", "8613812345678",
])  # fmt: skip
def test_a_phone_is_removed_however_it_is_typed(phone):
    text = masked(f"请打{phone}，谢谢")
    assert text == "请打［电话已隐去］，谢谢"


@pytest.mark.parametrize("text", [
    "来电人电话：4901234", "手机号码是 6655443322", "致电1381234567813912345678",
])  # fmt: skip
def test_what_is_called_a_phone_is_one(text):
    assert not any(character.isdigit() for character in masked(text))


@pytest.mark.parametrize("text", [
    "3号楼2单元301室漏水", "2026年3月1日 08:30 停水", "工单HH20260301000123未回复", "表号 88123456789012 读数 1234567",
    "欠费 1234.56 元", "车牌蒙A12345",
])  # fmt: skip
def test_other_numbers_stay(text):
    assert masked(text) == text


def test_an_identity_number_is_removed():
    assert masked("身份证15010519900101123X请核实") == "身份证［证件号已隐去］请核实"


def test_the_callers_own_name_keeps_its_first_character():
    assert masked("张三丰反映，张三丰住三楼", "张三丰") == "张*反映，张*住三楼"
    assert masked("市民反映路灯不亮", "市民") == "市民反映路灯不亮"
    assert masked("张先生反映", "张") == "张先生反映"


@given(
    digits=st.integers(0, 10**9 - 1), second=st.sampled_from("3456789"), apart=st.sampled_from(["", " ", "-"]),
    around=st.sampled_from(["电话{}。", "请联系{}", "{}", "（{}）转"]),
)  # fmt: skip
def test_no_mobile_number_gets_through(digits, second, apart, around):
    number = f"1{second}{digits:09}"
    written = apart.join((number[:3], number[3:7], number[7:]))
    text = masked(around.format(written))
    assert written not in text
    assert sum(character.isdigit() for character in text) == 0


def test_the_known_phone_is_removed_whatever_its_form():
    assert masked("打 66554433 找我", phone="66554433") == "打 ［电话已隐去］ 找我"


# Columns


def test_names_of_many_cities_are_guessed():
    names = ["受理单号", "反映内容", "登记时间", "来电号码", "反映人", "责任社区", "事发地点", "三级分类", "截止时间"]
    assert guessed(names) == {
        "number": "受理单号", "text": "反映内容", "called_at": "登记时间", "phone": "来电号码", "name": "反映人",
        "community": "责任社区", "address": "事发地点", "word": "三级分类", "limit": "截止时间",
    }  # fmt: skip


def test_stars_brackets_and_spaces_do_not_matter():
    assert guessed([heading("*工单 编号："), heading("诉求内容（必填）")]) == {
        "number": "工单编号",
        "text": "诉求内容",
    }


def test_two_headings_that_mean_the_same_are_asked_again():
    found = told(["电话", "联系电话", "工单编号", "诉求内容"], {"电话": "phone", "联系电话": "phone"})
    assert set(found.undecided) == {"电话", "联系电话", "工单编号", "诉求内容"}
    assert not found.is_settled


def test_what_is_remembered_counts_more_than_the_name():
    remembered = {"编号": "", "诉求编号": "number", "诉求内容": "text"}
    found = told(["编号", "诉求编号", "诉求内容"], remembered)
    assert (found.columns, found.is_settled) == ({"number": "诉求编号", "text": "诉求内容"}, True)


# The made-up sheet


@pytest.mark.django_db
def test_the_made_up_sheet_says_so_and_can_be_brought_in(cast, tmp_path, capsys):
    make_category()
    path = tmp_path / "工单.xlsx"
    call_command("make_hotline_sheet", path, grid=cast.tree.street.code, rows=12)
    assert "12" in capsys.readouterr().out
    with path.open("rb") as file:
        found = bring_in(cast.street, file=file)
    assert found.counts == {"filed": 11, "open": 1}
    assert all(order.event.description.startswith("（演示）") or order.event.title.startswith("（演示）")
               for order in HotlineOrder.objects.select_related("event"))  # fmt: skip


@pytest.mark.django_db
def test_the_made_up_sheet_needs_a_grid(tmp_path):
    with pytest.raises(CommandError):
        call_command("make_hotline_sheet", tmp_path / "x.xlsx", grid="9999")


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_sheet(cast):
    at = datetime(2026, 3, 2, tzinfo=UTC)
    first, second = (list(sample_sheet(random.Random(7), cast.tree.street, 20, at)) for _again in range(2))
    assert first == second
    assert (first[1], len(first)) == (HEADER, 22)
