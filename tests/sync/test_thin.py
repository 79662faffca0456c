"""Rows that travel empty come out whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import encode
from schemas.ids import Part
from schemas.wire import Row
from sync.scope import reduced
from sync.thin import fill, thin
from tests.contract.people import record_id

DESA, MINE = Part("desa/33.14.01.2001/bpnt"), Part("mine/p")
FULL = {"nama": "Sutarmi", "nik": "3314994107900001", "rt": "001", "no_kks": "9900000000000001"}


def row(part: Part, body: bytes, number: int = 1, kind: str = "warga") -> Row:
    return Row(part=part, id=record_id(number), seq=number, kind=kind, body=body)


def test_a_reduced_row_beside_its_full_one_travels_empty() -> None:
    rows = [row(DESA, encode(reduced(FULL))), row(MINE, encode(FULL))]
    assert [one.body for one in thin(rows)] == [b"", encode(FULL)]
    assert fill(thin(rows)) == rows


def test_a_reduced_row_alone_travels_whole() -> None:
    rows = [row(DESA, encode(reduced(FULL))), row(MINE, encode(FULL), number=2)]
    assert thin(rows) == rows


def test_a_reduced_row_that_differs_travels_whole() -> None:
    rows = [row(DESA, encode({**reduced(FULL), "rt": "009"})), row(MINE, encode(FULL))]
    assert thin(rows) == rows


def test_what_lists_did_not_hide_from_the_start_travels_whole() -> None:
    """A phone of before makes the reduced row with a desil, and its digest would differ for ever."""
    full = {**FULL, "desil": 3}
    rows = [row(DESA, encode(reduced(full))), row(MINE, encode(full))]
    assert b"desil" not in rows[0].body and thin(rows) == rows


@pytest.mark.parametrize("kind", ["warga", "ewarong"])
def test_rows_of_one_thing_travel_together_and_so_do_things_of_one_desa(kind: str) -> None:
    """What is alike deflates well beside each other: on EDGE each byte is paid for."""
    beyond = Part("desa/33.14.01.2002/bpnt")
    places = [(beyond, 1), (DESA, 2), (MINE, 2), (MINE, 1), (DESA, 3)]
    sent = thin([row(part, encode(FULL), number, kind) for part, number in places])
    expected = [(DESA, 2), (MINE, 2), (DESA, 3), (beyond, 1), (MINE, 1)]
    assert [(one.part, one.id) for one in sent] == [(part, record_id(number)) for part, number in expected]


def test_an_empty_row_without_its_full_one_is_no_page() -> None:
    assert fill([row(DESA, b""), row(MINE, encode(FULL), number=2)]) is None


names = st.sampled_from(["nama", "nik", "rt", "no_kk", "no_hp", "kode_desa"])


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.dictionaries(names, st.text(max_size=3)))))
def test_whatever_is_thinned_is_filled_again(made: list[tuple[int, bool, dict[str, str]]]) -> None:
    rows = {
        (own, number): row(MINE if own else DESA, encode(fields if own else reduced(fields)), number)
        for number, own, fields in made
    }
    filled = fill(thin(list(rows.values())))
    assert filled is not None
    assert sorted(filled, key=repr) == sorted(rows.values(), key=repr)
