import calendar
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.deadline import add_months, add_working_days
from schemas.derive import DERIVATIONS, Context, derive, load_parameters
from schemas.form import Tabel, Turunan, load_forms
from schemas.skm import ELEMENTS, ikm
from schemas.wilayah import load_wilayah

TODAY = date(2026, 11, 21)
PLAIN = Context(today=TODAY, parameters=load_parameters())
PLACED = Context(today=TODAY, parameters=load_parameters(), wilayah=load_wilayah(), kode_desa="33.14.01.2001")


def degrees_south(metres: float) -> float:
    return metres / 110_593


def test_a_point_up_to_200_metres_outside_the_desa_is_tolerated() -> None:
    wilayah = PLACED.wilayah
    assert wilayah is not None
    south, lng = min(wilayah.outline("33.14.01.2001"))
    answers = [{"lokasi": {"lat": south - degrees_south(away), "lng": lng}} for away in (0, 190, 210, 5000)]
    assert [derive("titik_di_luar_desa", each, PLACED) for each in answers] == [False, False, True, True]


@pytest.mark.parametrize("lokasi", [None, {"skipped": "sinyal GPS tidak ada"}])
def test_without_a_place_nothing_is_said_about_it(lokasi: Any) -> None:
    assert derive("titik_di_luar_desa", {"lokasi": lokasi}, PLACED) is None


def test_the_desa_of_the_answers_serves_when_the_task_names_none() -> None:
    context = Context(today=TODAY, parameters=load_parameters(), wilayah=PLACED.wilayah)
    place = {"lat": -7.439848, "lng": 110.781924}
    assert derive("titik_di_luar_desa", {"lokasi": place, "kode_desa": "33.14.01.2001"}, context) is False
    assert derive("titik_di_luar_desa", {"lokasi": place, "kode_desa": "33.14.99.2001"}, context) is None
    assert derive("titik_di_luar_desa", {"lokasi": place}, context) is None


@pytest.mark.parametrize(
    ("bought", "groups"),
    [
        ([], 0),
        (["di_luar_ketentuan"], 0),
        (["karbohidrat", "karbohidrat"], 1),
        (["protein_hewani", "protein_nabati"], 2),
        (["karbohidrat", "protein_hewani", "protein_nabati", "vitamin_mineral", "di_luar_ketentuan"], 4),
    ],
)
def test_food_groups_are_counted_once_each(bought: list[str], groups: int) -> None:
    answers = {"belanja": [{"nama": "barang", "kelompok": group} for group in bought]}
    assert derive("kelompok_gizi_terpenuhi", answers, PLAIN) == groups


def test_food_groups_are_unknown_while_nothing_was_asked() -> None:
    assert derive("kelompok_gizi_terpenuhi", {}, PLAIN) is None


@pytest.mark.parametrize(
    ("cek_dtks", "kondisi", "pernah_jkn", "path"),
    [
        ("masuk", None, None, "a"),
        ("masuk", "darurat", "belum_pernah", "a"),
        ("tidak_masuk", "tidak_sakit", None, "b"),
        ("tidak_masuk", "kronis", "belum_pernah", "c"),
        ("tidak_masuk", "kronis", "pbi", "b"),
        ("tidak_masuk", "kronis", None, None),
        ("tidak_masuk", None, "belum_pernah", None),
        ("tidak_dapat_dicek", "kronis", "belum_pernah", None),
        (None, None, None, None),
    ],
)
def test_the_path_of_a_health_card_follows_the_standard(
    cek_dtks: str | None, kondisi: str | None, pernah_jkn: str | None, path: str | None
) -> None:
    answers = {"cek_dtks": cek_dtks, "kondisi": kondisi, "pernah_jkn": pernah_jkn}
    assert derive("cabang", answers, PLAIN) == path


def test_only_an_officer_takes_the_fourth_path_and_may_overrule() -> None:
    assert derive("cabang", {"cek_dtks": "tidak_masuk", "cabang_petugas": "d"}, PLAIN) == "d"
    assert derive("cabang", {"cek_dtks": "masuk", "cabang_petugas": "c"}, PLAIN) == "c"


def test_health_card_deadlines_are_one_and_six_months_on() -> None:
    answers = {"tanggal_pengajuan": "2026-08-31"}
    assert derive("tgl_batas_awal", answers, PLAIN) == "2026-09-30"
    assert derive("tgl_batas", answers, PLAIN) == "2027-02-28"
    assert derive("tgl_batas", {}, PLAIN) == "2027-05-21"


def test_data_must_be_renewed_within_six_months_of_activation() -> None:
    assert derive("kewajiban_lanjut", {"tanggal_aktif": "2027-08-31"}, PLAIN) == "2028-02-29"
    assert derive("kewajiban_lanjut", {}, PLAIN) is None


@pytest.mark.parametrize(
    ("kind", "day"),
    [("informasi", "2026-11-27"), ("tanpa_pengawasan", "2026-12-10"), ("berkadar_pengawasan", "2027-02-12")],
)
def test_complaints_have_5_14_or_60_working_days(kind: str, day: str) -> None:
    assert derive("batas", {"jenis_pengaduan": kind}, PLAIN) == day


def test_a_holiday_is_no_working_day() -> None:
    context = Context(today=TODAY, parameters=load_parameters(), holidays=frozenset({date(2026, 11, 25)}))
    assert derive("batas", {"jenis_pengaduan": "informasi"}, context) == "2026-11-30"


def test_a_complaint_goes_to_the_officer_of_its_service() -> None:
    for service in ("bpnt", "ktkpm", "kis", "lainnya"):
        assert derive("pengelola", {"layanan": service}, PLAIN)
    assert derive("pengelola", {}, PLAIN) is None


def test_differences_of_money_are_shown_with_their_sign() -> None:
    assert derive("selisih_harga", {"harga": 14_000, "harga_pasar": 12_500}, PLAIN) == 1500
    assert derive("selisih_harga", {"harga": 12_000, "harga_pasar": 12_500}, PLAIN) == -500
    assert derive("selisih_harga", {"harga": 12_000}, PLAIN) is None
    spent = [{"rupiah": 1_000_000}, {"rupiah": 500_000}, {"uraian": "belum ada nota"}]
    assert derive("selisih_uep", {"jumlah_cair": 3_000_000, "penggunaan": spent}, PLAIN) == 1_500_000
    assert derive("selisih_uep", {"penggunaan": spent}, PLAIN) is None


def test_settled_problems_stand_against_those_received() -> None:
    assert derive("masalah_selesai", {"masalah_tuntas": 3, "masalah_masuk": 5}, PLAIN) == "3/5"
    assert derive("masalah_selesai", {"masalah_masuk": 5}, PLAIN) is None


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["masuk", "tidak_masuk", "9999-12-31", "2026-02-30", "33.14.01.2001", "3314012001"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["lat", "lng", "kelompok", "rupiah", "skipped"]), inner)
    ),
    max_leaves=6,
)
NAMES = (
    *(
        "lokasi",
        "kode_desa",
        "belanja",
        "cabang_petugas",
        "cek_dtks",
        "kondisi",
        "pernah_jkn",
        "tanggal_pengajuan",
    ),
    *("tanggal_aktif", "layanan", "jenis_pengaduan", "tanggal_diterima", "masalah_tuntas", "masalah_masuk"),
    *("harga", "harga_pasar", "jumlah_cair", "penggunaan", *ELEMENTS),
)


@given(st.sampled_from(sorted(DERIVATIONS)), st.dictionaries(st.sampled_from(NAMES), values, max_size=8))
def test_no_answer_of_any_shape_makes_deriving_fail(name: str, answers: dict[str, Any]) -> None:
    context = Context(today=TODAY, parameters=PLAIN.parameters, wilayah=PLACED.wilayah)
    assert isinstance(derive(name, answers, context), str | int | bool | None)


@pytest.mark.parametrize("typed", ["9999-12-31", "2026-02-30", "besok"])
def test_a_date_that_cannot_be_meant_gives_no_deadline(typed: str) -> None:
    assert derive("kewajiban_lanjut", {"tanggal_aktif": typed}, PLAIN) is None


def test_a_desa_written_without_dots_is_the_same_desa() -> None:
    context = Context(
        today=TODAY, parameters=load_parameters(), wilayah=PLACED.wilayah, kode_desa="3314012001"
    )
    assert derive("titik_di_luar_desa", {"lokasi": {"lat": -7.0, "lng": 110.0}}, context) is True


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        derive("tidak_ada", {}, PLAIN)


def test_every_computed_field_of_every_form_is_known() -> None:
    for form in load_forms().all():
        columns = [c for field in form.fields.values() if isinstance(field, Tabel) for c in field.columns]
        for field in (*form.fields.values(), *columns):
            if isinstance(field, Turunan):
                assert field.compute in DERIVATIONS, f"{form.id}.{field.name}"


def sheets() -> list[dict[str, int]]:
    """29 sheets with the published totals of each element (C40)."""
    totals = (105, 101, 100, 116, 102, 105, 106, 105, 115)
    found: list[dict[str, int]] = [{} for _ in range(29)]
    for element, total in zip(ELEMENTS, totals, strict=True):
        for index in range(29):
            found[index][element] = total // 29 + (1 if index < total % 29 else 0)
    return found


def test_the_published_index_comes_out() -> None:
    found = ikm(sheets())
    assert found is not None
    assert (found.value, found.mutu, found.weight) == (Decimal("91.48"), "A", "1/9")
    assert found.elements["u1"].count == 29


def test_the_shortened_weight_gives_less_and_says_so() -> None:
    found, best = ikm(sheets(), "0,11"), ikm([dict.fromkeys(ELEMENTS, 4)], "0,11")
    assert found is not None
    assert best is not None
    assert (found.value, found.weight) == (Decimal("90.56"), "0,11")
    assert best.value == Decimal("99.00")


def test_a_missing_answer_leaves_the_count_and_is_not_zero() -> None:
    sheet: dict[str, Any] = dict.fromkeys(ELEMENTS, 4)
    partial = sheet | {"u1": None, "u2": 5, "u3": {"skipped": "tidak tahu"}, "u4": "4"}
    found = ikm([sheet, partial])
    assert found is not None
    assert found.value == Decimal("100.00")
    assert [found.elements[e].count for e in ("u1", "u2", "u3", "u4")] == [1, 1, 1, 2]


def test_no_index_without_an_answer_to_each_element() -> None:
    assert ikm([]) is None
    assert ikm([{"u1": 4}]) is None


@pytest.mark.parametrize(("score", "mutu"), [(1, "D"), (2, "D"), (3, "C"), (4, "A")])
def test_one_sheet_has_an_index_too(score: int, mutu: str) -> None:
    found = ikm([dict.fromkeys(ELEMENTS, score)])
    assert found is not None
    assert found.mutu == mutu
    assert derive("ikm", dict.fromkeys(ELEMENTS, str(score)), PLAIN) == f"{score * 25},00"


def test_months_end_on_the_last_day_when_the_month_is_short() -> None:
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert add_months(date(2026, 12, 31), 6) == date(2027, 6, 30)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(-60, 60))
def test_added_months_land_in_the_month_meant(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == min(day.day, calendar.monthrange(later.year, later.month)[1])


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 80))
def test_working_days_are_counted_one_by_one(day: date, days: int) -> None:
    end = add_working_days(day, days)
    between = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(each.weekday() < 5 for each in between) == days
    assert days == 0 or end.weekday() < 5
