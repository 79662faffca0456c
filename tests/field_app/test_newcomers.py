"""Whoever is in no list yet, and finding who is: by desa, by card, by what a QR code says."""

import pytest

from field_app.home import looked_for
from field_app.views import DraftView, Finalised, Refused
from schemas.ids import RecordId
from schemas.printed import printed_code
from sync.change import Patch, Submit
from tests.field_app.conftest import WILAYAH
from tests.field_app.field import DESA, FIELDS, NIK, WARGA, Field

OTHER, TUGAS = RecordId("6" * 32), RecordId("7" * 32)
KKS = "6032989900014821"


def test_a_name_and_a_desa_are_enough_to_begin(field: Field) -> None:
    view = field.visits.start_new("bpnt_kpm", "  Bu Baru ", DESA)
    assert isinstance(view, DraftView)
    region = WILAYAH.get(DESA)
    assert region is not None and (view.nama, view.desa) == ("Bu Baru", region.nama)
    filled = view.forms["bpnt_kpm"].answers
    assert (filled["nama"], filled["kode_desa"]) == ("Bu Baru", DESA)
    (card,) = field.visits.home().drafts
    assert (card.nama, card.status) == ("Bu Baru", "draf")


def test_what_is_recorded_of_them_reaches_the_office_as_a_new_record(field: Field) -> None:
    view = field.visits.start_new("bpnt_kpm", "Bu Baru", DESA)
    assert isinstance(view, DraftView)
    assert isinstance(field.visits.finalise(view.id), Finalised)
    patch = next(body for body in field.bodies() if isinstance(body, Patch))
    submit = next(body for body in field.bodies() if isinstance(body, Submit))
    assert patch.record == submit.subject and patch.base == {}
    assert (patch.new["nama"], patch.new["kode_desa"]) == ("Bu Baru", DESA)


def test_beginning_twice_with_one_newcomer_is_one_draft(field: Field) -> None:
    first = field.visits.start_new("bpnt_kpm", "Bu Baru", DESA)
    again = field.visits.start_new("bpnt_kpm", "Bu Baru", DESA)
    another = field.visits.start_new("bpnt_kpm", "Bu Lain", DESA)
    assert isinstance(first, DraftView) and isinstance(again, DraftView) and isinstance(another, DraftView)
    assert again.id == first.id != another.id


@pytest.mark.parametrize(
    ("form", "nama", "kode", "say"),
    [
        ("bpnt_kpm", "   ", DESA, "lapangan.orang_baru_nama"),
        ("bpnt_kpm", "x" * 5000, DESA, "lapangan.orang_baru_nama"),
        ("bpnt_kpm", "Bu Baru", "33.14.01", "lapangan.orang_baru_desa"),
        ("bpnt_kpm", "Bu Baru", "", "lapangan.orang_baru_desa"),
        ("skm", "Bu Baru", DESA, "lapangan.formulir_tidak_dikenal"),
        ("sosek", "Bu Baru", DESA, "lapangan.formulir_lampiran"),
        ("tidak_ada", "Bu Baru", DESA, "lapangan.formulir_tidak_dikenal"),
    ],
)
def test_what_is_not_enough_says_what_is_missing(
    field: Field, form: str, nama: str, kode: str, say: str
) -> None:
    refused = field.visits.start_new(form, nama, kode)
    assert isinstance(refused, Refused) and refused.say == say
    assert field.visits.home().drafts == ()


def test_one_desa_is_listed_without_a_word_typed(field: Field) -> None:
    field.pull(
        {
            WARGA: ("warga", FIELDS),
            OTHER: ("warga", FIELDS | {"nama": "Jauh", "kode_desa": "33.14.02.2002"}),
        }
    )
    assert [hit.id for hit in field.visits.search("", 50, DESA)] == [WARGA]
    assert {one.id for one in field.visits.desa()} == {DESA, "33.14.02.2002"}


@pytest.mark.parametrize("text", [KKS, "6032 9899 0001 4821", f"KKS|{KKS}|Bu Uji", f"https://x/y?k={KKS}"])
def test_a_card_is_found_by_its_number_however_it_is_pasted(field: Field, text: str) -> None:
    field.pull({WARGA: ("warga", FIELDS | {"no_kks": KKS}), OTHER: ("warga", FIELDS | {"nama": "Lain"})})
    assert [hit.id for hit in field.visits.search(text)] == [WARGA]
    assert field.visits.search(text, 50, "33.14.02.2002") == ()


def test_a_nik_in_a_longer_text_is_found(field: Field) -> None:
    field.pull({WARGA: ("warga", FIELDS)})
    assert [hit.id for hit in field.visits.search(f"NIK:{NIK};NAMA:UJI")] == [WARGA]


def test_the_offices_printed_code_finds_whom_it_names_and_nobody_else(field: Field) -> None:
    task = {
        "petugas": "a" * 32,
        "sasaran": OTHER,
        "sasaran_kind": "ewarong",
        "form": "ewarong",
        "state": "baru",
    }
    store = {"nama_ewarong": "Sumber Rejeki", "kode_desa": DESA, "alamat": "Pasar"}
    field.pull({WARGA: ("warga", FIELDS), OTHER: ("ewarong", store), TUGAS: ("tugas", task)})
    (found,) = field.visits.search(printed_code("warga", WARGA))
    assert (found.id, found.nama, found.nik_akhir) == (WARGA, FIELDS["nama"], NIK[-4:])
    (found,) = field.visits.search(printed_code("tugas", TUGAS).lower())
    assert (found.id, found.kind, found.nama, found.has_task) == (OTHER, "ewarong", "Sumber Rejeki", True)
    assert field.visits.search(printed_code("warga", TUGAS)) == (), "a tugas is nobody"
    assert field.visits.search(printed_code("warga", RecordId("f" * 32))) == ()


def test_other_words_and_numbers_are_looked_for_as_they_are() -> None:
    assert [looked_for(text) for text in ("Bu Uji", "0001", "1" * 17)] == ["Bu Uji", "0001", "1" * 17]
