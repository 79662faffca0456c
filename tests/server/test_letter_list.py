"""Lists for an SK as they are pasted from a spreadsheet: with heads, running numbers and amounts as shown."""

import pytest

from schemas.text import load_text
from server.services.letter_list import LineWrong, Listed, list_table

TEXT = load_text()
SITI = ("Siti Aminah", "3314990101800021", "Dk. Krajan, Keden", "1234567890")


def line(amount: str, *before: str, person: tuple[str, ...] = SITI) -> str:
    return "\t".join((*before, *person, amount))


@pytest.mark.parametrize(
    ("amount", "rupiah"),
    [
        ("1500000", 1_500_000), ("1.500.000", 1_500_000), ("Rp1.500.000,00", 1_500_000),
        ("Rp 1.500.000,-", 1_500_000), ("Rp. 750.000", 750_000), ("1,500,000.00", 1_500_000),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_a_spreadsheet_shows_it(amount: str, rupiah: int) -> None:
    listed = list_table(line(amount), TEXT)
    assert isinstance(listed, Listed) and listed.amount == rupiah


@pytest.mark.parametrize("amount", ["", "satu juta", "1.5", "15,5", "1.500.00", "-100", "1500000,50"])
def test_what_is_no_whole_amount_is_told_by_its_line(amount: str) -> None:
    assert list_table(f"{line('1')}\n{line(amount)}", TEXT) == LineWrong(line=2)


def test_heads_and_running_numbers_that_came_along_are_left_out() -> None:
    heads = line("Jumlah", "No", person=("Nama", "NIK", "Alamat", "Rekening"))
    pasted = "\n".join((heads, line("100", "1"), line("200", "2.")))
    listed = list_table(pasted, TEXT)
    assert isinstance(listed, Listed)
    assert (listed.people, listed.amount) == (2, 300)
    assert [row[:3] for row in listed.table.rows] == [("1", *SITI[:2]), ("2", *SITI[:2])]
    assert list_table(f"{line('100')}\n{line('x', person=('Nama', 'NIK', 'a', 'b'))}", TEXT) == LineWrong(
        line=2
    )


@pytest.mark.parametrize("nik", ["'3314990101800021", "3314 9901 0180 0021", "3314.9901.0180.0021"])
def test_a_nik_is_read_as_people_write_it(nik: str) -> None:
    listed = list_table(line("100", person=(SITI[0], nik, *SITI[2:])), TEXT)
    assert isinstance(listed, Listed) and listed.table.rows[0][2] == SITI[1]
