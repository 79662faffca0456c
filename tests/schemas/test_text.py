from pathlib import Path

import pytest

from schemas.text import TextError, load_text
from schemas.theme import load_theme


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(content, "utf-8")
    return folder


def test_a_text_is_found_by_its_key() -> None:
    assert load_text()("status.dikembalikan") == "Perlu diperbaiki"


def test_fields_are_filled_with_the_values_given() -> None:
    text = load_text()
    assert text("umum.sisa_hari", hari=3) == "Sisa 3 hari"
    assert text.fields("umum.sisa_hari") == ("hari",)


def test_a_missing_key_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match=r"status\.lenyap"):
        load_text()("status.lenyap")


def test_a_missing_value_names_key_and_field() -> None:
    with pytest.raises(KeyError, match=r"umum\.sisa_hari: hari"):
        load_text()("umum.sisa_hari")


def test_a_key_in_two_files_is_refused_with_both_names(tmp_path: Path) -> None:
    write(tmp_path, satu='[a]\nb = "1"', dua='[a]\nb = "2"')
    with pytest.raises(TextError, match=r"a\.b: given in dua\.toml and in satu\.toml"):
        load_text(folder=tmp_path)


def test_files_may_share_a_table_but_not_a_key(tmp_path: Path) -> None:
    text = load_text(folder=write(tmp_path, satu='[a]\nb = "1"', dua='[a]\nc = "2"'))
    assert text.keys_under("a") == ("a.c", "a.b")
    assert "a.b" in text
    assert "a.d" not in text


@pytest.mark.parametrize("template", ["{orang.nama}", "{orang!r}", "{angka:>9}", "{0}", "{}", "{buka"])
def test_a_field_that_is_not_a_plain_name_is_refused(tmp_path: Path, template: str) -> None:
    with pytest.raises(TextError, match=r"a\.b"):
        load_text(folder=write(tmp_path, satu=f'[a]\nb = "{template}"'))


def test_a_value_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"a\.b is not a text"):
        load_text(folder=write(tmp_path, satu="[a]\nb = 3"))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(TextError, match="xx"):
        load_text("xx")


def test_every_status_has_a_word_an_icon_and_a_meaning() -> None:
    text = load_text()
    codes = {key.partition(".")[2] for key in text.keys_under("status")}
    assert {key.partition(".")[2] for key in text.keys_under("status_arti")} == codes
    assert load_theme().status.keys() == codes
    assert len(codes) == 14


def test_no_shipped_text_is_empty() -> None:
    text = load_text()
    assert [
        key for key in text.keys_under() if not text(key, **dict.fromkeys(text.fields(key), "x")).strip()
    ] == []
