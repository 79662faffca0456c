"""Names and answers longer than their box, and in other scripts: a header ends them, a text field grows."""

from typing import Any

import pytest
from kivy.core.window import Window
from kivy.metrics import dp

from field_app.ui.letters import Letters
from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import LONG_NAME as LONG
from field_app.ui.sample_drafts import filled_draft
from field_app.ui.sheets import SkipSheet
from field_app.ui.shell import Toast
from field_app.ui.theme import parted
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.head import LEAST_TITLE, HeadTitle
from schemas.format import number
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_screens_fit import cut_off, overlapping

JAVANESE = "ꦱꦸꦠꦂꦩꦶ"
THUMB, TONED = "\U0001f44d", "\U0001f44d\U0001f3fd\ufe0f"
EMOJI = (THUMB, "\U0001f600", "\U0001f64f", "\u2764\ufe0f", "\U0001f3e0", "\U0001f345", "\u26a0")


def _address(driver: Driver, value: str, name: str = "Sutarmi", scale: float = 1.0) -> Any:
    """Open a form where the address says this; return the field that it is typed in."""
    phone = SamplePhone()
    draft = filled_draft(phone.visits, "d1")
    draft.nama, draft.answers["bpnt_kpm"]["alamat"] = name, value
    driver.open(phone, scale=scale)
    driver.shell.go("form", draft="d1")
    driver.settle()
    return driver.turn_to("alamat", frames=3).editor.entry


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_name_too_long_for_the_header_ends_there_and_hides_no_button(driver: Driver, scale: float) -> None:
    _address(driver, "Dukuh Ngrombo", LONG, scale)
    title = next(w for w in driver.walk() if isinstance(w, HeadTitle))
    assert title.pieces[0].text == LONG
    assert title.pieces[0].width <= title.width
    least = Letters(text=LONG, font_name=driver.app.theme.font("question"), font_size=dp(LEAST_TITLE))
    least.refresh()
    assert title.pieces[0].height >= least.texture.height, "it ends rather than become too small to read"
    assert cut_off(driver) == [] and overlapping(driver) == []


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_long_answer_makes_its_box_higher_and_no_letter_smaller(driver: Driver, scale: float) -> None:
    low = _address(driver, "Jati", scale=scale).height
    entry = _address(driver, LONG, scale=scale)
    assert entry.font_size == driver.app.theme.font_px("body")
    assert entry.height > low * 1.5
    assert entry.height >= entry.minimum_height
    assert "".join(entry._lines).replace(" ", "") == LONG.replace(" ", "")
    assert cut_off(driver) == []


def test_a_box_that_grows_is_still_one_line(driver: Driver) -> None:
    entry = _address(driver, "")
    driver.tap(entry)
    entry.insert_text("Dukuh Jati\nRT 1")
    assert entry.text == "Dukuh Jati RT 1"
    Window.dispatch("on_key_down", 13, 40, "\n", [])
    driver.settle()
    assert entry.text == "Dukuh Jati RT 1"
    assert not entry.focus
    assert driver.phone.visits.drafts["d1"].answers["bpnt_kpm"]["alamat"] == "Dukuh Jati RT 1"


def test_javanese_script_is_typed_in_letters_and_not_in_boxes(driver: Driver) -> None:
    latin = _address(driver, "Jati")
    assert latin.font_name == driver.app.theme.font("label")
    entry = _address(driver, JAVANESE)
    assert "Javanese" in entry.font_name
    entry.show("Jati")
    assert entry.font_name == driver.app.theme.font("label")


def test_emoji_are_typed_as_signs_and_not_as_boxes(driver: Driver) -> None:
    entry = _address(driver, f"Rumah bagus {THUMB}")
    look = driver.app.theme
    assert entry.font_name == look.font_of(THUMB, "label") != look.font("label")
    box = Letters(text="\U0010fffe", font_name=entry.font_name, font_size=40)
    for sign in EMOJI:
        assert look.font_of(sign, "label") == entry.font_name, f"U+{ord(sign[0]):X} is of another font"
        drawn = Letters(text=sign, font_name=entry.font_name, font_size=40)
        for label in (box, drawn):
            label.refresh()
        assert drawn.texture.pixels != box.texture.pixels, f"U+{ord(sign[0]):X} is a box"
    plain, toned = (Letters(font_name=entry.font_name, font_size=40).extent(t) for t in (THUMB, TONED))
    assert plain == pytest.approx(toned), "what follows a sign takes no room"


def test_emoji_beside_javanese_script_are_signs_too_and_the_script_is_shaped(driver: Driver) -> None:
    entry = _address(driver, f"{JAVANESE} {THUMB}")
    assert "Javanese" in entry.font_name

    def drawn(text: str) -> bytes:
        label = Letters(text=text, font_name=entry.font_name, font_size=40)
        label.refresh()
        return label.texture.pixels

    assert [sign for sign in (*EMOJI, *JAVANESE) if drawn(sign) == drawn("\U0010fffe")] == []
    alone = sum(Letters(font_name=entry.font_name, font_size=40).extent(letter) for letter in JAVANESE)
    assert Letters(font_name=entry.font_name, font_size=40).extent(JAVANESE) < alone, (
        "signs stand above letters"
    )


def test_a_hint_is_as_large_as_what_will_be_typed(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"), scale=1.6)
    entry = next(w for w in driver.walk() if isinstance(w, Entry))
    assert entry.hint_text == "https://"
    assert entry.font_size == pytest.approx(driver.app.theme.font_px("body"), abs=dp(0.1))


def test_a_hint_is_not_drawn_small_before_its_field_has_a_place(driver: Driver) -> None:
    driver.open(scale=1.6)
    look = driver.app.theme
    entry = Entry(mask=str, hint_text="hh-bb-tttt", look=look)
    assert entry.font_size == pytest.approx(look.font_px("figure"))


def test_a_second_line_of_a_header_stands_or_not_by_the_text_size_alone(driver: Driver) -> None:
    for scale, stands in ((1.0, True), (1.6, False)):
        driver.open(scale=scale)
        for under in ("Desa Jati", "Reaktivasi KIS PBI JKN · Desa Banaran, Kecamatan Sumberlawang"):
            title = HeadTitle(title="Sutarmi", under=under, size=(dp(214), dp(54)), look=driver.app.theme)
            assert [piece.text for piece in title.pieces] == ["Sutarmi", under][: 1 + stands]


def test_a_name_of_a_file_a_path_and_a_code_break_behind_their_own_signs(driver: Driver) -> None:
    driver.open()
    look = driver.app.theme
    letters = Letters(font_name=look.font("body"), font_size=look.font_px("body"))
    room = letters.extent("sambang-8f3a21c4-00")
    for text, lines in (
        ("sambang-8f3a21c4-0004.smb", "sambang-8f3a21c4-\n0004.smb"),
        ("/media/retno/FLASHDISK", "/media/retno/\nFLASHDISK"),
        ("Nomor KS-2026-DFKPRLXYZABC lagi", "Nomor KS-2026-\nDFKPRLXYZABC lagi"),
        ("Kunjungan-ulang besok", "Kunjungan-ulang besok"),
    ):
        assert parted(text, letters, room) == lines
    drawn, broken = (
        look.words(text, "body", int(room)) for text in ("KS-2026-DFKPRLXYZABC", "KS-2026-\nDFKPRLXYZABC")
    )
    assert drawn.pixels == broken.pixels


FLOOD = f"Rumah {THUMB} {JAVANESE} " * 7_000


@pytest.mark.parametrize(("name", "most"), [("alamat", 200), ("catatan", 2000)])
def test_what_finds_no_room_in_a_field_is_said_and_what_does_is_kept(
    driver: Driver, name: str, most: int
) -> None:
    _address(driver, "")
    entry = driver.turn_to(name, frames=3).editor.entry
    driver.tap(entry)
    entry.insert_text("x" * most)
    driver.settle()
    assert not driver.sees("Isian ini paling banyak"), "as much as may stand there is not too much"
    entry.text = ""
    entry.insert_text(FLOOD)
    said = f"Isian ini paling banyak {number(most)} huruf. Yang selebihnya tidak masuk"
    assert driver.sees(said) and len(FLOOD) > 100_000
    entry.flush()
    driver.settle()
    assert driver.phone.visits.drafts["d1"].answers["bpnt_kpm"][name] == FLOOD[:most].strip()


def test_a_reason_and_a_new_name_say_so_too(driver: Driver) -> None:
    def told() -> list[str]:
        return [one.text for one in driver.shell.children if isinstance(one, Toast)]

    _address(driver, "")
    sheet = SkipSheet("Mengapa?", lambda _: None)
    driver.screen.present(sheet)
    sheet.line.insert_text("x" * 201)
    assert told()[0].startswith("Isian ini paling banyak 200 huruf")
    driver.shell.go("search", form="bpnt_kpm")
    driver.settle()
    driver.press("Tidak ada di daftar")
    driver.shell.hush_all()
    driver.shell.sheets()[0].line.insert_text("x" * 121)
    assert told()[0].startswith("Isian ini paling banyak 120 huruf")
