import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import identity
from schemas.identity import check_nik, mask_nik, normalise_nip, normalise_phone, search_key
from schemas.text import load_text

TODAY = date(2026, 11, 21)
KECAMATAN = frozenset({"331499"})  # a kecamatan that does not exist: no real person's NIK appears here

VECTORS = [
    ("3314994107900001", date(1990, 7, 1), "P", (), ()),
    ("3314.9901.0790.0001", date(1990, 7, 1), "L", (), ()),
    ("331499410790001", None, None, ("BUKAN_16_ANGKA",), ()),
    ("3314998107900001", None, None, (), ("TANGGAL_NIK_TIDAK_WAJAR",)),
    ("3314994007900001", None, None, (), ("TANGGAL_NIK_TIDAK_WAJAR",)),
    ("3314993002900001", None, None, (), ("TANGGAL_NIK_TIDAK_WAJAR",)),
    ("3314992902000003", date(2000, 2, 29), "L", (), ()),
    ("3372994107900001", None, "P", (), ("WILAYAH_LUAR_SRAGEN",)),
    ("3314980107900001", None, None, (), ("KODE_KECAMATAN_TIDAK_DIKENAL",)),
    ("3314994107900001", date(1990, 7, 2), "L", (), ("TGL_LAHIR_BEDA_DGN_NIK", "JK_BEDA_DGN_NIK")),
    ("3314990107900000", None, None, (), ("NOMOR_URUT_0000",)),
]


@pytest.mark.parametrize(("typed", "lahir", "jk", "errors", "warnings"), VECTORS)
def test_only_the_shape_of_a_nik_blocks(
    typed: str,
    lahir: date | None,
    jk: identity.JenisKelamin | None,
    errors: tuple[str, ...],
    warnings: tuple[str, ...],
) -> None:
    found = check_nik(typed, KECAMATAN, lahir, jk, TODAY)
    assert (found.errors, found.warnings) == (errors, warnings)


def test_a_nik_tells_sex_and_date_of_birth() -> None:
    found = check_nik("3314994107900001", KECAMATAN, today=TODAY)
    assert (found.jk, found.lahir, found.lahir_ambigu) == ("P", date(1990, 7, 1), False)


def test_a_child_born_in_2010_may_also_be_a_very_old_person() -> None:
    found = check_nik("3314990107100001", KECAMATAN, today=TODAY)
    assert found.lahir == date(2010, 7, 1)
    assert found.lahir_ambigu


def test_the_printed_date_settles_the_century() -> None:
    found = check_nik("3314990107100001", KECAMATAN, date(1910, 7, 1), today=TODAY)
    assert found.lahir == date(1910, 7, 1)
    assert not found.lahir_ambigu


def test_a_birth_after_today_is_not_considered() -> None:
    assert check_nik("3314992211260001", KECAMATAN, today=TODAY).lahir == date(1926, 11, 22)


def test_digits_of_another_script_are_not_digits() -> None:
    assert check_nik("٣٣١٤٩٩٤١٠٧٩٠٠٠٠١").errors == ("BUKAN_16_ANGKA",)


def test_the_apostrophe_that_spreadsheets_leave_is_dropped() -> None:
    assert check_nik("'3314994107900001", today=TODAY).nik == "3314994107900001"


@given(st.text())
def test_any_text_gets_an_answer_and_errors_only_for_shape(typed: str) -> None:
    found = check_nik(typed, KECAMATAN, today=TODAY)
    assert bool(found.errors) == (re.fullmatch(r"[0-9]{16}", found.nik) is None)


def test_a_family_card_warns_of_an_impossible_date_only() -> None:
    assert identity.check_kk("3314990107100001").warnings == ()
    assert identity.check_kk("3314993213100001").warnings == ("TANGGAL_KK_TIDAK_WAJAR",)
    assert identity.check_kk("331499010710000").errors == ("BUKAN_16_ANGKA",)


def test_a_kks_is_checked_for_length_alone() -> None:
    assert identity.check_kks("6013 0199 0000 0000").errors == ()
    assert identity.check_kks("6013").errors == ("BUKAN_16_ANGKA",)


@pytest.mark.parametrize("printed", ["19990101 202001 2 999", "19990101 202001 2999", "199901012020012999"])
def test_a_nip_printed_three_ways_is_one(printed: str) -> None:
    assert normalise_nip(printed) == "199901012020012999"


def test_a_nip_of_another_length_is_none() -> None:
    assert normalise_nip("19990101 202001") is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0812-3456-7890", "081234567890"),
        ("+62 812 3456 7890", "081234567890"),
        ("62812 3456 7890", "081234567890"),
        ("81234567890", "081234567890"),
        ("(0271) 891 043", "0271891043"),
        ("+62 (0) 812 3456 7890", "081234567890"),
        ("0812345", None),
        ("081234567890123", None),
        ("tidak punya", None),
        ("", None),
    ],
)
def test_telephone_numbers_take_one_form(typed: str, number: str | None) -> None:
    assert normalise_phone(typed) == number


def test_the_middle_of_a_nik_is_hidden() -> None:
    assert mask_nik("3314994107900001") == "331499••••••0001"
    assert mask_nik("33149941") == "••••"


def test_every_code_has_its_sentence() -> None:
    text = load_text()
    for *_, errors, warnings in VECTORS:
        for code in (*errors, *warnings):
            assert text(f"identitas.{code}").endswith(".")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Soetarmi", "SUTARMI"),
        ("Djoko Tjipto", "Joko Cipto"),
        ("Soerjadi", "Suryadi"),
        ("Joewono", "Yuwono"),
        ("Wahjudi", "Wahyudi"),
        ("Sjafrudin", "Syafrudin"),
        ("Muh. Jusuf", "Mohammad Yusuf"),
        ("Moh. Amin", "Mochamad Amin"),
        ("Muhamad Amin", "Muhammad Amin"),
        ("Achmad", "Akhmad"),
        ("Sugiyanto", "Sugianto"),
        ("Suwarni", "Suarni"),
        ("Tutty Rudy", "Tuti Rudi"),
        ("Hj. Sutarmi, S.Pd", "sutarmi"),
        ("Drs. H. Slamet S.Sos", "Slamet"),
        ("Slamet SH.MH.", "Slamet"),
        ("Nu'man", "Numan"),
        ("Siti-Aminah", "Siti  Aminah"),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Joko", "Yoko"),
        ("Sarjono", "Saryono"),
        ("Sutarmi", "Sutarti"),
        ("Muhlis", "Muhammad"),
        ("Slamet S", "Slamet"),
    ],
)
def test_different_names_keep_different_keys(one: str, other: str) -> None:
    assert search_key(one) != search_key(other)


def test_a_name_that_is_only_a_title_is_kept() -> None:
    assert search_key("H.") == "h"


@given(st.text())
def test_a_key_has_plain_letters_and_single_spaces(name: str) -> None:
    assert re.fullmatch(r"([a-z]+( [a-z]+)*)?", search_key(name))


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzé' .-", max_size=40))
def test_case_does_not_change_a_key(name: str) -> None:
    assert search_key(name.upper()) == search_key(name)
