"""A form filled again on a drawn page: the one that was meant, what was typed alone, marked and unfolded."""

import pytest

from server.web.refill import put_back

PAGE = """<main>
<form method="post" action="/a?saring=1"><input type="hidden" name="csrf" value="baru">
<input type="hidden" name="baris" value="1">
<textarea name="isi"></textarea><button name="langkah" value="simpan">Simpan</button></form>
<details><summary>lagi</summary>
<form method="post" action="/a" id="dua"><input type="hidden" name="csrf" value="baru">
<input type="hidden" name="baris" value="2"><input name="nama" value="Semula" required>
<input type="password" name="sandi"><input type="file" name="berkas">
<select name="pilih"><option value="x" selected>X</option><option value="y">Y</option></select>
<label><input type="checkbox" name="setuju" value="ya"></label>
<input type="radio" name="satu" value="p" checked><input type="radio" name="satu" value="q">
<button name="langkah" value="tutup">Tutup</button></form></details>
<details class="ask"><textarea form="dua" name="jauh" rows="2">lama</textarea></details>
</main>"""
GIVEN = {
    "csrf": "lama", "baris": "2", "langkah": "tutup", "nama": 'Ann "<b>" & co', "sandi": "rahasia",
    "pilih": "y", "setuju": "ya", "satu": "q", "jauh": "\nbaris </textarea><script>",
}  # fmt: skip


def is_a(action: str) -> bool:
    return action.partition("?")[0] == "/a"


def test_the_form_that_says_the_same_by_itself_is_filled_and_no_other() -> None:
    html = put_back(PAGE, is_a, GIVEN)
    assert html is not None
    first, second = html.split("<summary>lagi")
    assert first.replace("<details open>", "<details>") == PAGE.split("<summary>lagi")[0]
    assert 'name="nama" value="Ann &quot;&lt;b&gt;&quot; &amp; co" required data-kembali' in second
    assert '<option value="x">' in second and '<option value="y" selected>' in second
    assert 'value="ya" checked data-kembali' in second
    assert '<input type="radio" name="satu" value="p" data-kembali>' in second
    assert 'name="satu" value="q" checked data-kembali' in second
    assert "data-kembali>\n\nbaris &lt;/textarea&gt;&lt;script&gt;</textarea>" in second


def test_what_was_folded_away_is_opened_where_something_came_back() -> None:
    html = put_back(PAGE, is_a, GIVEN)
    assert html is not None and "<details open>" in html and '<details class="ask" open>' in html


def test_a_token_and_a_secret_are_never_put_back() -> None:
    html = put_back(PAGE, is_a, GIVEN)
    assert html is not None and "rahasia" not in html and 'value="lama"' not in html


@pytest.mark.parametrize("other", [{"baris": "3"}, {"langkah": "lain"}])
def test_a_form_of_another_row_or_step_is_not_the_one(other: dict[str, str]) -> None:
    assert put_back(PAGE, is_a, GIVEN | other) is None


def test_a_page_without_that_address_has_no_such_form() -> None:
    assert put_back(PAGE, lambda action: action == "/b", GIVEN) is None


def test_what_stands_there_already_is_neither_marked_nor_opened() -> None:
    given = {"csrf": "lama", "baris": "2", "nama": "Semula", "pilih": "x", "satu": "p", "jauh": "lama"}
    assert put_back(PAGE, is_a, given) == PAGE


def test_a_kept_form_says_its_name_and_its_first_field_has_the_focus() -> None:
    html = put_back(PAGE, is_a, GIVEN, "ab12")
    assert html is not None and html.count('<input type="hidden" name="tulisan" value="ab12">') == 1
    assert html.count("autofocus") == 1 and "required data-kembali autofocus" in html
