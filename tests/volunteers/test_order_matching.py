"""Who is suggested for an order, and why: nobody left out, the same for everybody, nothing but the order counts."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volunteers.orders.matching import Helper, Wish, match
from volunteers.times import ANY_TIME, bit

HERE, NEXT_DOOR, COMMUNITY = "1501050010010001", "1501050010010002", "150105001001"
OTHER, FAR = "150105001002", "150105002001"
WISH = Wish(skill=1, kind="market", code=HERE, times=bit(0, 0), skill_name="家电维修")
FITTING = Helper(who="member-1", skill=1, kind="market", code=HERE, times=ANY_TIME, load=0, skill_name="家电维修")

wishes = st.builds(
    Wish,
    skill=st.sampled_from([None, 1, 2]),
    kind=st.sampled_from(["market", "social"]),
    code=st.sampled_from([HERE, COMMUNITY]),
    times=st.integers(1, ANY_TIME),
    provider=st.sampled_from(["", "organisation-1"]),
)
helpers = st.lists(
    st.builds(
        Helper,
        who=st.sampled_from(["member-1", "member-2", "member-3", "organisation-1"]),
        skill=st.sampled_from([1, 2, 3]),
        kind=st.sampled_from(["market", "social"]),
        code=st.sampled_from([HERE, NEXT_DOOR, COMMUNITY, OTHER, FAR]),
        times=st.integers(1, ANY_TIME),
        load=st.integers(0, 3),
        has_declined=st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(wishes, helpers, st.randoms(use_true_random=False))
def test_everybody_stands_there_once_in_an_order_that_does_not_depend_on_how_they_came(wish, found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert match(wish, found) == match(wish, shuffled)
    assert sorted(one.helper.who for one in match(wish, found)) == sorted({helper.who for helper in found})


@settings(max_examples=60)
@given(wishes, helpers)
def test_each_is_shown_by_the_best_suited_of_their_offers_with_a_reason_for_each_thing_that_counts(wish, found):
    for one in match(wish, found):
        assert len(one.reasons) == 4 + one.helper.has_declined
        assert all(reason.text for reason in one.reasons)
        theirs = [match(wish, [helper])[0].rank for helper in found if helper.who == one.helper.who]
        assert one.rank == min(theirs)


@settings(max_examples=60)
@given(wishes, helpers)
def test_who_declined_comes_last(wish, found):
    declined = [one.helper.has_declined for one in match(wish, found)]
    assert declined == sorted(declined)


@pytest.mark.parametrize(
    "worse",
    [
        {"skill": 2},
        {"skill": 2, "kind": "social"},
        {"times": bit(3, 1)},
        {"code": NEXT_DOOR},
        {"code": OTHER},
        {"load": 1},
        {"has_declined": True},
    ],
)
def test_what_fits_worse_in_one_thing_comes_after_what_fits(worse):
    other = replace(FITTING, who="member-0", **worse)
    assert [one.helper.who for one in match(WISH, [other, FITTING])] == ["member-1", "member-0"]


def test_whose_service_it_is_comes_first():
    own = replace(FITTING, who="organisation-9", load=2)
    found = match(replace(WISH, provider="organisation-9"), [FITTING, own])
    assert found[0].helper == own
    assert str(found[0].reasons[0].text) == "提供该项服务"


def test_the_reasons_are_words_for_the_desk():
    [found] = match(WISH, [replace(FITTING, code=OTHER, load=2, times=bit(5, 0))])
    assert [reason.text for reason in found.reasons] == [
        "可提供“家电维修”", "方便的时间不同：周六上午", "本街道其他社区", "手上有 2 件订单"
    ]  # fmt: skip
