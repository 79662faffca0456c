"""The forms hold every field of the office's lists (fields.toml), with type, options and requirement."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from schemas.form import (
    Angka,
    Berkas,
    Field,
    Form,
    Forms,
    Multi,
    Pilihan,
    Rujukan,
    Tabel,
    Teks,
    TeksPanjang,
    Turunan,
    YaTidak,
    load_forms,
)

LISTED: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "fields.toml").read_text("utf-8")
)
BLOCKS = ("kunjungan", "identitas")
LETTERS = ("ba",)
OURS = {"cabut_setuju"}  # what the law asks for, and no list of the office has
NOT_FIELDS = ("uuid", "alur", "tetap")  # an id, a workflow, a sentence of a letter

SPLIT = {
    ("ktk", "bank"): ("bank", "nomor_rekening"),
    ("pm", "bank"): ("bank", "nomor_rekening"),
    ("pm", "paspor"): ("paspor", "paspor_nomor", "paspor_terbit", "paspor_berlaku"),
    ("pm", "visa"): ("visa", "visa_negara", "visa_jenis"),
    ("uep", "tanggal_cair"): ("tanggal_cair", "jumlah_cair"),
    ("usul_dtsen", "nomor_dasar"): ("nomor_dasar", "tanggal_dasar", "foto_dasar"),
    ("usul_dtsen", "persetujuan_daerah"): ("persetujuan_daerah", "tanggal_persetujuan_daerah"),
    ("pendamping", "masalah_selesai"): ("masalah_selesai", "masalah_tuntas", "masalah_masuk"),
    ("skm", "jk_umur_pendidikan_pekerjaan"): ("jk", "usia", "pendidikan", "pekerjaan"),
}
"""One entry of the list that says several things at once, and the fields that ask them."""

TYPES = {
    "kode": "pilihan",
    "skala3": "pilihan",
    "1-4": "pilihan",
    "gambar": "tanda_tangan",
    "bulan-tahun": "bulan",
    "teks16": "teks",
    "teks13": "teks",
    "teks3": "teks",
    "tanggal+uang": "tanggal",
    "teks+tanggal": "teks",
}
OTHER_TYPE = {
    ("pendamping", "masalah_selesai"): "turunan",  # computed from two numbers
    ("kis", "syarat_lain"): "tabel",  # a list of papers, each with its kind
}
BOUNDS = {"1..5": (1, 5), "1–10": (1, 10)}


def listed() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (form, name.removesuffix("[]"), entry)
        for form, fields in LISTED.items()
        if form not in LETTERS
        for name, entry in fields.items()
        if entry["type"] not in NOT_FIELDS
    ]


@pytest.fixture(scope="module")
def forms() -> Forms:
    return load_forms()


def fields_of(forms: Forms, form_id: str) -> dict[str, Field]:
    if form_id in BLOCKS:
        return {name: f for name, f in forms.get("bpnt_kpm").fields.items() if f.block == form_id}
    return forms.get(form_id).fields


def tag(field: Field) -> str:
    return str(field.__struct_config__.tag)


def test_every_form_of_the_list_exists_and_no_other(forms: Forms) -> None:
    assert set(forms.ids()) == set(LISTED) - {*BLOCKS, *LETTERS} | OURS


def test_the_list_is_whole() -> None:
    assert {form: len(fields) for form, fields in LISTED.items()} == {
        "kunjungan": 19,
        "identitas": 16,
        "bpnt_kpm": 16,
        "sosek": 12,
        "kks_masalah": 9,
        "ewarong": 16,
        "pendamping": 8,
        "ktk": 21,
        "pm": 13,
        "uep": 5,
        "kis": 14,
        "usul_dtsen": 8,
        "pengaduan": 7,
        "skm": 12,
        "ba": 8,
    }


def test_every_listed_field_is_asked_under_its_name(forms: Forms) -> None:
    wanted = {(form, field) for form, name, _ in listed() for field in SPLIT.get((form, name), (name,))}
    assert {(form, field) for form, field in wanted if field not in fields_of(forms, form)} == set()


def test_every_field_is_of_the_listed_type(forms: Forms) -> None:
    wrong = [
        (form, name, tag(fields_of(forms, form)[name]))
        for form, name, entry in listed()
        if (form, name) in fields_keys(forms)
        and tag(fields_of(forms, form)[name])
        != OTHER_TYPE.get((form, name), TYPES.get(entry["type"], entry["type"]))
    ]
    assert wrong == []


def fields_keys(forms: Forms) -> set[tuple[str, str]]:
    return {(form, name) for form in LISTED if form not in LETTERS for name in fields_of(forms, form)}


def test_numbers_on_cards_have_the_listed_count_of_digits(forms: Forms) -> None:
    counted = [
        (f, n, int(e["type"][4:])) for f, n, e in listed() if e["type"] in ("teks3", "teks13", "teks16")
    ]
    assert len(counted) == 6
    for form, name, digits in counted:
        field = fields_of(forms, form)[name]
        assert isinstance(field, Teks), name
        assert field.digits == digits, name


def test_choices_have_the_listed_labels_in_their_order(forms: Forms) -> None:
    choices = ("pilihan", "multi", "kode", "skala3", "1-4")
    wanted = {(form, name) for form, name, entry in listed() if entry["type"] in choices}
    seen: set[tuple[str, str]] = set()
    for form, name, entry in listed():
        field = fields_of(forms, form).get(name)
        if not isinstance(field, Pilihan | Multi) and not (isinstance(field, Turunan) and field.options):
            continue
        shown = [
            f"{option.code} {option.label}" if entry["type"] == "kode" else option.label
            for option in field.options
        ]
        assert shown == entry["options"], f"{form}.{name}"
        if entry["type"] == "1-4":
            assert [option.code for option in field.options] == ["1", "2", "3", "4"], name
        seen.add((form, name))
    assert seen == wanted - {("skm", "jk_umur_pendidikan_pekerjaan")} | {("kis", "cabang")}


def test_tables_have_the_listed_columns(forms: Forms) -> None:
    seen: dict[str, list[str]] = {}
    for form, name, entry in listed():
        field = fields_of(forms, form).get(name)
        if isinstance(field, Tabel) and entry["type"] == "tabel":
            names = [column.short for column in field.columns]
            assert names[: len(entry["options"])] == entry["options"], f"{form}.{name}"
            seen[f"{form}.{name}"] = names[len(entry["options"]) :]
    assert {name: extra for name, extra in seen.items() if extra} == {"ewarong.harga": ["Selisih"]}
    assert len(seen) == 7


def test_groups_of_food_are_the_five_of_the_guideline(forms: Forms) -> None:
    table = forms.get("bpnt_kpm").fields["belanja"]
    assert isinstance(table, Tabel)
    group = next(column for column in table.columns if column.name == "kelompok")
    assert isinstance(group, Pilihan)
    assert [option.label for option in group.options] == [
        "Karbohidrat",
        "Protein hewani",
        "Protein nabati",
        "Vitamin & mineral",
        "Di luar ketentuan",
    ]


def test_other_papers_for_kis_are_the_listed_kinds(forms: Forms) -> None:
    table = forms.get("kis").fields["syarat_lain"]
    assert isinstance(table, Tabel)
    kind, paper = table.columns
    assert isinstance(kind, Pilihan)
    assert isinstance(paper, Berkas)
    assert [option.label for option in kind.options] == LISTED["kis"]["syarat_lain[]"]["options"]


def test_numbers_have_the_listed_bounds(forms: Forms) -> None:
    for form, name, entry in listed():
        field = fields_of(forms, form).get(name)
        for bounds in (BOUNDS[text] for text in entry["options"] if text in BOUNDS):
            assert isinstance(field, Angka)
            assert (field.min, field.max) == bounds, f"{form}.{name}"
    area = forms.get("sosek").fields["luas_lantai"]
    story = forms.get("ktk").fields["kronologi_ringkas"]
    assert isinstance(area, Angka)
    assert isinstance(story, TeksPanjang)
    assert ((area.min, area.max), story.max_length) == ((1, 999), 500)


def test_required_fields_are_those_of_the_list(forms: Forms) -> None:
    assert [
        (form, name, entry["required"])
        for form, name, entry in listed()
        if name in fields_of(forms, form) and requirement(fields_of(forms, form)[name]) not in allowed(entry)
    ] == []


def allowed(entry: dict[str, Any]) -> set[str]:
    """A derived value is always there; what is asked only in one case may be required in that case."""
    return {
        "ya": {"ya", "ya, bila terlihat", "dihitung"},
        "bersyarat": {"bersyarat", "ya, bila terlihat", "ya, oleh kantor"},
        "tidak": {"tidak", "dihitung"},
        "dihitung": {"dihitung"},
    }[entry["required"]]


def requirement(field: Field) -> str:
    if isinstance(field, Turunan):
        return "dihitung"
    if field.required_when is not None:
        return "bersyarat"
    if not field.required:
        return "tidak"
    if field.filled_by == "kantor":
        return "ya, oleh kantor"
    return "ya" if field.visible_when is None else "ya, bila terlihat"


def test_labels_of_the_list_stay_recognisable(forms: Forms) -> None:
    other = {
        f"{form}.{name}": fields_of(forms, form)[name].short
        for form, name, entry in listed()
        if name in fields_of(forms, form) and fields_of(forms, form)[name].short != entry["label"]
    }
    assert other == {
        "uep.tanggal_cair": "Tanggal cair",
        "usul_dtsen.nomor_dasar": "Nomor BA musyawarah / SPTJM",
    }


def test_sources_of_the_list_are_kept(forms: Forms) -> None:
    assert [
        (form, name)
        for form, name, entry in listed()
        if name in fields_of(forms, form)
        and not set(entry["source"]) <= set(fields_of(forms, form)[name].source)
    ] == []


def test_the_15_statuses_of_siks_ng_are_kept_to_the_letter(forms: Forms) -> None:
    field = forms.get("bpnt_kpm").fields["status_kpm"]
    assert isinstance(field, Pilihan)
    assert [option.label for option in field.options] == [
        "OMSPAN",
        "GAGAL OMSPAN",
        "SI",
        "EXCLUDE",
        "EXCLUDE PEKERJAAN",
        "EXCLUDE TIDAK LAYAK DAERAH",
        "EXCLUDE MENINGGAL",
        "TIDAK TRANSAKSI",
        "PROSES SPM",
        "SUKSES SPM",
        "PROSES BUREKOL",
        "TIDAK LAYAK GIS",
        "SK/CALON PENERIMA",
        "OVERLAP SDM KESOS",
        "KETERANGAN -",
    ]
    assert (field.filled_by, field.read_only) == ("impor", True)


@pytest.mark.parametrize("form_id", ["ktk", "pm", "uep", "cabut_setuju"])
def test_secret_forms_take_no_place_and_no_house(forms: Forms, form_id: str) -> None:
    form = forms.get(form_id)
    assert form.privacy == "rahasia"
    assert {f.privacy for f in every_field(form)} == {"rahasia"}
    assert {tag(f) for f in form.fields.values()}.isdisjoint({"gps", "foto"})


@pytest.mark.parametrize("form_id", ["ktk", "pm"])
def test_a_secret_form_asks_for_safe_contact_first_and_for_each_consent_by_itself(
    forms: Forms, form_id: str
) -> None:
    form = forms.get(form_id)
    assert form.pages[0].fields == ("aman_dihubungi", "aman_dikunjungi", "kode_kasus")
    agreeing = form.pages[2].fields
    assert agreeing == ("masih_anak", "pemberi_persetujuan", "nama_pemberi", "dasar_pemberi")
    purposes = [form.fields[name] for name in form.pages[3].fields]
    assert len(purposes) == 7
    assert all(isinstance(each, YaTidak) and each.required and not each.skippable for each in purposes)
    says = [rule.say for each in purposes for rule in each.rules]
    assert len(set(says)) == 7, "each no says by itself what can still be done"
    taken_back = forms.get("cabut_setuju").fields["tujuan_ditarik"]
    assert isinstance(taken_back, Multi)
    assert {f"setuju_{option.code}" for option in taken_back.options} == {each.name for each in purposes}


def every_field(form: Form) -> list[Field]:
    columns = [c for field in form.fields.values() if isinstance(field, Tabel) for c in field.columns]
    return [*form.fields.values(), *columns]


def test_an_anonymous_survey_asks_for_nobody(forms: Forms) -> None:
    form = forms.get("skm")
    assert {"nama", "nik", "lokasi", "petugas_id"}.isdisjoint(form.fields)
    assert not [f for f in form.fields.values() if isinstance(f, Rujukan)]


def test_forms_for_the_field_begin_with_the_visit_and_its_subject(forms: Forms) -> None:
    begin = {form.id: next(iter(form.fields)) for form in forms.all()}
    assert {form for form, first in begin.items() if first == "hasil_kunjungan"} == {
        "bpnt_kpm", "ewarong", "kis", "pendamping", "uep", "usul_dtsen",
    }  # fmt: skip
    # how she can be reached safely comes before all else, whatever the visit's result
    assert {form for form, first in begin.items() if first == "aman_dihubungi"} == {
        "ktk",
        "pm",
        "cabut_setuju",
    }
    with_identity = {
        form.id for form in forms.all() if any(f.block == "identitas" for f in form.fields.values())
    }
    assert with_identity == {"bpnt_kpm", "kis", "ktk", "pm", "usul_dtsen"}
