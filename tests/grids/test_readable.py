"""Codes that people write down, type and read aloud."""

import pytest

from grids.readable import ALPHABET, code_of, grouped, new_code, plain_code


def test_no_letter_is_mistaken_for_another():
    assert not set("0O1IL2Z5S8BV") & set(ALPHABET)
    assert set(new_code(500)) <= set(ALPHABET)


def test_the_same_key_gives_the_same_code_for_one_purpose_alone():
    assert code_of("a", "key", 12) == code_of("a", "key", 12)
    assert len({code_of("a", "key", 12), code_of("b", "key", 12), code_of("a", "other", 12)}) == 3


@pytest.mark.parametrize("typed", ["ACDE-FGHJ", "acde fghj", " ＡＣＤＥｆｇｈｊ ", "A-C-D-E-F-G-H-J"])
def test_a_code_is_read_however_it_is_typed(typed):
    assert plain_code(typed) == "ACDEFGHJ"
    assert grouped(plain_code(typed)) == "ACDE-FGHJ"
