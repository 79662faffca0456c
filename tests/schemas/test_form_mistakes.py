"""A broken form is refused, and the refusal names the file, the field and what is wrong."""

from pathlib import Path

import pytest

from schemas.form import FormError, load_forms, read_form
from schemas.form_reading import read_toml

HEAD = """
id = "coba"
version = 1
title = "Coba"
service = "umum"
subject = "none"
filled_by = ["petugas"]
privacy = "biasa"
"""
PAGES = """
[[pages]]
title = "Satu"
fields = ["kartu", "sebab"]
"""
FIELDS = """
[fields.kartu]
type = "pilihan"
label = "Kartu?"
required = true
source = ["J"]
options = { baik = "Baik", rusak = "Rusak" }

[fields.sebab]
type = "teks"
label = "Sebab"
visible_when = { field = "kartu", is = "rusak" }
source = ["J"]
"""
GOOD = HEAD + PAGES + FIELDS
BLOCK = """
id = "blok"
version = 1
pages = [{ title = "Blok", fields = ["sebab"] }]
[fields.sebab]
type = "teks"
label = "Sebab"
source = ["J"]
"""


def read(text: str, file: str = "coba.1.toml") -> tuple[str, ...]:
    """The mistakes found in the text; empty when it is a whole form."""
    try:
        read_form(text, file, lambda name: read_toml(BLOCK, name))
    except FormError as error:
        return tuple(map(str, error.mistakes))
    return ()


def test_a_whole_form_is_taken() -> None:
    assert read(GOOD) == ()


@pytest.mark.parametrize(
    ("wrong", "becomes", "said"),
    [
        ('type = "teks"', 'type = "tulisan"', "field sebab: Invalid value 'tulisan'"),
        ('label = "Sebab"', 'labell = "Sebab"', "field sebab: Object contains unknown field `labell`"),
        (
            'is = "rusak"',
            'is = "hancur"',
            "field sebab: condition on kartu: the test or its value does not fit",
        ),
        ('field = "kartu"', 'field = "kartuu"', "field sebab: condition on unknown field kartuu"),
        (
            'is = "rusak" }',
            'is = "rusak", has = "x" }',
            "field sebab: a condition on a field has exactly one test",
        ),
        (
            'fields = ["kartu", "sebab"]',
            'fields = ["kartu"]',
            "field sebab: stands on 0 pages instead of one",
        ),
        (
            '["kartu", "sebab"]',
            '["kartu", "sebab", "kartu"]',
            "field kartu: stands on 2 pages instead of one",
        ),
        ('["kartu", "sebab"]', '["kartu", "sebab", "hantu"]', "pages: unknown field hantu"),
        ("required = true", 'visible_when = { field = "sebab", answered = true }', "depends on itself"),
        ("baik = ", "Baik-baik = ", "field kartu: option Baik-baik: a code is snake_case"),
        ('source = ["J"]', "source = []", "field kartu: label or source is empty"),
        ('privacy = "biasa"', 'privacy = "umum"', "Invalid enum value 'umum' - at `$.privacy`"),
        ("version = 1", "version = 2", "holds coba.2"),
        ("title =", "title = =", "Invalid value"),
        (
            "[fields.sebab]",
            '[fields.sebab]\nrules = [{ when = { field = "kartu", is = "baik" }, say = "x" }]',
            "say x",
        ),
        ("[fields.sebab]", "[fields.kartu]", "Cannot declare"),
        ("required = true", 'required_when = { field = "kartu", future = true }', "does not fit a pilihan"),
    ],
)
def test_a_mistake_is_refused_by_name(wrong: str, becomes: str, said: str) -> None:
    assert wrong in GOOD
    mistakes = read(GOOD.replace(wrong, becomes, 1))
    assert any(mistake.startswith("coba.1.toml: ") and said in mistake for mistake in mistakes), mistakes


def test_all_mistakes_are_said_at_once() -> None:
    broken = (
        GOOD.replace('is = "rusak"', 'is = "hancur"').replace("baik = ", "B = ").replace('"Kartu?"', '" "')
    )
    assert len(read(broken)) == 3


def test_only_a_rule_looks_at_todays_date() -> None:
    dated = FIELDS.replace('type = "pilihan"', 'type = "tanggal"').replace(
        'options = { baik = "Baik", rusak = "Rusak" }', ""
    )
    text = HEAD + PAGES + dated.replace('is = "rusak"', "future = true")
    assert read(text) == (
        "coba.1.toml: field sebab: condition on kartu: only a rule may look at today's date",
    )


def test_a_block_cannot_bring_a_name_twice_nor_lack_what_is_left_out() -> None:
    twice = read(HEAD + 'include = [{ block = "blok", version = 1 }]\n' + PAGES + FIELDS)
    assert "coba.1.toml: field sebab: comes from an included block as well" in twice
    lacking = read(
        HEAD + 'include = [{ block = "blok", version = 1, without = ["lokasi"] }]\n' + PAGES + FIELDS
    )
    assert "coba.1.toml: includes blok.1.toml without lokasi, which it does not have" in lacking


@pytest.mark.parametrize("form_id", ["ktk", "pm", "uep"])
def test_no_published_version_makes_a_secret_form_less_secret(form_id: str) -> None:
    text = GOOD.replace('"coba"', f'"{form_id}"').replace('"biasa"', '"spesifik"')
    assert f"{form_id}.1.toml: privacy: spesifik is below the floor of this form" in read(
        text, f"{form_id}.1.toml"
    )


def test_no_field_of_a_secret_form_is_less_secret() -> None:
    text = GOOD.replace('privacy = "biasa"', 'privacy = "rahasia"')
    weaker = text.replace('label = "Sebab"', 'label = "Sebab"\nprivacy = "biasa"')
    assert read(text) == ()
    assert read(weaker) == ("coba.1.toml: field sebab: privacy biasa is below that of the form",)


def test_opening_an_unknown_form_and_a_badly_named_file_are_refused(tmp_path: Path) -> None:
    opens = 'opens = [{ form = "entah", when = { field = "kartu", is = "rusak" } }]\n'
    (tmp_path / "coba.1.toml").write_text(HEAD + opens + PAGES + FIELDS, "utf-8")
    with pytest.raises(FormError, match=r"coba.1.toml: opens unknown form entah"):
        load_forms(tmp_path, tmp_path).get("coba")
    (tmp_path / "coba.toml").write_text(GOOD, "utf-8")
    with pytest.raises(FormError, match=r"coba.toml: a form's file is named"):
        load_forms(tmp_path, tmp_path)


def test_the_newest_version_is_given_and_old_ones_stay_readable(tmp_path: Path) -> None:
    (tmp_path / "coba.1.toml").write_text(GOOD, "utf-8")
    (tmp_path / "coba.10.toml").write_text(GOOD.replace("version = 1", "version = 10"), "utf-8")
    forms = load_forms(tmp_path, tmp_path)
    assert (forms.get("coba").version, forms.get("coba", 1).version, forms.versions("coba")) == (
        10,
        1,
        (1, 10),
    )
    assert forms.get("coba") is forms.get("coba")
    with pytest.raises(KeyError):
        forms.get("entah")
