"""Codes as people type and scan them, and what the four words cover."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.joining import (
    Invitation,
    Parties,
    code_hash,
    commitment,
    invitation,
    read_invitation,
    scanned,
)
from schemas.words import word_list

AUTHORITY = b"a certificate"
PARTS = {name: bytes([number]) * 32 for number, name in enumerate(Parties.__struct_fields__)}


@given(token=st.binary(min_size=5, max_size=5), authority=st.sampled_from([b"", AUTHORITY]))
def test_a_code_is_read_as_it_was_made_however_it_is_typed(token: bytes, authority: bytes) -> None:
    made = invitation(token, authority)
    typed = made.typed()
    assert len(typed) == (9 if not authority else 29)
    ways = (typed, typed.lower(), typed.replace("-", " "), typed.replace("-", ""), f"  {typed}\n")
    lookalikes = typed.replace("O", "0").replace("I", "1")
    for way in (*ways, lookalikes):
        assert read_invitation(way) == made
        assert code_hash(way) == code_hash(made.token), "the office finds it by its token, typed or bare"
    assert made.fits(AUTHORITY) is bool(authority) and not made.fits(AUTHORITY + b"\0")


@pytest.mark.parametrize(
    "typed", ["", "A", "AAAA-AAA", "AAAA-AAAA-A", "AAAA-AAA9", "AAAA-AAAÄ", "A" * 23, "A" * 32]
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert read_invitation(typed) is None


def test_a_mistyped_pin_fits_no_authority() -> None:
    made = invitation(b"token", AUTHORITY)
    wrong = Invitation(token=made.token, pin=bytes([made.pin[0] ^ 1]) + made.pin[1:])
    assert made.fits(AUTHORITY) and not wrong.fits(AUTHORITY)
    assert not Invitation(token=made.token).fits(AUTHORITY), "no pin fits nothing"


def test_a_token_of_another_length_is_none() -> None:
    with pytest.raises(ValueError, match="5 random bytes"):
        invitation(b"four", b"")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://10.1.2.3:8314 AAAA-BBBB", ("https://10.1.2.3:8314", "AAAA-BBBB")),
        ("  http://kantor AAAABBBB\n", ("http://kantor", "AAAABBBB")),
        ("https://kantor", None), ("AAAA-BBBB", None), ("ftp://kantor AAAA-BBBB", None),
        ("https://kantor AAAA-BBBB lagi", None), ("https://kantor bukan-kode", None), ("", None),
    ],
)  # fmt: skip
def test_the_text_of_the_picture_is_taken_apart(text: str, said: tuple[str, str] | None) -> None:
    assert scanned(text) == said


@pytest.mark.parametrize("name", list(PARTS))
def test_whoever_puts_in_a_part_of_their_own_changes_the_words_and_what_is_signed(name: str) -> None:
    whole, other = Parties(**PARTS), Parties(**{**PARTS, name: b"?" * 32})
    assert whole.words() != other.words() and whole.signed() != other.signed()
    assert len(whole.words()) == 4 and set(whole.words()) <= set(word_list())


def test_parts_cannot_be_shifted_into_each_other() -> None:
    one = Parties(**{**PARTS, "authority": b"ab", "public_key": b"c"})
    two = Parties(**{**PARTS, "authority": b"a", "public_key": b"bc"})
    assert one.words() != two.words() and one.signed() != two.signed()


def test_what_is_settled_gives_the_secret_not_away_and_fits_no_other() -> None:
    assert commitment(bytes(32)) != commitment(bytes(31) + b"\1") and bytes(32) not in commitment(bytes(32))
