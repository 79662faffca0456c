"""A form's mistakes in the office's words: each says where it is, what is wrong and what to do."""

import re
from pathlib import Path

import pytest

from schemas.form import FormError, load_forms
from schemas.form_mistakes import ENGLISH, Mistake
from schemas.published import Published
from schemas.text import load_text
from server.services.form_mistakes import SHAPES, TOML, sentences
from server.services.form_publishing import next_text

TEXT = load_text()
FORMS = load_forms()
FORM = "ewarong"
SOURCE = re.sub(r"(?m)^(required|max_length) = .*\n", "", next_text(FORMS.text_of(FORM, 1), 1))


def told(source: str) -> tuple[str, ...]:
    """What the office is told of a text that is to follow the first version of a form."""
    published = Published(form=FORM, version=2, text=source, made_ms=1)
    try:
        load_forms().examine(published, TEXT)
    except FormError as error:
        return sentences(error.mistakes, published.name, source, TEXT)
    return ()


def line_of(source: str, begins: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), 1) if line.startswith(begins))


def changed(old: str, new: str) -> str:
    assert old in SOURCE, old
    return SOURCE.replace(old, new, 1)


def test_the_text_that_the_others_break_is_whole() -> None:
    assert told(SOURCE) == ()


def first_field() -> str:
    found = re.search(r"(?m)^\[fields\.(\w+)\]\ntype = \"teks\"", SOURCE)
    assert found
    return found[1]


FIELD = first_field()
HEAD = f'[fields.{FIELD}]\ntype = "teks"'


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (f'[fields.{FIELD}]\ntype = "tulisan"', "type: tulisan tidak dikenal. Pakai salah satu dari: teks, "),
        (f"{HEAD}\nwarna = 1", "warna tidak dikenal di tempat ini. Periksa ejaannya, atau hapus."),
        (f'{HEAD}\nrequired = "ya"', "required: Di sini harus true atau false, bukan tulisan di antara"),
        (f"{HEAD}\nmax_length = 1.5", "max_length: Di sini harus bilangan bulat, bukan angka."),
        (
            f'{HEAD}\nprivacy = "umum"',
            "privacy: umum tidak dikenal. Pakai salah satu dari: biasa, spesifik, ",
        ),
        (f"{HEAD}\nvisible_when = {{ field = 'x' }}", "visible_when: Syarat dengan field memuat tepat satu"),
        (f"{HEAD}\nvisible_when = {{}}", "visible_when: Sebuah syarat memuat tepat satu dari all"),
        (
            f'{HEAD}\nrules = [{{ when = {{ field = "x", is = 1, has = "a" }}, say = "aturan.nik" }}]',
            "rules nomor 1, when: Syarat dengan field",
        ),
        (
            f'{HEAD}\nvisible_when = {{ field = "hantu", answered = true }}',
            "Syaratnya memakai isian hantu, yang tidak ada.",
        ),
        (
            f'{HEAD}\nvisible_when = {{ field = "{FIELD}", above = 1 }}',
            f"Syarat pada {FIELD} tidak cocok dengan isian berjenis Tulisan pendek.",
        ),
        (
            f'{HEAD}\nvisible_when = {{ field = "{FIELD}", answered = true }}',
            "bergantung pada dirinya sendiri",
        ),
    ],
)
def test_a_mistake_in_a_field_is_told_by_its_line_and_name(new: str, said: str) -> None:
    source = changed(HEAD, new)
    found = told(source)
    place = f"Baris {line_of(source, f'[fields.{FIELD}]')}, isian {FIELD}"
    assert any(each.startswith(place) and said in each for each in found), found


def test_a_mistake_in_a_column_is_told_by_the_line_of_the_column() -> None:
    head = "[fields.harga.columns.satuan]"
    [found] = told(changed(head, f'{head}\nvisible_when = {{ field = "hantu", answered = true }}'))
    place = f"Baris {line_of(SOURCE, head)}, isian harga, isian satuan: "
    assert found.startswith(f"{place}Syaratnya memakai isian hantu")


@pytest.mark.parametrize(
    ("wrong", "line", "said"),
    [
        ("title Judul", 1, "Setelah nama harus ada tanda sama dengan."),
        ('title = "a" "b"', 1, "Masih ada tulisan setelah nilainya."),
        ("title = Judul", 1, "Nilainya tidak terbaca."),
        ('title = "Judul', 1, "Ada tulisan yang tanda kutipnya belum ditutup"),
        ('\n\ntitle = "a"\ntitle = "b"', 4, "Nama ini sudah dipakai di atas."),
        ("[fields.nama", 1, "Ada kurung yang belum ditutup."),
        ('title = "C:\\x"', 1, "Tanda \\ di dalam tulisan harus ditulis dua kali."),
        ("= 1", 1, "Baris ini tidak dimulai dengan nama."),
        ("a = [1 2]", 1, "Ada kurung yang belum ditutup."),
    ],
)
def test_what_is_no_toml_is_told_by_its_line_and_what_it_means(wrong: str, line: int, said: str) -> None:
    [found] = told(wrong + "\n" + SOURCE)
    assert found.startswith(f"Baris {line}: ") and said in found, found


def test_what_ends_too_early_has_no_line_and_is_told_all_the_same() -> None:
    assert told("id = [") == (
        "Naskahnya berakhir sebelum selesai. Tutup kurung atau tanda kutip yang terakhir dibuka.",
    )


def test_a_page_of_several_is_counted_and_its_line_found() -> None:
    parts = SOURCE.split("[[pages]]")
    assert len(parts) > 2
    source = "[[pages]]".join([*parts[:2], f'\nwarna = "merah"{parts[2]}', *parts[3:]])
    second = [number for number, line in enumerate(source.splitlines(), 1) if line == "[[pages]]"][1]
    [found] = told(source)
    assert found.startswith(f"Baris {second}, pages nomor 2: warna tidak dikenal")


def test_a_field_on_no_page_and_a_page_of_no_field_are_both_told() -> None:
    source = re.sub(rf'"{FIELD}",? ?', '"hantu", ', SOURCE, count=1)
    found = told(source)
    pages = f"Baris {line_of(source, '[[pages]]')}, halaman: Isian hantu tidak ada."
    assert any(each.startswith(pages) for each in found), found
    assert any(f"isian {FIELD}: Isian ini ada di 0 halaman." in each for each in found)


def test_a_block_that_is_not_there_is_called_by_its_name() -> None:
    [found] = told(changed('block = "kunjungan"', 'block = "hantu"'))
    assert found.startswith("Blok hantu.1.toml: Blok ini tidak ada di aplikasi. Periksa block dan version")


def test_every_mistake_that_can_be_made_has_a_sentence_without_english() -> None:
    values = dict.fromkeys(
        ("block", "count", "field", "form", "holds", "option", "privacy", "say", "said"), "isi"
    )
    for code in ENGLISH:
        mistake = Mistake(code=code, file="a.1.toml", values={**values, "jenis": "teks", "what": "?"})
        [said] = sentences((mistake,), "a.1.toml", "", TEXT)
        assert said.endswith((".", '".')), said
        assert not re.search(r"\b(the|is not|does|unknown|invalid|of this)\b", said), said
    for code in {code for _, code in (*TOML, *SHAPES)}:
        assert f"kantor.formulir.kesalahan.{code}" in TEXT


def test_every_mistake_is_made_somewhere() -> None:
    source = "\n".join(path.read_text("utf-8") for path in sorted(Path("schemas").glob("form*.py")))
    assert [code for code in ENGLISH if not re.search(rf'mistake\(\s*"{code}"', source)] == []
