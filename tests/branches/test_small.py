"""Numbers from 1 to 4 are hidden, and cannot be worked out from what is shown. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branches.disclosure.small import FEW, UNTOLD, Line, is_small, remainder, shown_lines, shown_total, tells_of_few
from branches.disclosure.tellers import Tally


def test_large_numbers_and_nothing_are_shown():
    assert shown_lines([Tally("市容环境", 20, 20), Tally("街面秩序", 12, 7)]) == [
        Line("市容环境", "20", "20", "0"),
        Line("街面秩序", "12", "7", "5"),
    ]


def test_small_categories_are_one_line_together():
    small = [Tally("a", 4, 4), Tally("b", 3, 1)]
    assert shown_lines(small) == [Line("", UNTOLD, UNTOLD, UNTOLD)]  # 8 could only be 4 and 4
    assert shown_lines(small[:1]) == [Line("", FEW, UNTOLD, UNTOLD)]
    assert shown_lines([Tally("a", 0, 0)]) == []


def test_a_small_part_is_not_the_difference_of_its_sum():
    assert shown_lines([Tally("a", 12, 9)]) == [Line("a", "12", ">=8", FEW)]
    assert shown_lines([Tally("a", 12, 2)]) == [Line("a", "12", FEW, ">=8")]
    assert shown_lines([Tally("a", 8, 4)]) == [Line("a", "8", UNTOLD, UNTOLD)]


def test_a_total_tells_no_small_line():
    assert shown_total([Tally("a", 12, 2), Tally("b", 3, 1)]) == ">=13"
    assert shown_total([Tally("b", 3, 1)]) == FEW
    assert shown_total([Tally("a", 12, 2), Tally("b", 3, 1), Tally("c", 2, 1)]) == ">=13"
    assert shown_total([Tally("b", 3, 1), Tally("c", 2, 1)]) == UNTOLD
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


def test_the_sum_over_a_small_part_is_bounded_by_the_others():
    community, other = [Tally("a", 9, 9), Tally("b", 6, 6)], [Tally("a", 3, 0), Tally("b", 5, 5), Tally("c", 2, 2)]
    assert shown_lines(community, other) == [
        Line("b", "11", "11", "0"), Line("a", ">=10", UNTOLD, UNTOLD), Line("", FEW, UNTOLD, UNTOLD)
    ]  # fmt: skip
    assert shown_total(community, other) == ">=21"
    assert shown_lines([Tally("a", 9, 2)], [Tally("a", 8, 8)]) == [Line("a", "17", UNTOLD, UNTOLD)]


def test_what_lies_in_no_community_is_a_part_as_well():
    assert remainder([Tally("a", 9, 5), Tally("b", 2, 2)], [[Tally("a", 6, 5)], [Tally("b", 2, 2)]]) == [
        Tally("a", 3, 0)
    ]


def publications(parts) -> list:
    """All that the street and each of its communities could publish of a month."""
    return [(shown_total(*told), shown_lines(*told)) for told in (parts, *([part] for part in parts))]


COUNTS = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda pair: (max(pair), min(pair)))


@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=1, max_size=3))
def test_no_hidden_number_is_determined_by_all_that_is_published(counts):
    def world(counts):
        return [[Tally("abc"[place], *count) for place, count in enumerate(row)] for row in counts]

    def changed(row, place, value):
        return [[value if (y, x) == (row, place) else count for x, count in enumerate(line)]
                for y, line in enumerate(counts)]  # fmt: skip

    told = publications(world(counts))
    for row, line in enumerate(counts):
        for place, (received, closed) in enumerate(line):
            if is_small(received):
                others = [(other, min(closed, other)) for other in (1, 2, 3, 4) if other != received]
            elif is_small(closed) or is_small(received - closed):
                turned = range(1, 5) if is_small(closed) else range(received - 4, received)
                others = [(received, other) for other in turned if other != closed]
            else:
                others = []
            assert all(publications(world(changed(row, place, other))) == told for other in others)


@pytest.mark.parametrize(("then", "now", "tells"), [(12, 12, False), (12, 13, True), (12, 17, False), (3, 4, False)])
def test_figures_published_anew_do_not_tell_of_few(then, now, tells):
    before, after = (
        {"total": shown_total([Tally("a", count, count)]), "lines": shown_lines([Tally("a", count, count)])}
        for count in (then, now)
    )
    assert tells_of_few(before, after) == tells
