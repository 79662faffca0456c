"""What check says about a form's answers as a whole."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.check import check, opened_forms, visible_fields
from schemas.form import Answers, load_forms

TODAY = date(2026, 11, 21)
FORMS = load_forms()
SHA = "a" * 64
PLACE = {"lat": -7.43, "lng": 111.02, "accuracy_m": 12.0, "at": 1_795_000_000_000, "mock": False}


def said(form_id: str, answers: Answers, *, kind: str, field: str = "") -> set[str]:
    """The sentences of one kind, about one field when it is named."""
    found = check(FORMS.get(form_id), answers, TODAY)
    return {each.say for each in found if each.kind == kind and field in ("", each.field)}


def missing(form_id: str, answers: Answers) -> set[str]:
    return {found.field for found in check(FORMS.get(form_id), answers, TODAY) if found.kind == "missing"}


def test_a_blank_form_lists_what_is_missing_in_page_order() -> None:
    form = FORMS.get("bpnt_kpm")
    found = [each.field for each in check(form, {}, TODAY)]
    order = [name for page in form.pages for name in page.fields]
    assert found[:4] == ["hasil_kunjungan", "persetujuan", "nik", "no_kk"]
    assert found == [name for name in order if name in found]
    assert {each.kind for each in check(form, {}, TODAY)} == {"missing"}


def test_what_the_office_the_device_or_an_import_fills_is_never_missing_in_the_field() -> None:
    for form in FORMS.all():
        filled_by = {
            form.fields[name].filled_by for name in missing(form.id, {"hasil_kunjungan": "terisi_lengkap"})
        }
        assert filled_by <= {"lapangan"}, form.id


def test_a_nik_of_another_kecamatan_is_only_warned_of() -> None:
    form, answers = FORMS.get("bpnt_kpm"), {"nik": "3372994107900001", "tanggal_lahir": "1990-07-01"}
    found = [
        each for each in check(form, answers, TODAY, kecamatan=frozenset({"331499"})) if each.field == "nik"
    ]
    assert [(each.kind, each.say) for each in found] == [("warning", "identitas.WILAYAH_LUAR_SRAGEN")]


NOT_MET = ["tidak_ada", "menolak", "pindah", "alamat_tidak_ditemukan", "meninggal"]


@pytest.mark.parametrize("result", NOT_MET)
@pytest.mark.parametrize("form_id", ["bpnt_kpm", "kis", "usul_dtsen", "ewarong"])
def test_a_visit_that_met_nobody_asks_a_reason_and_a_photo_instead(form_id: str, result: str) -> None:
    again = {"jadwal_ulang"} if result == "tidak_ada" else set[str]()
    wanted = {"alasan_tidak_terisi", "foto_bukti_kunjungan"} | again
    assert missing(form_id, {"hasil_kunjungan": result}) == wanted


@pytest.mark.parametrize("form_id", ["ktk", "pm", "uep"])
def test_a_secret_visit_that_met_nobody_asks_a_reason_but_no_photo(form_id: str) -> None:
    assert missing(form_id, {"hasil_kunjungan": "menolak"}) == {"alasan_tidak_terisi"}


def test_a_visit_that_met_nobody_opens_no_other_form() -> None:
    answers: Answers = {"hasil_kunjungan": "pindah", "nominal_diterima": 0}
    assert opened_forms(FORMS, FORMS.get("bpnt_kpm"), answers) == []
    assert opened_forms(FORMS, FORMS.get("bpnt_kpm"), answers | {"hasil_kunjungan": "terisi_sebagian"}) != []


def test_a_visit_that_met_nobody_asks_for_no_cell_of_a_row() -> None:
    answers: Answers = {"hasil_kunjungan": "terisi_sebagian", "tempat_belanja": "ewarong", "belanja": [{}]}
    assert "belanja" in missing("bpnt_kpm", answers)
    assert "belanja" not in missing("bpnt_kpm", answers | {"hasil_kunjungan": "pindah"})


@pytest.mark.parametrize(
    ("answers", "opened"),
    [
        ({}, []),
        ({"nominal_diterima": 600_000, "kks_kondisi": "baik"}, []),
        ({"nominal_diterima": 0}, ["kks_masalah"]),
        ({"kks_kondisi": "rusak"}, ["kks_masalah"]),
        ({"kks_kondisi": {"skipped": "kartu di rumah anak"}}, []),
        ({"ada_masalah_lain": True, "isi_sosek": True}, ["kks_masalah", "sosek"]),
    ],
)
def test_a_problem_with_the_card_opens_its_form(answers: Answers, opened: list[str]) -> None:
    assert opened_forms(FORMS, FORMS.get("bpnt_kpm"), answers) == opened


def test_a_reason_for_skipping_satisfies_but_no_reason_does_not() -> None:
    filled = {"hasil_kunjungan": "terisi_lengkap"}
    assert "tanda_tangan" in missing("bpnt_kpm", filled)
    assert "tanda_tangan" in missing("bpnt_kpm", {**filled, "tanda_tangan": {"skipped": "  "}})
    assert "tanda_tangan" not in missing(
        "bpnt_kpm", {**filled, "tanda_tangan": {"skipped": "tidak bersedia"}}
    )


def test_the_result_of_a_visit_cannot_be_skipped() -> None:
    answers: Answers = {"hasil_kunjungan": {"skipped": "lupa"}}
    assert said("bpnt_kpm", answers, kind="missing", field="hasil_kunjungan") == {
        "aturan.lewati_perlu_alasan"
    }


def test_a_hidden_answer_is_neither_reported_nor_heard() -> None:
    stale: Answers = {"tempat_belanja": "pasar_warung", "ewarong_belanja": 7, "keberadaan_kpm": "ditemukan"}
    stale |= {"ahli_waris_satu_kk": True, "tanggal_meninggal": "besok"}
    seen = visible_fields(FORMS.get("bpnt_kpm"), stale)
    assert {"ewarong_belanja", "tanggal_meninggal", "nama_ahli_waris"}.isdisjoint(seen)
    assert {f.field for f in check(FORMS.get("bpnt_kpm"), stale, TODAY) if f.kind != "missing"} == set()


def test_a_field_hidden_through_another_hidden_field_stays_hidden() -> None:
    answers: Answers = {"nominal_diterima": 0, "tempat_belanja": "ewarong"}
    assert {"tempat_belanja", "ewarong_belanja", "belanja"}.isdisjoint(
        visible_fields(FORMS.get("bpnt_kpm"), answers)
    )
    assert opened_forms(FORMS, FORMS.get("bpnt_kpm"), answers) == ["kks_masalah"]


def test_a_finding_in_a_table_names_row_and_column() -> None:
    rows = [
        {"nik": "3314990107900001", "nama": "A"},
        {"nik": "12", "nama": "B", "tanggal_lahir": "2027-01-01"},
    ]
    found = [f for f in check(FORMS.get("usul_dtsen"), {"anggota": rows}, TODAY) if f.field == "anggota"]
    assert [(f.row, f.column, f.kind) for f in found] == [
        (0, "jenis_kelamin", "missing"),
        (0, "tanggal_lahir", "missing"),
        (0, "hubungan", "missing"),
        (1, "nik", "blocked"),
        (1, "jenis_kelamin", "missing"),
        (1, "tanggal_lahir", "blocked"),
        (1, "hubungan", "missing"),
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def plausible(form_id: str) -> st.SearchStrategy[Answers]:
    """Answers often of the right shape, so that rules and rows are reached, and sometimes anything."""
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    for name, each in FORMS.get(form_id).fields.items():
        likely: list[Any] = [
            True,
            False,
            0,
            7,
            "2026-11-21",
            "2026-11",
            "10:30",
            "3314994107900001",
            [SHA],
            PLACE,
            [{}],
        ]
        likely += [{"skipped": "alasan"}, {"skipped": None}]
        likely += [option.code for option in getattr(each, "options", ())]
        likely += [[option.code] for option in getattr(each, "options", ())]
        likely += [[{column.name: "3314994107900001" for column in getattr(each, "columns", ())}]]
        strategies[name] = st.sampled_from(likely) | ANYTHING
    return st.fixed_dictionaries({}, optional=strategies)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(data=st.data(), form_id=st.sampled_from(FORMS.ids()))
def test_no_answers_whatever_make_checking_fail(data: st.DataObject, form_id: str) -> None:
    form = FORMS.get(form_id)
    answers = data.draw(plausible(form_id))
    before = repr(answers)
    seen = visible_fields(form, answers)
    found = check(form, answers, TODAY)
    assert {each.field for each in found} <= set(seen)
    assert set(opened_forms(FORMS, form, answers)) <= {opened.form for opened in form.opens}
    assert repr(answers) == before
