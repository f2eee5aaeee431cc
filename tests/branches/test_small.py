"""Numbers from 1 to 4 are hidden, and cannot be worked out from what is shown. No database."""

from hypothesis import given
from hypothesis import strategies as st

from branches.disclosure.small import FEW, UNTOLD, Line, shown_lines, shown_total
from branches.disclosure.tellers import Tally


def test_large_numbers_and_nothing_are_shown():
    assert shown_lines([Tally("市容环境", 20, 20), Tally("街面秩序", 12, 7)]) == [
        Line("市容环境", "20", "20", "0"),
        Line("街面秩序", "12", "7", "5"),
    ]


def test_small_categories_are_one_line_together():
    small = [Tally("a", 4, 4), Tally("b", 3, 1)]
    assert shown_lines(small) == [Line("", "7", UNTOLD, UNTOLD)]
    assert shown_lines(small[:1]) == [Line("", FEW, UNTOLD, UNTOLD)]
    assert shown_lines([Tally("a", 0, 0)]) == []


def test_a_small_part_is_not_the_difference_of_its_sum():
    assert shown_lines([Tally("a", 12, 9)]) == [Line("a", "12", ">=8", FEW)]
    assert shown_lines([Tally("a", 12, 2)]) == [Line("a", "12", FEW, ">=8")]
    assert shown_lines([Tally("a", 8, 4)]) == [Line("a", "8", UNTOLD, UNTOLD)]


def test_a_total_tells_no_small_line():
    assert shown_total([Tally("a", 12, 2), Tally("b", 3, 1)]) == ">=13"
    assert shown_total([Tally("b", 3, 1)]) == FEW
    assert shown_total([Tally("a", 12, 2), Tally("b", 3, 1), Tally("c", 2, 1)]) == "17"
    assert shown_total([]) == "0"


@given(st.integers(1, 60), st.data())
def test_behind_a_hidden_part_there_could_be_another_number(received, data):
    closed = data.draw(st.integers(0, received))
    shown = shown_lines([Tally("a", received, closed)])
    same = [other for other in range(received + 1) if shown_lines([Tally("a", received, other)]) == shown]
    hidden = any(not sign.isdecimal() for sign in shown[0][1:])
    assert (len(same) > 1) == hidden
    if 0 < closed < 5 or 0 < received - closed < 5:
        assert hidden


@given(st.lists(st.integers(5, 40), max_size=4), st.integers(1, 4))
def test_a_lone_small_category_could_have_any_small_number(large, few):
    rest = [Tally(f"大类{number}", count, 0) for number, count in enumerate(large)]
    shown = {
        (tuple(shown_lines([*rest, Tally("小类", count, 0)])), shown_total([*rest, Tally("小类", count, 0)]))
        for count in (few, 1, 2, 3, 4)
    }
    assert len(shown) == 1
