"""Buildings divided into areas: each in exactly one, neighbours together, loads as even as can be."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from branches.areas.dividing import deviation, divide, is_fair

HOUSEHOLDS = st.lists(st.integers(0, 300), max_size=40)


@settings(max_examples=150)
@given(HOUSEHOLDS, st.integers(0, 12))
def test_every_building_is_in_exactly_one_area(households, count):
    parts = divide(households, count)
    assert [index for part in parts for index in part] == (list(range(len(households))) if count else [])
    assert len(parts) == min(count, len(households))
    assert all(len(part) for part in parts)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=8), st.integers(1, 8))
def test_no_other_way_to_cut_the_row_is_fairer(households, count):
    def cost(ends):
        return sum(sum(households[start:end]) ** 2 for start, end in pairwise(ends))

    size, count = len(households), min(count, len(households))
    ways = [cost((0, *cuts, size)) for cuts in combinations(range(1, size), count - 1)]
    assert sum(sum(households[index] for index in part) ** 2 for part in divide(households, count)) == min(ways)


def test_neighbours_stay_together():
    assert [list(part) for part in divide([40, 36, 40, 36], 2)] == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("load", "mean", "percent", "fair"), [(120, 100, 20, True), (79, 100, -21, False), (0, 0, None, True)]
)
def test_how_far_a_load_is_from_the_mean(load, mean, percent, fair):
    assert deviation(load, mean) == percent
    assert is_fair(percent) == fair
