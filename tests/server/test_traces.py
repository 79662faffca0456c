"""Rows of lists that nobody checked, and whether they are about somebody who is to be destroyed."""

import pytest

from server.parsing.messages import Cell
from server.tables.traces import Traces

NIK, CARD, OTHER = "3314990505820011", "3314990101100001", "3314990101800012"
GONE = {"nik": NIK, "no_kk": CARD, "nama": "Sutarmi Uji", "tanggal_lahir": "1982-05-04"}


@pytest.mark.parametrize(
    "row",
    [
        [1, None, "Nama Lain", NIK],
        [1, "'" + NIK],
        [int(NIK)],
        ["Hj. SUTARMI UJI", CARD],
        ["Sutarmi Uji", "04-05-1982"],
        ["Sutarmi Uji", "4/5/82"],
        ["Sutarmi Uji", "1982-05-04"],
        ["Sutarmi Uji", "Sragen, 4 Mei 1982"],
        ["Sutarmi Uji", 30075],
        ["Sutarmi Uji", 30075.0],
    ],
    ids=["nik", "quoted", "number", "card", "day", "short", "iso", "birth", "serial", "float"],
)
def test_a_row_is_about_somebody_by_what_they_are_known_by(row: list[Cell]) -> None:
    assert Traces([GONE]).are_in(row)


@pytest.mark.parametrize(
    "row",
    [
        ["Sutarmi Uji", "05-05-1982"],
        ["Wagiman Uji", CARD, "04-05-1982"],
        ["Sutarmi Uji", OTHER, CARD, "04-05-1982"],
        ["Sutarmi Uji", "Jetis Karangpung"],
        [None, ""],
        [],
    ],
    ids=["another day", "another name", "another number", "name alone", "blank", "empty"],
)
def test_a_row_of_somebody_else_stays(row: list[Cell]) -> None:
    assert not Traces([GONE, {"nama": "", "nik": None}]).are_in(row)
