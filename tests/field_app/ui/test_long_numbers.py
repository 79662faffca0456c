"""Numbers that are too long: they stand as they were typed or pasted, and what is wrong is said in words."""

from kivy.core.window import Window

from field_app.ui.sample_drafts import filled_draft
from field_app.ui.widgets.entry import Entry
from tests.field_app.ui.driver import Driver

NIK = "3314994107680002"


def _entry(driver: Driver, field: str, scale: float = 1.0) -> Entry:
    driver.open(scale=scale)
    filled_draft(driver.phone.visits, "d1")
    driver.shell.go("form", draft="d1")
    driver.settle()
    driver.turn_to(field)
    return driver.card(field).editor.entry


def _kept(driver: Driver, field: str) -> object:
    return driver.phone.visits.drafts["d1"].answers["bpnt_kpm"][field]


def test_a_digit_too_many_in_a_nik_stays_and_is_told_while_it_is_typed(driver: Driver) -> None:
    entry = _entry(driver, "nik")
    driver.tap(entry)
    entry.select_all()
    entry.delete_selection()
    entry.insert_text(NIK[:12])
    driver.settle()
    assert driver.sees("12 dari 16 angka")
    entry.insert_text(NIK[12:])
    driver.settle()
    assert driver.sees("Pas 16 angka")
    entry.insert_text("7")
    driver.settle()
    assert entry.text == "3314 9941 0768 0002 7"
    said = "Terlalu panjang: 17 angka, seharusnya 16. Hapus 1 angka yang lebih."
    assert driver.sees(said)
    entry.focus = False
    driver.settle()
    assert _kept(driver, "nik") == NIK + "7"
    assert driver.sees(driver.phone.text("aturan.bukan_16_angka"))
    driver.type(entry, NIK)
    assert _kept(driver, "nik") == NIK and not driver.sees(said)
    assert not driver.sees(driver.phone.text("aturan.bukan_16_angka"))


def test_a_number_that_is_too_long_is_seen_whole_on_a_small_phone(driver: Driver) -> None:
    entry = _entry(driver, "no_kk", scale=1.6)
    driver.type(entry, NIK + "1234")
    assert entry.text.endswith("1234")
    assert entry._extent(entry.text, entry.font_size) <= entry.width


def test_a_number_that_was_typed_digit_by_digit_shows_its_head(driver: Driver) -> None:
    driver.open(scale=1.6)
    driver.phone.visits.start("bpnt_kpm", "w1", None)
    driver.shell.go("form", draft="d10")
    driver.settle()
    entry = driver.turn_to("nik").editor.entry
    driver.type(entry, NIK)
    assert entry.text == "3314 9941 0768 0002" and entry.scroll_x == 0


def test_an_amount_too_large_stays_and_is_told(driver: Driver) -> None:
    entry = _entry(driver, "nominal_diterima")
    driver.type(entry, "12000000000000000")
    assert entry.text == "12.000.000.000.000.000"
    assert driver.sees(driver.phone.text("aturan.rupiah_terlalu_besar"))


def test_rupiah_pasted_with_its_sen_is_the_same_amount(driver: Driver) -> None:
    entry = _entry(driver, "nominal_diterima")
    driver.type(entry, "")
    driver.tap(entry)
    entry.insert_text("Rp 600.000,00")
    assert entry.text == "600.000"


def test_what_finds_no_room_at_all_leaves_what_stands_and_is_told(driver: Driver) -> None:
    entry = _entry(driver, "tanggal_lahir")
    driver.type(entry, "21111968")
    driver.tap(entry)
    Window.dispatch("on_textinput", "5")
    driver.settle()
    assert entry.text == "21-11-1968"
    assert driver.sees(driver.phone.text("aplikasi.formulir.penuh_angka"))


def test_a_phone_number_is_typed_on_a_pad_for_them_and_never_cut(driver: Driver) -> None:
    entry = _entry(driver, "no_hp")
    assert entry.input_type == "tel"
    driver.type(entry, "0812345678901234567890")
    assert _kept(driver, "no_hp") == "0812345678901234567890"
    assert driver.sees(driver.phone.text("aturan.teks_terlalu_panjang"))
