"""Names and answers longer than their box, and in other scripts: a header ends them, a text field grows."""

from typing import Any

import pytest
from kivy.core.window import Window
from kivy.metrics import dp

from field_app.ui.sample import SamplePhone
from field_app.ui.sample_data import LONG_NAME as LONG
from field_app.ui.sample_drafts import filled_draft
from field_app.ui.widgets.entry import Entry
from field_app.ui.widgets.head import HeadTitle
from tests.field_app.ui.driver import Driver
from tests.field_app.ui.test_screens_fit import cut_off, overlapping

JAVANESE = "ꦱꦸꦠꦂꦩꦶ"


def _address(driver: Driver, value: str, name: str = "Sutarmi", scale: float = 1.0) -> Any:
    """Open a form where the address says this; return the field that it is typed in."""
    phone = SamplePhone()
    draft = filled_draft(phone.visits, "d1")
    draft.nama, draft.answers["bpnt_kpm"]["alamat"] = name, value
    driver.open(phone, scale=scale)
    driver.shell.go("form", draft="d1")
    driver.settle()
    screen = driver.screen
    screen.go_to(next(at for at, step in enumerate(screen.steps) if "alamat" in step.fields))
    driver.settle(3)
    return next(card for card in screen._shown_cards() if card.field.name == "alamat").editor.entry


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_name_too_long_for_the_header_ends_there_and_hides_no_button(driver: Driver, scale: float) -> None:
    _address(driver, "Dukuh Ngrombo", LONG, scale)
    title = next(w for w in driver.walk() if isinstance(w, HeadTitle))
    assert title.pieces[0].text == LONG
    assert title.pieces[0].width <= title.width
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


def test_a_hint_is_as_large_as_what_will_be_typed(driver: Driver) -> None:
    driver.open(SamplePhone(state="baru"), scale=1.6)
    entry = next(w for w in driver.walk() if isinstance(w, Entry))
    assert entry.hint_text == "https://"
    assert entry.font_size == pytest.approx(driver.app.theme.font_px("body"), abs=dp(0.1))
