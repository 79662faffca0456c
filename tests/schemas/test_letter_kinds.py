"""Templates of letters: plain text with known fields, filled once, and never run."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.letters import (
    Wording,
    Wrong,
    fill,
    first_letterhead,
    letter_kinds,
    letter_number,
    paragraphs,
    wrong_letterhead,
    wrong_wording,
)

KIND = letter_kinds()["rekomendasi_bni"]


def wrong(**changes: str) -> Wrong | None:
    return wrong_wording(KIND, replace(KIND.surat, **changes))


def test_every_kind_begins_with_a_template_that_can_be_used() -> None:
    for name, kind in letter_kinds().items():
        assert wrong_wording(kind, kind.surat) is None, name
    assert wrong_letterhead(first_letterhead()) is None


def test_an_unknown_field_is_refused_by_its_name_wherever_it_stands() -> None:
    for place in ("sifat", "lampiran", "hal", "kepada", "isi", "tembusan"):
        assert wrong(**{place: "Yth. {nama_ibu}"}) == Wrong(why="tidak_dikenal", field="nama_ibu"), place
    assert wrong(isi="{ nama }") == Wrong(why="tidak_dikenal", field=" nama ")
    assert wrong(isi="{nama.__class__}") == Wrong(why="tidak_dikenal", field="nama.__class__")


def test_a_brace_that_stands_alone_a_block_within_a_line_and_a_code_that_is_none_are_refused() -> None:
    assert wrong(isi="Yth. {nama") == Wrong(why="kurung")
    assert wrong(hal="}") == Wrong(why="kurung")
    assert wrong(isi="Ini {data} di dalam kalimat") == Wrong(why="bagian", field="data")
    assert wrong(hal="{data}") == Wrong(why="tidak_dikenal", field="data")
    assert wrong(kode="400/9") == Wrong(why="kode", field="400/9")
    assert wrong(isi=" ") == Wrong(why="kosong") and wrong(isi="a" * 6001) == Wrong(why="panjang")


def test_a_letterhead_needs_a_number_that_tells_letters_apart() -> None:
    head = first_letterhead()
    assert wrong_letterhead(replace(head, nomor="{kode}/{tahun}")) == Wrong(why="nomor", field="nomor")
    assert wrong_letterhead(replace(head, nomor="{nomor}")) == Wrong(why="nomor", field="tahun")
    unknown = wrong_letterhead(replace(head, nomor="{nomor}/{tahun}/{desa}"))
    assert unknown == Wrong(why="tidak_dikenal", field="desa")
    assert wrong_letterhead(replace(head, nip="19990101 202001 2 99")) == Wrong(why="nip")
    assert wrong_letterhead(replace(head, nip="19990101 202001 2 999")) is None
    assert letter_number(head, "400.9", 1979, 2024, 9) == "400.9/1979/09/2024"
    months = replace(head, nomor="{kode}/{nomor}/{bulan}/{tahun}")
    assert letter_number(months, "400.9", 7, 2026, 11) == "400.9/7/XI/2026"


@given(st.text(), st.text())
def test_a_value_that_looks_like_a_field_stays_as_it_was_typed(name: str, other: str) -> None:
    values = {"nama": f"{name}{{desa}}", "desa": other}
    assert fill("{nama} di {desa}", values) == f"{name}{{desa}} di {other}"


def test_blank_lines_part_paragraphs_and_single_breaks_stand() -> None:
    assert paragraphs("satu\ndua\n \n\n tiga \n") == ("satu\ndua", "tiga")


def test_a_wording_says_all_that_a_letter_has() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kode": "400.9"}, Wording)
