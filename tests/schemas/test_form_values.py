"""The shape of an answer, for each kind of field."""

from typing import Any

import pytest

from schemas.check import check_value
from schemas.form import Field, is_skipped, load_forms, skip_reason
from schemas.text import load_text

FORMS = load_forms()
SHA = "a" * 64
PLACE = {"lat": -7.43, "lng": 111.02, "accuracy_m": 12.0, "at": 1_795_000_000_000, "mock": False}


def field(form_id: str, name: str) -> Field:
    return FORMS.get(form_id).fields[name]


SHAPES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("bpnt_kpm", "nama", ["Siti"], [5, ["Siti"], "x" * 121]),
    (
        "bpnt_kpm",
        "nik",
        ["3314994107900001", "3314 9941 0790 0001"],
        ["331499410790000²", "٣" * 16, "33149941079000012"],
    ),
    ("bpnt_kpm", "nominal_diterima", [0, 600_000], [0.5, "600000", True, float("nan"), 10**13]),
    ("bpnt_kpm", "kunjungan_ke", [1, 2.0], [1.5, 0, "1", False]),
    ("bpnt_kpm", "tanggal_lahir", ["1990-07-01"], ["19900701", "1990-7-1", "1990-W01-1", 1990, "2023-02-29"]),
    ("kis", "tanggal_nonaktif", ["2026-01"], ["2026-13", "2026-1", "2026-01-01"]),
    ("bpnt_kpm", "jam_mulai", ["00:00", "23:59"], ["24:00", "9:00", "09:00:00", 9]),
    ("bpnt_kpm", "penyalur", ["bni"], ["BNI", "bri", 1, ["bni"]]),
    (
        "bpnt_kpm",
        "edukasi",
        [["hak_memilih"], ["hak_memilih", "jaga_pin_kks"]],
        ["hak_memilih", ["x"], ["hak_memilih"] * 2],
    ),
    ("bpnt_kpm", "potongan", [True, False], [1, "ya"]),
    ("bpnt_kpm", "kode_desa", ["33.14.01.2001"], ["3314012001", "33.14.01", 33]),
    ("pendamping", "wilayah_dampingan", ["33.14.01"], ["33.14.01.2001"]),
    ("bpnt_kpm", "petugas_id", ["0" * 32], [7, "x" * 65]),
    ("bpnt_kpm", "foto_kk", [[SHA]], [SHA, ["A" * 64], ["a" * 63], [SHA] * 5, [7]]),
    ("bpnt_kpm", "tanda_tangan", [SHA], [[SHA], "x"]),
    (
        "bpnt_kpm",
        "lokasi",
        [PLACE],
        [
            *("-7,111", PLACE | {"lat": 91}, PLACE | {"accuracy_m": None}, PLACE | {"at": 1.5}, {}),
            *(PLACE | {name: float("nan")} for name in ("lat", "lng", "accuracy_m")),
            *(PLACE | {name: float("inf")} for name in ("lat", "lng", "accuracy_m")),
        ],
    ),
    ("bpnt_kpm", "belanja", [[{"nama": "beras"}]], [{"nama": "beras"}, [{"pin": "1"}], ["beras"], [{}] * 51]),
]


@pytest.mark.parametrize(("form_id", "name", "right", "wrong"), SHAPES)
def test_only_values_of_the_fields_shape_are_taken(
    form_id: str, name: str, right: list[Any], wrong: list[Any]
) -> None:
    text = load_text()
    assert [check_value(field(form_id, name), value) for value in right] == [None] * len(right)
    keys = [check_value(field(form_id, name), value) for value in wrong]
    assert all(key is not None and key in text for key in keys), list(zip(wrong, keys, strict=True))


def test_blank_and_skipped_are_told_from_answers() -> None:
    assert (is_skipped({"skipped": "hujan"}), skip_reason({"skipped": " hujan "})) == (True, "hujan")
    assert (is_skipped("hujan"), skip_reason("hujan"), skip_reason({"lat": 1})) == (False, None, None)
