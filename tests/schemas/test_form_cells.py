"""Cells of tables by name: read as they were written, and nothing else is taken for one."""

import pytest

from schemas.form import load_forms
from schemas.form_cells import Cell, answer_at, cell_of, field_at, label_at, photo_cells, without_photos

KIS = load_forms().get("kis").fields
ROWS = [{"jenis": "sktm", "berkas": ["a"]}, {"jenis": "surat_desa"}]


@pytest.mark.parametrize("cell", [Cell(table="t_1", column="c", row=0), Cell(table="t", column="c_2")])
def test_a_cell_is_read_as_it_was_written(cell: Cell) -> None:
    assert cell_of(cell.name) == cell


@pytest.mark.parametrize("name", ["nik", "", "t[1]", "t[-1].c", "t[1].", ".c", "t[1].c[2]", "T.c", "a.b.c"])
def test_what_is_no_cell_is_a_plain_name(name: str) -> None:
    assert cell_of(name) is None


def test_a_place_is_found_and_named() -> None:
    field = field_at(KIS, "syarat_lain[1].berkas")
    assert field is not None and field.label == "Berkas"
    words = label_at(KIS, "syarat_lain[1].berkas", lambda number: f"Baris {number}")
    assert words == "Ada berkas lain? · Baris 2 · Berkas"
    assert label_at(KIS, "syarat_lain.berkas", str, short=True) == "Syarat lain · Berkas"
    assert label_at(KIS, "fc_kis", str) == "Fotokopi KIS PBI"
    assert field_at(KIS, "fc_kis.berkas") is None and label_at(KIS, "lain[0].x", str) == "lain[0].x"


def test_answers_of_another_shape_hold_nothing() -> None:
    assert answer_at({"syarat_lain": ROWS}, "syarat_lain[0].berkas") == ["a"]
    for odd in (None, "x", [1], {"skipped": "ya"}, []):
        assert answer_at({"syarat_lain": odd}, "syarat_lain[0].berkas") is None
        assert list(photo_cells(KIS, {"syarat_lain": odd})) == []


def test_rows_can_be_offered_again_without_their_photos() -> None:
    assert without_photos(KIS["syarat_lain"], ROWS) == [{"jenis": "sktm"}, {"jenis": "surat_desa"}]
    assert without_photos(KIS["nik"], "331499") == "331499"
