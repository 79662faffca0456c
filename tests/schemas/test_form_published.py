"""What is published stays as it is, and everything that a form names exists."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from schemas.check import MISSING
from schemas.derive import DERIVATIONS
from schemas.form import Field, Form, Forms, Pilihan, Tabel, Teks, Turunan, load_forms
from schemas.text import load_text

PUBLISHED = Path(__file__).parent / "published_forms.toml"
SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.fixture(scope="module")
def forms() -> Forms:
    return load_forms()


def all_fields(fields: Iterable[Field]) -> Iterator[Field]:
    for field in fields:
        yield field
        if isinstance(field, Tabel):
            yield from all_fields(field.columns)


def test_a_published_version_never_changes(forms: Forms) -> None:
    published = {
        f"{form}.{version}": forms.get(form, version).sha256
        for form in forms.ids()
        for version in forms.versions(form)
    }
    recorded = tomllib.loads(PUBLISHED.read_text("utf-8"))
    changed = [f'"{name}" = "{sha256}"' for name, sha256 in published.items() if recorded.get(name) != sha256]
    assert not changed, (
        f"{PUBLISHED.name} says otherwise. Filled in by someone already? Then undo, and change a copy with "
        "the next version. New, or released nowhere yet? Then write there:\n" + "\n".join(changed)
    )
    assert published.keys() == recorded.keys(), "a published version stays readable for ever"


def test_a_block_counts_towards_what_was_published(tmp_path: Path) -> None:
    blocks = SCHEMAS / "blocks"
    for path in blocks.glob("*.toml"):
        text = path.read_text("utf-8").replace('label = "Titik lokasi"', 'label = "Lokasi"')
        (tmp_path / path.name).write_text(text, "utf-8")
    changed = load_forms(blocks=tmp_path)
    assert changed.get("bpnt_kpm").sha256 != load_forms().get("bpnt_kpm").sha256
    assert changed.get("sosek").sha256 == load_forms().get("sosek").sha256


def test_every_sentence_that_a_form_says_exists(forms: Forms) -> None:
    text = load_text()
    said = {
        rule.say for form in forms.all() for field in all_fields(form.fields.values()) for rule in field.rules
    }
    digits = {
        f"aturan.bukan_{field.digits}_angka"
        for form in forms.all()
        for field in all_fields(form.fields.values())
        if isinstance(field, Teks) and field.digits
    }
    in_code = {
        key
        for name in ("check", "check_coded", "form_values")
        for key in (SCHEMAS / f"{name}.py").read_text("utf-8").split('"')
        if key.startswith("aturan.") and "{" not in key
    }
    assert len(in_code) > 20
    assert {key for key in said | digits | in_code | set(MISSING.values()) if key not in text} == set()
    unused = set(text.keys_under("aturan")) - said - digits - in_code
    assert unused == set()


def test_every_derived_field_names_something_that_is_computed(forms: Forms) -> None:
    fields = [field for form in forms.all() for field in all_fields(form.fields.values())]
    named = {field.compute for field in fields if isinstance(field, Turunan)}
    assert named == set(DERIVATIONS)


def test_pages_are_short_enough_for_one_topic(forms: Forms) -> None:
    longest = max((len(page.fields), form.id, page.title) for form in forms.all() for page in form.pages)
    assert longest[0] <= 7, longest


def test_words_on_screen_are_short_and_end_properly(forms: Forms) -> None:
    for form in forms.all():
        for field in all_fields(form.fields.values()):
            assert len(field.label) <= 60, (form.id, field.name)
            assert not field.label.endswith("."), (form.id, field.name)
            assert len(field.hint) <= 120, (form.id, field.name)
            assert field.hint == "" or field.hint[-1] in ".?" or len(field.hint) < 30, (form.id, field.name)


def test_nothing_asks_for_a_pin_or_a_perpetrators_name(forms: Forms) -> None:
    names = {field.name for form in forms.all() for field in all_fields(form.fields.values())}
    assert not {
        name for name in names if "pin" in name.split("_") or name.startswith(("nama_pelaku", "pelaku"))
    }


def test_all_roles_are_known(forms: Forms) -> None:
    roles = {role for form in forms.all() for role in form.filled_by}
    assert roles <= {"pendamping", "verifikator", "petugas", "kabid"}


def test_what_is_specific_by_law_or_unlocks_money_is_never_plain(forms: Forms) -> None:
    guarded = {
        "bpnt_kpm": ("nik", "no_kk", "no_kks", "tanggal_lahir", "no_hp", "nominal_diterima", "foto_kk"),
        "kis": ("kondisi", "no_kis", "fc_ktp", "fc_kk", "syarat_lain", "desil"),
        "usul_dtsen": ("anggota",),
        "pengaduan": ("pelapor", "isi"),
        "ewarong": ("tanda_tangan", "catatan"),
    }
    classes = {
        f"{form}.{name}": forms.get(form).fields[name].privacy
        for form, names in guarded.items()
        for name in names
    }
    assert {name for name, privacy in classes.items() if privacy == "biasa"} == set()
    assert {field.privacy for field in all_fields(forms.get("sosek").fields.values())} == {"spesifik"}


def test_what_lists_and_the_dashboard_show_is_plain(forms: Forms) -> None:
    fields = forms.get("bpnt_kpm").fields
    shown = ("hasil_kunjungan", "nama", "kode_desa", "penyalur", "kks_kondisi", "potongan", "usul_kelayakan")
    assert {fields[name].privacy for name in shown} == {"biasa"}


def test_a_visit_to_an_ewarong_speaks_of_no_house_and_whoever_answers_works_there(forms: Forms) -> None:
    def said(version: int) -> str:
        form = forms.get("ewarong", version)
        asked = [field for field in form.fields.values() if field.block]
        options = [option.label for field in asked for option in getattr(field, "options", ())]
        words = [page.title for page in form.pages] + [field.label + field.hint for field in asked]
        return " ".join(words + options).lower()

    home = ("rumah", "kepala keluarga", "istri", "cucu")
    assert all(word in said(1) for word in home), "visits that were filled with it keep it"
    assert not any(word in said(2) for word in home)
    first, second = (forms.get("ewarong", version).fields["hasil_kunjungan"] for version in (1, 2))
    assert isinstance(first, Pilihan) and isinstance(second, Pilihan)
    codes = [[option.code for option in field.options] for field in (first, second)]
    assert codes[0] == codes[1], "all visits are counted by it"


def titles(form: Form) -> list[str]:
    return [page.title for page in form.pages]


def test_a_visit_ends_with_its_closing_pages(forms: Forms) -> None:
    pages = titles(forms.get("bpnt_kpm"))
    assert pages[0] == "Hasil kunjungan"
    assert pages[-2:] == ["Penutup", "Data kunjungan"]
    assert pages.index("Alamat") < pages.index("Keberadaan KPM") < pages.index("Penutup")
