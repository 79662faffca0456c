"""Ids in half their length: whatever the bytes, they are the same again."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import encode
from schemas.folding import fold, unfold

PIECES = st.sampled_from(
    [b"\xc1", b"\xd9\x20", b"\xd9\x40", b"\x20", b"\x40", b"0f" * 16, b"a1" * 32, b"0F" * 16]
)


@given(st.lists(PIECES | st.binary(max_size=40)).map(b"".join))
def test_unfolded_any_bytes_are_the_same_again(data: bytes) -> None:
    assert unfold(fold(data)) == data


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("0f" * 16, b"\xc1\x20" + b"\x0f" * 16),
        ("0a" * 16, b"\xc1\x20" + b"\n" * 16),
        ("c1" * 32, b"\xc1\x40" + b"\xc1" * 32),
        (["0f" * 16, "a"], b"\x92\xc1\x20" + b"\x0f" * 16 + b"\xa1a"),
        ("0F" * 16, encode("0F" * 16)),
        ("0f" * 15 + "0g", encode("0f" * 15 + "0g")),
        ("0f" * 17, encode("0f" * 17)),
        (b"\xc1\x20", b"\xc4\x02\xc1\xc1\x20"),
    ],
)
def test_only_ids_are_folded_and_a_mark_of_the_message_is_doubled(said: object, folded: bytes) -> None:
    assert fold(encode(said)) == folded
    assert unfold(folded) == encode(said)


def test_the_bytes_of_an_id_may_hold_the_mark_itself() -> None:
    rng = random.Random(5)
    ids = [bytes([0xC1, *rng.randbytes(14), 0xC1]).hex() for _ in range(9)]
    assert unfold(fold(encode(ids))) == encode(ids)


@pytest.mark.parametrize(
    "broken",
    [b"\xc1", b"\xc1\x20" + bytes(15), b"\xc1\x40" + bytes(31), b"\xc1\x41" + bytes(99), b"ab\xc1\xc0"],
)
def test_a_mark_that_marks_nothing_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="mark"):
        unfold(broken)
