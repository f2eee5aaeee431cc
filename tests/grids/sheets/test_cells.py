"""From a cell to a value, or to a sentence that says what to do. Nothing is guessed."""

import pytest

from grids.models import Role
from grids.sheets import cells
from grids.sheets.cells import Unreadable
from grids.sheets.posts import read_role


def said(reader, raw):
    with pytest.raises(Unreadable) as unreadable:
        reader(raw)
    return str(unreadable.value)


@pytest.mark.parametrize(
    "raw, code",
    [
        ("150105001001", "150105001001"),
        (150105001001, "150105001001"),
        ("１５０１０５００１００１", "150105001001"),
        ("\u3000150105 001001\u00a0\n", "150105001001"),
        ("\ufeff1501\u200b05", "150105"),
        ("'150105", "150105"),
        (None, ""),
    ],
)
def test_codes(raw, code):
    assert cells.code(raw) == code


@pytest.mark.parametrize(
    "raw",
    ["1.50105E+11", "1.50105e11", "150105001001.0", 1.50105001001e17, 150105001001.0, 1501050010010010, 10**15],
)
def test_lost_digits_are_never_made_up(raw):
    assert "设为文本格式" in said(cells.code, raw)


def test_fifteen_digits_are_exact():
    assert cells.code(10**15 - 1) == "9" * 15


@pytest.mark.parametrize("reader", [cells.code, cells.text, cells.lines, cells.word, cells.count, cells.day])
def test_a_formula_is_to_be_pasted_as_a_value(reader):
    assert "粘贴" in said(reader, cells.formula("=A1"))


@pytest.mark.parametrize("reader", [cells.code, cells.text, cells.lines, cells.count])
@pytest.mark.parametrize("raw", [cells.error("#REF!"), {"date": "2026-01-02T00:00:00"}, {"long": "x"}, True])
def test_other_cells_that_are_no_text(reader, raw):
    assert said(reader, raw)


def test_a_name_keeps_its_form_and_loses_its_odd_spaces():
    assert cells.text(" １号楼\u3000（东）\u00a0") == "１号楼 （东）"
    assert cells.text("甲\n乙") == "甲 乙"
    assert cells.text(12) == "12"
    assert "数值" in said(cells.text, 1.5)


def test_lines_keep_their_ends():
    assert cells.lines(" 走访\r\n巡查\r登记 ") == "走访\n巡查\n登记"


@pytest.mark.parametrize(
    "raw, number", [(36, 36), (36.0, 36), ("３６", 36), (" 36户", 36), ("1,234", 1234), ("", None), (None, None)]
)
def test_counts(raw, number):
    assert cells.count(raw) == number


@pytest.mark.parametrize("raw", [-1, 1.5, "-3", "三十", "1.5", 2**31, "99999999999", True, "1,23"])
def test_no_counts(raw):
    assert "整数" in said(cells.count, raw)


@pytest.mark.parametrize(
    "raw",
    [
        {"date": "2026-03-01T00:00:00"},
        *("2026-03-01", "2026/3/1", "2026.3.1", "2026年3月1日", "20260301", "２０２６-3-1", "2026-03-01 00:00:00"),
    ],
)
def test_days(raw):
    assert cells.day(raw) == "2026-03-01"


@pytest.mark.parametrize("raw", [46082, "2026-02-30", "3月1日", "去年", "2026-03", True])
def test_no_days(raw):
    assert "2026-03-01" in said(cells.day, raw)


@pytest.mark.parametrize(
    "raw, value", [("是", True), ("√", True), ("否", False), ("无", False), (True, True), ("", None)]
)
def test_yes_and_no(raw, value):
    assert cells.yes_or_no(raw) is value


@pytest.mark.parametrize("word", ["网格长", " 网格员", "民警", "分管领导", "受 理 员", "片警"])
def test_words_for_roles(word):
    assert read_role(word) in Role.values


def test_an_unknown_word_names_the_known_ones():
    assert said(read_role, "村长") == "无法识别此内容。请填写以下之一：网格长、网格员、网格警员、分管领导、受理员。"
    assert read_role("") == ""
