"""The planner: neighbours in sets of 300 to 500 households, each building in exactly one."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from branches.planning import Building, figures, joined, outside, partition

sizes = st.lists(st.integers(0, 700), max_size=9)


def buildings(households):
    return [Building(f"{number:04d}", f"{number}号楼", count) for number, count in enumerate(households, start=1)]


def missed(groups):
    return sum(group.missing for group in groups), len(groups)


def every_cut(listed):
    """All ways to cut the list, the slow way."""
    for count in range(len(listed)):
        for cuts in combinations(range(1, len(listed)), count):
            ends = [0, *cuts, len(listed)]
            runs = [listed[begin:end] for begin, end in pairwise(ends)]
            yield sum(outside(sum(one.households for one in run)) for run in runs), len(runs)


@given(st.lists(st.integers(0, 700), max_size=60))
def test_every_building_is_in_exactly_one_set_and_sets_are_neighbours(households):
    listed = buildings(households)
    assert [building for group in partition(listed) for building in group.buildings] == listed


@given(sizes)
@settings(max_examples=60)
def test_no_other_cut_misses_the_size_by_fewer_households_or_needs_fewer_sets(households):
    listed = buildings(households)
    assert missed(partition(listed)) == min(every_cut(listed), default=(0, 0))


def test_eight_buildings_of_a_hundred_make_two_even_sets():
    groups = partition(buildings([100] * 8))
    assert [group.households for group in groups] == [400, 400]


def test_a_house_that_is_too_large_stands_alone():
    assert [group.households for group in partition(buildings([200, 150, 900, 350]))] == [350, 900, 350]


def test_figures_tell_what_fits_and_what_does_not():
    told = figures(partition(buildings([200, 150, 900])))
    assert (told.sets, told.within, told.too_small, told.too_large, told.outside) == (2, 1, 0, 1, 400)


@given(st.lists(st.none() | st.integers(0, 5), max_size=20))
def test_joining_keeps_every_set_once_and_in_order(members):
    runs = list(joined(members))
    assert [place for run in runs for place in run] == list(range(len(members)))
    assert all(run for run in runs)


def test_where_members_are_few_neighbours_share_a_branch():
    assert list(joined([5, 1, 2, None, 1])) == [range(0, 1), range(1, 3), range(3, 5)]


def test_too_few_members_altogether_make_one_branch():
    assert list(joined([1, 1])) == [range(0, 2)]
