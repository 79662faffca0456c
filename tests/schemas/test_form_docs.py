from pathlib import Path

import pytest

from schemas import docs, form_docs
from schemas.form import Tabel, load_forms


def page() -> str:
    return form_docs.render()["docs/forms.md"]


def test_every_field_and_option_stands_on_the_page() -> None:
    text = page()
    for form in load_forms().all():
        section = text.split(f"\n## {form.id}\n")[1].split("\n## ")[0]
        for field in form.fields.values():
            where = text.split(f"\n## block {field.block}\n")[1].split("\n## ")[0] if field.block else section
            assert f"| `{field.name}` | {field.label}" in where, (form.id, field.name)
            assert all(f"`{option.code}` {option.label}" in where for option in getattr(field, "options", ()))
            if isinstance(field, Tabel):
                assert all(f"`{field.name}.{column.name}`" in where for column in field.columns)


def test_conditions_and_sentences_are_put_in_words() -> None:
    text = page()
    assert "not (`kks_kondisi` is one of tertelan_atm, belum_diterima)" in text
    assert "blocks when `jam_selesai` is before jam_mulai: Jam selesai lebih awal" in text
    assert "warns when `tanggal_nonaktif` is older in months than 6:" in text
    assert "Opens [kks_masalah](#kks_masalah) when `nominal_diterima` is 0 or (" in text


def test_a_page_is_written_once_and_then_found_current(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs.main(["--check"], tmp_path) == 1
    assert "docs/forms.md: out of date" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert docs.main([], tmp_path) == 0
    assert docs.main(["--check"], tmp_path) == 0
    forms = tmp_path / "docs" / "forms.md"
    forms.write_text(forms.read_text("utf-8").replace("Hasil kunjungan", "Hasil"), "utf-8")
    assert docs.main(["--check"], tmp_path) == 1
