"""Finding grids by code, name, initials and the way down the tree."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from grids.models import Grid
from grids.models.grid import initials_of
from grids.services import rename_grid
from grids.tree import codes_beginning
from tests.factories import make_grid, make_tree


def found(words: str) -> set[str]:
    return {grid.name for grid in Grid.objects.search(words)}


@pytest.fixture
def tree(db):
    return make_tree()


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("人民路街道", "rmljd"),
        ("3号楼", "3hl"),
        ("重庆路", "cql"),
        ("重型机械厂", "zxjxc"),
        ("工商银行家属院", "gsyhjsy"),
        ("行政中心", "xzzx"),
        ("长安社区", "casq"),
        ("长乐宫", "clg"),
        ("音乐厅", "yyt"),
        ("乐园社区", "lysq"),
        ("厦门路", "xml"),
        ("A座（东）", "azd"),
        ("３号楼 二单元", "3hledy"),
        ("国贸SOHO", "gmsoho"),
    ],
)
def test_initials_know_who_is_read_in_two_ways(name, initials):
    assert initials_of(name) == initials


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("rmlj", {"人民路街道"}),
        ("RMLJ", {"人民路街道"}),
        ("  rmljd ", {"人民路街道"}),
        ("2hl", {"2号楼"}),
        ("健康", {"健康社区"}),
        ("路街道", {"人民路街道", "大学西路街道"}),
        ("150105002", {"大学西路街道", "桥靠社区"}),
        ("1501050010020", {"1号楼"}),
        ("1501050010020001", {"1号楼"}),
        ("2", {"2号楼", "2单元"}),
        ("hl", {"1号楼", "2号楼"}),
        ("0105", set()),
        ("99", set()),
        ("9" * 30, set()),
        ("' OR 1=1 --", set()),
        ("健\0康", set()),
    ],
)
def test_one_word(tree, words, names):
    assert found(words) == names


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("健康 2号楼", {"2号楼"}),
        ("jk 2hl", {"2号楼"}),
        ("人民路 健康 1hl 单元", {"1单元", "2单元"}),
        ("rmlj 1hl 1dy", {"1单元"}),
        ("150105001 社区", {"健康社区", "学苑社区"}),
        ("赛罕区 健康 健康社区", {"健康社区"}),
        ("学苑 2号楼", set()),
        ("2号楼 1单元", set()),
        ("没有 1号楼", set()),
        ("号 " * 500, {"1号楼", "2号楼"}),
    ],
)
def test_several_words_go_down_the_tree(tree, words, names):
    assert found(words) == names


def test_the_words_above_are_found_wherever_one_may_look(tree):
    buildings = Grid.objects.within(tree.building)
    assert {grid.name for grid in buildings.search("健康 1号楼")} == {"1号楼"}


def test_a_name_with_a_space_is_found_as_it_is_written(tree):
    make_grid("1501050010010003", "A 座 东")
    assert found("A 座 东") == found("健康 a 座") == found("azd") == {"A 座 东"}


def test_letters_inside_a_name_are_found_when_nothing_begins_with_them(tree):
    mall = make_grid("1501050010010003", "国贸SOHO")
    assert found("soho") == {"国贸SOHO"}
    make_grid("1501050010010004", "Soho花园")
    assert found("soho") == {"Soho花园"}
    assert found("国贸soho") == {mall.name}


def test_a_new_name_is_found_by_its_own_initials(tree):
    rename_grid(actor=None, grid=tree.street, name="重庆路街道")
    assert found("cqlj") == {"重庆路街道"}
    assert found("rmlj") == set()


def test_what_begins_a_code_is_found_by_the_index(tree):
    for words in ("15010500100", "rmlj"):
        plan = Grid.objects.search(words).order_by().explain()
        assert connection.vendor == "postgresql" or "INDEX" in plan  # PostgreSQL scans a table of twelve rows
        assert connection.vendor == "postgresql" or "SCAN" not in plan


CHINESE = "人民路街道健康社区重庆银行长安号楼单元东西南北大学赛罕乐园音厅"
NAMES = st.text(alphabet=CHINESE + "ABCxyz0123456789（）-·３", min_size=1, max_size=20).filter(initials_of)
ANYTHING = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=64)


class AnyName(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.tree = make_tree()

    @given(name=NAMES, length=st.integers(min_value=1, max_value=20))
    def test_is_found_by_its_initials_and_itself(self, name, length):
        rename_grid(actor=None, grid=self.tree.second_unit, name=name)
        for words in (initials_of(name)[:length], f"jk {initials_of(name)}", name):
            assert self.tree.second_unit in Grid.objects.search(words), words

    @given(words=ANYTHING)
    def test_no_search_fails(self, words):
        list(Grid.objects.search(words))

    @given(digits=st.text(alphabet="0123456789", min_size=1, max_size=20))
    def test_codes_begin_as_text_says(self, digits):
        begun = {grid.code for grid in Grid.objects.all() if grid.code.startswith(digits)}
        assert {grid.code for grid in Grid.objects.filter(codes_beginning(digits))} == begun

    @given(length=st.integers(min_value=1, max_value=18))
    def test_every_beginning_of_a_code_finds_the_grid(self, length):
        for grid in Grid.objects.all():
            assert grid in Grid.objects.filter(codes_beginning(grid.code[:length]))
